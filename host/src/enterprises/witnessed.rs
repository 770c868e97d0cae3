//! Streams and their witnesses.

use std::sync::Arc;

use enterprise_credentials::EnterpriseSlug;
use tokio::sync::watch;

use super::Enterprises;
use crate::store::{Alteration, Altered, Store, StoreError};
use crate::witness::{WitnessOptions, WitnessUrl, show_until};

impl<S: Store> Enterprises<S> {
    /// Shows streams to witnesses, until `stop` turns true or its sender is gone. Nothing is answered any more from a
    /// stream of which one has cosigned what is not here.
    pub async fn witness(self: Arc<Self>, options: WitnessOptions, stop: watch::Receiver<bool>) {
        let Some(sealer) = self.sealer.clone() else { return };
        let store = Arc::clone(&self.store);
        let noting = Arc::clone(&sealer);
        let noted = move |enterprise: &EnterpriseSlug, witness: &WitnessUrl, contradiction: Option<Alteration>| {
            noting.witnessed(enterprise, witness.to_string(), contradiction.clone());
            if let Some(alteration) = contradiction {
                let altered = StoreError::Altered(Altered {
                    enterprise: enterprise.clone(),
                    alteration,
                });
                self.altered_seals.note::<()>(enterprise, &Err(altered.into()));
            }
        };
        show_until(options, sealer, store, stop, noted).await;
    }
}
