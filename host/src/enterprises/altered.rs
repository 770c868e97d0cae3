//! The streams that were found altered, until they are found whole again.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;

use super::EnterpriseError;
use crate::store::StoreError;

/// How often a stream is told of.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Each, and when it was last told of.
#[derive(Debug, Default)]
pub(super) struct AlteredStreams {
    streams: Mutex<HashMap<EnterpriseSlug, Instant>>,
    count: AtomicUsize,
}

impl AlteredStreams {
    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Whether a stream is one of them.
    pub(super) fn contains(&self, enterprise: &EnterpriseSlug) -> bool {
        self.count() > 0
            && self
                .streams
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains_key(enterprise)
    }

    /// Notes how a stream was found, and tells of one that is altered, once a minute.
    pub(super) fn note<T>(&self, enterprise: &EnterpriseSlug, found: &Result<T, EnterpriseError>) {
        let altered = match found {
            Err(EnterpriseError::Store(StoreError::Altered(altered))) => Some(altered),
            Ok(_) if self.count() > 0 => None,
            _ => return,
        };
        let mut streams = self.streams.lock().unwrap_or_else(PoisonError::into_inner);
        match altered {
            None => drop(streams.remove(enterprise)),
            Some(altered) => {
                let told = streams.get(enterprise).copied();
                if told.is_none_or(|told| told.elapsed() >= TELL_EVERY) {
                    streams.insert(enterprise.clone(), Instant::now());
                    tracing::error!(%enterprise, error = %altered, "a stream is altered: nothing is answered from it");
                }
            }
        }
        self.count.store(streams.len(), Ordering::Relaxed);
    }
}
