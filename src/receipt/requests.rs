//! The requests that could have come last: what they cover, and whose key they have.

use alloc::vec::Vec;

use crate::command::Command;
use crate::credential::CredentialType;
use crate::event::{Actor, Authority, Event};
use crate::id::{InstallationId, OrganizationId, PersonId};
use crate::name::IdempotencyKey;
use crate::receipt::subjects::Subjects;

/// Requests by somebody else that could cover a credential, with no limit and with each single one; and under the
/// caller's key the same request and another.
pub(super) fn requests(command: &Command, subjects: &Subjects, installation: InstallationId) -> Vec<Event> {
    let by_another = By {
        requested_by: Actor::Installation { installation },
        authority: Authority::Installation,
        key: None,
    };
    let mut limits = Vec::from([Limited::default()]);
    if !subjects.credentials.is_empty() {
        limits.extend(subjects.people.iter().map(|&person| Limited::to_person(person)));
        limits.extend(CredentialType::ALL.map(Limited::to_type));
        limits.extend(
            subjects
                .organizations
                .iter()
                .map(|&organization| Limited::to_organization(organization)),
        );
    }
    let mut requests: Vec<Event> = limits
        .iter()
        .flat_map(|limited| by_another.requests(*limited))
        .collect();
    if let Some((by, key)) = &subjects.key {
        let under_key = By {
            requested_by: without_token(*by),
            authority: Authority::Owner,
            key: Some(key),
        };
        let asked = command.requested().map(|request| Limited {
            organization: request.organization,
            person: request.person,
            credential_type: request.credential_type,
        });
        let others = [Limited::default(), Limited::to_type(CredentialType::ClassicPat)];
        requests.extend(
            others
                .into_iter()
                .chain(asked)
                .flat_map(|limited| under_key.requests(limited)),
        );
    }
    requests
}

/// What a request is limited to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Limited {
    organization: Option<OrganizationId>,
    person: Option<PersonId>,
    credential_type: Option<CredentialType>,
}

impl Limited {
    fn to_organization(organization: OrganizationId) -> Self {
        let organization = Some(organization);
        Self {
            organization,
            ..Self::default()
        }
    }

    fn to_person(person: PersonId) -> Self {
        let person = Some(person);
        Self {
            person,
            ..Self::default()
        }
    }

    fn to_type(credential_type: CredentialType) -> Self {
        let credential_type = Some(credential_type);
        Self {
            credential_type,
            ..Self::default()
        }
    }
}

/// Whose a request is, and under which key.
struct By<'a> {
    requested_by: Actor,
    authority: Authority,
    key: Option<&'a IdempotencyKey>,
}

impl By<'_> {
    /// With each option: of an organization nothing is destroyed.
    fn requests(&self, limited: Limited) -> Vec<Event> {
        let options: &[bool] = if limited.organization.is_some() {
            &[false]
        } else {
            &[false, true]
        };
        options.iter().map(|option| self.request(limited, *option)).collect()
    }

    fn request(&self, limited: Limited, revoke_credentials: bool) -> Event {
        let (requested_by, authority) = (self.requested_by, self.authority);
        let idempotency_key = self.key.cloned();
        if limited == Limited::default() {
            return Event::RevokeAllRequested {
                requested_by,
                authority,
                revoke_credentials,
                idempotency_key,
            };
        }
        Event::RevocationRequested {
            requested_by,
            authority,
            organization: limited.organization,
            person: limited.person,
            credential_type: limited.credential_type,
            revoke_credentials,
            idempotency_key,
        }
    }
}

/// A key is a person's, whatever their token.
fn without_token(by: Actor) -> Actor {
    match by {
        Actor::Person { person, .. } => Actor::Person {
            person,
            credential: None,
        },
        Actor::Installation { .. } => by,
    }
}
