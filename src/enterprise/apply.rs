//! Folds one recorded event into the state. It checks structure, and no rules: an old stream must stay readable when
//! policy changes. The meaning of an event is frozen, and so is what a request covers. Source: decision 0015.

mod credentials;
mod memberships;
mod revocations;
mod structure;

use crate::corrupt_history::{CorruptHistory, Corruption};
use crate::enterprise::apply::structure::structure;
use crate::enterprise::progress::Limits;
use crate::enterprise::{Enterprise, Identity};
use crate::event::{Event, RecordedEvent};
use crate::id::Position;
use crate::name::EnterpriseSlug;
use crate::person::EnterpriseKind;

impl Enterprise {
    /// How many events [`Enterprise::apply_all`] looks ahead.
    pub(crate) const WINDOW: usize = 128;

    /// Folds the next recorded event into the state.
    ///
    /// Checked is structure only: the position follows, time does not run backwards, ids are known, no credential id
    /// comes twice, the transition exists, a recorded item is pending in the revocation it names, and a completion
    /// comes when nothing is left, with equal totals. Never authority, token kind, scope, expiry, EMU,
    /// tombstones or keys.
    ///
    /// # Errors
    /// [`CorruptHistory`] where the event does not fit. The state is then unchanged.
    pub fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        self.apply_near(recorded, None)
    }

    /// Folds the next recorded events into the state, as [`Enterprise::apply`] does one by one, and faster: where
    /// events touch credentials far apart, memory is asked for several of them at once.
    ///
    /// # Errors
    /// [`CorruptHistory`] for the first event that does not fit. The state is then that after the event before it.
    pub fn apply_all(&mut self, recorded: &[RecordedEvent]) -> Result<(), CorruptHistory> {
        for window in recorded.chunks(Self::WINDOW) {
            // Each step asks for memory that the next one needs, and waits for nothing itself.
            let mut slots = [None; Self::WINDOW];
            for (recorded, slot) in window.iter().zip(&mut slots) {
                *slot = self.likely_slot(&recorded.event);
            }
            for slot in &mut slots {
                *slot = slot.filter(|slot| self.is_of_present_owner(*slot));
            }
            for (recorded, slot) in window.iter().zip(slots) {
                self.apply_near(recorded, slot)?;
            }
        }
        Ok(())
    }

    /// Folds an event of which the history's parts just before it are left out. Its position stays what it is in the
    /// whole, and so do the ids of revocations.
    ///
    /// # Errors
    /// As [`Enterprise::apply`].
    pub(crate) fn apply_after_gap(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        let before = recorded.position.value().saturating_sub(1);
        let before = Position::new(before).unwrap_or(self.position);
        let position = core::mem::replace(&mut self.position, before);
        let applied = self.apply(recorded);
        if applied.is_err() {
            self.position = position;
        }
        applied
    }

    /// Where the credential of an event is now, as far as the index tells.
    fn likely_slot(&self, event: &Event) -> Option<u32> {
        match event {
            Event::CredentialIssued { credential, .. }
            | Event::CredentialAuthorized { credential, .. }
            | Event::AuthorizationRevoked {
                credential,
                revocation: None,
                ..
            }
            | Event::CredentialDestroyed {
                credential,
                revocation: None,
            } => self.credentials.likely_slot(*credential),
            // What a job records comes in order of issue: the revocation's cursor is near.
            _ => None,
        }
    }

    /// Whether what is in this slot belongs to someone present, as nearly all does that an event is about. Asked of all
    /// events of a window, it brings their records and owners from memory.
    fn is_of_present_owner(&self, slot: u32) -> bool {
        let credential = self.credentials.at(slot);
        credential.is_some_and(|credential| self.owner_is_present(&credential))
    }

    /// Folds an event whose credential, if it has one, is likely to be at this slot or just behind it.
    fn apply_near(&mut self, recorded: &RecordedEvent, slot: Option<u32>) -> Result<(), CorruptHistory> {
        let corrupt = |reason| CorruptHistory {
            position: recorded.position,
            reason,
        };
        self.check_envelope(recorded).map_err(corrupt)?;
        self.apply_event(recorded, slot).map_err(corrupt)?;
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

    fn apply_event(&mut self, recorded: &RecordedEvent, slot: Option<u32>) -> Result<(), Corruption> {
        let is_first = matches!(recorded.event, Event::EnterpriseCreated { .. });
        structure(is_first || self.identity.is_some(), "the enterprise is not created yet")?;
        match &recorded.event {
            Event::EnterpriseCreated { slug, kind } => self.create(slug, *kind),
            Event::OrganizationAdded { organization, login } => self.add_organization(*organization, login),
            Event::OrganizationRemoved { organization } => self.remove_organization(*organization),
            Event::MemberAdded { member, login, role } => self.add_member(*member, login, *role),
            Event::MemberRoleChanged { member, role } => self.change_role(*member, *role),
            Event::MemberRemoved { member } => self.remove_member(*member),
            Event::PermissionGranted { member, permission } => self.grant_permission(*member, *permission),
            Event::PermissionWithdrawn { member, permission } => self.withdraw_permission(*member, *permission),
            Event::OrganizationOwnerAdded { organization, member } => self.add_owner(*organization, *member),
            Event::OrganizationOwnerRemoved { organization, member } => self.remove_owner(*organization, *member),
            Event::CredentialIssued {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                fingerprint: _,
            } => self.issue(*credential, *owner, *kind, scopes, *expires_at),
            Event::CredentialAuthorized {
                credential,
                organization,
            } => self.grant(*credential, slot, *organization),
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => self.revoke(*credential, slot, *organization, *revocation),
            Event::CredentialDestroyed { credential, revocation } => self.destroy(*credential, slot, *revocation),
            Event::RevokeAllRequested {
                requested_by,
                authority: _,
                revoke_credentials,
                idempotency_key,
            } => {
                let key = idempotency_key.as_ref();
                self.request(recorded, *requested_by, Limits::NONE, *revoke_credentials, key)
            }
            Event::RevocationRequested {
                requested_by,
                authority: _,
                organization,
                person,
                credential_type,
                revoke_credentials,
                idempotency_key,
            } => {
                let limits = Limits {
                    organization: *organization,
                    person: *person,
                    credential_type: *credential_type,
                };
                let key = idempotency_key.as_ref();
                self.request(recorded, *requested_by, limits, *revoke_credentials, key)
            }
            Event::RevocationCompleted {
                revocation,
                authorizations_revoked,
                credentials_destroyed,
            } => self.complete(
                *revocation,
                *authorizations_revoked,
                *credentials_destroyed,
                recorded.at,
            ),
        }
    }

    fn create(&mut self, slug: &EnterpriseSlug, kind: EnterpriseKind) -> Result<(), Corruption> {
        structure(self.identity.is_none(), "the enterprise is created already")?;
        let slug = slug.clone();
        self.identity = Some(Identity { slug, kind });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Event;
    use crate::id::OrganizationId;
    use crate::limits::ID_MAX;
    use crate::timestamp::Timestamp;

    #[test]
    fn nothing_follows_the_last_position_there_is() {
        let last = Position::new(ID_MAX).unwrap();
        let mut enterprise = Enterprise {
            position: last,
            ..Enterprise::new()
        };
        let organization = OrganizationId::new(3).unwrap();
        let recorded = RecordedEvent {
            position: last,
            at: Timestamp::MIN,
            by: None,
            event: Event::OrganizationRemoved { organization },
        };
        let reason = Corruption::Position { expected: last };
        assert_eq!(
            enterprise.apply(&recorded).map_err(|corrupt| corrupt.reason),
            Err(reason)
        );
    }
}
