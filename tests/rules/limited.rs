//! Requests that are limited to an organization, a person or a type of credential, in short.

use enterprise_credentials::{
    Caller, Command, CredentialType, InstallationId, Login, OrganizationId, PersonId, Revoke, Scopes,
};

/// A request of this caller, limited to nothing yet.
pub(crate) fn limited(caller: Caller) -> Revoke {
    Revoke {
        caller,
        organization: None,
        person: None,
        credential_type: None,
        revoke_credentials: false,
        idempotency_key: None,
    }
}

pub(crate) fn of_organization(caller: Caller, organization: OrganizationId) -> Revoke {
    Revoke {
        organization: Some(organization),
        ..limited(caller)
    }
}

pub(crate) fn of_person(caller: Caller, person: PersonId) -> Revoke {
    Revoke {
        person: Some(person),
        ..limited(caller)
    }
}

pub(crate) fn of_type(caller: Caller, credential_type: CredentialType) -> Revoke {
    Revoke {
        credential_type: Some(credential_type),
        ..limited(caller)
    }
}

/// The same, with `revoke_credentials`.
pub(crate) fn destroying(request: Revoke) -> Revoke {
    Revoke {
        revoke_credentials: true,
        ..request
    }
}

pub(crate) fn asked(request: &Revoke) -> Command {
    Command::Revoke(request.clone())
}

pub(crate) fn add_owner(organization: OrganizationId, member: PersonId) -> Command {
    Command::AddOrganizationOwner { organization, member }
}

pub(crate) fn remove_owner(organization: OrganizationId, member: PersonId) -> Command {
    Command::RemoveOrganizationOwner { organization, member }
}

pub(crate) fn named(organization: OrganizationId, login: &str) -> Command {
    let login = Login::new(login).unwrap();
    Command::AddOrganization { organization, login }
}

/// An app's installation, perhaps on one organization.
pub(crate) fn installed(organization: Option<OrganizationId>, permissions: &[&str]) -> Caller {
    Caller::Installation {
        installation: InstallationId::new(56).unwrap(),
        organization,
        permissions: Scopes::parse(permissions.iter().copied()).unwrap(),
    }
}
