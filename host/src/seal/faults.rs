//! The streams that could not be signed, until they are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;

use super::SealError;
use crate::error_chain;
use crate::store::StoreError;

/// How often a stream is told of.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Each, and when it was last told of.
#[derive(Debug, Default)]
pub(super) struct Faults(Mutex<HashMap<EnterpriseSlug, Instant>>);

impl Faults {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Notes what became of a stream, and tells of one that is not signed, once a minute: whether now.
    pub(super) fn note(&self, enterprise: &EnterpriseSlug, error: Option<&SealError>) -> bool {
        let mut streams = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(error) = error else {
            if streams.remove(enterprise).is_some() {
                tracing::info!(%enterprise, "the stream is sealed again");
            }
            return false;
        };
        let told = streams.get(enterprise).copied();
        if told.is_some_and(|told| told.elapsed() < TELL_EVERY) {
            return false;
        }
        streams.insert(enterprise.clone(), Instant::now());
        // Of an altered stream it is told that nothing is answered from it.
        if !matches!(error, SealError::Store(StoreError::Altered(_))) {
            tracing::error!(%enterprise, error = error_chain(error), "a stream is not sealed");
        }
        true
    }
}
