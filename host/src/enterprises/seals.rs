//! Streams and their seals. A stream is compared with what was signed of it before it answers, and it is signed as it
//! grows.

use std::sync::Arc;

use enterprise_credentials::{EnterpriseSlug, Event, RecordedEvent};
use tokio::sync::watch;

use super::live::Live;
use super::{Decided, EnterpriseError, Enterprises, is_request};
use crate::seal::{SealError, Sealer, seal_until};
use crate::store::{Head, Store, StoreError};

impl<S: Store> Enterprises<S> {
    /// What signs the streams, if anything does.
    pub const fn sealer(&self) -> Option<&Arc<Sealer>> {
        self.sealer.as_ref()
    }

    /// Signs streams as they grow, until `stop` turns true or its sender is gone.
    /// What waits for its time then is signed at once.
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
                    Ok(_) if !self.is_contradicted(enterprise) => Ok(()),
                    _ => return,
                };
                self.altered_seals.note(enterprise, &found);
            },
        )
        .await;
    }

    /// Notes how a stream was found.
    pub(super) fn note_altered<T>(&self, enterprise: &EnterpriseSlug, found: &Result<T, EnterpriseError>) {
        match found {
            Err(EnterpriseError::Store(StoreError::Altered(altered))) if altered.alteration.is_of_seal() => {
                self.altered_seals.note(enterprise, found);
            }
            Err(_) => self.altered.note(enterprise, found),
            Ok(_) => {
                self.altered.note(enterprise, found);
                // What a witness says may have been told since this was begun.
                if !self.is_contradicted(enterprise) {
                    self.altered_seals.note(enterprise, found);
                }
            }
        }
    }

    /// Whether a stream has to be compared with what was signed of it: it is read for the first time, did not lead on
    /// from there, or a witness contradicts it.
    pub(super) fn is_to_be_compared(&self, live: &Live) -> bool {
        let slug = live.slug();
        self.sealer.is_some() && (live.is_cold() || self.altered_seals.contains(slug) || self.is_contradicted(slug))
    }

    fn is_contradicted(&self, enterprise: &EnterpriseSlug) -> bool {
        let sealer = self.sealer.as_ref();
        sealer.is_some_and(|sealer| sealer.is_contradicted(enterprise))
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

#[cfg(all(test, feature = "witness"))]
mod tests {
    use enterprise_credentials_seal::KeyName;

    use super::*;
    use crate::clock::Clock;
    use crate::enterprises::CacheOptions;
    use crate::seal::{SealOptions, random_key};
    use crate::store::Alteration;
    use crate::store::contract::Memory;

    /// What was begun before a witness was heard, and ends well behind it, says nothing against the witness.
    #[tokio::test]
    async fn what_a_witness_says_is_not_undone_by_a_load_that_began_before() {
        let state = std::env::temp_dir().join(format!("enterprise-credentials-contradicted-{}", std::process::id()));
        let store = Memory::default();
        let key = random_key(KeyName::new("credentials.example.com").unwrap()).unwrap();
        let options = SealOptions::new(vec![key], state.clone());
        let sealer = Arc::new(Sealer::open(&store, options).await.unwrap());
        let clock = Arc::new(Clock::system(Clock::SKEW_MAX_DEFAULT));
        let (enterprises, _) =
            Enterprises::with_sealer(store, CacheOptions::default(), clock, Some(Arc::clone(&sealer)));
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        enterprises.fresh(&slug).await.unwrap();
        let witness = || "https://witness.example.com".to_owned();
        let alteration = Alteration::WitnessedOtherwise {
            witness: witness(),
            size: 7,
        };
        sealer.witnessed(&slug, witness(), Some(alteration));
        let found = enterprises.fresh(&slug).await;
        assert!(
            matches!(found, Err(EnterpriseError::Store(StoreError::Altered(_)))),
            "a state in memory is no reason to answer"
        );
        assert_eq!(enterprises.altered(), 1);
        enterprises.note_altered(&slug, &Ok(()));
        assert_eq!(enterprises.altered(), 1);
        sealer.witnessed(&slug, witness(), None);
        enterprises.fresh(&slug).await.unwrap();
        assert_eq!(enterprises.altered(), 0);
        std::fs::remove_dir_all(state).unwrap();
    }
}
