//! Who may revoke all, and on which enterprises credentials may be destroyed.

use std::collections::BTreeMap;
use std::format;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::laws::{Law, Violation};
use crate::run::{Moment, Run};
use crate::world;
use enterprise_credentials::{
    Caller, Command, CredentialKind, Enterprise, EnterpriseKind, Event, OrganizationId, Permission, PersonId, Revoke,
    RevokeAll, Role, Rule, Scopes, Timestamp,
};

pub(crate) fn authority<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for moment in &run.moments {
        for caller in callers() {
            let request = request(caller, false);
            let accepted = moment
                .before
                .decide(&Command::RevokeAll(request.clone()), moment.at)
                .is_ok();
            let qualified = qualified(moment.before.enterprise(), &request.caller, moment.at);
            Law::Authority.at(moment, accepted == qualified, || {
                format!("{request:?}\n  is qualified: {qualified}, was accepted: {accepted}")
            })?;
        }
        at_organizations(moment)?;
        more_authority_is_no_obstacle(moment)?;
    }
    Ok(())
}

/// At an organization its owners may ask, and nobody else:
/// enterprise owners and holders of the permission as such may not.
fn at_organizations<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    for organization in world::organizations() {
        for caller in callers() {
            let request = Revoke {
                caller,
                organization: Some(organization),
                person: None,
                credential_type: None,
                revoke_credentials: false,
                idempotency_key: None,
            };
            let accepted = moment
                .before
                .decide(&Command::Revoke(request.clone()), moment.at)
                .is_ok();
            let qualified = qualified_at_organization(moment, &request.caller, organization);
            Law::Authority.at(moment, accepted == qualified, || {
                format!("{request:?}\n  is qualified: {qualified}, was accepted: {accepted}")
            })?;
        }
    }
    Ok(())
}

