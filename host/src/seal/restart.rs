//! Another log for a stream of which something that was sealed is lost.

use std::path::Path;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, SigningKey};

use super::base::{Base, check_leads};
use super::sealer::name_of;
use super::{Journal, SealError};
use crate::store::{KeptCheckpoint, Store, StoreError};

/// What nothing shows, and somebody knows.
#[derive(Debug, Clone, Copy, Default)]
pub struct RestartOptions {
    /// The lines are not those that were sealed, though they lead on from what is known here of that: a witness shows
    /// it, or a checkpoint that somebody holds.
    pub contradicted: bool,
    /// There is no journal any more.
    pub journal_lost: bool,
}

/// Begins a stream's seal anew, where its lines do not lead on from what was sealed: its log gets another name, and the
/// old one is never signed again. The journal in `state` may be in use.
///
/// # Errors
/// [`SealError::Holds`] where they do lead on, and are not known to be contradicted; [`SealError::NoJournal`] where
/// there is none, and it is not known to be lost.
pub async fn restart(
    store: &impl Store,
    enterprise: &EnterpriseSlug,
    keys: &[SigningKey],
    state: &Path,
    options: RestartOptions,
) -> Result<KeyName, SealError> {
    let name = name_of(keys)?;
    let journal = Journal::open_to_read(state);
    let journal_name = journal.log_name()?;
    let journaled = match &journal_name {
        Some(_) => journal.last(enterprise)?,
        None if options.journal_lost => None,
        None => return Err(SealError::NoJournal(state.to_owned())),
    };
    for is in [journal_name, store.log_name().await?].into_iter().flatten() {
        if is != name {
            return Err(SealError::OtherName { is, key: name });
        }
    }
    let kept = store.last_checkpoint(enterprise).await?;
    let kept_log = kept.as_ref().map_or(KeptCheckpoint::FIRST_LOG, |kept| kept.log);
    let (log, leads) = match Base::of(enterprise, keys, journaled, kept) {
        Ok(base) => {
            base.check_rows()?;
            let head = store.head(enterprise).await?.unwrap_or_default();
            let leads = check_leads(store, enterprise, base.frontier(), head.frontier()).await;
            (base.log(), leads)
        }
        Err(error) => (kept_log, Err(error)),
    };
    match leads {
        Ok(()) if !options.contradicted => return Err(SealError::Holds),
        Ok(()) | Err(StoreError::Altered(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let log = log.checked_add(1).ok_or(SealError::NoFurtherLog(log))?;
    let origin = KeptCheckpoint::origin(&name, enterprise, log)?;
    // What covers nothing contradicts nothing: the journal gets it with the first that does.
    let frontier = Frontier::EMPTY;
    let note = Checkpoint::of(origin.clone(), &frontier).sign(keys);
    let begun = KeptCheckpoint { log, frontier, note };
    store.keep_checkpoint(enterprise, &begun).await?;
    Ok(origin)
}
