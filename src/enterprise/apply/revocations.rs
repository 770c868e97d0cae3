//! Revocations: requested, counted item by item, completed.

use crate::corrupt_history::Corruption;
use crate::enterprise::Enterprise;
use crate::enterprise::apply::structure::{TOO_MANY, structure, unknown_organization, unknown_person};
use crate::enterprise::progress::Limits;
use crate::enterprise::revocations::Revocation;
use crate::enterprise::running::Coverage;
use crate::event::{Actor, RecordedEvent};
use crate::id::RevocationId;
use crate::name::IdempotencyKey;
use crate::timestamp::Timestamp;

impl Enterprise {
    /// Folds a request to revoke everything or less.
    pub(super) fn request(
        &mut self,
        recorded: &RecordedEvent,
        requested_by: Actor,
        limits: Limits,
        revoke_credentials: bool,
        idempotency_key: Option<&IdempotencyKey>,
    ) -> Result<(), Corruption> {
        if let Some(contradiction) = recorded.event.contradiction() {
            return Err(Corruption::Transition(contradiction));
        }
        self.known_actor(requested_by)?;
        if let Some(person) = limits.person {
            self.people.latest(person).ok_or(unknown_person(person))?;
        }
        if let Some(organization) = limits.organization {
            let known = self.organizations.latest(organization);
            known.ok_or(unknown_organization(organization))?;
        }
        if self.revocations.is_full() {
            return Err(TOO_MANY);
        }
        let id = RevocationId::new(recorded.position.value()).map_err(|_| Corruption::Position {
            expected: self.position.next(),
        })?;
        self.revocations.forget_old_keys(recorded.at);
        if let Some(key) = idempotency_key {
            (self.revocations).remember_key(requested_by, key.clone(), id, recorded.at);
        }
        let coverage = self.next_coverage(limits, revoke_credentials);
        self.revocations.begin(Revocation {
            id,
            coverage,
            requested_at: recorded.at,
            completed_at: None,
            authorizations_revoked: 0,
            credentials_destroyed: 0,
            cursor: 0,
        });
        self.mark_target(coverage.filter);
        Ok(())
    }

    pub(super) fn complete(
        &mut self,
        id: RevocationId,
        authorizations_revoked: u64,
        credentials_destroyed: u64,
        at: Timestamp,
    ) -> Result<(), Corruption> {
        let revocation = self.revocations.get(id).ok_or(unknown_revocation(id))?;
        structure(revocation.completed_at.is_none(), "the revocation is completed already")?;
        let coverage = revocation.coverage;
        self.find_targets(coverage);
        let revocation = self.revocations.get(id).ok_or(unknown_revocation(id))?;
        let is_empty = self.credentials_left(revocation).next().is_none();
        structure(is_empty, "the revocation has something left")?;
        if (authorizations_revoked, credentials_destroyed)
            != (revocation.authorizations_revoked, revocation.credentials_destroyed)
        {
            return Err(Corruption::Totals {
                authorizations_revoked: revocation.authorizations_revoked,
                credentials_destroyed: revocation.credentials_destroyed,
            });
        }
        self.revocations.complete(id, at);
        self.mark_target(coverage.filter);
        Ok(())
    }

    /// Counts an item for its revocation, and lets the cursor pass the credentials before it that have nothing left.
    pub(super) fn count(&mut self, id: Option<RevocationId>, slot: u32, count: impl FnOnce(&mut Revocation)) {
        let Some(id) = id else {
            return;
        };
        let Some(revocation) = self.revocations.get_mut(id) else {
            debug_assert!(false, "an item is pending in `{id}`, which was never requested");
            return;
        };
        debug_assert!(
            revocation.completed_at.is_none(),
            "nothing is pending in `{id}`, which is completed"
        );
        count(revocation);
        let (passed, coverage) = (revocation.cursor..slot, revocation.coverage);
        if passed.is_empty() {
            return;
        }
        self.find_targets(coverage);
        let left = (self.credentials_between(coverage, passed)).find(|before| self.has_something_left(before, id));
        let cursor = left.map_or(slot, |left| left.slot);
        if let Some(revocation) = self.revocations.get_mut(id) {
            revocation.cursor = cursor;
        }
    }

    /// Looks for the credentials of everyone whom an unfinished revocation is about,
    /// if those of this one have not been looked for.
    #[inline]
    fn find_targets(&mut self, coverage: Coverage) {
        if let Some(person) = coverage.filter.person()
            && self.revocations.target(person, coverage.issued).is_none()
        {
            self.revocations
                .find_targets(self.credentials.iter().map(|credential| credential.owner()));
        }
    }

    fn known_actor(&self, actor: Actor) -> Result<(), Corruption> {
        let Actor::Person { person, credential } = actor else {
            return Ok(());
        };
        self.people.latest(person).ok_or(unknown_person(person))?;
        credential.map_or(Ok(()), |credential| self.known_credential(credential, None).map(drop))
    }
}

fn unknown_revocation(id: RevocationId) -> Corruption {
    Corruption::Unknown {
        what: "revocation",
        id: id.value(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three credentials of an owner, each authorized for one organization, and a request to revoke all.
    const HISTORY: [&str; 10] = [
        r#""type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}"#,
        r#""type":"OrganizationAdded","organization":3,"login":"octo-org"}"#,
        r#""type":"MemberAdded","member":7,"login":"mona","role":"owner"}"#,
        r#""type":"CredentialIssued","credential":901,"owner":7,"kind":"ssh_key","scopes":[]}"#,
        r#""type":"CredentialIssued","credential":902,"owner":7,"kind":"ssh_key","scopes":[]}"#,
        r#""type":"CredentialIssued","credential":903,"owner":7,"kind":"ssh_key","scopes":[]}"#,
        r#""type":"CredentialAuthorized","credential":901,"organization":3}"#,
        r#""type":"CredentialAuthorized","credential":902,"organization":3}"#,
        r#""type":"CredentialAuthorized","credential":903,"organization":3}"#,
        r#""type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}"#,
    ];

    #[test]
    fn the_cursor_passes_what_has_nothing_left_and_nothing_else() {
        let revoked = [902, 901, 903].map(|id| {
            alloc::format!(r#""type":"AuthorizationRevoked","credential":{id},"organization":3,"revocation":10}}"#)
        });
        let mut enterprise = Enterprise::new();
        let mut cursors = alloc::vec::Vec::new();
        for event in HISTORY
            .into_iter()
            .chain(revoked.iter().map(alloc::string::String::as_str))
        {
            let position = enterprise.position().next();
            let line = alloc::format!(r#"{{"position":{position},"at":"2026-03-10T09:00:00.000Z",{event}"#);
            enterprise.apply(&serde_json::from_str(&line).unwrap()).unwrap();
            let revocation = enterprise.revocations.get(RevocationId::new(10).unwrap());
            cursors.extend(revocation.map(|revocation| revocation.cursor));
        }
        // The first credential still waits when the second is recorded, out of turn.
        assert_eq!(cursors, [0, 0, 0, 2]);
    }
}
