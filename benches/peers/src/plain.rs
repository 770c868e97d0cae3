//! The decider that one would write without this crate: standard hash maps of structs by id, and nothing clever.
//!
//! It is also the aggregate of the event-sourcing crates. Accepting a revoke-all marks nothing: an authorization is pending
//! if a running revocation was requested after its grant. Unlike the core it knows nobody who leaves, no role that changes,
//! no permission, no idempotency key, and it believes every event that it applies.

mod decide;
mod message;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use enterprise_credentials::{CredentialKind, EnterpriseKind, Role};
use serde::{Deserialize, Serialize};

pub(crate) use message::{Actor, Command, Event, Refusal};

/// The state of one enterprise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Enterprise {
    position: u64,
    kind: Option<EnterpriseKind>,
    organizations: HashMap<u64, String>,
    people: HashMap<u64, Person>,
    credentials: HashMap<u64, Credential>,
    /// The credentials in order of issue: the job's order.
    issued: Vec<u64>,
    /// In order of request, which is also the order of completion.
    revocations: Vec<Revocation>,
    completed: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Person {
    login: String,
    role: Role,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Credential {
    owner: u64,
    kind: CredentialKind,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
    issued_at: u64,
    destroyed: bool,
    /// In order of grant.
    authorizations: Vec<Authorization>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Authorization {
    organization: u64,
    granted_at: u64,
    outcome: Outcome,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Outcome {
    Granted,
    /// Revoked singly, or ended with its credential.
    Ended,
    /// Revoked by a revocation.
    Taken,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Revocation {
    /// The position of its request: what was granted or issued before it is in its scope.
    id: u64,
    revoke_credentials: bool,
    /// The credentials before this place in order of issue have nothing left.
    cursor: usize,
    issued: usize,
    authorizations_revoked: u64,
    credentials_destroyed: u64,
}

impl Enterprise {
    pub(crate) fn apply(&mut self, event: Event) {
        self.position += 1;
        match event {
            Event::EnterpriseCreated { kind, .. } => self.kind = Some(kind),
            Event::OrganizationAdded { organization, login } => drop(self.organizations.insert(organization, login)),
            Event::MemberAdded { member, login, role } => drop(self.people.insert(member, Person { login, role })),
            Event::CredentialIssued {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                ..
            } => {
                let record = Credential {
                    owner,
                    kind,
                    scopes,
                    expires_at,
                    issued_at: self.position,
                    destroyed: false,
                    authorizations: Vec::new(),
                };
                self.credentials.insert(credential, record);
                self.issued.push(credential);
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } => self.grant(credential, organization),
            Event::RevokeAllRequested { revoke_credentials, .. } => self.revocations.push(Revocation {
                id: self.position,
                revoke_credentials,
                cursor: 0,
                issued: self.issued.len(),
                authorizations_revoked: 0,
                credentials_destroyed: 0,
            }),
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => self.revoke(credential, organization, revocation),
            Event::CredentialDestroyed { credential, revocation } => self.destroy(credential, revocation),
            Event::RevocationCompleted { .. } => self.completed += 1,
        }
    }

    fn grant(&mut self, credential: u64, organization: u64) {
        let Some(record) = self.credentials.get_mut(&credential) else {
            return;
        };
        record.authorizations.retain(|had| had.organization != organization);
        record.authorizations.push(Authorization {
            organization,
            granted_at: self.position,
            outcome: Outcome::Granted,
        });
    }

    fn revoke(&mut self, credential: u64, organization: u64, revocation: Option<u64>) {
        let Some(record) = self.credentials.get_mut(&credential) else {
            return;
        };
        let mut authorizations = record.authorizations.iter_mut();
        if let Some(authorization) = authorizations.find(|had| had.organization == organization) {
            let is_taken = revocation.is_some();
            authorization.outcome = if is_taken { Outcome::Taken } else { Outcome::Ended };
        }
        self.count(credential, revocation, |revocation| {
            revocation.authorizations_revoked += 1;
        });
    }

    /// What is pending of the credential's authorizations stays for its job.
    fn destroy(&mut self, credential: u64, revocation: Option<u64>) {
        let last_cut = self.running().last().map_or(0, |revocation| revocation.id);
        let Some(record) = self.credentials.get_mut(&credential) else {
            return;
        };
        record.destroyed = true;
        for authorization in &mut record.authorizations {
            if authorization.outcome == Outcome::Granted && authorization.granted_at > last_cut {
                authorization.outcome = Outcome::Ended;
            }
        }
        self.count(credential, revocation, |revocation| {
            revocation.credentials_destroyed += 1;
        });
    }

    /// Counts an item for its revocation, and lets the cursor pass what has nothing left.
    fn count(&mut self, credential: u64, revocation: Option<u64>, count: impl FnOnce(&mut Revocation)) {
        let Some(place) = revocation.and_then(|id| self.revocations.iter().rposition(|known| known.id == id)) else {
            return;
        };
        count(&mut self.revocations[place]);
        let Revocation { id, mut cursor, .. } = self.revocations[place];
        if self.issued[cursor] != credential {
            return;
        }
        while cursor < self.revocations[place].issued && !self.has_something_left(self.issued[cursor], id) {
            cursor += 1;
        }
        self.revocations[place].cursor = cursor;
    }

    fn running(&self) -> &[Revocation] {
        &self.revocations[self.completed..]
    }

    /// The running revocation that covers an authorization: the first after its grant.
    fn pending_authorization(&self, authorization: &Authorization) -> Option<u64> {
        if authorization.outcome != Outcome::Granted {
            return None;
        }
        let covers = |revocation: &&Revocation| authorization.granted_at < revocation.id;
        self.running().iter().find(covers).map(|revocation| revocation.id)
    }

    /// The running revocation that covers a credential itself.
    fn pending_destruction(&self, credential: &Credential) -> Option<u64> {
        if credential.destroyed || !credential.kind.is_destroyed_by_revoke_all() {
            return None;
        }
        let covers = |revocation: &&Revocation| revocation.revoke_credentials && credential.issued_at < revocation.id;
        let revocation = self.running().iter().find(covers)?;
        let owner = self.people.get(&credential.owner)?;
        owner.role.is_enterprise_member().then_some(revocation.id)
    }

    fn has_something_left(&self, credential: u64, revocation: u64) -> bool {
        self.credentials.get(&credential).is_some_and(|credential| {
            self.pending_destruction(credential) == Some(revocation)
                || (credential.authorizations.iter())
                    .any(|authorization| self.pending_authorization(authorization) == Some(revocation))
        })
    }

    pub(crate) fn credentials_alive(&self) -> u64 {
        self.credentials
            .values()
            .map(|record| u64::from(self.is_alive(record)))
            .sum()
    }

    pub(crate) fn authorizations_live(&self) -> u64 {
        let alive = self.credentials.values().filter(|record| self.is_alive(record));
        let authorizations = alive.flat_map(|record| &record.authorizations);
        let live = authorizations.filter(|authorization| {
            authorization.outcome == Outcome::Granted && self.pending_authorization(authorization).is_none()
        });
        live.count() as u64
    }

    pub(crate) fn authorizations_pending(&self) -> u64 {
        let authorizations = self.credentials.values().flat_map(|record| &record.authorizations);
        authorizations
            .filter(|authorization| self.pending_authorization(authorization).is_some())
            .count() as u64
    }

    fn is_alive(&self, credential: &Credential) -> bool {
        !credential.destroyed && self.pending_destruction(credential).is_none()
    }
}
