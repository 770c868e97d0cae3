//! What could have been otherwise: an event with other contents, or one more event at the end.

use alloc::vec::Vec;

use crate::command::{Caller, Command, Revoke};
use crate::credential::{
    ADMIN_ENTERPRISE_SCOPE, ADMIN_ORG_SCOPE, CredentialKind, ENTERPRISE_CREDENTIALS_WRITE,
    ORGANIZATION_ADMINISTRATION_WRITE,
};
use crate::enterprise::Enterprise;
use crate::event::Event;
use crate::id::{CredentialId, InstallationId, OrganizationId, PersonId};
use crate::limits::ID_MAX;
use crate::name::{EnterpriseSlug, Login, Scopes};
use crate::person::{EnterpriseKind, Permission, Role};
use crate::receipt::absence::Absence;
use crate::receipt::requests::requests;
use crate::receipt::subjects::Subjects;
use crate::timestamp::Timestamp;

/// One more event, and those that it needs before it.
#[derive(Debug, Clone)]
pub(super) struct Addition {
    pub(super) events: Vec<Event>,
    pub(super) absence: Absence,
}

/// Somebody who is nobody's subject, and what names them.
struct Other {
    person: PersonId,
    organization: OrganizationId,
    installation: InstallationId,
    login: Login,
}

impl Other {
    fn new() -> Option<Self> {
        Some(Self {
            person: PersonId::new(ID_MAX).ok()?,
            organization: OrganizationId::new(ID_MAX).ok()?,
            installation: InstallationId::new(ID_MAX).ok()?,
            login: Login::new("somebody-else").ok()?,
        })
    }

    /// Of somebody who is nobody's subject no more is absent than somebody with their login; of a request under a key,
    /// whatever it would be limited to.
    fn absence_of(&self, event: &Event) -> Absence {
        match event {
            Event::MemberAdded { member, .. } if *member == self.person => Absence::of_login(event),
            Event::OrganizationAdded { organization, .. } if *organization == self.organization => {
                Absence::of_login(event)
            }
            Event::RevocationRequested {
                idempotency_key: Some(_),
                ..
            } => Absence::named(event.name()),
            _ => Absence::of(event),
        }
    }

    fn joins(&self) -> Event {
        Event::MemberAdded {
            member: self.person,
            login: self.login.clone(),
            role: Role::Member,
        }
    }
}

/// An event as it could have been instead, each time in one respect, with what that needs before it.
pub(super) fn alternatives(event: &Event, at: Timestamp) -> Vec<Vec<Event>> {
    let Some(other) = Other::new() else {
        return Vec::new();
    };
    let one = |event| Vec::from([event]);
    match event.clone() {
        Event::EnterpriseCreated { slug, kind } => {
            let kinds = EnterpriseKind::ALL.into_iter().filter(|other| *other != kind);
            let of_kind = kinds.map(|kind| Event::EnterpriseCreated {
                slug: slug.clone(),
                kind,
            });
            let renamed = EnterpriseSlug::new("another-enterprise").ok();
            let renamed = renamed.map(|slug| Event::EnterpriseCreated { slug, kind });
            of_kind.chain(renamed).map(one).collect()
        }
        Event::OrganizationAdded { organization, .. } => Vec::from([one(Event::OrganizationAdded {
            organization,
            login: other.login,
        })]),
        Event::MemberAdded { member, login, role } => {
            let of_role = others(role).map(|role| Event::MemberAdded {
                member,
                login: login.clone(),
                role,
            });
            let login = other.login;
            of_role
                .chain([Event::MemberAdded { member, login, role }])
                .map(one)
                .collect()
        }
        Event::MemberRoleChanged { member, role } => others(role)
            .map(|role| one(Event::MemberRoleChanged { member, role }))
            .collect(),
        Event::CredentialIssued { .. } => issued_otherwise(event, &other, at),
        Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials,
            idempotency_key,
        } => Vec::from([one(Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials: !revoke_credentials,
            idempotency_key,
        })]),
        Event::RevocationRequested {
            requested_by,
            authority,
            revoke_credentials,
            idempotency_key,
            ..
        } => Vec::from([one(Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials,
            idempotency_key,
        })]),
        _ => Vec::new(),
    }
}

/// A request as it could have been instead: by an app that was permitted nothing, with the other option, of nothing in
/// particular, about the first owner.
pub(super) fn other_requests(command: &Command, subjects: &Subjects, state: &Enterprise) -> Vec<Command> {
    let mut others = Vec::new();
    let mut change = |change: &dyn Fn(&mut Caller, &mut bool)| {
        let mut other = command.clone();
        match &mut other {
            Command::RevokeAll(request) => change(&mut request.caller, &mut request.revoke_credentials),
            Command::Revoke(request) => change(&mut request.caller, &mut request.revoke_credentials),
            _ => return,
        }
        others.push(other);
    };
    change(&|_, revoke_credentials| *revoke_credentials = !*revoke_credentials);
    change(&|caller, _| {
        if let Caller::Installation { permissions, .. } = caller {
            *permissions = Scopes::default();
        }
    });
    if let Command::Revoke(request) = command {
        others.push(Command::Revoke(Revoke {
            organization: None,
            person: None,
            credential_type: None,
            ..request.clone()
        }));
        let mut people = subjects.people.iter().copied();
        let first_owner = people.find(|person| state.is_first_owner(*person));
        others.extend(first_owner.filter(|_| request.person.is_some()).map(|person| {
            Command::Revoke(Revoke {
                person: Some(person),
                ..request.clone()
            })
        }));
    }
    others
}

