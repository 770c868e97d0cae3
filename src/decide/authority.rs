//! Who may ask to revoke: at the enterprise, or at one of its organizations.

use crate::command::{Caller, Requested};
use crate::credential::{CallRequirement, CredentialKind, ENTERPRISE_CREDENTIALS_WRITE, OrganizationAccess};
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::event::Authority;
use crate::id::{OrganizationId, PersonId};
use crate::name::Scopes;
use crate::person::Role;
use crate::refusal::Refusal;
use crate::timestamp::Timestamp;

impl Enterprise {
    /// By what authority a caller may revoke at the enterprise at `at`.
    ///
    /// The checks come in the catalogue's order of precedence: is the credential alive, is the caller known here, is
    /// the credential of a kind and scope that may call, is the person qualified.
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
            Caller::Installation {
                organization,
                permissions,
                ..
            } => {
                let permitted = organization.is_none() && permissions.contains(ENTERPRISE_CREDENTIALS_WRITE);
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

    /// By what authority a caller may revoke at an organization at `at`, or list there. The checks come in the order of
    /// [`Enterprise::authorize`]; whether the organization is here comes with whether the caller is.
    ///
    /// # Errors
    /// [`Refusal`], naming the first rule that forbids it.
    pub fn authorize_at_organization(
        &self,
        caller: &Caller,
        organization: OrganizationId,
        access: OrganizationAccess,
        at: Timestamp,
    ) -> Result<Authority, Refusal> {
        let present = self.organizations.present(organization);
        let present = present.map(|_| organization);
        self.authorize_at(
            caller,
            present.ok_or(Refusal::OrganizationAbsent(organization)),
            access,
            at,
        )
    }

    /// The same for an organization that is present, or for what is wrong with it.
    pub(crate) fn authorize_at(
        &self,
        caller: &Caller,
        organization: Result<OrganizationId, Refusal>,
        access: OrganizationAccess,
        at: Timestamp,
    ) -> Result<Authority, Refusal> {
        let credential = self.authenticate_caller(caller, at)?;
        // Rule::EnterpriseExists
        self.identity().ok_or(Refusal::EnterpriseUnknown)?;
        match caller {
            // Rule::StrangerSeesNothing
            Caller::Stranger {} => Err(Refusal::Stranger),
            Caller::Installation {
                organization: limited_to,
                permissions,
                ..
            } => {
                // Rule::OrganizationOfPath
                let organization = organization?;
                check_app_permission(permissions, access)?;
                // Rule::OrganizationAdministration
                match limited_to {
                    Some(of) if *of != organization => Err(Refusal::InstallationOfAnother(*of)),
                    _ => Ok(Authority::Installation),
                }
            }
            Caller::Person { person, .. } => {
                self.role(*person).ok_or(Refusal::Stranger)?;
                let organization = organization?;
                if let Some(credential) = credential {
                    self.check_kind_and_scope_at_organization(&credential, access)?;
                    // Rule::TokenAuthorizedForOrganization
                    self.check_use(&credential, organization)
                        .map_err(Refusal::TokenNotAuthorized)?;
                }
                self.qualify_at_organization(*person, organization)
            }
        }
    }

    /// By what authority a request may be made: at its organization, if it names one.
    pub(super) fn authorize_request(&self, request: Requested<'_>, at: Timestamp) -> Result<Authority, Refusal> {
        match request.organization {
            None => self.authorize(request.caller, at),
            Some(organization) => {
                self.authorize_at_organization(request.caller, organization, OrganizationAccess::Write, at)
            }
        }
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
        // Rule::SshKeyIsNoApiCredential
        if presented.kind() == CredentialKind::SshKey {
            return Err(Refusal::SshKey(credential));
        }
        Ok(Some(presented))
    }

    /// [`Rule::FineGrainedPatCannotCall`](crate::Rule::FineGrainedPatCannotCall),
    /// [`Rule::AdminEnterpriseScope`](crate::Rule::AdminEnterpriseScope),
    /// [`Rule::EnterpriseCredentialsWrite`](crate::Rule::EnterpriseCredentialsWrite)
    fn check_kind_and_scope(&self, credential: &Credential<'_>) -> Result<(), Refusal> {
        match credential.kind().call_requirement() {
            CallRequirement::NotSupported | CallRequirement::NotAnApiCredential => Err(Refusal::FineGrainedPat),
            CallRequirement::Scope(scope) if self.credentials.scopes(credential).contains(scope) => Ok(()),
            CallRequirement::Scope(ENTERPRISE_CREDENTIALS_WRITE) => Err(Refusal::AppPermissionMissing),
            CallRequirement::Scope(_) => Err(Refusal::ScopeMissing),
        }
    }

    /// [`Rule::AdminOrgScope`](crate::Rule::AdminOrgScope), [`Rule::ReadOrgScope`](crate::Rule::ReadOrgScope)
    fn check_kind_and_scope_at_organization(
        &self,
        credential: &Credential<'_>,
        access: OrganizationAccess,
    ) -> Result<(), Refusal> {
        let scopes = self.credentials.scopes(credential);
        match (credential.kind(), access) {
            (CredentialKind::FineGrainedPat | CredentialKind::SshKey, _) => Err(Refusal::FineGrainedPat),
            (CredentialKind::GithubAppUserToken, _) => check_app_permission(scopes, access),
            _ if access.scopes().iter().any(|scope| scopes.contains(scope)) => Ok(()),
            (_, OrganizationAccess::Read) => Err(Refusal::ReadOrgScopeMissing),
            (_, OrganizationAccess::Write) => Err(Refusal::AdminOrgScopeMissing),
        }
    }

    /// [`Rule::OwnerOrPermission`](crate::Rule::OwnerOrPermission),
    /// [`Rule::AuthorityRecorded`](crate::Rule::AuthorityRecorded)
    fn qualify(&self, person: PersonId, role: Role) -> Result<Authority, Refusal> {
        if role == Role::Owner {
            return Ok(Authority::Owner);
        }
        let holds = self.may_write_credentials(person);
        holds
            .then_some(Authority::Permission)
            .ok_or(Refusal::NotQualified(person))
    }

    /// [`Rule::OrganizationOwnerRequired`](crate::Rule::OrganizationOwnerRequired)
    fn qualify_at_organization(&self, person: PersonId, organization: OrganizationId) -> Result<Authority, Refusal> {
        let owns = self.is_organization_owner(person, organization);
        owns.then_some(Authority::OrganizationOwner)
            .ok_or(Refusal::NotOrganizationOwner { person, organization })
    }
}

/// [`Rule::OrganizationAdministration`](crate::Rule::OrganizationAdministration)
fn check_app_permission(permissions: &Scopes, access: OrganizationAccess) -> Result<(), Refusal> {
    let mut suffice = access.app_permissions().iter();
    let permitted = suffice.any(|permission| permissions.contains(permission));
    permitted.then_some(()).ok_or(Refusal::OrganizationPermissionMissing)
}
