//! The decider that one would write without this crate: standard hash maps of structs by id, and nothing clever.
//!
//! It is also the aggregate of the event-sourcing crates, obeys the same rules as the core, and gives the same events.
//! What begins and ends is kept with the positions at which it did. So accepting a revoke-all marks nothing: whether
//! something was there at a cut is asked when it matters. Unlike the core it believes every event that it applies.
//!
//! Frozen at revoke-all: what the core learns beyond it is not told here a third time, but for what it now refuses of
//! the commands that there were.

mod decide;
mod message;
#[cfg(test)]
mod same_work;
mod scope;
mod stays;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use enterprise_credentials::{CredentialKind, EnterpriseKind, Role};
use serde::{Deserialize, Serialize};

pub(crate) use message::{Actor, Caller, Command, Event, Recorded, Refusal};
use stays::Stays;

/// The state of one enterprise.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Enterprise {
    position: u64,
    identity: Option<Identity>,
    organizations: Stays<Organization>,
    people: Stays<Person>,
    credentials: HashMap<u64, Credential>,
    /// The credentials in order of issue: the job's order.
    issued: Vec<u64>,
    /// In order of request, which is also the order of completion.
    revocations: Vec<Revocation>,
    completed: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Identity {
    slug: String,
    kind: EnterpriseKind,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Organization {
    login: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Person {
    login: String,
    /// Each with the position at which it began, oldest first.
    roles: Vec<(u64, Role)>,
    may_write_credentials: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Credential {
    owner: u64,
    kind: CredentialKind,
    scopes: Vec<String>,
    expires_at: Option<DateTime<Utc>>,
    issued_at: u64,
    /// Its place in the order of issue.
    place: usize,
    destroyed_at: Option<u64>,
    /// In order of grant, one for each organization.
    authorizations: Vec<Authorization>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Authorization {
    organization: u64,
    granted_at: u64,
    outcome: Outcome,
}

/// What was recorded of an authorization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Outcome {
    /// Nothing: it is live, pending, or ended with its credential, owner or organization.
    Granted,
    /// Revoked singly.
    Revoked,
    /// Revoked by a revocation.
    Taken,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Revocation {
    /// The position of its request: the cut.
    id: u64,
    requested_by: Actor,
    requested_at: DateTime<Utc>,
    idempotency_key: Option<String>,
    revoke_credentials: bool,
    /// The credentials before this place in order of issue have nothing left.
    cursor: usize,
    /// How many credentials had been issued at the cut.
    issued: usize,
    authorizations_revoked: u64,
    credentials_destroyed: u64,
}

impl Person {
    fn role(&self) -> Option<Role> {
        self.roles.last().map(|(_, role)| *role)
    }

    fn role_at(&self, cut: u64) -> Option<Role> {
        let begun = self.roles.iter().rfind(|(since, _)| *since < cut);
        begun.map(|(_, role)| *role)
    }
}

impl Enterprise {
    /// Puts decided events into their envelopes: positions, one time, and whom the host names as the cause.
    pub(crate) fn record(
        &self,
        events: Vec<Event>,
        at: DateTime<Utc>,
        by: Option<Actor>,
    ) -> impl Iterator<Item = Recorded> + use<> {
        let positions = self.position + 1..;
        positions.zip(events).map(move |(position, event)| Recorded {
            position,
            at,
            // A request names its requester itself.
            by: by.filter(|_| !matches!(event, Event::RevokeAllRequested { .. })),
            event,
        })
    }

    pub(crate) fn apply(&mut self, recorded: Recorded) {
        let position = recorded.position;
        self.position = position;
        match recorded.event {
            Event::EnterpriseCreated { slug, kind } => self.identity = Some(Identity { slug, kind }),
            Event::OrganizationAdded { organization, login } => {
                self.organizations.begin(organization, position, Organization { login });
            }
            Event::OrganizationRemoved { organization } => self.organizations.end(organization, position),
            Event::MemberAdded { member, login, role } => {
                let roles = vec![(position, role)];
                let may_write_credentials = false;
                let person = Person {
                    login,
                    roles,
                    may_write_credentials,
                };
                self.people.begin(member, position, person);
            }
            Event::MemberRoleChanged { member, role } => {
                self.change(member, |person| person.roles.push((position, role)));
            }
            Event::MemberRemoved { member } => self.people.end(member, position),
            Event::PermissionGranted { member, .. } => {
                self.change(member, |person| person.may_write_credentials = true)
            }
            Event::PermissionWithdrawn { member, .. } => {
                self.change(member, |person| person.may_write_credentials = false);
            }
            event @ Event::CredentialIssued { .. } => self.issue(event),
            Event::CredentialAuthorized {
                credential,
                organization,
            } => self.grant(credential, organization),
            event @ Event::RevokeAllRequested { .. } => self.request(event, recorded.at),
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => self.revoke(credential, organization, revocation),
            Event::CredentialDestroyed { credential, revocation } => self.destroy(credential, revocation),
            Event::RevocationCompleted { .. } => self.completed += 1,
        }
    }

    fn change(&mut self, member: u64, change: impl FnOnce(&mut Person)) {
        if let Some(stay) = self.people.latest_mut(member) {
            change(&mut stay.of);
        }
    }

    fn issue(&mut self, event: Event) {
        let Event::CredentialIssued {
            credential,
            owner,
            kind,
            scopes,
            expires_at,
            ..
        } = event
        else {
            return;
        };
        let record = Credential {
            owner,
            kind,
            scopes,
            expires_at,
            issued_at: self.position,
            place: self.issued.len(),
            destroyed_at: None,
            authorizations: Vec::new(),
        };
        self.credentials.insert(credential, record);
        self.issued.push(credential);
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

    fn request(&mut self, event: Event, at: DateTime<Utc>) {
        let Event::RevokeAllRequested {
            requested_by,
            revoke_credentials,
            idempotency_key,
            ..
        } = event
        else {
            return;
        };
        self.revocations.push(Revocation {
            id: self.position,
            requested_by,
            requested_at: at,
            idempotency_key,
            revoke_credentials,
            cursor: 0,
            issued: self.issued.len(),
            authorizations_revoked: 0,
            credentials_destroyed: 0,
        });
    }

    fn revoke(&mut self, credential: u64, organization: u64, revocation: Option<u64>) {
        let Some(record) = self.credentials.get_mut(&credential) else {
            return;
        };
        let mut authorizations = record.authorizations.iter_mut();
        if let Some(authorization) = authorizations.find(|had| had.organization == organization) {
            let is_taken = revocation.is_some();
            authorization.outcome = if is_taken { Outcome::Taken } else { Outcome::Revoked };
        }
        let place = record.place;
        self.count(place, revocation, |revocation| revocation.authorizations_revoked += 1);
    }

    fn destroy(&mut self, credential: u64, revocation: Option<u64>) {
        let Some(record) = self.credentials.get_mut(&credential) else {
            return;
        };
        record.destroyed_at = Some(self.position);
        let place = record.place;
        self.count(place, revocation, |revocation| revocation.credentials_destroyed += 1);
    }

    /// Counts an item for its revocation, and lets the cursor pass the credentials before it that have nothing left.
    fn count(&mut self, place: usize, revocation: Option<u64>, count: impl FnOnce(&mut Revocation)) {
        let Some(of) = revocation.and_then(|id| self.revocations.iter().rposition(|known| known.id == id)) else {
            return;
        };
        count(&mut self.revocations[of]);
        let Revocation { id, mut cursor, .. } = self.revocations[of];
        while cursor < place && !self.has_something_left(&self.credentials[&self.issued[cursor]], id) {
            cursor += 1;
        }
        self.revocations[of].cursor = cursor;
    }
}
