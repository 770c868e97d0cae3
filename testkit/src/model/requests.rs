//! What the model answers to a request to revoke.

use std::vec;
use std::vec::Vec;

use super::decide::Decision;
use super::{Credential, Model, Person};
use enterprise_credentials::{
    ADMIN_ENTERPRISE_SCOPE, Authority, Caller, CredentialKind, ENTERPRISE_CREDENTIALS_WRITE, EnterpriseKind, Event,
    OrganizationId, Requested, Role, Rule, Timestamp,
};

impl Model {
    pub(super) fn request(&self, request: Requested<'_>, at: Timestamp) -> Decision {
        let faults = self.faults(request, at).into_iter();
        let first = faults.min_by_key(|rule| rule.http().map(|http| http.precedence));
        first.map_or(Ok(()), Err)?;
        let (Some(requested_by), Some(authority)) = (request.caller.actor(), self.authority(request)) else {
            return Err(Rule::OwnerOrPermission);
        };
        let idempotency_key = request.idempotency_key.cloned();
        if idempotency_key
            .as_ref()
            .is_some_and(|key| self.repeats(requested_by, key, at).is_some())
        {
            return Ok(Vec::new());
        }
        let Requested {
            organization,
            person,
            credential_type,
            revoke_credentials,
            ..
        } = request;
        Ok(vec![match (organization, person, credential_type) {
            (None, None, None) => Event::RevokeAllRequested {
                requested_by,
                authority,
                revoke_credentials,
                idempotency_key,
            },
            _ => Event::RevocationRequested {
                requested_by,
                authority,
                organization,
                person,
                credential_type,
                revoke_credentials,
                idempotency_key,
            },
        }])
    }

