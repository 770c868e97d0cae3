//! The answers that callers have and have not given back.

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// By address. Each ends with a NUL. Nothing here reads or writes them while a caller has them.
#[derive(Debug)]
pub(crate) struct Answers(Mutex<BTreeMap<usize, Vec<u8>>>);

impl Answers {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// Gives the caller an answer: where it is, and how many bytes it has without its NUL. JSON has no other.
    pub(crate) fn give(&self, answer: String) -> (*const c_char, usize) {
        let mut bytes = answer.into_bytes();
        let length = bytes.len();
        bytes.reserve_exact(1);
        bytes.push(0);
        // A vector's bytes stay where they are when it moves.
        let address: *const c_char = bytes.as_ptr().cast();
        self.live().insert(address.addr(), bytes);
        (address, length)
    }

    /// Takes one back. False where none is at this address.
    pub(crate) fn free(&self, answer: *const c_char) -> bool {
        let taken = self.live().remove(&answer.addr());
        taken.is_some()
    }

    pub(crate) fn count(&self) -> usize {
        self.live().len()
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<usize, Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
