//! Streams and their seals: each is compared with what was signed of it before it answers, and signed as it grows.

use std::sync::Arc;

use enterprise_credentials::{EnterpriseSlug, Event, RecordedEvent};
use tokio::sync::watch;

use super::live::Live;
use super::{Decided, EnterpriseError, Enterprises, is_request};
use crate::seal::{SealError, Sealer, seal_until};
use crate::store::{Alteration, Altered, Head, Store, StoreError};

impl<S: Store> Enterprises<S> {
    /// What signs the streams, if anything does.
    pub const fn sealer(&self) -> Option<&Arc<Sealer>> {
        self.sealer.as_ref()
    }

    /// Signs streams as they grow, until `stop` turns true or its sender is gone. What waits for its time then is signed at once.
    pub async fn seal(self: Arc<Self>, stop: watch::Receiver<bool>) {
        let Some(sealer) = &self.sealer else { return };
        seal_until(
            Arc::clone(sealer),
            Arc::clone(&self.store),
            stop,
            |enterprise, sealed| {
                let found = match sealed {
                    Err(SealError::Store(StoreError::Altered(altered))) => {
                        Err(EnterpriseError::Store(StoreError::Altered(altered.clone())))
                    }
                    Err(_) => return,
                    Ok(_) => Ok(()),
                };
                self.altered_seals.note(enterprise, &found);
            },
        )
        .await;
    }

    /// Notes how a stream was found.
    pub(super) fn note_altered<T>(&self, enterprise: &EnterpriseSlug, found: &Result<T, EnterpriseError>) {
        match found {
            Err(EnterpriseError::Store(StoreError::Altered(Altered {
                alteration: Alteration::SealedBeyond { .. } | Alteration::SealedOtherwise { .. },
                ..
            }))) => self.altered_seals.note(enterprise, found),
            Err(_) => self.altered.note(enterprise, found),
            Ok(_) => {
                self.altered.note(enterprise, found);
                self.altered_seals.note(enterprise, found);
            }
        }
    }

    /// Whether a stream has to be compared with what was signed of it: it is read for the first time, or did not lead on from there.
    pub(super) fn is_to_be_compared(&self, live: &Live) -> bool {
        self.sealer.is_some() && (live.is_cold() || self.altered_seals.contains(live.slug()))
    }

    /// Fails where a stream that has to be compared does not lead on from what was signed of it.
    pub(super) async fn compare_with_seal(&self, live: &Live, head: &Head) -> Result<(), EnterpriseError> {
        match &self.sealer {
            Some(sealer) if self.is_to_be_compared(live) => {
                Ok(sealer.compare(&*self.store, live.slug(), head.frontier()).await?)
            }
            _ => Ok(()),
        }
    }

    /// What was decided is durable.
    pub(super) fn has_appended<T>(&self, enterprise: &EnterpriseSlug, decided: &Decided<T>, head: &Head) {
        if let Some(sealer) = &self.sealer {
            let is_urgent = decided
                .recorded
                .iter()
                .any(|recorded| is_request(recorded) || is_completion(recorded));
            sealer.appended(enterprise, decided.head.frontier(), head.frontier(), is_urgent);
        }
    }

    /// Others have appended.
    pub(super) fn has_grown(&self, enterprise: &EnterpriseSlug) {
        if let Some(sealer) = &self.sealer {
            sealer.grown(enterprise);
        }
    }
}

fn is_completion(recorded: &RecordedEvent) -> bool {
    matches!(recorded.event, Event::RevocationCompleted { .. })
}
