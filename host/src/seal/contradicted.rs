//! The streams of which witnesses have cosigned something that this host does not have. None of them is signed, and
//! none answers.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use enterprise_credentials::EnterpriseSlug;

use crate::store::{Alteration, Altered, StoreError};

/// Each, with what each witness has seen.
#[derive(Debug, Default)]
pub(super) struct Contradicted(Mutex<HashMap<EnterpriseSlug, BTreeMap<String, Alteration>>>);

impl Contradicted {
    /// Notes what a witness says of a stream. Whether none of them contradicts it any more that did before.
    #[cfg(feature = "witness")]
    pub(super) fn note(&self, enterprise: &EnterpriseSlug, witness: String, contradiction: Option<Alteration>) -> bool {
        let mut streams = self.streams();
        let Some(alteration) = contradiction else {
            let Some(witnesses) = streams.get_mut(enterprise) else {
                return false;
            };
            witnesses.remove(&witness);
            let none = witnesses.is_empty();
            if none {
                streams.remove(enterprise);
            }
            return none;
        };
        streams
            .entry(enterprise.clone())
            .or_default()
            .insert(witness, alteration);
        false
    }

    /// Fails where a witness contradicts a stream.
    pub(super) fn check(&self, enterprise: &EnterpriseSlug) -> Result<(), StoreError> {
        let streams = self.streams();
        let contradiction = streams.get(enterprise).and_then(|witnesses| witnesses.values().next());
        match contradiction.cloned() {
            None => Ok(()),
            Some(alteration) => {
                let enterprise = enterprise.clone();
                Err(StoreError::Altered(Altered { enterprise, alteration }))
            }
        }
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<EnterpriseSlug, BTreeMap<String, Alteration>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
