//! Why a rule does not hold.

use std::error::Error;

use crate::error_chain;
use crate::store::StoreError;

/// What a rule found: nothing, or the sentence that does not hold.
pub(super) type Verdict<T = ()> = Result<T, Failure>;

/// The sentence that does not hold, and what the store said.
#[derive(Debug)]
pub(super) struct Failure(pub(super) String);

impl Failure {
    /// A call that nothing was expected of but that it succeeds.
    pub(super) fn of(what: &str, error: &dyn Error) -> Self {
        Self(format!("{what}: {}", error_chain(error)))
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self(sentence.to_owned())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::of("a call of a store that works succeeds", &error)
    }
}

/// What must hold, in a sentence.
pub(super) trait Holds {
    /// What there is where it holds.
    type Value;

    /// # Errors
    /// The sentence.
    fn holds(self, sentence: &str) -> Verdict<Self::Value>;
}

impl Holds for bool {
    type Value = ();

    fn holds(self, sentence: &str) -> Verdict {
        if self { Ok(()) } else { Err(sentence.into()) }
    }
}

impl<T> Holds for Option<T> {
    type Value = T;

    fn holds(self, sentence: &str) -> Verdict<T> {
        self.ok_or_else(|| sentence.into())
    }
}

impl<T, E: Error + 'static> Holds for Result<T, E> {
    type Value = T;

    fn holds(self, sentence: &str) -> Verdict<T> {
        self.map_err(|error| Failure::of(sentence, &error))
    }
}