fn others(role: Role) -> impl Iterator<Item = Role> {
    Role::ALL.into_iter().filter(move |other| *other != role)
}

fn issued_otherwise(event: &Event, other: &Other, at: Timestamp) -> Vec<Vec<Event>> {
    let mut otherwise = Vec::new();
    let mut change = |before: Option<Event>, change: &dyn Fn(Issued<'_>)| {
        let mut changed = event.clone();
        if let Event::CredentialIssued {
            owner,
            kind,
            scopes,
            expires_at,
            ..
        } = &mut changed
        {
            change(Issued {
                owner,
                kind,
                scopes,
                expires_at,
            });
        }
        otherwise.push(before.into_iter().chain([changed]).collect::<Vec<_>>());
    };
    change(Some(other.joins()), &|issued| *issued.owner = other.person);
    for kind in CredentialKind::ALL {
        change(None, &|issued| *issued.kind = kind);
    }
    change(None, &|issued| *issued.scopes = Scopes::default());
    change(None, &|issued| *issued.scopes = every_scope());
    change(None, &|issued| *issued.expires_at = Some(at));
    change(None, &|issued| *issued.expires_at = None);
    otherwise.retain(|events| events.last() != Some(event));
    otherwise
}

/// What of a credential may be otherwise.
struct Issued<'a> {
    owner: &'a mut PersonId,
    kind: &'a mut CredentialKind,
    scopes: &'a mut Scopes,
    expires_at: &'a mut Option<Timestamp>,
}

/// Every scope and app permission that is asked for.
fn every_scope() -> Scopes {
    let all = Scopes::parse([
        ADMIN_ENTERPRISE_SCOPE,
        ADMIN_ORG_SCOPE,
        ENTERPRISE_CREDENTIALS_WRITE,
        ORGANIZATION_ADMINISTRATION_WRITE,
    ]);
    debug_assert!(all.is_ok(), "{all:?}");
    all.unwrap_or_default()
}

/// The events that could have come last and are about the subjects.
pub(super) fn additions(command: &Command, subjects: &Subjects) -> Vec<Addition> {
    let Some(other) = Other::new() else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut add = |events: Vec<Event>| {
        let last = events.last();
        let absence = last.map(|event| other.absence_of(event));
        all.extend(absence.map(|absence| Addition { events, absence }));
    };
    if let Ok(slug) = EnterpriseSlug::new("another-enterprise") {
        for kind in EnterpriseKind::ALL {
            let slug = slug.clone();
            add(Vec::from([Event::EnterpriseCreated { slug, kind }]));
        }
    }
    for &member in &subjects.people {
        of_person(member, &other, &mut add);
    }
    for &organization in &subjects.organizations {
        let login = other.login.clone();
        add(Vec::from([Event::OrganizationAdded { organization, login }]));
        add(Vec::from([Event::OrganizationRemoved { organization }]));
        for &member in &subjects.people {
            add(Vec::from([Event::OrganizationOwnerAdded { organization, member }]));
            add(Vec::from([Event::OrganizationOwnerRemoved { organization, member }]));
        }
    }
    for &credential in &subjects.credentials {
        of_credential(credential, subjects, &other, &mut add);
    }
    if let Some(login) = subjects.member_login.clone() {
        let (member, role) = (other.person, Role::Member);
        add(Vec::from([Event::MemberAdded { member, login, role }]));
    }
    if let Some(login) = subjects.organization_login.clone() {
        let organization = other.organization;
        add(Vec::from([Event::OrganizationAdded { organization, login }]));
    }
    let requests = requests(command, subjects, other.installation);
    requests.into_iter().for_each(|event| add(Vec::from([event])));
    all
}

fn of_person(member: PersonId, other: &Other, add: &mut impl FnMut(Vec<Event>)) {
    for role in Role::ALL {
        let login = other.login.clone();
        add(Vec::from([Event::MemberAdded { member, login, role }]));
        add(Vec::from([Event::MemberRoleChanged { member, role }]));
    }
    add(Vec::from([Event::MemberRemoved { member }]));
    let permission = Permission::WriteEnterpriseCredentials;
    add(Vec::from([Event::PermissionGranted { member, permission }]));
    add(Vec::from([Event::PermissionWithdrawn { member, permission }]));
}

fn of_credential(credential: CredentialId, subjects: &Subjects, other: &Other, add: &mut impl FnMut(Vec<Event>)) {
    let issued = |owner| Event::CredentialIssued {
        credential,
        owner,
        kind: CredentialKind::ClassicPat,
        scopes: every_scope(),
        expires_at: None,
        fingerprint: None,
    };
    for &owner in &subjects.people {
        add(Vec::from([issued(owner)]));
    }
    add(Vec::from([other.joins(), issued(other.person)]));
    add(Vec::from([Event::CredentialDestroyed {
        credential,
        revocation: None,
    }]));
    for &organization in &subjects.organizations {
        add(Vec::from([Event::CredentialAuthorized {
            credential,
            organization,
        }]));
        add(Vec::from([Event::AuthorizationRevoked {
            credential,
            organization,
            revocation: None,
        }]));
    }
}
