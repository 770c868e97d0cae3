//! What witnesses have cosigned, kept beside the checkpoint: whoever asks for that gets it with their signatures.

use enterprise_credentials::EnterpriseSlug;
use tokio::sync::Mutex;

use super::submission::Cosigned;
use crate::store::{Store, StoreError};

/// Lets one task at a time add to what is kept: two would undo each other's.
#[derive(Debug, Default)]
pub(super) struct Keeper(Mutex<()>);

impl Keeper {
    /// Adds a witness's signatures to those that the checkpoint has by now.
    pub(super) async fn keep(
        &self,
        store: &impl Store,
        enterprise: &EnterpriseSlug,
        cosigned: Cosigned,
    ) -> Result<(), StoreError> {
        let _alone = self.0.lock().await;
        let Cosigned { checkpoint, signatures } = cosigned;
        let kept = store.checkpoint(enterprise, checkpoint.log, checkpoint.size()).await?;
        let mut kept = kept.unwrap_or(checkpoint);
        for signature in signatures {
            if !kept.note.add(signature) {
                tracing::warn!(%enterprise, "a checkpoint has no room for another cosignature");
            }
        }
        store.keep_checkpoint(enterprise, &kept).await
    }
}
