//! Folding one recorded event into the state. Structure is checked here, rules are not: an old stream must stay
//! readable when policy changes.

use alloc::vec::Vec;

use crate::corrupt_history::{CorruptHistory, Corruption};
use crate::enterprise::credentials::Credential;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::people::{Organization, Person};
use crate::enterprise::record::{Authorization, Outcome, Record};
use crate::enterprise::revocations::{Epoch, Revocation, Scope};
use crate::enterprise::{Enterprise, Identity};
use crate::event::{Actor, Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};

impl Enterprise {
    /// Folds the next recorded event into the state.
    ///
    /// Checked is structure only: the position follows, time does not run backwards, ids are known, no credential id comes
    /// twice, the transition exists, a recorded item is pending in the revocation it names, and a completion comes when
    /// nothing is left, with equal totals. Never authority, token kind, scope, expiry, EMU, tombstones or keys.
    ///
    /// # Errors
    /// [`CorruptHistory`] where the event does not fit. The state is then unchanged.
    pub fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        let corrupt = |reason| CorruptHistory {
            position: recorded.position,
            reason,
        };
        self.check_envelope(recorded).map_err(corrupt)?;
        self.apply_event(recorded).map_err(corrupt)?;
        self.position = recorded.position;
        self.last_at = Some(recorded.at);
        Ok(())
    }

    fn check_envelope(&self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        let expected = self.position.next();
        if recorded.position != expected || expected == self.position {
            return Err(Corruption::Position { expected });
        }
        match self.last_at {
            Some(last_at) if recorded.at < last_at => Err(Corruption::Time {
                at: recorded.at,
                last_at,
            }),
            _ => Ok(()),
        }
    }

    fn apply_event(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        if let Event::EnterpriseCreated { slug, kind } = &recorded.event {
            structure(self.identity.is_none(), "the enterprise is created already")?;
            self.identity = Some(Identity {
                slug: slug.clone(),
                kind: *kind,
            });
            return Ok(());
        }
        structure(self.identity.is_some(), "the enterprise is not created yet")?;
        match &recorded.event {
            Event::OrganizationAdded { .. } | Event::OrganizationRemoved { .. } => {
                self.apply_to_organizations(recorded)
            }
            Event::CredentialIssued { .. }
            | Event::CredentialAuthorized { .. }
            | Event::AuthorizationRevoked { .. }
            | Event::CredentialDestroyed { .. } => self.apply_to_credentials(recorded),
            Event::RevokeAllRequested { .. } | Event::RevocationCompleted { .. } => self.apply_to_revocations(recorded),
            _ => self.apply_to_people(recorded),
        }
    }

    fn apply_to_organizations(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        match &recorded.event {
            Event::OrganizationAdded { organization, login } => {
                let absent = self.organizations.present(*organization).is_none();
                structure(absent, "the organization is present already")?;
                let data = Organization { login: login.clone() };
                let begun = self.organizations.begin(*organization, data);
                begun.ok_or(TOO_MANY)?;
            }
            Event::OrganizationRemoved { organization } => {
                self.present_organization(*organization)?;
                self.organizations.end(*organization, self.now()?);
            }
            _ => {}
        }
        Ok(())
    }

    fn apply_to_people(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        match &recorded.event {
            Event::MemberAdded { member, login, role } => {
                let absent = self.people.present(*member).is_none();
                structure(absent, "the person is present already")?;
                let begun = self.people.begin(*member, Person::new(login.clone(), *role));
                begun.ok_or(TOO_MANY)?;
            }
            Event::MemberRoleChanged { member, role } => {
                let (now, oldest) = (self.now()?, self.revocations.oldest_destroying());
                let person = self.present_person(*member)?;
                structure(person.role != *role, "the person has this role already")?;
                person.change_role(*role, now, oldest);
            }
            Event::MemberRemoved { member } => {
                self.present_person(*member)?;
                self.people.end(*member, self.now()?);
            }
            Event::PermissionGranted { member, .. } => {
                let person = self.present_person(*member)?;
                structure(!person.may_write_credentials, "the person holds the permission already")?;
                person.may_write_credentials = true;
            }
            Event::PermissionWithdrawn { member, .. } => {
                let person = self.present_person(*member)?;
                structure(person.may_write_credentials, "the person does not hold the permission")?;
                person.may_write_credentials = false;
            }
            _ => {}
        }
        Ok(())
    }

    fn apply_to_credentials(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        match &recorded.event {
            Event::CredentialIssued { .. } => self.issue(recorded),
            Event::CredentialAuthorized {
                credential,
                organization,
            } => self.grant(*credential, *organization),
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => self.revoke(*credential, *organization, *revocation),
            Event::CredentialDestroyed { credential, revocation } => self.destroy(*credential, *revocation),
            _ => Ok(()),
        }
    }

    fn issue(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        let Event::CredentialIssued {
            credential,
            owner,
            kind,
            scopes,
            expires_at,
            ..
        } = &recorded.event
        else {
            return Ok(());
        };
        let fresh = self.credentials.slot(*credential).is_none();
        structure(fresh, "the credential id was issued before")?;
        let owner = self.people.present_ordinal(*owner).ok_or(unknown_person(*owner))?;
        let make = |scopes| Record::new(*credential, *kind, owner, scopes, expires_at.is_some());
        let slot = self.credentials.issue(*credential, make, scopes).ok_or(TOO_MANY)?;
        if let Some(expires_at) = expires_at {
            self.credentials.expire(slot, *expires_at);
        }
        Ok(())
    }

    fn grant(&mut self, credential: CredentialId, organization: OrganizationId) -> Result<(), Corruption> {
        let membership = self.present_organization(organization)?;
        let credential = self.known_credential(credential)?;
        structure(!credential.is_destroyed(), "the credential is destroyed")?;
        structure(self.owner_is_present(&credential), "the credential's owner left")?;
        let replaced = self
            .credentials
            .authorization(&credential, organization, &self.organizations);
        if let Some((_, authorization)) = &replaced {
            let pending = self.pending_authorization(&credential, authorization).is_some();
            structure(!pending, "the authorization is pending in a revocation")?;
            structure(
                !self.is_live(&credential, authorization),
                "the authorization is live already",
            )?;
        }
        let authorization = Authorization {
            organization: membership,
            granted: self.now()?,
            outcome: Outcome::Granted,
        };
        let replaced = replaced.map(|(place, _)| place);
        (self.credentials).grant(
            credential.slot,
            replaced,
            organization,
            authorization,
            &self.organizations,
        );
        Ok(())
    }

    fn revoke(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        revocation: Option<RevocationId>,
    ) -> Result<(), Corruption> {
        let credential = self.known_credential(credential)?;
        let found = self
            .credentials
            .authorization(&credential, organization, &self.organizations);
        let (place, authorization) = found.ok_or(Corruption::Transition("the authorization was never granted"))?;
        let pending = self.pending_authorization(&credential, &authorization);
        let unrecorded = pending.is_some() || self.is_live(&credential, &authorization);
        structure(unrecorded, "the authorization is neither live nor pending")?;
        same_revocation(pending, revocation)?;
        let outcome = if pending.is_some() {
            Outcome::Taken
        } else {
            Outcome::Revoked
        };
        self.credentials.set_outcome(credential.slot, place, outcome);
        self.count(revocation, credential.slot, |revocation| {
            revocation.authorizations_revoked += 1
        });
        Ok(())
    }

    fn destroy(&mut self, credential: CredentialId, revocation: Option<RevocationId>) -> Result<(), Corruption> {
        let credential = self.known_credential(credential)?;
        structure(!credential.is_destroyed(), "the credential is destroyed already")?;
        let pending = self.pending_destruction(&credential);
        let unrecorded = pending.is_some() || self.owner_is_present(&credential);
        structure(unrecorded, "the credential left with its owner and is not pending")?;
        same_revocation(pending, revocation)?;
        self.end_authorizations(&credential);
        self.credentials.destroy(credential.slot);
        self.count(revocation, credential.slot, |revocation| {
            revocation.credentials_destroyed += 1
        });
        Ok(())
    }

    /// Ends the authorizations of a credential that is being destroyed, but for the pending ones, which wait for their job.
    fn end_authorizations(&mut self, credential: &Credential) {
        let ends = |(place, authorization): (usize, Authorization)| {
            let pending = self.pending_authorization(credential, &authorization).is_some();
            (authorization.outcome == Outcome::Granted && !pending).then_some(place)
        };
        let authorizations = self.credentials.authorizations(credential).enumerate();
        let ended: Vec<usize> = authorizations.filter_map(ends).collect();
        for place in ended {
            self.credentials.set_outcome(credential.slot, place, Outcome::Ended);
        }
    }

    /// Counts an item for its revocation, and lets the cursor pass the credentials before it that have nothing left.
    fn count(&mut self, id: Option<RevocationId>, slot: u32, count: impl FnOnce(&mut Revocation)) {
        let Some((id, revocation)) = id.and_then(|id| Some((id, self.revocations.get_mut(id)?))) else {
            return;
        };
        count(revocation);
        let mut cursor = revocation.cursor;
        while cursor < slot
            && self
                .credentials
                .at(cursor)
                .is_some_and(|c| !self.has_something_left(&c, id))
        {
            cursor += 1;
        }
        if let Some(revocation) = self.revocations.get_mut(id) {
            revocation.cursor = cursor;
        }
    }

    fn apply_to_revocations(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        match &recorded.event {
            Event::RevokeAllRequested { .. } => self.request(recorded),
            Event::RevocationCompleted { .. } => self.complete(recorded),
            _ => Ok(()),
        }
    }

    fn request(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        let Event::RevokeAllRequested {
            requested_by,
            revoke_credentials,
            idempotency_key,
            ..
        } = &recorded.event
        else {
            return Ok(());
        };
        self.known_actor(*requested_by)?;
        let scope = Scope {
            request: self.now()?,
            issued: self.credentials.len(),
            revoke_credentials: *revoke_credentials,
        };
        let id = RevocationId::new(recorded.position.value()).map_err(|_| Corruption::Position {
            expected: self.position.next(),
        })?;
        self.revocations.forget_old_keys(recorded.at);
        if let Some(key) = idempotency_key {
            (self.revocations).remember_key(*requested_by, key.clone(), id, recorded.at);
        }
        self.revocations.begin(Revocation {
            id,
            scope,
            requested_at: recorded.at,
            completed_at: None,
            authorizations_revoked: 0,
            credentials_destroyed: 0,
            cursor: 0,
        });
        Ok(())
    }

    fn complete(&mut self, recorded: &RecordedEvent) -> Result<(), Corruption> {
        let Event::RevocationCompleted {
            revocation: id,
            authorizations_revoked,
            credentials_destroyed,
        } = &recorded.event
        else {
            return Ok(());
        };
        let revocation = self.revocations.get(*id).ok_or(Corruption::Unknown {
            what: "revocation",
            id: id.value(),
        })?;
        structure(revocation.completed_at.is_none(), "the revocation is completed already")?;
        let is_empty = self.credentials_left(revocation).next().is_none();
        structure(is_empty, "the revocation has something left")?;
        if (*authorizations_revoked, *credentials_destroyed)
            != (revocation.authorizations_revoked, revocation.credentials_destroyed)
        {
            return Err(Corruption::Totals {
                authorizations_revoked: revocation.authorizations_revoked,
                credentials_destroyed: revocation.credentials_destroyed,
            });
        }
        self.revocations.complete(*id, recorded.at);
        Ok(())
    }

    fn known_actor(&self, actor: Actor) -> Result<(), Corruption> {
        let Actor::Person { person, credential } = actor else {
            return Ok(());
        };
        self.people.latest(person).ok_or(unknown_person(person))?;
        credential.map_or(Ok(()), |credential| self.known_credential(credential).map(drop))
    }

    fn known_credential(&self, id: CredentialId) -> Result<Credential, Corruption> {
        self.credentials.get(id).ok_or(Corruption::Unknown {
            what: "credential",
            id: id.value(),
        })
    }

    /// The present epoch.
    fn now(&self) -> Result<Epoch, Corruption> {
        self.revocations.now().ok_or(TOO_MANY)
    }

    fn present_person(&mut self, id: PersonId) -> Result<&mut Person, Corruption> {
        self.people.present_data_mut(id).ok_or(unknown_person(id))
    }

    fn present_organization(&self, id: OrganizationId) -> Result<Ordinal, Corruption> {
        self.organizations.present_ordinal(id).ok_or(Corruption::Unknown {
            what: "organization",
            id: id.value(),
        })
    }

    pub(crate) fn owner_is_present(&self, credential: &Credential) -> bool {
        self.people
            .get(credential.owner())
            .is_some_and(|owner| owner.is_present())
    }

    /// Whether an authorization is live, pending or not: granted, not revoked, its credential not destroyed, and its
    /// organization and owner still in the same membership.
    pub(crate) fn is_live(&self, credential: &Credential, authorization: &Authorization) -> bool {
        authorization.outcome == Outcome::Granted
            && !credential.is_destroyed()
            && self.owner_is_present(credential)
            && (self.organizations.get(authorization.organization)).is_some_and(|stay| stay.is_present())
    }
}

/// What ids and positions allow, but no memory holds.
const TOO_MANY: Corruption =
    Corruption::Transition("there are 4294967295 of these already, the most that a state holds");

fn structure(holds: bool, otherwise: &'static str) -> Result<(), Corruption> {
    if holds {
        Ok(())
    } else {
        Err(Corruption::Transition(otherwise))
    }
}

fn same_revocation(expected: Option<RevocationId>, found: Option<RevocationId>) -> Result<(), Corruption> {
    if expected == found {
        return Ok(());
    }
    Err(Corruption::Revocation { expected, found })
}

fn unknown_person(id: PersonId) -> Corruption {
    Corruption::Unknown {
        what: "person",
        id: id.value(),
    }
}
