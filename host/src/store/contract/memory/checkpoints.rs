//! The checkpoints of a store in memory.

use enterprise_credentials::EnterpriseSlug;

use super::Memory;
use crate::store::contract::Bug;
use crate::store::{KeptCheckpoint, StoreError};

impl Memory {
    /// The checkpoints of a stream, in the order in which they were kept.
    pub(super) fn checkpoints_of(&self, enterprise: &EnterpriseSlug) -> Vec<KeptCheckpoint> {
        let kept = self.kept();
        let found = kept.checkpoints.get(enterprise);
        let any = kept.checkpoints.values().next();
        let found = found.or(any.filter(|_| self.has(Bug::MixesCheckpoints)));
        found.cloned().unwrap_or_default()
    }

    /// That of the latest log which covers the most lines.
    pub(super) fn last_of(&self, checkpoints: &[KeptCheckpoint]) -> Option<KeptCheckpoint> {
        match self.bug {
            Some(Bug::TakesTheLatestKeptForLast) => checkpoints.last().cloned(),
            Some(Bug::MixesLogs) => checkpoints.iter().max_by_key(|kept| kept.size()).cloned(),
            _ => checkpoints.iter().max_by_key(|kept| (kept.log, kept.size())).cloned(),
        }
    }

    pub(super) fn keep(&self, enterprise: &EnterpriseSlug, checkpoint: &KeptCheckpoint) -> Result<(), StoreError> {
        let mut kept = self.kept();
        let checkpoints = kept.checkpoints.entry(enterprise.clone()).or_default();
        let same_lines = |kept: &KeptCheckpoint| (kept.log, kept.size()) == (checkpoint.log, checkpoint.size());
        if self.has(Bug::KeepsTheLastCheckpointAlone) {
            checkpoints.retain(same_lines);
        }
        match checkpoints.iter_mut().find(|kept| same_lines(kept)) {
            Some(kept) if kept.frontier == checkpoint.frontier || self.has(Bug::ReplacesCheckpoints) => {
                *kept = checkpoint.clone();
            }
            Some(kept) => return Err(checkpoint.contradicts(enterprise, &kept.frontier)),
            None => checkpoints.push(checkpoint.clone()),
        }
        Ok(())
    }
}
