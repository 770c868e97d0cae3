//! What witnesses have cosigned. It is kept beside the checkpoint, and whoever asks for the checkpoint gets it with
//! their signatures.

use enterprise_credentials::EnterpriseSlug;

use super::submission::Cosigned;
use crate::seal::Sealer;
use crate::store::{Store, StoreError};

/// Adds a witness's signatures to those that the checkpoint has by now: also by keys of the log itself,
/// which may have signed it since.
pub(super) async fn keep(
    sealer: &Sealer,
    store: &impl Store,
    enterprise: &EnterpriseSlug,
    cosigned: &Cosigned,
) -> Result<(), StoreError> {
    let Cosigned { checkpoint, signatures } = cosigned;
    sealer.keep(store, enterprise, checkpoint, signatures.iter()).await?;
    Ok(())
}
