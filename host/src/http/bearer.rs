//! Whose token a request carries: of one enterprise, or of several that know it.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::{CredentialDenial, Enterprise, EnterpriseKind, rest};

use super::Api;
use crate::enterprises::EnterpriseError;
use crate::store::{Holder, Store};
use crate::token;

/// How often the log tells of tokens that an enterprise of managed users shares with others.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Who stands behind a request's token.
#[derive(Debug)]
pub(super) struct Bearer {
    /// The enterprise that judges the token, and its credential there; nothing for a token that no stream knows.
    pub(super) holder: Option<Holder>,
    /// Whether several enterprises know it. Then what another one has seen is to be asked anew before anything is recorded.
    pub(super) is_shared: bool,
}

impl<S: Store> Api<S> {
    /// Who stands behind the token in these headers, for a request to the enterprise that its path names. Where one enterprise
    /// alone knows the token, no state is asked.
    ///
    /// # Errors
    /// Where several know it, those of every state that has to be asked: while one of them cannot be read, nobody knows
    /// whether the token is destroyed there.
    pub(super) async fn bearer(&self, path: &str, headers: &[(&str, &[u8])]) -> Result<Bearer, EnterpriseError> {
        let mut holders = match rest::bearer_token(headers).map(token::fingerprint) {
            Some(Ok(fingerprint)) => self.enterprises.holders(&fingerprint).await?,
            _ => Vec::new(),
        };
        let is_shared = holders.len() > 1;
        let index = if is_shared {
            self.judge(&holders, path).await?
        } else {
            0
        };
        let holder = (index < holders.len()).then(|| holders.swap_remove(index));
        Ok(Bearer { holder, is_shared })
    }

    /// Which of several enterprises judges their token: the first in which it is destroyed or about to be; else the one that the
    /// path names; else the first in which it is alive; else the first.
    async fn judge(&self, holders: &[Holder], path: &str) -> Result<usize, EnterpriseError> {
        let (mut destroyed, mut alive, mut is_managed) = (None, None, false);
        for (index, holder) in holders.iter().enumerate() {
            let ask =
                |enterprise: &Enterprise, at| (enterprise.authenticates(holder.credential, at), enterprise.kind());
            let (authenticates, kind) = self.enterprises.ask(&holder.enterprise, ask).await?;
            is_managed |= kind == Some(EnterpriseKind::ManagedUsers);
            match authenticates {
                Ok(_) => alive = alive.or(Some(index)),
                Err(CredentialDenial::Destroyed(_) | CredentialDenial::DestructionPending { .. }) => {
                    destroyed = destroyed.or(Some(index));
                }
                Err(_) => {}
            }
        }
        if is_managed {
            self.shared.note(holders);
        }
        let named = holders.iter().position(|holder| holder.enterprise.as_str() == path);
        Ok(destroyed.or(named).or(alive).unwrap_or(0))
    }
}

/// The tokens that an enterprise of managed users shares with others: its accounts are its own, so there should be none.
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
