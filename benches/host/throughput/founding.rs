//! Small enterprises that are asked over HTTP.

use anyhow::Result;
use enterprise_credentials::{
    Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug, Login, OrganizationId, PersonId,
    RecordedEvent, Role, Scopes, Timestamp,
};
use enterprise_credentials_host::token::fingerprint;

/// The commands that found an enterprise with one owner, who has all its credentials.
fn founding(number: u64, credentials: u64) -> Result<Vec<Command>> {
    let (organization, owner) = (OrganizationId::new(1)?, PersonId::new(1)?);
    let mut commands = vec![
        Command::CreateEnterprise {
            slug: EnterpriseSlug::new(&slug(number))?,
            kind: EnterpriseKind::ManagedUsers,
        },
        Command::AddOrganization {
            organization,
            login: Login::new("octo-org")?,
        },
        Command::AddMember {
            member: owner,
            login: Login::new("mona_octo")?,
            role: Role::Owner,
        },
    ];
    for id in 1..=credentials {
        let credential = CredentialId::new(id)?;
        commands.push(Command::IssueCredential {
            credential,
            owner,
            kind: CredentialKind::ClassicPat,
            scopes: Scopes::parse(["admin:enterprise"])?,
            expires_at: None,
            fingerprint: Some(fingerprint(&token(number, id))?),
        });
        commands.push(Command::AuthorizeCredential {
            credential,
            organization,
        });
    }
    Ok(commands)
}

/// The events that they lead to, all of one time.
pub(crate) fn founded(number: u64, credentials: u64, at: Timestamp) -> Result<Vec<RecordedEvent>> {
    let mut enterprise = Enterprise::new();
    let mut events = Vec::new();
    for command in founding(number, credentials)? {
        for recorded in enterprise.record(enterprise.decide(&command, at)?, at, None) {
            enterprise.apply(&recorded)?;
            events.push(recorded);
        }
    }
    Ok(events)
}

/// Its slug.
pub(crate) fn slug(number: u64) -> String {
    format!("corp-{number}")
}

/// The token of one of its credentials; the first is the owner's to call with.
pub(crate) fn token(enterprise: u64, credential: u64) -> String {
    format!("ghp_{enterprise:020}{credential:016}")
}
