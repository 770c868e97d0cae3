//! Wrong about requests that take less than everything.

use std::collections::BTreeSet;
use std::vec::Vec;

use super::around_the_core;
use crate::candidate::Candidate;
use enterprise_credentials::{
    AccessDenial, Authority, Command, CorruptHistory, CredentialDenial, CredentialId, CredentialKind, Enterprise,
    Event, OrganizationId, PersonId, Plan, RecordedEvent, Refusal, Requested, RevocationState, Revoke, Role, Timestamp,
};

type Decision = Result<Vec<Event>, Refusal>;

around_the_core! {
    ForgetsThePerson {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let mut understood = recorded.clone();
            if let Event::RevocationRequested {
                requested_by, authority, organization: None, credential_type: None, revoke_credentials,
                idempotency_key, ..
            } = recorded.event.clone()
            {
                understood.event =
                    Event::RevokeAllRequested { requested_by, authority, revoke_credentials, idempotency_key };
            }
            self.0.apply(&understood)
        }
    }

    NamesLetterByLetter {
        fn person_by_login(&self, login: &str) -> Option<PersonId> {
            let mut people = self.0.people();
            people.find(|(_, name, _)| name.as_str() == login).map(|(person, ..)| person)
        }
    }

    NamesTwo {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at), command) {
                (Err(Refusal::MemberLoginTaken { .. }), Command::AddMember { member, login, role }) => {
                    Ok(Vec::from([Event::MemberAdded { member: *member, login: login.clone(), role: *role }]))
                }
                (decided, _) => decided,
            }
        }
    }

    TypeMissesApps {
        fn may_use(&self, credential: CredentialId, organization: OrganizationId, at: Timestamp)
            -> Result<(), AccessDenial>
        {
            let answer = self.0.may_use(credential, organization, at);
            let Err(AccessDenial::RevocationPending { revocation, .. }) = answer else {
                return answer;
            };
            let kind = self.0.credential(credential).map(|it| it.kind());
            let by_type = self.0.progress(revocation).and_then(|it| it.credential_type).is_some();
            if by_type && kind == Some(CredentialKind::GithubAppUserToken) { Ok(()) } else { answer }
        }
    }

    TombstoneOfOrganizations {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at)?.as_slice(), command) {
                ([Event::AuthorizationRevoked { .. }, _], Command::AuthorizeCredential { credential, organization })
                    if self.0.credential(*credential).map(|it| it.kind()) != Some(CredentialKind::FineGrainedPat) =>
                {
                    Err(Refusal::Tombstone { credential: *credential, organization: *organization })
                }
                (events, _) => Ok(events.to_vec()),
            }
        }
    }

    TargetsTheFirstOwner {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at), command) {
                (Err(Refusal::FirstOwner(_)), Command::Revoke(request)) => Ok(requested(request, Authority::Owner)),
                (decided, _) => decided,
            }
        }
    }

    EnterpriseOwnersEverywhere {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at), command) {
                (Err(Refusal::NotOrganizationOwner { person, .. }), Command::Revoke(request))
                    if self.0.role(person) == Some(Role::Owner) =>
                {
                    Ok(requested(request, Authority::Owner))
                }
                (decided, _) => decided,
            }
        }
    }

    TakesTheLaters {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            let mut events = self.0.decide(command, at)?;
            let Command::ContinueRevocation { revocation, .. } = command else {
                return Ok(events);
            };
            let later = self.0.pending_revocations().find(|later| later > revocation);
            let is_unfinished = |it: enterprise_credentials::Progress| it.state != RevocationState::Completed;
            if later.is_none() || !self.0.progress(*revocation).is_some_and(is_unfinished) {
                return Ok(events);
            }
            let ids = self.0.credentials().map(|it| it.id());
            let of_another = ids.filter_map(|credential| match self.0.authenticates(credential, Timestamp::MIN) {
                Err(CredentialDenial::DestructionPending { revocation: in_it, .. }) if Some(in_it) == later => {
                    Some(Event::CredentialDestroyed { credential, revocation: Some(*revocation) })
                }
                _ => None,
            });
            let at_the_end = events.len().saturating_sub(1);
            events.splice(at_the_end..at_the_end, of_another);
            Ok(events)
        }
    }

    SparesNamedGuests {
        fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
            let mut understood = recorded.clone();
            if let Event::RevocationRequested { person: Some(person), revoke_credentials, .. } = &mut understood.event
                && self.0.role(*person) == Some(Role::GuestCollaborator)
            {
                *revoke_credentials = false;
            }
            self.0.apply(&understood)
        }
    }

    PlansWithoutFilters {
        fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan {
            self.0.plan(Requested { person: None, ..request }, at)
        }
    }

    KeysOfAnyOperation {
        fn decide(&self, command: &Command, at: Timestamp) -> Decision {
            match (self.0.decide(command, at), command) {
                (Err(Refusal::IdempotencyKeyReused { .. }), Command::Revoke(_)) => Ok(Vec::new()),
                (decided, _) => decided,
            }
        }
    }

    CoversWhoReturns {
        fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Result<PersonId, CredentialDenial> {
            let owner = self.0.authenticates(credential, at)?;
            let mut running = self.0.revocations().filter(|it| it.state != RevocationState::Completed);
            match running.find(|it| it.person == Some(owner) && it.revoke_credentials) {
                Some(it) => Err(CredentialDenial::DestructionPending { credential, revocation: it.id }),
                None => Ok(owner),
            }
        }
    }
}

/// The event of a request that was not refused.
fn requested(request: &Revoke, authority: Authority) -> Vec<Event> {
    let events = request.caller.actor().map(|requested_by| Event::RevocationRequested {
        requested_by,
        authority,
        organization: request.organization,
        person: request.person,
        credential_type: request.credential_type,
        revoke_credentials: request.revoke_credentials && request.organization.is_none(),
        idempotency_key: request.idempotency_key.clone(),
    });
    Vec::from_iter(events)
}

/// Remembers who ever owned an organization, and takes them for owners as long as they are present.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct OwnershipComesBack {
    enterprise: Enterprise,
    once: BTreeSet<(OrganizationId, PersonId)>,
}

impl Candidate for OwnershipComesBack {
    fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    fn enterprise_mut(&mut self) -> &mut Enterprise {
        &mut self.enterprise
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        self.enterprise.apply(recorded)?;
        match &recorded.event {
            Event::OrganizationOwnerAdded { organization, member } => {
                self.once.insert((*organization, *member));
            }
            Event::OrganizationOwnerRemoved { organization, member } => {
                self.once.remove(&(*organization, *member));
            }
            _ => {}
        }
        Ok(())
    }

    fn decide(&self, command: &Command, at: Timestamp) -> Decision {
        match (self.enterprise.decide(command, at), command) {
            (Err(Refusal::NotOrganizationOwner { person, organization }), Command::Revoke(request))
                if self.once.contains(&(organization, person)) =>
            {
                Ok(requested(request, Authority::OrganizationOwner))
            }
            (decided, _) => decided,
        }
    }
}