    /// Every rule that a request breaks, each asked for itself. The catalogue's table says which of them is answered.
    pub fn faults<'a>(&self, request: impl Into<Requested<'a>>, at: Timestamp) -> Vec<Rule> {
        let request = request.into();
        let mut faults = Vec::new();
        let mut ask = |holds: bool, rule: Rule| faults.extend((!holds).then_some(rule));
        let caller = request.caller;
        let credential = caller.credential();
        let known = credential.and_then(|id| self.credential(id));
        let person = match caller {
            Caller::Person { person, .. } => Some(*person),
            Caller::Installation { .. } | Caller::Stranger {} => None,
        };
        if let Some(Err(denial)) = credential.map(|id| self.authenticates(id, at)) {
            ask(false, denial.rule());
        }
        ask(
            known.is_none_or(|known| Some(known.owner) == person),
            Rule::CredentialOfCaller,
        );
        ask(
            known.is_none_or(|known| known.kind != CredentialKind::SshKey),
            Rule::SshKeyIsNoApiCredential,
        );
        ask(self.identity.is_some(), Rule::EnterpriseExists);
        let role = person.and_then(|id| self.person(id));
        let installation = matches!(caller, Caller::Installation { .. });
        ask(installation || role.is_some(), Rule::StrangerSeesNothing);
        ask(
            known.is_none_or(|known| known.kind != CredentialKind::FineGrainedPat),
            Rule::FineGrainedPatCannotCall,
        );
        faults.extend(match request.organization {
            None => self.faults_at_enterprise(caller, known),
            Some(organization) => self.faults_at_organization(caller, known, organization, at),
        });
        let qualifies = match request.organization {
            None => Rule::OwnerOrPermission,
            Some(_) => Rule::OrganizationOwnerRequired,
        };
        let mut ask = |holds: bool, rule: Rule| faults.extend((!holds).then_some(rule));
        ask(self.authority(request).is_some(), qualifies);
        let target = request.person;
        ask(
            target.is_none_or(|target| self.person(target).is_some()),
            Rule::PersonOfPath,
        );
        let destroys_nothing = request.organization.is_none() || !request.revoke_credentials;
        ask(destroys_nothing, Rule::OrganizationDestroysNothing);
        let is_first_owner = target.is_some() && self.first_owner == Some(target);
        ask(
            !is_first_owner || request.organization.is_some(),
            Rule::FirstOwnerIsNoTarget,
        );
        let managed = self
            .identity
            .as_ref()
            .is_some_and(|(_, kind)| *kind == EnterpriseKind::ManagedUsers);
        ask(managed || !request.revoke_credentials, Rule::ManagedUsersOnly);
        let first = caller
            .actor()
            .zip(request.idempotency_key)
            .and_then(|(by, key)| self.repeats(by, key, at));
        let first = first.and_then(|id| self.revocations.get(&id));
        let same = first.is_none_or(|first| {
            first.revoke_credentials == request.revoke_credentials && first.limits == request.into()
        });
        ask(same, Rule::IdempotencyKeyForOneRequest);
        if first.is_none() {
            faults.extend(self.faults_of_number(request, at));
        }
        faults
    }

    /// Of which there may be no more, each counted anew.
    fn faults_of_number(&self, request: Requested<'_>, at: Timestamp) -> Vec<Rule> {
        let mut faults = Vec::new();
        let unfinished = || self.revocations.values().filter(|it| !it.completed);
        let of_organization = unfinished()
            .filter(|it| it.limits.organization.is_some() && it.limits.organization == request.organization)
            .filter(|it| !it.organization_left);
        faults.extend((of_organization.count() >= 1_000).then_some(Rule::UnfinishedOfOrganizationBounded));
        let allowed = if request.is_of_everything() { 100_000 } else { 50_000 };
        faults.extend((unfinished().count() >= allowed).then_some(Rule::UnfinishedOfEnterpriseBounded));
        let keys = match (request.caller.actor(), request.idempotency_key) {
            (Some(by), Some(_)) => self.keys_of(by, at),
            _ => 0,
        };
        faults.extend((keys >= 10_000).then_some(Rule::KeysOfRequesterBounded));
        faults
    }

    fn faults_at_enterprise(&self, caller: &Caller, known: Option<&Credential>) -> Vec<Rule> {
        let mut faults = Vec::new();
        let by_scope = [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken];
        let needing = |kinds: &[CredentialKind]| known.filter(|known| kinds.contains(&known.kind));
        let has_scope = needing(&by_scope).is_none_or(|known| known.scopes.contains(ADMIN_ENTERPRISE_SCOPE));
        faults.extend((!has_scope).then_some(Rule::AdminEnterpriseScope));
        let has_permission = match caller {
            Caller::Installation {
                organization,
                permissions,
                ..
            } => organization.is_none() && permissions.contains(ENTERPRISE_CREDENTIALS_WRITE),
            _ => needing(&[CredentialKind::GithubAppUserToken])
                .is_none_or(|known| known.scopes.contains(ENTERPRISE_CREDENTIALS_WRITE)),
        };
        faults.extend((!has_permission).then_some(Rule::EnterpriseCredentialsWrite));
        faults
    }

    fn faults_at_organization(
        &self,
        caller: &Caller,
        known: Option<&Credential>,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Vec<Rule> {
        let mut faults = Vec::new();
        let present = matches!(self.organizations.get(&organization), Some(Some(_)));
        faults.extend((!present).then_some(Rule::OrganizationOfPath));
        let by_scope = [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken];
        let needing = |kinds: &[CredentialKind]| known.filter(|known| kinds.contains(&known.kind));
        let has_scope = needing(&by_scope).is_none_or(|known| known.scopes.contains("admin:org"));
        faults.extend((!has_scope).then_some(Rule::AdminOrgScope));
        let write = "organization_administration=write";
        let has_permission = match caller {
            Caller::Installation {
                organization: limited_to,
                permissions,
                ..
            } => limited_to.is_none_or(|of| of == organization) && permissions.contains(write),
            _ => needing(&[CredentialKind::GithubAppUserToken]).is_none_or(|known| known.scopes.contains(write)),
        };
        faults.extend((!has_permission).then_some(Rule::OrganizationAdministration));
        if let Some(credential) = caller.credential() {
            let usable = self.may_use(credential, organization, at).is_ok();
            faults.extend((!usable).then_some(Rule::TokenAuthorizedForOrganization));
        }
        faults
    }

    /// By what authority a request may be made, tokens and scopes aside.
    fn authority(&self, request: Requested<'_>) -> Option<Authority> {
        match (request.caller, request.organization) {
            (Caller::Installation { .. }, _) => Some(Authority::Installation),
            (Caller::Stranger {}, _) => None,
            (Caller::Person { person, .. }, Some(organization)) => self
                .owners
                .contains(&(organization, *person))
                .then_some(Authority::OrganizationOwner),
            (Caller::Person { person, .. }, None) => match self.person(*person)? {
                Person { role: Role::Owner, .. } => Some(Authority::Owner),
                Person {
                    holds_permission: true, ..
                } => Some(Authority::Permission),
                Person { .. } => None,
            },
        }
    }
}
