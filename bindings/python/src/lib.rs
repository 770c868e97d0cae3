//! The oracle of `enterprise-credentials` for Python: texts in, texts out. The package around it, in Python, is beside
//! this in `python/`.

use std::sync::{Mutex, PoisonError};

use enterprise_credentials::oracle::Oracle;
use enterprise_credentials_carrier::Carrier;
use pyo3::prelude::{Bound, PyResult, PyStringMethods, pyclass, pymethods, pymodule};
use pyo3::types::{PyModule, PyModuleMethods, PyString};

/// What Python has of a [`Carrier`]. Several threads may ask it: one waits for the other.
#[pyclass(frozen, module = "enterprise_credentials._native")]
#[derive(Debug, Default)]
pub struct Native {
    carrier: Mutex<Carrier>,
}

impl Native {
    /// One that asks this oracle, until it dies.
    pub fn of(oracle: Oracle) -> Self {
        let carrier = Mutex::new(Carrier::of(oracle));
        Self { carrier }
    }
}

#[pymethods]
impl Native {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Answers one request. Whoever waits for the answer does not hold the interpreter's lock.
    fn call(&self, request: &Bound<'_, PyString>) -> String {
        // Python's texts may hold halves of characters. They are replaced: then they are in no command, for all texts
        // there are ASCII.
        let text = request.to_string_lossy();
        request
            .py()
            .detach(|| self.carrier.lock().unwrap_or_else(PoisonError::into_inner).call(&text))
    }
}

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Native>()
}