pub(crate) fn managed_users<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let mut destroying = BTreeMap::new();
    for moment in &run.moments {
        let personal = moment.before.enterprise().kind() == Some(EnterpriseKind::PersonalAccounts);
        for caller in callers().filter(|_| personal) {
            let asked = |revoke_credentials| {
                let request = request(caller.clone(), revoke_credentials);
                moment.before.decide(&Command::RevokeAll(request), moment.at)
            };
            let as_it_must = match asked(true) {
                Ok(_) => false,
                Err(refusal) => refusal.rule() == Rule::ManagedUsersOnly || asked(false).is_err(),
            };
            Law::ManagedUsers.at(moment, as_it_must, || format!("{caller:?} gets {:?}", asked(true)))?;
        }
        for recorded in &moment.recorded {
            match &recorded.event {
                Event::RevokeAllRequested { revoke_credentials, .. }
                | Event::RevocationRequested { revoke_credentials, .. } => {
                    destroying.insert(recorded.position.value(), *revoke_credentials);
                }
                Event::CredentialDestroyed {
                    revocation: Some(id), ..
                } => {
                    let asked_for = destroying.get(&id.value()) == Some(&true);
                    Law::ManagedUsers.at(moment, asked_for, || format!("nobody asked for {:?}", recorded.event))?;
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whoever is accepted is accepted, too, with the permission, as an owner, or with one more app permission.
fn more_authority_is_no_obstacle<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    let (Some(request), Ok(_)) = (moment.command.requested(), &moment.decided) else {
        return Ok(());
    };
    let mut more = Vec::new();
    if let Caller::Person { person: member, .. } = *request.caller {
        let permission = Permission::WriteEnterpriseCredentials;
        more.push(Command::GrantPermission { member, permission });
        more.push(Command::ChangeMemberRole {
            member,
            role: Role::Owner,
        });
        let owned = request.organization.into_iter();
        more.extend(owned.map(|organization| Command::AddOrganizationOwner { organization, member }));
    }
    for command in more {
        let mut promoted = moment.before.clone();
        let events = promoted.decide(&command, moment.at).unwrap_or_default();
        for recorded in moment.before.enterprise().record(events, moment.at, None) {
            let applied = promoted.apply(&recorded);
            Law::Authority.at(moment, applied.is_ok(), || {
                format!("{command:?} gives what does not fit: {applied:?}")
            })?;
        }
        let answer = promoted.decide(&moment.command, moment.at);
        Law::Authority.at(moment, answer.is_ok(), || {
            format!("accepted, but after {command:?}: {answer:?}")
        })?;
    }
    Ok(())
}

/// Everyone who might ask, with everything that they might hold.
fn callers() -> impl Iterator<Item = Caller> {
    let sessions = world::people().map(|person| Caller::Person {
        person,
        credential: None,
    });
    let with_credential = world::people().flat_map(|person| {
        world::credentials().map(move |credential| Caller::Person {
            person,
            credential: Some(credential),
        })
    });
    let permissions = [
        &[][..],
        &["admin:enterprise", "admin:org"],
        &["enterprise_credentials=read", "organization_administration=read"],
        &["enterprise_credentials=write"],
        &["organization_administration=write"],
    ];
    let limits = [None, world::organizations().next()];
    let installations = permissions.into_iter().flat_map(move |permissions| {
        limits.map(|organization| Caller::Installation {
            installation: world::installation(1),
            organization,
            permissions: Scopes::parse(permissions.iter().copied()).unwrap_or_default(),
        })
    });
    sessions
        .chain(with_credential)
        .chain(installations)
        .chain([Caller::Stranger {}])
}

fn request(caller: Caller, revoke_credentials: bool) -> RevokeAll {
    RevokeAll {
        caller,
        revoke_credentials,
        idempotency_key: None,
    }
}

/// The law itself, from what the state says of people and credentials.
fn qualified(enterprise: &Enterprise, caller: &Caller, at: Timestamp) -> bool {
    let by_person =
        |person: PersonId| enterprise.role(person) == Some(Role::Owner) || enterprise.may_write_credentials(person);
    let by_token = |person: PersonId, credential| {
        let may_call = enterprise
            .credential(credential)
            .is_some_and(|token| match token.kind() {
                CredentialKind::ClassicPat | CredentialKind::OauthAppUserToken => {
                    token.scopes().contains("admin:enterprise")
                }
                CredentialKind::GithubAppUserToken => token.scopes().contains("enterprise_credentials=write"),
                CredentialKind::FineGrainedPat | CredentialKind::SshKey => false,
            });
        may_call && enterprise.authenticates(credential, at) == Ok(person)
    };
    let exists = enterprise.slug().is_some();
    exists
        && match caller {
            Caller::Stranger {} => false,
            Caller::Installation {
                organization,
                permissions,
                ..
            } => organization.is_none() && permissions.contains("enterprise_credentials=write"),
            Caller::Person { person, credential } => {
                by_person(*person) && credential.is_none_or(|credential| by_token(*person, credential))
            }
        }
}

/// The same for an organization: who owns it the model knows from the events alone.
fn qualified_at_organization<C: Candidate>(moment: &Moment<C>, caller: &Caller, organization: OrganizationId) -> bool {
    let (enterprise, at) = (moment.before.enterprise(), moment.at);
    let write = "organization_administration=write";
    let by_token = |person: PersonId, credential| {
        let may_call = enterprise
            .credential(credential)
            .is_some_and(|token| match token.kind() {
                CredentialKind::ClassicPat | CredentialKind::OauthAppUserToken => token.scopes().contains("admin:org"),
                CredentialKind::GithubAppUserToken => token.scopes().contains(write),
                CredentialKind::FineGrainedPat | CredentialKind::SshKey => false,
            });
        may_call
            && enterprise.authenticates(credential, at) == Ok(person)
            && enterprise.may_use(credential, organization, at).is_ok()
    };
    let is_present = enterprise.organizations().any(|(present, _)| present == organization);
    let owns = |person: PersonId| moment.witness_before.owners.contains(&(organization, person));
    is_present
        && match caller {
            Caller::Stranger {} => false,
            Caller::Installation {
                organization: limited_to,
                permissions,
                ..
            } => limited_to.is_none_or(|of| of == organization) && permissions.contains(write),
            Caller::Person { person, credential } => {
                owns(*person) && credential.is_none_or(|credential| by_token(*person, credential))
            }
        }
}
