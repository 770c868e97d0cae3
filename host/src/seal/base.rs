//! The point from which the next signature has to lead on.

use enterprise_credentials::{EnterpriseSlug, Position};
use enterprise_credentials_seal::{Frontier, KeyName, SigningKey};

use super::SealError;
use crate::store::{Alteration, Altered, Head, KeptCheckpoint, Page, StoreError, Streams, walk};

/// What was signed last of a stream: by this process's journal, or by another host, as the store says.
#[derive(Debug)]
pub(super) struct Base {
    last: Option<KeptCheckpoint>,
    /// What the journal holds of the same log, where the store holds what covers more lines.
    journaled: Option<KeptCheckpoint>,
    /// What the store holds as the last one, and none of these keys has signed: it says nothing against the journal.
    strange: Option<KeptCheckpoint>,
}

impl Base {
    /// The later of the two. Whoever can write to the store can add to its rows: they go before the journal only where
    /// one of `keys` has signed them.
    pub(super) fn of(
        enterprise: &EnterpriseSlug,
        keys: &[SigningKey],
        journaled: Option<KeptCheckpoint>,
        kept: Option<KeptCheckpoint>,
    ) -> Result<Self, StoreError> {
        let mut strange = None;
        let (last, journaled) = match (journaled, kept) {
            (Some(journaled), Some(kept))
                if place(&kept) > place(&journaled) && !is_signed_by_any(&kept, enterprise, keys) =>
            {
                strange = Some(kept);
                (Some(journaled), None)
            }
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
        Ok(Self {
            last,
            journaled,
            strange,
        })
    }

    /// Fails where the store holds as the last checkpoint what none of the keys has signed:
    /// nothing can be given out over it.
    pub(super) fn check_rows(&self) -> Result<(), SealError> {
        match &self.strange {
            None => Ok(()),
            Some(KeptCheckpoint { log, frontier, .. }) => Err(SealError::Strange {
                log: *log,
                size: frontier.size(),
            }),
        }
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

/// Later is of a later log, or covers more lines of the same.
pub(super) fn place(checkpoint: &KeptCheckpoint) -> (u32, u64) {
    (checkpoint.log, checkpoint.size())
}

/// Whether this key has signed a checkpoint under this name: that a signature says so is not enough.
pub(super) fn is_signed_by(checkpoint: &KeptCheckpoint, origin: &KeyName, key: &SigningKey) -> bool {
    let key = key.named(origin.clone()).verifier_key();
    checkpoint.note.verify(std::slice::from_ref(&key)).is_ok()
}

/// Whether one of these keys has signed a checkpoint, as one of this stream's.
pub(super) fn is_signed_by_any(checkpoint: &KeptCheckpoint, enterprise: &EnterpriseSlug, keys: &[SigningKey]) -> bool {
    keys.iter().any(|key| {
        let origin = KeptCheckpoint::origin(key.name(), enterprise, checkpoint.log);
        let signed = checkpoint.signed().ok();
        origin.is_ok_and(|origin| {
            signed.is_some_and(|signed| signed.origin == origin) && is_signed_by(checkpoint, &origin, key)
        })
    })
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
