//! What the next signature has to lead on from.

use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::Frontier;

use crate::store::{Alteration, Altered, Head, KeptCheckpoint, Page, StoreError, Streams, walk};

/// What was signed last of a stream: by this process's journal, or by another host, as the store says.
#[derive(Debug)]
pub(super) struct Base {
    last: Option<KeptCheckpoint>,
    /// What the journal holds of the same log, where the store holds what covers more lines.
    journaled: Option<KeptCheckpoint>,
}

impl Base {
    /// The later of the two.
    pub(super) fn of(
        enterprise: &EnterpriseSlug,
        journaled: Option<KeptCheckpoint>,
        kept: Option<KeptCheckpoint>,
    ) -> Result<Self, StoreError> {
        let place = |checkpoint: &KeptCheckpoint| (checkpoint.log, checkpoint.size());
        let (last, journaled) = match (journaled, kept) {
            (Some(journaled), Some(kept)) if place(&kept) > place(&journaled) => {
                let of_same_log = Some(journaled).filter(|journaled| journaled.log == kept.log);
                (Some(kept), of_same_log)
            }
            (Some(journaled), Some(kept))
                if place(&kept) == place(&journaled) && kept.frontier != journaled.frontier =>
            {
                return Err(sealed_otherwise(enterprise, &journaled.frontier, &kept.frontier));
            }
            (journaled @ Some(_), _) => (journaled, None),
            (None, kept) => (kept, None),
        };
        Ok(Self { last, journaled })
    }

    pub(super) const fn last(&self) -> Option<&KeptCheckpoint> {
        self.last.as_ref()
    }

    pub(super) fn log(&self) -> u32 {
        self.last.as_ref().map_or(KeptCheckpoint::FIRST_LOG, |last| last.log)
    }

    /// Where the lines have to lead on from.
    pub(super) fn frontier(&self) -> &Frontier {
        const NOTHING: &Frontier = &Frontier::EMPTY;
        self.last.as_ref().map_or(NOTHING, |last| &last.frontier)
    }

    /// Fails unless what another host has signed leads on from what this one has.
    pub(super) async fn check_journaled(
        &self,
        streams: &impl Streams,
        enterprise: &EnterpriseSlug,
    ) -> Result<(), StoreError> {
        match &self.journaled {
            Some(journaled) => check_leads(streams, enterprise, &journaled.frontier, self.frontier()).await,
            None => Ok(()),
        }
    }
}

/// Fails unless the lines of a stream lead from one tree to another.
///
/// # Errors
/// [`StoreError::Altered`].
pub(super) async fn check_leads(
    streams: &impl Streams,
    enterprise: &EnterpriseSlug,
    from: &Frontier,
    to: &Frontier,
) -> Result<(), StoreError> {
    if from == to {
        return Ok(());
    }
    if to.size() < from.size() {
        let alteration = Alteration::SealedBeyond {
            head: Position::new(to.size()).unwrap_or_default(),
            sealed: from.size(),
        };
        let enterprise = enterprise.clone();
        return Err(StoreError::Altered(Altered { enterprise, alteration }));
    }
    let end = Head::new(to.clone(), None, 0);
    let nothing = |(): &mut (), _: &Page| Ok::<_, StoreError>(());
    match walk(streams, enterprise, from, &end, (), nothing).await {
        Err(StoreError::Altered(_)) => Err(sealed_otherwise(enterprise, from, to)),
        walked => walked,
    }
}

fn sealed_otherwise(enterprise: &EnterpriseSlug, sealed: &Frontier, found: &Frontier) -> StoreError {
    let alteration = Alteration::SealedOtherwise {
        size: sealed.size(),
        sealed: sealed.root(),
        head: found.size(),
        lines: found.root(),
    };
    let enterprise = enterprise.clone();
    StoreError::Altered(Altered { enterprise, alteration })
}
