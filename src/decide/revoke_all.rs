//! The request to revoke everything: who may ask, and what the asking records.

use alloc::vec::Vec;

use crate::command::{Caller, RevokeAll};
use crate::credential::{CallRequirement, ENTERPRISE_CREDENTIALS_WRITE};
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::event::{Authority, Event};
use crate::id::{PersonId, RevocationId};
use crate::name::IdempotencyKey;
use crate::person::{EnterpriseKind, Role};
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

impl Enterprise {
    /// By what authority a caller may revoke all at `at`.
    ///
    /// The checks come in the catalogue's order of precedence: is the credential alive, is the caller known here, is the
    /// credential of a kind and scope that may call, is the person qualified.
    ///
    /// # Errors
    /// [`Refusal`], naming the first rule that forbids it.
    pub fn authorize(&self, caller: &Caller, at: Timestamp) -> Result<Authority, Refusal> {
        let credential = self.authenticate_caller(caller, at)?;
        // Rule::EnterpriseExists
        self.identity().ok_or(Refusal::EnterpriseUnknown)?;
        match caller {
            // Rule::StrangerSeesNothing
            Caller::Stranger {} => Err(Refusal::Stranger),
            // Rule::EnterpriseCredentialsWrite
            Caller::Installation { permissions, .. } => {
                let permitted = permissions.contains(ENTERPRISE_CREDENTIALS_WRITE);
                permitted
                    .then_some(Authority::Installation)
                    .ok_or(Refusal::AppPermissionMissing)
            }
            Caller::Person { person, .. } => {
                let role = self.role(*person).ok_or(Refusal::Stranger)?;
                credential.map_or(Ok(()), |credential| self.check_kind_and_scope(&credential))?;
                self.qualify(*person, role)
            }
        }
    }

    /// Whether the answer to this request, made now, warns that the caller's own token is hit: whether, once it is
    /// accepted, anything of that token is pending in any revocation.
    ///
    /// [`Rule::WarningForOwnToken`](crate::Rule::WarningForOwnToken). For a request that has not been recorded yet.
    pub fn warns(&self, request: &RevokeAll, at: Timestamp) -> bool {
        let Some(credential) = request.caller.credential().and_then(|id| self.credentials.get(id)) else {
            return false;
        };
        if self.has_anything_pending(&credential) {
            return true;
        }
        if self.repeated_request(request, at).is_some() {
            return false;
        }
        let coverage = self.next_coverage(request.revoke_credentials);
        self.covers_credential(coverage, &credential)
            || (self.credentials.authorizations(&credential))
                .any(|authorization| self.covers_authorization(coverage, &credential, &authorization))
    }

    /// The earlier revocation that the request's idempotency key stands for at `at`, whatever its parameters.
    ///
    /// [`Rule::IdempotentFor24Hours`](crate::Rule::IdempotentFor24Hours)
    pub fn repeated_request(&self, request: &RevokeAll, at: Timestamp) -> Option<RevocationId> {
        let key = request.idempotency_key.as_ref()?;
        self.revocations.requested_under(request.caller.actor()?, key, at)
    }

    /// [`Rule::LaterRequestHasItsOwnCut`](crate::Rule::LaterRequestHasItsOwnCut): whether another runs
    /// is not asked.
    pub(super) fn decide_revoke_all(&self, request: &RevokeAll, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        let authority = self.authorize(&request.caller, at)?;
        let requested_by = request.caller.actor().ok_or(Refusal::Stranger)?;
        // Rule::ManagedUsersOnly
        if request.revoke_credentials && self.kind() != Some(EnterpriseKind::ManagedUsers) {
            return Err(Refusal::NotManagedUsers);
        }
        if let (Some(key), Some(revocation)) = (&request.idempotency_key, self.repeated_request(request, at)) {
            return self.check_same_request(request, key, revocation).map(|()| Vec::new());
        }
        Ok(Vec::from([Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials: request.revoke_credentials,
            idempotency_key: request.idempotency_key.clone(),
        }]))
    }

    /// The credential that a caller presents, if it is one that authenticates and theirs: then they are no stranger.
    ///
    /// [`Rule::CredentialOfCaller`](crate::Rule::CredentialOfCaller)
    fn authenticate_caller(&self, caller: &Caller, at: Timestamp) -> Result<Option<Credential<'_>>, Refusal> {
        let Caller::Person {
            person,
            credential: Some(credential),
        } = *caller
        else {
            return Ok(None);
        };
        let presented = self.issued(credential)?;
        if self.authenticate(&presented, at)? != person {
            return Err(Refusal::CredentialOfAnother { credential, person });
        }
        Ok(Some(presented))
    }

    /// [`Rule::SshKeyIsNoApiCredential`](crate::Rule::SshKeyIsNoApiCredential),
    /// [`Rule::FineGrainedPatCannotCall`](crate::Rule::FineGrainedPatCannotCall),
    /// [`Rule::AdminEnterpriseScope`](crate::Rule::AdminEnterpriseScope),
    /// [`Rule::EnterpriseCredentialsWrite`](crate::Rule::EnterpriseCredentialsWrite)
    fn check_kind_and_scope(&self, credential: &Credential<'_>) -> Result<(), Refusal> {
        match credential.kind().call_requirement() {
            CallRequirement::NotAnApiCredential => Err(Refusal::SshKey(credential.id())),
            CallRequirement::NotSupported => Err(Refusal::FineGrainedPat),
            CallRequirement::Scope(scope) if self.credentials.scopes(credential).contains(scope) => Ok(()),
            CallRequirement::Scope(ENTERPRISE_CREDENTIALS_WRITE) => Err(Refusal::AppPermissionMissing),
            CallRequirement::Scope(_) => Err(Refusal::ScopeMissing),
        }
    }

    /// [`Rule::OwnerOrPermission`](crate::Rule::OwnerOrPermission), [`Rule::AuthorityRecorded`](crate::Rule::AuthorityRecorded)
    fn qualify(&self, person: PersonId, role: Role) -> Result<Authority, Refusal> {
        if role == Role::Owner {
            return Ok(Authority::Owner);
        }
        let holds = self.may_write_credentials(person);
        holds
            .then_some(Authority::Permission)
            .ok_or(Refusal::NotQualified(person))
    }

    /// [`Rule::IdempotencyKeyForOneRequest`](crate::Rule::IdempotencyKeyForOneRequest)
    fn check_same_request(
        &self,
        request: &RevokeAll,
        key: &IdempotencyKey,
        revocation: RevocationId,
    ) -> Result<(), Refusal> {
        let first = self.revocations.get(revocation);
        debug_assert!(
            first.is_some(),
            "a key stands for `{revocation}`, which was never requested"
        );
        if first.is_some_and(|first| first.coverage.revoke_credentials == request.revoke_credentials) {
            return Ok(());
        }
        Err(Refusal::IdempotencyKeyReused {
            key: key.clone(),
            revocation,
        })
    }
}
