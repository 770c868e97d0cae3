//! Checkpoints that were given out, and the proofs between them. Only what is in the store is given out. By then it is
//! in the signer's journal.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{ConsistencyProver, Frontier, SealedGrowth, TooShort};

use crate::store::{Head, KeptCheckpoint, Page, StoreError, Streams, walk};

/// The latest checkpoint of a stream; nothing where none was signed.
///
/// # Errors
/// Those of the store.
pub async fn latest(streams: &impl Streams, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, StoreError> {
    streams.last_checkpoint(enterprise).await
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum GrowthError {
    /// No checkpoint that covers so many lines was given out of this log.
    #[error("no checkpoint of {old} lines was given out for `{enterprise}`, so no proof can begin there")]
    NotGiven {
        /// Whose stream.
        enterprise: EnterpriseSlug,
        /// How many lines.
        old: u64,
    },
    /// The storage failed, or what it holds is not what was sealed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The proof that a stream only grew from `old` lines to a checkpoint that was given out of it, `newer`. A checkpoint
/// of `old` lines must have been given out too, of the same log; 0 lines are always proven from.
/// The lines between are read.
///
/// # Errors
/// [`GrowthError`].
pub async fn growth(
    streams: &impl Streams,
    enterprise: &EnterpriseSlug,
    old: u64,
    newer: &KeptCheckpoint,
) -> Result<SealedGrowth, GrowthError> {
    let not_given = || GrowthError::NotGiven {
        enterprise: enterprise.clone(),
        old,
    };
    let older = match old {
        0 => Frontier::EMPTY,
        old => {
            let older = streams.checkpoint(enterprise, newer.log, old).await?;
            older.ok_or_else(not_given)?.frontier
        }
    };
    let prover = ConsistencyProver::new(&older, newer.size()).map_err(|_| not_given())?;
    // The walk compares the lines with what was sealed.
    let sealed = Head::new(newer.frontier.clone(), None, 0);
    let push = |prover: &mut ConsistencyProver, page: &Page| {
        page.lines().for_each(|line| prover.push_line(line));
        Ok::<_, StoreError>(())
    };
    let prover = walk(streams, enterprise, &older, &sealed, prover, push).await?;
    let unread = |short: TooShort| StoreError::permanent("prove that a stream only grew", short);
    Ok(SealedGrowth {
        old,
        proof: prover.finish().map_err(unread)?,
        checkpoint: newer.note.clone(),
    })
}
