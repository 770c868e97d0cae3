//! What may be given out: what is in this host's journal, and durable there.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::NoteSignature;

#[cfg(feature = "http")]
use super::base::is_signed_by_any;
use super::base::place;
use super::sealer::aside;
use super::{SealError, Sealer};
#[cfg(feature = "http")]
use crate::store::Streams;
use crate::store::{KeptCheckpoint, Store, StoreError};

/// Of each stream the log and the size that the journal is known to hold durably. What stands in a file need not be: it
/// may have been put there, and the disk have failed then.
#[derive(Debug, Default)]
pub(super) struct Durable(Mutex<HashMap<EnterpriseSlug, (u32, u64)>>);

impl Durable {
    pub(super) fn of(&self, enterprise: &EnterpriseSlug) -> Option<(u32, u64)> {
        self.streams().get(enterprise).copied()
    }

    /// It goes forward alone.
    fn note(&self, enterprise: &EnterpriseSlug, at: (u32, u64)) {
        let mut streams = self.streams();
        let last = streams.entry(enterprise.clone()).or_insert(at);
        *last = at.max(*last);
    }

    fn forget(&self, enterprise: &EnterpriseSlug) {
        self.streams().remove(enterprise);
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<EnterpriseSlug, (u32, u64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sealer {
    /// What was signed last of a stream, as the journal says.
    pub(super) async fn journaled_last(
        &self,
        enterprise: &EnterpriseSlug,
    ) -> Result<Option<KeptCheckpoint>, SealError> {
        let (journal, slug) = (Arc::clone(&self.journal), enterprise.clone());
        Ok(aside(move || journal.last(&slug)).await??)
    }

    /// Returns when the journal, which says `journaled`, holds what is signed durably.
    pub(super) async fn make_durable(
        &self,
        enterprise: &EnterpriseSlug,
        journaled: Option<&KeptCheckpoint>,
        signed: &KeptCheckpoint,
    ) -> Result<(), SealError> {
        let is_there = journaled == Some(signed);
        if is_there && self.durable.of(enterprise) == Some(place(signed)) {
            return Ok(());
        }
        self.durable.forget(enterprise);
        let (journal, slug, at) = (Arc::clone(&self.journal), enterprise.clone(), place(signed));
        let signed = signed.clone();
        aside(move || {
            if is_there {
                journal.sync(&slug)
            } else {
                journal.write(&slug, &signed)
            }
        })
        .await??;
        self.durable.note(enterprise, at);
        Ok(())
    }

    /// The latest checkpoint of a stream that this host may give out: one that its journal holds, or goes beyond. What
    /// another host has signed since is looked at soon.
    ///
    /// # Errors
    /// Where the journal cannot be read, or the store.
    #[cfg(feature = "http")]
    pub(crate) async fn given_out(
        &self,
        streams: &impl Streams,
        enterprise: &EnterpriseSlug,
    ) -> Result<Option<KeptCheckpoint>, SealError> {
        let Some(latest) = streams.last_checkpoint(enterprise).await? else {
            return Ok(None);
        };
        let at = match self.durable.of(enterprise) {
            Some(at) if at >= place(&latest) => Some(at),
            _ => self.read_durable(enterprise).await?,
        };
        let is_ours = |kept: &KeptCheckpoint| is_signed_by_any(kept, enterprise, &self.keys);
        if at.is_some_and(|at| at >= place(&latest)) {
            return Ok(Some(latest).filter(is_ours));
        }
        self.look_at(enterprise);
        match at {
            None => Ok(None),
            Some((log, size)) => Ok(streams.checkpoint(enterprise, log, size).await?.filter(is_ours)),
        }
    }

    /// What the journal holds, once it is durable.
    #[cfg(feature = "http")]
    async fn read_durable(&self, enterprise: &EnterpriseSlug) -> Result<Option<(u32, u64)>, SealError> {
        let (journal, slug) = (Arc::clone(&self.journal), enterprise.clone());
        let read = move || match journal.last(&slug)? {
            None => Ok(None),
            // What is read first is what is made durable, or what came after it is.
            Some(last) => journal.sync(&slug).map(|()| Some(place(&last))),
        };
        let at = aside(read).await??;
        if let Some(at) = at {
            self.durable.note(enterprise, at);
        }
        Ok(at)
    }

    /// Adds signatures to those that a checkpoint has in the store by now. Whether there were any to add.
    ///
    /// # Errors
    /// Those of the store.
    pub(crate) async fn keep<'a>(
        &self,
        store: &impl Store,
        enterprise: &EnterpriseSlug,
        checkpoint: &KeptCheckpoint,
        signatures: impl Iterator<Item = &'a NoteSignature> + Send,
    ) -> Result<bool, StoreError> {
        let _alone = self.keeping.lock().await;
        let row = store.checkpoint(enterprise, checkpoint.log, checkpoint.size()).await?;
        let is_same =
            |row: &KeptCheckpoint| (&row.frontier, row.note.text()) == (&checkpoint.frontier, checkpoint.note.text());
        let row = row.filter(is_same);
        let is_new = row.is_none();
        let mut kept = row.unwrap_or_else(|| checkpoint.clone());
        let missing = signatures.filter(|signature| !kept.note.signatures().contains(signature));
        let missing: Vec<NoteSignature> = missing.cloned().collect();
        if !is_new && missing.is_empty() {
            return Ok(false);
        }
        for signature in missing {
            if !kept.note.add(signature) {
                tracing::warn!(%enterprise, "a checkpoint has no room for another signature");
            }
        }
        store.keep_checkpoint(enterprise, &kept).await?;
        Ok(true)
    }

    /// Has every stream looked at of which the store keeps a checkpoint that the journal is not known to hold: also one
    /// of which this host is never asked.
    pub(super) async fn look_through(&self, store: &impl Store) -> Result<(), StoreError> {
        let mut after = String::new();
        while let Some(next) = store.next_sealed(&after).await?.filter(|next| *next > after) {
            after = next;
            // No stream has another name: it is a row that somebody else wrote.
            let Ok(enterprise) = EnterpriseSlug::new(&after) else {
                continue;
            };
            let last = store.last_checkpoint(&enterprise).await;
            // What cannot be read is told of when it is signed.
            let is_known = last.is_ok_and(|last| last.as_ref().map(place) == self.durable.of(&enterprise));
            if !is_known {
                self.look_at(&enterprise);
            }
        }
        Ok(())
    }
}

#[cfg(all(test, feature = "http"))]
mod tests {
    use enterprise_credentials_seal::{Checkpoint, Frontier};

    use super::*;
    use crate::seal::{SealOptions, random_key};
    use crate::store::contract::Memory;

    /// A file may have been put in its place by a write that failed behind that: nobody has made it durable yet.
    #[tokio::test]
    async fn what_stands_in_the_journal_already_is_made_durable_before_it_is_given_out() {
        let state = std::env::temp_dir().join(format!("enterprise-credentials-durable-{}", std::process::id()));
        let store = Memory::default();
        let key = random_key("credentials.example.com".parse().unwrap()).unwrap();
        let options = SealOptions::new(vec![key.clone()], state.clone());
        let sealer = Sealer::open(&store, options).await.unwrap();
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let origin = KeptCheckpoint::origin(key.name(), &slug, 1).unwrap();
        let mut frontier = Frontier::EMPTY;
        frontier.push_line(b"a line").unwrap();
        let note = Checkpoint::of(origin, &frontier).sign(&[key]);
        let signed = KeptCheckpoint { log: 1, frontier, note };
        // What cannot be synced here is gone; elsewhere the disk fails.
        let not_durable = sealer.make_durable(&slug, Some(&signed), &signed).await;
        assert!(matches!(not_durable, Err(SealError::Journal(_))), "{not_durable:?}");
        assert_eq!(sealer.durable.of(&slug), None);
        store.keep_checkpoint(&slug, &signed).await.unwrap();
        assert_eq!(sealer.given_out(&store, &slug).await.unwrap(), None);
        sealer.make_durable(&slug, None, &signed).await.unwrap();
        assert_eq!(sealer.durable.of(&slug), Some((1, 1)));
        assert_eq!(sealer.given_out(&store, &slug).await.unwrap(), Some(signed.clone()));
        sealer.make_durable(&slug, Some(&signed), &signed).await.unwrap();
        std::fs::remove_dir_all(state).unwrap();
    }
}
