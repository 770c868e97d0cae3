//! Folding one recorded event into the state. Structure is checked here, rules are not: an old stream must stay
//! readable when policy changes.

use crate::corrupt_history::{CorruptHistory, Corruption};
use crate::enterprise::authorizations::{Authorization, Authorizations, Outcome};
use crate::enterprise::credentials::Credential;
use crate::enterprise::people::{Organization, Person};
use crate::enterprise::revocations::{Revocation, Scope};
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
                self.organizations.begin(*organization, data);
            }
            Event::OrganizationRemoved { organization } => {
                self.present_organization(*organization)?;
                self.organizations.end(*organization, recorded.position);
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
                self.people.begin(*member, Person::new(login.clone(), *role));
            }
            Event::MemberRoleChanged { member, role } => {
                let oldest_cut = self.revocations.oldest_destroying_cut();
                let person = self.present_person(*member)?;
                structure(person.role != *role, "the person has this role already")?;
                person.change_role(*role, recorded.position, oldest_cut);
            }
            Event::MemberRemoved { member } => {
                self.present_person(*member)?;
                self.people.end(*member, recorded.position);
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
            } => self.grant(recorded, *credential, *organization),
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => self.revoke(*credential, *organization, *revocation),
            Event::CredentialDestroyed { credential, revocation } => self.destroy(recorded, *credential, *revocation),
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
        self.credentials.issue(Credential {
            id: *credential,
            owner,
            kind: *kind,
            scopes: scopes.clone(),
            expires_at: *expires_at,
            issued_at: recorded.position,
            destroyed_at: None,
            authorizations: Authorizations::default(),
        });
        Ok(())
    }

    fn grant(
        &mut self,
        recorded: &RecordedEvent,
        credential: CredentialId,
        organization: OrganizationId,
    ) -> Result<(), Corruption> {
        let membership = self.present_organization(organization)?;
        let record = self.known_credential(credential)?;
        structure(record.destroyed_at.is_none(), "the credential is destroyed")?;
        structure(self.owner_is_present(record), "the credential's owner left")?;
        if let Some(authorization) = record.authorizations.get(organization) {
            let pending = self.pending_authorization(record, authorization).is_some();
            structure(!pending, "the authorization is pending in a revocation")?;
            structure(
                !self.is_live(record, authorization),
                "the authorization is live already",
            )?;
        }
        if let Some(record) = self.credentials.get_mut(credential) {
            record.authorizations.grant(organization, membership, recorded.position);
        }
        Ok(())
    }

    fn revoke(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        revocation: Option<RevocationId>,
    ) -> Result<(), Corruption> {
        let record = self.known_credential(credential)?;
        let authorization = record.authorizations.get(organization);
        let authorization = authorization.ok_or(Corruption::Transition("the authorization was never granted"))?;
        let pending = self.pending_authorization(record, authorization);
        let unrecorded = pending.is_some() || self.is_live(record, authorization);
        structure(unrecorded, "the authorization is neither live nor pending")?;
        same_revocation(pending, revocation)?;
        if let Some(record) = self.credentials.get_mut(credential) {
            record.authorizations.revoke(organization, revocation);
        }
        self.count(revocation, credential, |revocation| {
            revocation.authorizations_revoked += 1
        });
        Ok(())
    }

    fn destroy(
        &mut self,
        recorded: &RecordedEvent,
        credential: CredentialId,
        revocation: Option<RevocationId>,
    ) -> Result<(), Corruption> {
        let record = self.known_credential(credential)?;
        structure(record.destroyed_at.is_none(), "the credential is destroyed already")?;
        let pending = self.pending_destruction(record);
        let unrecorded = pending.is_some() || self.owner_is_present(record);
        structure(unrecorded, "the credential left with its owner and is not pending")?;
        same_revocation(pending, revocation)?;
        if let Some(record) = self.credentials.get_mut(credential) {
            record.destroyed_at = Some(recorded.position);
        }
        self.count(revocation, credential, |revocation| {
            revocation.credentials_destroyed += 1
        });
        Ok(())
    }

    /// Counts an item for its revocation, and lets the cursor pass the credentials before it that have nothing left.
    fn count(&mut self, id: Option<RevocationId>, credential: CredentialId, count: impl FnOnce(&mut Revocation)) {
        let Some((id, revocation)) = id.and_then(|id| Some((id, self.revocations.get_mut(id)?))) else {
            return;
        };
        count(revocation);
        let mut cursor = revocation.cursor;
        let slot = self.credentials.slot(credential).unwrap_or(cursor);
        while cursor < slot
            && self
                .credentials
                .at(cursor)
                .is_some_and(|c| !self.has_something_left(c, id))
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
        let id = RevocationId::new(recorded.position.value()).map_err(|_| Corruption::Position {
            expected: self.position.next(),
        })?;
        self.revocations.forget_old_keys(recorded.at);
        if let Some(key) = idempotency_key {
            (self.revocations).remember_key(*requested_by, key.clone(), id, recorded.at);
        }
        let revocation = Revocation {
            scope: Scope {
                cut: recorded.position,
                revoke_credentials: *revoke_credentials,
            },
            requested_at: recorded.at,
            completed_at: None,
            authorizations_revoked: 0,
            credentials_destroyed: 0,
            slots_issued: self.credentials.len(),
            cursor: 0,
        };
        self.revocations.begin(id, revocation);
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
        let mut left = self.credentials_left(*id, revocation);
        structure(left.next().is_none(), "the revocation has something left")?;
        drop(left);
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

    fn known_credential(&self, id: CredentialId) -> Result<&Credential, Corruption> {
        self.credentials.get(id).ok_or(Corruption::Unknown {
            what: "credential",
            id: id.value(),
        })
    }

    fn present_person(&mut self, id: PersonId) -> Result<&mut Person, Corruption> {
        self.people.present_data_mut(id).ok_or(unknown_person(id))
    }

    fn present_organization(&self, id: OrganizationId) -> Result<crate::enterprise::membership::Ordinal, Corruption> {
        self.organizations.present_ordinal(id).ok_or(Corruption::Unknown {
            what: "organization",
            id: id.value(),
        })
    }

    pub(crate) fn owner_is_present(&self, credential: &Credential) -> bool {
        self.people
            .get(credential.owner)
            .is_some_and(|owner| owner.is_present())
    }

    /// Whether an authorization is live, pending or not: granted, not revoked, its credential not destroyed, and its
    /// organization and owner still in the same membership.
    pub(crate) fn is_live(&self, credential: &Credential, authorization: &Authorization) -> bool {
        authorization.outcome == Outcome::Granted
            && credential.destroyed_at.is_none()
            && self.owner_is_present(credential)
            && (self.organizations.get(authorization.membership)).is_some_and(|stay| stay.is_present())
    }
}

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
