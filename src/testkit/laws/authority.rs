//! Who may revoke all, and on which enterprises credentials may be destroyed.

use alloc::collections::BTreeMap;
use std::format;
use std::vec::Vec;

use crate::testkit::candidate::Candidate;
use crate::testkit::laws::{Law, Violation};
use crate::testkit::run::{Moment, Run};
use crate::testkit::world;
use crate::{
    Caller, Command, CredentialKind, Enterprise, EnterpriseKind, Event, Permission, PersonId, RevokeAll, Role, Rule,
    Scopes, Timestamp,
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
        more_authority_is_no_obstacle(moment)?;
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
                Event::RevokeAllRequested { revoke_credentials, .. } => {
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
    let (Command::RevokeAll(request), Ok(_)) = (&moment.command, &moment.decided) else {
        return Ok(());
    };
    let mut more = Vec::new();
    if let Caller::Person { person: member, .. } = request.caller {
        let permission = Permission::WriteEnterpriseCredentials;
        more.push(Command::GrantPermission { member, permission });
        more.push(Command::ChangeMemberRole {
            member,
            role: Role::Owner,
        });
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
        &["admin:enterprise"],
        &["enterprise_credentials=read"],
        &["enterprise_credentials=write"],
    ];
    let installations = permissions.into_iter().map(|permissions| Caller::Installation {
        installation: world::installation(1),
        permissions: Scopes::parse(permissions.iter().copied()).unwrap_or_default(),
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
            Caller::Installation { permissions, .. } => permissions.contains("enterprise_credentials=write"),
            Caller::Person { person, credential } => {
                by_person(*person) && credential.is_none_or(|credential| by_token(*person, credential))
            }
        }
}
