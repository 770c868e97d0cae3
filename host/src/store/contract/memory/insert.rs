//! What an append to a store in memory leaves behind.

use enterprise_credentials::log::write_line;
use enterprise_credentials::{CredentialId, EnterpriseSlug, Event, Fingerprint};
use enterprise_credentials_seal::{Frontier, Hash, leaf_hash};

use super::{Kept, Memory, held_by, lock};
use crate::store::contract::Bug;
use crate::store::contract::lines::Line;
use crate::store::{Head, StoreError};

impl Memory {
    /// The head behind lines that follow it.
    fn behind(&self, head: &Head, lines: &[Line]) -> Result<Head, StoreError> {
        let count = |is_one: fn(&Event) -> bool| lines.iter().filter(|line| is_one(&line.event.event)).count() as u64;
        let requested = count(|event| {
            matches!(
                event,
                Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. }
            )
        });
        let completed = count(|event| matches!(event, Event::RevocationCompleted { .. }));
        let running = match self.bug {
            Some(Bug::ForgetsCompletions) => head.running() + requested,
            Some(Bug::EndsAllWithOne) if completed > 0 => 0,
            _ => (head.running() + requested).saturating_sub(completed),
        };
        let mut frontier = head.frontier().clone();
        extend(&mut frontier, lines.iter().map(|line| leaf_hash(&line.bytes)))?;
        Ok(Head::new(frontier, lines.last().map(|line| line.event.at), running))
    }

    /// The head that is told of behind those lines, after the one that was told of before.
    fn told_behind(&self, told: &Head, lines: &[Line], head: &Head) -> Result<Head, StoreError> {
        let whole: Vec<u8> = lines.iter().flat_map(|line| line.bytes.clone()).collect();
        let leaf = |line: &Line| match self.bug {
            Some(Bug::HashesLineFeeds) => leaf_hash(&[line.bytes.as_slice(), b"\n"].concat()),
            Some(Bug::HashesBatches) => leaf_hash(&whole),
            _ => leaf_hash(&line.bytes),
        };
        let mut frontier = told.frontier().clone();
        extend(&mut frontier, lines.iter().map(leaf))?;
        let last_at = head.last_at().filter(|_| !self.has(Bug::ForgetsTheTime));
        let running = if self.has(Bug::ForgetsRequests) {
            0
        } else {
            head.running()
        };
        Ok(Head::new(frontier, last_at, running))
    }

    pub(super) fn insert(
        &self,
        kept: &mut Kept,
        enterprise: &EnterpriseSlug,
        lines: &[Line],
    ) -> Result<Head, StoreError> {
        if lines.is_empty() {
            return Ok(kept.stream(enterprise).told);
        }
        let stream = kept.streams.entry(enterprise.clone()).or_default();
        for line in lines {
            let mut bytes = line.bytes.clone();
            if self.has(Bug::WritesBytesAnew) {
                bytes.clear();
                write_line(&line.event, &mut bytes);
                bytes.pop();
            }
            stream.lines.push(bytes);
        }
        stream.head = self.behind(&stream.head, lines)?;
        let told = self.told_behind(&stream.told, lines, &stream.head)?;
        stream.before = std::mem::replace(&mut stream.told, told);
        lock(&self.process.heads).remove(enterprise);
        let answer = if self.has(Bug::AnswersTheOldHead) {
            stream.before.clone()
        } else {
            stream.told.clone()
        };
        for line in lines {
            if let Some((fingerprint, credential)) = line.fingerprint() {
                self.issue(kept, enterprise, line, fingerprint, credential)?;
            }
        }
        Ok(answer)
    }

    fn issue(
        &self,
        kept: &mut Kept,
        enterprise: &EnterpriseSlug,
        line: &Line,
        fingerprint: &Fingerprint,
        credential: CredentialId,
    ) -> Result<(), StoreError> {
        let holders = kept.holders.entry(fingerprint.clone()).or_default();
        let everywhere = self.has(Bug::RefusesAcrossEnterprises);
        let holder = holders
            .iter_mut()
            .find(|holder| everywhere || holder.enterprise == *enterprise);
        match holder {
            None => holders.push(held_by(enterprise, credential)),
            Some(holder) if self.has(Bug::LastFingerprintWins) => holder.credential = credential,
            Some(holder) => {
                let holder = if self.has(Bug::NamesTheSecond) {
                    credential
                } else {
                    holder.credential
                };
                return Err(StoreError::DuplicateFingerprint {
                    position: line.event.position,
                    credential,
                    fingerprint: fingerprint.clone(),
                    holder,
                });
            }
        }
        Ok(())
    }
}

fn extend(frontier: &mut Frontier, leaves: impl Iterator<Item = Hash>) -> Result<(), StoreError> {
    let extended = frontier.extend(leaves);
    extended.map_err(|error| StoreError::permanent("append", error))
}
