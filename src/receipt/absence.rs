//! What a history does not hold, and from which position on.

use alloc::string::String;

use serde::{Deserialize, Serialize};

use crate::credential::CredentialType;
use crate::enterprise::Enterprise;
use crate::enterprise::progress::Limits;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, Position, RevocationId};
use crate::name::Login;

/// An event that a history does not hold. Had it come last, the answer would have been another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// Its name.
    pub event: String,
    /// Of which person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<PersonId>,
    /// Of which organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// Of which credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// Of which revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revocation: Option<RevocationId>,
    /// Of which type of credential.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_type: Option<CredentialType>,
    /// Of whoever would have this login.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// The position of the last such event that the history does hold: there is none after it. Not there where the
    /// history holds none at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Position>,
}

impl Absence {
    /// That of an event, whoever has its login.
    pub(super) fn of_login(event: &Event) -> Self {
        let mut absence = Self::named(event.name());
        if let Event::MemberAdded { login, .. } | Event::OrganizationAdded { login, .. } = event {
            absence.login = Some(login.clone());
        }
        absence
    }

    /// That of an event about the same.
    pub(super) fn of(event: &Event) -> Self {
        let mut absence = Self::named(event.name());
        match event {
            Event::MemberAdded { member, .. }
            | Event::MemberRoleChanged { member, .. }
            | Event::MemberRemoved { member }
            | Event::PermissionGranted { member, .. }
            | Event::PermissionWithdrawn { member, .. } => absence.member = Some(*member),
            Event::OrganizationAdded { organization, .. } | Event::OrganizationRemoved { organization } => {
                absence.organization = Some(*organization);
            }
            Event::OrganizationOwnerAdded { organization, member }
            | Event::OrganizationOwnerRemoved { organization, member } => {
                (absence.organization, absence.member) = (Some(*organization), Some(*member));
            }
            Event::CredentialIssued { credential, .. } | Event::CredentialDestroyed { credential, .. } => {
                absence.credential = Some(*credential);
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            }
            | Event::AuthorizationRevoked {
                credential,
                organization,
                ..
            } => (absence.credential, absence.organization) = (Some(*credential), Some(*organization)),
            Event::RevocationRequested {
                organization,
                person,
                credential_type,
                ..
            } => {
                (absence.organization, absence.member) = (*organization, *person);
                absence.credential_type = *credential_type;
            }
            Event::RevocationCompleted { revocation, .. } => absence.revocation = Some(*revocation),
            Event::EnterpriseCreated { .. } | Event::RevokeAllRequested { .. } => {}
        }
        absence
    }

    /// That of any event of this name.
    pub(super) fn named(event: &str) -> Self {
        Self {
            event: event.into(),
            member: None,
            organization: None,
            credential: None,
            revocation: None,
            credential_type: None,
            login: None,
            after: None,
        }
    }

    /// Finds the last such event. The events are those about the same; of requests these are not all,
    /// and the state has them.
    pub(super) fn after_the_last<'a>(
        self,
        mut events: impl DoubleEndedIterator<Item = &'a RecordedEvent>,
        state: &Enterprise,
    ) -> Self {
        let found = events.rfind(|recorded| self.is_of(&recorded.event));
        let found = found.map(|recorded| recorded.position);
        let after = found.max(self.last_request(state));
        Self { after, ..self }
    }

    /// Whether an event is such a one: whether it is of the same name, and about the same, whatever else it is about.
    fn is_of(&self, event: &Event) -> bool {
        let is_login = |asked: &Login| {
            let of = Self::of_login(event).login;
            of.is_some_and(|of| of.as_str().eq_ignore_ascii_case(asked.as_str()))
        };
        self.includes(&Self::of(event)) && self.login.as_ref().is_none_or(is_login)
    }

    fn includes(&self, of: &Self) -> bool {
        self.event == of.event
            && is_met(self.member, of.member)
            && is_met(self.organization, of.organization)
            && is_met(self.credential, of.credential)
            && is_met(self.revocation, of.revocation)
            && is_met(self.credential_type, of.credential_type)
    }

    fn last_request(&self, state: &Enterprise) -> Option<Position> {
        let last = state.revocations.iter().rev().find(|revocation| {
            let limits = state.limits(revocation.coverage.filter);
            let is_of_everything = limits == Limits::NONE;
            let name = if is_of_everything {
                "RevokeAllRequested"
            } else {
                "RevocationRequested"
            };
            self.includes(&Self {
                organization: limits.organization,
                member: limits.person,
                credential_type: limits.credential_type,
                ..Self::named(name)
            })
        });
        last.map(|revocation| revocation.id.cut())
    }
}

/// Whether what is asked for is there.
fn is_met<T: PartialEq>(asked: Option<T>, found: Option<T>) -> bool {
    asked.is_none() || asked == found
}
