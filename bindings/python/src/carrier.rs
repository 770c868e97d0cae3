//! An oracle that is replaced when it dies.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use enterprise_credentials::oracle::Oracle;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// Asks an oracle. Where that panics, which no request is known to do, the answer is an error, and another oracle
/// answers from then on.
#[derive(Debug, Default)]
pub struct Carrier {
    oracle: Oracle,
}

/// What of a request is repeated in its answer.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: Died,
}

#[derive(Serialize)]
struct Died {
    kind: &'static str,
    message: String,
    lost_up_to: u64,
}

impl Carrier {
    /// One that asks this oracle first.
    pub const fn of(oracle: Oracle) -> Self {
        Self { oracle }
    }

    /// Answers one request, in JSON on one line.
    pub fn call(&mut self, request: &str) -> String {
        // As of the last call that came to its end: nobody has a handle beyond it.
        let last = self.oracle.last_handle();
        // What a panic leaves is thrown away.
        let answer = catch_unwind(AssertUnwindSafe(|| self.oracle.call(request)));
        answer.unwrap_or_else(|panic| {
            self.oracle = Oracle::after(last);
            died(request, last, &words(panic.as_ref()))
        })
    }
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("it did not say why").to_owned()
}

fn died(request: &str, last: u64, words: &str) -> String {
    let id = serde_json::from_str(request).ok().and_then(|Asked { id }| id);
    let lost = match last {
        0 => "no handle is lost".to_owned(),
        last => format!("all handles up to {last} are lost"),
    };
    let error = Died {
        kind: "died",
        message: format!("the oracle died, {lost}, and a new one answers from now on: {words}"),
        lost_up_to: last,
    };
    serde_json::to_string(&Failed { id, error }).unwrap_or_default()
}
