//! Whose token a request carries. One enterprise may know it, or several.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::rest::{self, Place};
use enterprise_credentials::{CredentialDenial, Enterprise, EnterpriseKind};

use super::Api;
use super::operation::Asked;
use crate::enterprises::EnterpriseError;
use crate::store::{Holder, Store};
use crate::token;

/// How often the log tells of tokens that an enterprise of managed users shares with others.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Who stands behind a request's token; by default nobody.
#[derive(Debug, Clone, Default)]
pub(super) struct Bearer {
    /// The enterprise that judges the token, and its credential there; nothing for a token that no stream knows.
    pub(super) holder: Option<Holder>,
    /// Whether several enterprises know it. Then what another one has seen is to be asked anew before anything is
    /// recorded.
    pub(super) is_shared: bool,
    /// Whether the token is alive in several enterprises that have an organization of the name in the path:
    /// then the name means none.
    pub(super) is_ambiguous: bool,
}

impl<S: Store> Api<S> {
    /// Who stands behind the token of a request, for the enterprise or the organization that its path names. Where one
    /// enterprise alone knows the token, no state is asked.
    ///
    /// # Errors
    /// Where several know it, those of every state that has to be asked: while one of them cannot be read, nobody knows
    /// whether the token is destroyed there.
    pub(super) async fn bearer(&self, asked: &Asked) -> Result<Bearer, EnterpriseError> {
        let mut holders = match rest::bearer_token(&asked.headers()).map(token::fingerprint) {
            Some(Ok(fingerprint)) => self.enterprises.holders(&fingerprint).await?,
            _ => Vec::new(),
        };
        if let [_, _, ..] = *holders {
            let (index, is_ambiguous) = self.judge(&holders, asked.owner()).await?;
            return Ok(Bearer {
                holder: Some(holders.swap_remove(index)),
                is_shared: true,
                is_ambiguous,
            });
        }
        Ok(Bearer {
            holder: holders.pop(),
            is_shared: false,
            is_ambiguous: false,
        })
    }

    /// Which of several enterprises judges their token: the first in which it is destroyed or about to be; else the one
    /// that the path means, by its own name or by that of an organization there; else the first in which it is alive;
    /// else the first. And whether the path means several in which it is alive.
    async fn judge(&self, holders: &[Holder], (place, name): (Place, &str)) -> Result<(usize, bool), EnterpriseError> {
        let (mut destroyed, mut alive, mut is_managed) = (None, None, false);
        let (mut meant, mut meant_alive) = (None, Vec::new());
        for (index, holder) in holders.iter().enumerate() {
            let ask = |enterprise: &Enterprise, at| {
                let is_meant = match place {
                    Place::Enterprise => holder.enterprise.as_str() == name,
                    Place::Organization => enterprise.organization_by_login(name).is_some(),
                };
                let authenticates = enterprise.authenticates(holder.credential, at);
                (authenticates, enterprise.kind(), is_meant)
            };
            let (authenticates, kind, is_meant) = self.enterprises.ask(&holder.enterprise, ask).await?;
            is_managed |= kind == Some(EnterpriseKind::ManagedUsers);
            meant = meant.or(is_meant.then_some(index));
            match authenticates {
                Ok(_) => {
                    alive = alive.or(Some(index));
                    meant_alive.extend(is_meant.then_some(index));
                }
                Err(CredentialDenial::Destroyed(_) | CredentialDenial::DestructionPending { .. }) => {
                    destroyed = destroyed.or(Some(index));
                }
                Err(_) => {}
            }
        }
        if is_managed {
            self.shared.note(holders);
        }
        let meant = meant_alive.first().copied().or(meant);
        let index = destroyed.or(meant).or(alive).unwrap_or(0);
        Ok((index, meant_alive.len() > 1))
    }
}

/// The tokens that an enterprise of managed users shares with others: its accounts are its own,
/// so there should be none.
#[derive(Debug, Default)]
pub(super) struct SharedTokens {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    /// Requests with such a token since the start.
    requests: u64,
    last: Option<Instant>,
}

impl SharedTokens {
    /// Counts a request, and tells of it unless another was told of within a minute.
    fn note(&self, holders: &[Holder]) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        told.requests = told.requests.saturating_add(1);
        if told.last.is_some_and(|last| last.elapsed() < TELL_EVERY) {
            return;
        }
        told.last = Some(Instant::now());
        let known_by = holders
            .iter()
            .map(|Holder { enterprise, credential }| format!("{enterprise}/{credential}"));
        tracing::warn!(
            requests = told.requests,
            known_by = known_by.collect::<Vec<_>>().join(" "),
            "a token of an enterprise of managed users is known to another enterprise"
        );
    }
}
