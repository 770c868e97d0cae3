//! What is promised of memory: a list of commands takes what it names,
//! a reconciliation and a list some bytes for each credential.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its state has failed")]

use core::num::NonZeroU32;
use std::alloc::System;
use std::sync::{Mutex, PoisonError};

use cap::Cap;
use enterprise_credentials::limits::COMMANDS_MAX;
use enterprise_credentials::outcomes::{About, Observer};
use enterprise_credentials::reconcile::{Listed, Reconciler};
use enterprise_credentials::{
    Actor, Authority, Caller, Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug, Event,
    Fingerprint, IdempotencyKey, Login, OrganizationId, PersonId, RevokeAll, Role, Scopes, Timestamp,
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// The allocator counts for the whole program, so the tests take turns.
static TURN: Mutex<()> = Mutex::new(());

/// Credentials that the list is about, in both enterprises.
const NAMED: u64 = 500;

fn at() -> Timestamp {
    Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap()
}

fn issue(id: u64) -> Command {
    Command::IssueCredential {
        credential: CredentialId::new(id).unwrap(),
        owner: PersonId::new(7).unwrap(),
        kind: CredentialKind::ClassicPat,
        scopes: Scopes::default(),
        expires_at: None,
        fingerprint: None,
    }
}

fn authorize(id: u64, organization: u64) -> Command {
    Command::AuthorizeCredential {
        credential: CredentialId::new(id).unwrap(),
        organization: OrganizationId::new(organization).unwrap(),
    }
}

fn take(enterprise: &mut Enterprise, commands: &[Command]) {
    let events = enterprise.decide_all(commands, at()).unwrap();
    let recorded: Vec<_> = enterprise.record(events, at(), None).collect();
    enterprise.apply_all(&recorded).unwrap();
}

/// A request that finds nothing, and its job.
fn revoke_all(enterprise: &mut Enterprise, number: u64) {
    let request = RevokeAll {
        caller: Caller::Person {
            person: PersonId::new(7).unwrap(),
            credential: None,
        },
        revoke_credentials: false,
        idempotency_key: Some(IdempotencyKey::new(&format!("request-{number}")).unwrap()),
    };
    take(enterprise, &[Command::RevokeAll(request)]);
    let (revocation, limit) = (enterprise.pending_revocations().next().unwrap(), NonZeroU32::MIN);
    let job = Command::ContinueRevocation { revocation, limit };
    for recorded in enterprise.record(enterprise.decide(&job, at()).unwrap(), at(), None) {
        enterprise.apply(&recorded).unwrap();
    }
}

/// An enterprise with so many revocations behind it, whose first credential is authorized for all of its organizations.
fn enterprise(credentials: u64, organizations: u64, revocations: u64) -> Enterprise {
    let mut enterprise = Enterprise::new();
    let login = |text: String| Login::new(&text).unwrap();
    let founding = [
        Command::CreateEnterprise {
            slug: EnterpriseSlug::new("octo-corp").unwrap(),
            kind: EnterpriseKind::ManagedUsers,
        },
        Command::AddMember {
            member: PersonId::new(7).unwrap(),
            login: login("mona".to_owned()),
            role: Role::Owner,
        },
    ];
    take(&mut enterprise, &founding);
    (0..revocations).for_each(|number| revoke_all(&mut enterprise, number));
    let added = (1..=organizations).map(|id| Command::AddOrganization {
        organization: OrganizationId::new(id).unwrap(),
        login: login(format!("organization-{id}")),
    });
    let issued = (1..=credentials).map(issue);
    let authorized = (1..=organizations).map(|organization| authorize(1, organization));
    let commands: Vec<Command> = added.chain(issued).chain(authorized).collect();
    for list in commands.chunks(COMMANDS_MAX) {
        take(&mut enterprise, list);
    }
    enterprise
}

/// The bytes that deciding the list allocates, however briefly.
fn allocated(enterprise: &Enterprise, list: &[Command]) -> usize {
    let before = ALLOCATOR.total_allocated();
    let events = enterprise.decide_all(list, at()).unwrap();
    let allocated = ALLOCATOR.total_allocated() - before;
    assert_eq!(events.len(), list.len());
    allocated
}

#[test]
fn a_list_takes_as_much_memory_in_a_large_enterprise_as_in_a_small_one() {
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let [small, large] = [(NAMED, 10, 0), (200_000, 2_000, 300)].map(|(credentials, organizations, revocations)| {
        let enterprise = enterprise(credentials, organizations, revocations);
        let destroy = |id| Command::DestroyCredential {
            credential: CredentialId::new(id).unwrap(),
        };
        let revoke = Command::RevokeAuthorization {
            credential: CredentialId::new(1).unwrap(),
            organization: OrganizationId::new(5).unwrap(),
        };
        let others = (2..=NAMED).map(|id| {
            if id % 2 == 0 {
                authorize(id, 1 + id % 10)
            } else {
                destroy(id)
            }
        });
        let list: Vec<Command> = others.chain([revoke]).collect();
        allocated(&enterprise, &list)
    });
    assert_eq!(small, large);
    assert!(small > 0);
}

#[test]
fn a_reconciliation_takes_at_most_16_bytes_for_each_credential() {
    const CREDENTIALS: u64 = 100_000;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let enterprise = enterprise(CREDENTIALS, 3, 0);
    let fingerprint = |id: u64| Fingerprint::new(&format!("SHA256:{id}")).unwrap();
    let issued = |id| Event::CredentialIssued {
        credential: CredentialId::new(id).unwrap(),
        owner: PersonId::new(7).unwrap(),
        kind: CredentialKind::ClassicPat,
        scopes: Scopes::default(),
        expires_at: None,
        fingerprint: Some(fingerprint(id)),
    };
    let listed = |id| Listed {
        credential: None,
        fingerprint: Some(fingerprint(id)),
        owner: PersonId::new(7).unwrap(),
        kind: CredentialKind::ClassicPat,
        expires_at: None,
        is_alive: true,
        organizations: Vec::new(),
        shared_with: None,
    };
    let before = ALLOCATOR.allocated();
    let mut reconciler = Reconciler::new(&enterprise, at());
    (1..=CREDENTIALS).for_each(|id| reconciler.learn(&issued(id)));
    let findings: usize = (2..=CREDENTIALS).map(|id| reconciler.compare(&listed(id)).len()).sum();
    let held = ALLOCATOR.allocated() - before;
    assert_eq!(findings, 0);
    assert_eq!(reconciler.finish().count(), 1, "the first is not listed");
    let each = usize::try_from(CREDENTIALS).unwrap();
    println!("{held} bytes for {each} credentials");
    assert!(
        held > 12 * each && held < 16 * each,
        "{held} bytes for {each} credentials"
    );
}

/// The events of an enterprise of so many credentials, each authorized for an organization,
/// and a request to revoke everything.
fn revoked(credentials: u64) -> Vec<Event> {
    let (organization, member) = (OrganizationId::new(1).unwrap(), PersonId::new(7).unwrap());
    let login = Login::new("mona").unwrap();
    let role = Role::Owner;
    let kind = EnterpriseKind::ManagedUsers;
    let slug = EnterpriseSlug::new("octo-corp").unwrap();
    let founding = [
        Event::EnterpriseCreated { slug, kind },
        Event::MemberAdded { member, login, role },
        Event::OrganizationAdded {
            organization,
            login: Login::new("octo-org").unwrap(),
        },
    ];
    let issued = (1..=credentials).flat_map(|id| {
        let credential = CredentialId::new(id).unwrap();
        let issued = Event::CredentialIssued {
            credential,
            owner: member,
            kind: CredentialKind::ClassicPat,
            scopes: Scopes::default(),
            expires_at: None,
            fingerprint: None,
        };
        [
            issued,
            Event::CredentialAuthorized {
                credential,
                organization,
            },
        ]
    });
    let requested_by = Actor::Person {
        person: member,
        credential: None,
    };
    let request = Event::RevokeAllRequested {
        requested_by,
        authority: Authority::Owner,
        revoke_credentials: true,
        idempotency_key: None,
    };
    founding.into_iter().chain(issued).chain([request]).collect()
}

#[test]
fn a_list_takes_nothing_beside_the_state_and_about_a_revocation_8_bytes_for_each_credential() {
    const CREDENTIALS: u64 = 100_000;
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let history: Vec<_> = Enterprise::new().record(revoked(CREDENTIALS), at(), None).collect();
    let held = |about| {
        let before = ALLOCATOR.allocated();
        let mut observer = Observer::new(about);
        history.iter().for_each(|recorded| observer.observe(recorded).unwrap());
        let outcomes = observer.finish(at());
        let rows: usize = history.iter().map(|recorded| outcomes.of(recorded).count()).sum();
        assert_eq!(rows, usize::try_from(CREDENTIALS).unwrap());
        ALLOCATOR.allocated() - before
    };
    let mut folded = Enterprise::new();
    let before = ALLOCATOR.allocated();
    history.iter().for_each(|recorded| folded.apply(recorded).unwrap());
    let state = ALLOCATOR.allocated() - before;
    let each = usize::try_from(CREDENTIALS).unwrap();
    let (list, of_revocation) = (held(None), held(Some(About::Last)));
    println!("{state} bytes of state, {list} with a list, {of_revocation} about a revocation");
    assert_eq!(list, state);
    assert!(
        of_revocation > state && of_revocation < state + 9 * each,
        "{of_revocation} for {each}"
    );
}
