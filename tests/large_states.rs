//! What is rare or large in a state is kept out of line: it answers like what is common and small.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its history has failed")]

use core::num::NonZeroU32;

use enterprise_credentials::rest::{self, Listing, Operation, Path, Presented, Request};
use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug, Event, Login,
    OrganizationId, PersonId, RecordedEvent, Revoke, RevokeAll, Role, Scopes, Timestamp, snapshot,
};

const OWNER: u64 = 7;

fn at() -> Timestamp {
    Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap()
}

fn organization(id: u64) -> OrganizationId {
    OrganizationId::new(id).unwrap()
}

fn credential(id: u64) -> CredentialId {
    CredentialId::new(id).unwrap()
}

fn ask(enterprise: &mut Enterprise, command: &Command) -> Vec<Event> {
    let events = enterprise.decide(command, at()).unwrap();
    for recorded in enterprise.record(events.clone(), at(), None) {
        enterprise.apply(&recorded).unwrap();
    }
    events
}

/// An EMU enterprise with one owner and this many organizations.
fn founded(organizations: u64) -> Enterprise {
    let mut enterprise = Enterprise::new();
    let slug = EnterpriseSlug::new("octo-corp").unwrap();
    let kind = EnterpriseKind::ManagedUsers;
    ask(&mut enterprise, &Command::CreateEnterprise { slug, kind });
    let (member, login) = (PersonId::new(OWNER).unwrap(), Login::new("mona").unwrap());
    let role = Role::Owner;
    ask(&mut enterprise, &Command::AddMember { member, login, role });
    for id in 1..=organizations {
        add_organization(&mut enterprise, id);
    }
    enterprise
}

fn add_organization(enterprise: &mut Enterprise, id: u64) {
    let (organization, login) = (organization(id), Login::new(&format!("octo-org-{id}")).unwrap());
    ask(enterprise, &Command::AddOrganization { organization, login });
}

fn issue(enterprise: &mut Enterprise, id: u64, kind: CredentialKind, scopes: Scopes) {
    issue_to(enterprise, OWNER, id, kind, scopes);
}

fn issue_to(enterprise: &mut Enterprise, owner: u64, id: u64, kind: CredentialKind, scopes: Scopes) {
    let (credential, owner) = (credential(id), PersonId::new(owner).unwrap());
    let (expires_at, fingerprint) = (None, None);
    let issue = Command::IssueCredential {
        credential,
        owner,
        kind,
        scopes,
        expires_at,
        fingerprint,
    };
    ask(enterprise, &issue);
}

fn authorize(enterprise: &mut Enterprise, id: u64, of: u64) -> Vec<Event> {
    let (credential, organization) = (credential(id), organization(of));
    ask(
        enterprise,
        &Command::AuthorizeCredential {
            credential,
            organization,
        },
    )
}

fn revoke_all(enterprise: &mut Enterprise, revoke_credentials: bool) {
    let request = RevokeAll {
        caller: Caller::Person {
            person: PersonId::new(OWNER).unwrap(),
            credential: None,
        },
        revoke_credentials,
        idempotency_key: None,
    };
    assert_eq!(ask(enterprise, &Command::RevokeAll(request)).len(), 1);
}

/// Puts what is read back from its snapshot in a state's place.
fn restore(enterprise: &mut Enterprise) {
    let restored = snapshot::read(&snapshot::write(enterprise)).unwrap();
    assert!(restored == *enterprise, "the snapshot gives another state");
    *enterprise = restored;
}

/// Runs the earliest job to its end, from a snapshot, and gives the items that it recorded.
fn run_job(enterprise: &mut Enterprise, limit: u32) -> Vec<(u64, Option<u64>)> {
    restore(enterprise);
    let revocation = enterprise.pending_revocations().next().unwrap();
    let limit = NonZeroU32::new(limit).unwrap();
    let mut items = Vec::new();
    while enterprise.pending_revocations().next() == Some(revocation) {
        for event in ask(enterprise, &Command::ContinueRevocation { revocation, limit }) {
            match event {
                Event::AuthorizationRevoked {
                    credential,
                    organization,
                    ..
                } => items.push((credential.value(), Some(organization.value()))),
                Event::CredentialDestroyed { credential, .. } => items.push((credential.value(), None)),
                _ => {}
            }
        }
    }
    items
}

#[test]
fn a_credential_with_many_authorizations_keeps_their_order_of_grant() {
    for many in [3, 4, 16, 17, 40] {
        let mut enterprise = founded(many);
        issue(&mut enterprise, 901, CredentialKind::SshKey, Scopes::default());
        for of in 1..=many {
            authorize(&mut enterprise, 901, of);
        }
        for of in [2, many] {
            let (credential, organization) = (credential(901), organization(of));
            ask(
                &mut enterprise,
                &Command::RevokeAuthorization {
                    credential,
                    organization,
                },
            );
            enterprise.may_use(credential, organization, at()).unwrap_err();
        }
        restore(&mut enterprise);
        authorize(&mut enterprise, 901, 2);
        enterprise.may_use(credential(901), organization(2), at()).unwrap();

        revoke_all(&mut enterprise, true);
        let mut expected: Vec<_> = (1..many).filter(|of| *of != 2).map(|of| (901, Some(of))).collect();
        expected.extend([(901, Some(2)), (901, None)]);
        assert_eq!(run_job(&mut enterprise, 1), expected, "{many} authorizations");
    }
}

#[test]
fn grants_before_and_after_a_cut_are_told_apart_on_one_credential() {
    let mut enterprise = founded(6);
    issue(&mut enterprise, 901, CredentialKind::FineGrainedPat, Scopes::default());
    authorize(&mut enterprise, 901, 1);
    authorize(&mut enterprise, 901, 2);
    revoke_all(&mut enterprise, false);
    authorize(&mut enterprise, 901, 3);
    revoke_all(&mut enterprise, false);
    authorize(&mut enterprise, 901, 4);
    assert_eq!(
        authorize(&mut enterprise, 901, 1).len(),
        2,
        "the pending grant is recorded first"
    );

    for (of, live) in [(1, true), (2, false), (3, false), (4, true)] {
        let used = enterprise.may_use(credential(901), organization(of), at());
        assert_eq!(used.is_ok(), live, "organization {of}");
    }
    assert_eq!(run_job(&mut enterprise, 10), [(901, Some(2))]);
    assert_eq!(run_job(&mut enterprise, 10), [(901, Some(3))]);
    revoke_all(&mut enterprise, false);
    assert_eq!(run_job(&mut enterprise, 10), [(901, Some(4)), (901, Some(1))]);
}

#[test]
fn more_lists_of_scopes_than_numbers_are_all_remembered() {
    let mut enterprise = founded(1);
    let scopes = |id: u64| Scopes::parse([format!("scope-{id}").as_str(), "repo"]).unwrap();
    for id in 1..=2_000 {
        issue(&mut enterprise, id, CredentialKind::ClassicPat, scopes(id % 1_500));
        if id == 1_200 {
            restore(&mut enterprise);
        }
    }
    for id in 1..=2_000 {
        let issued = enterprise.credential(credential(id)).unwrap();
        assert_eq!(*issued.scopes(), scopes(id % 1_500), "credential {id}");
    }
}

#[test]
fn an_organization_may_return_more_often_than_a_record_counts() {
    let mut enterprise = founded(1);
    issue(&mut enterprise, 901, CredentialKind::ClassicPat, Scopes::default());
    for _ in 0..66_000 {
        let organization = organization(1);
        ask(&mut enterprise, &Command::RemoveOrganization { organization });
        add_organization(&mut enterprise, 1);
    }
    restore(&mut enterprise);
    authorize(&mut enterprise, 901, 1);
    enterprise.may_use(credential(901), organization(1), at()).unwrap();
    revoke_all(&mut enterprise, false);
    enterprise.may_use(credential(901), organization(1), at()).unwrap_err();
    assert_eq!(run_job(&mut enterprise, 1), [(901, Some(1))]);
}

#[test]
fn a_job_passes_every_page_of_credentials_in_order_of_issue() {
    let mut enterprise = founded(3);
    for id in (1..=9_000).rev() {
        issue(&mut enterprise, id, CredentialKind::SshKey, Scopes::default());
        authorize(&mut enterprise, id, 1 + id % 3);
    }
    revoke_all(&mut enterprise, false);
    let expected: Vec<_> = (1..=9_000).rev().map(|id| (id, Some(1 + id % 3))).collect();
    assert_eq!(run_job(&mut enterprise, 1_000), expected);
}

/// A history in which one window of events touches pages far apart, and some credentials several times.
fn scattered() -> (Vec<RecordedEvent>, Enterprise) {
    const CREDENTIALS: u64 = 9_000;
    let mut enterprise = founded(3);
    let mut history = Vec::new();
    let mut ask = |enterprise: &mut Enterprise, command: &Command| {
        let events = enterprise.decide(command, at()).unwrap();
        for recorded in enterprise.record(events, at(), None) {
            enterprise.apply(&recorded).unwrap();
            history.push(recorded);
        }
    };
    for id in 1..=CREDENTIALS {
        let issue = Command::IssueCredential {
            credential: credential(id),
            owner: PersonId::new(OWNER).unwrap(),
            kind: CredentialKind::FineGrainedPat,
            scopes: Scopes::default(),
            expires_at: None,
            fingerprint: None,
        };
        ask(&mut enterprise, &issue);
        let credential = credential(1 + id * 4_099 % id);
        let organization = organization(1 + id % 3);
        let (authorize, revoke) = (
            Command::AuthorizeCredential {
                credential,
                organization,
            },
            Command::RevokeAuthorization {
                credential,
                organization,
            },
        );
        ask(&mut enterprise, &authorize);
        if id.is_multiple_of(5) {
            ask(&mut enterprise, &revoke);
            ask(&mut enterprise, &authorize);
        }
    }
    (history, enterprise)
}

#[test]
fn events_folded_together_give_the_state_of_events_folded_singly() {
    let (history, folded_singly) = scattered();
    let mut enterprise = founded(3);
    enterprise.apply_all(&history).unwrap();
    assert_eq!(enterprise, folded_singly);
}

#[test]
fn events_folded_together_stop_at_the_first_that_does_not_fit() {
    let (mut history, _) = scattered();
    let misfit = history.len() / 2;
    let position = history[misfit].position;
    history[misfit].event = Event::CredentialDestroyed {
        credential: credential(999_999),
        revocation: None,
    };
    let mut enterprise = founded(3);
    assert_eq!(enterprise.apply_all(&history).unwrap_err().position, position);
    let mut before = founded(3);
    before.apply_all(&history[..misfit]).unwrap();
    assert_eq!(enterprise, before);
}

#[test]
fn a_snapshot_takes_24_bytes_for_each_credential_and_finds_each_again() {
    const CREDENTIALS: u64 = 9_000;
    let mut enterprise = founded(3);
    issue(&mut enterprise, 1, CredentialKind::ClassicPat, Scopes::default());
    let with_one = snapshot::write(&enterprise).len();
    for id in 2..=CREDENTIALS {
        issue(&mut enterprise, id, CredentialKind::ClassicPat, Scopes::default());
        authorize(&mut enterprise, id, 1 + id % 3);
    }
    let more = usize::try_from(CREDENTIALS - 1).unwrap();
    assert_eq!(snapshot::write(&enterprise).len() - with_one, 24 * more);

    restore(&mut enterprise);
    for id in 1..=CREDENTIALS {
        assert_eq!(enterprise.credential(credential(id)).unwrap().id(), credential(id));
        let granted = id > 1;
        let used = enterprise.may_use(credential(id), organization(1 + id % 3), at());
        assert_eq!(used.is_ok(), granted, "credential {id}");
    }
    assert!(enterprise.credential(credential(CREDENTIALS + 1)).is_none());
    issue(
        &mut enterprise,
        CREDENTIALS + 1,
        CredentialKind::ClassicPat,
        Scopes::default(),
    );
    assert!(enterprise.credential(credential(CREDENTIALS + 1)).is_some());
}

/// A request of the owner about one person, from a web session.
fn revoke_person(enterprise: &mut Enterprise, person: u64, revoke_credentials: bool) {
    let request = Revoke {
        caller: Caller::Person {
            person: PersonId::new(OWNER).unwrap(),
            credential: None,
        },
        organization: None,
        person: PersonId::new(person).ok(),
        credential_type: None,
        revoke_credentials,
        idempotency_key: None,
    };
    assert_eq!(ask(enterprise, &Command::Revoke(request)).len(), 1);
}

fn add_member(enterprise: &mut Enterprise, id: u64) {
    let (member, login) = (PersonId::new(id).unwrap(), Login::new(&format!("member-{id}")).unwrap());
    let role = Role::Member;
    ask(enterprise, &Command::AddMember { member, login, role });
}

/// Each request begins an epoch, and a record holds grants of one.
/// What no unfinished revocation can tell apart stays together.
#[test]
fn requests_between_the_grants_of_a_credential_do_not_drive_it_out_of_its_record() {
    const CREDENTIALS: u64 = 2_000;
    let mut sizes = Vec::new();
    for (is_finished, is_interrupted) in [(true, false), (true, true), (false, true)] {
        let mut enterprise = founded(3);
        add_member(&mut enterprise, 8);
        for id in 1..=CREDENTIALS {
            issue(&mut enterprise, id, CredentialKind::ClassicPat, Scopes::default());
        }
        for of in 1..=3 {
            for id in 1..=CREDENTIALS {
                authorize(&mut enterprise, id, of);
                if is_interrupted && id % 10 == of {
                    revoke_person(&mut enterprise, 8, false);
                }
                if is_finished && enterprise.pending_revocations().next().is_some() {
                    assert_eq!(run_job(&mut enterprise, 1), [], "they have nothing");
                }
            }
        }
        restore(&mut enterprise);
        for id in 1..=CREDENTIALS {
            for of in 1..=3 {
                enterprise.may_use(credential(id), organization(of), at()).unwrap();
            }
        }
        let requests = enterprise.revocations().count();
        assert_eq!(requests, if is_interrupted { 600 } else { 0 });
        sizes.push(snapshot::write(&enterprise).len() - requests * size_of_revocation(is_finished));
    }
    assert_eq!(sizes[0], sizes[1], "finished ones leave nothing behind in records");
    assert_eq!(sizes[0], sizes[2], "nor do unfinished ones that are about others");
}

/// How many bytes of a snapshot a revocation takes.
fn size_of_revocation(is_finished: bool) -> usize {
    let mut enterprise = founded(1);
    add_member(&mut enterprise, 8);
    let without = snapshot::write(&enterprise).len();
    revoke_person(&mut enterprise, 8, false);
    if is_finished {
        run_job(&mut enterprise, 1);
    }
    snapshot::write(&enterprise).len() - without
}

/// What is pending keeps its epoch, and a later grant of the same credential its own.
#[test]
fn a_grant_beside_a_pending_one_is_told_apart() {
    let mut enterprise = founded(3);
    add_member(&mut enterprise, 8);
    issue(&mut enterprise, 901, CredentialKind::ClassicPat, Scopes::default());
    authorize(&mut enterprise, 901, 1);
    revoke_person(&mut enterprise, 8, false);
    authorize(&mut enterprise, 901, 2);
    // Two filters of one shape are not enough to find it: it is pending by everything.
    revoke_all(&mut enterprise, false);
    authorize(&mut enterprise, 901, 3);
    for (of, live) in [(1, false), (2, false), (3, true)] {
        let used = enterprise.may_use(credential(901), organization(of), at());
        assert_eq!(used.is_ok(), live, "organization {of}");
    }
    assert_eq!(run_job(&mut enterprise, 1), []);
    assert_eq!(run_job(&mut enterprise, 1), [(901, Some(1)), (901, Some(2))]);
    enterprise.may_use(credential(901), organization(3), at()).unwrap();
}

/// Thousands of people at once, found in one pass, and each recorded in the order of their cuts and of issue.
#[test]
fn jobs_about_many_people_record_each_in_turn() {
    const PEOPLE: u64 = 500;
    let mut enterprise = founded(2);
    (1..=PEOPLE).for_each(|person| add_member(&mut enterprise, 1_000 + person));
    for id in 1..=4 * PEOPLE {
        let owner = 1_001 + id % PEOPLE;
        issue_to(&mut enterprise, owner, id, CredentialKind::SshKey, Scopes::default());
        authorize(&mut enterprise, id, 1 + id % 2);
    }
    for person in (1..=PEOPLE).rev() {
        revoke_person(&mut enterprise, 1_000 + person, true);
        // Issued after the cut: outside, and yet of somebody whose credentials are looked for.
        issue(
            &mut enterprise,
            10_000 + person,
            CredentialKind::SshKey,
            Scopes::default(),
        );
    }
    for person in (1..=PEOPLE).rev() {
        let mut expected = Vec::new();
        for id in (1..=4 * PEOPLE).filter(|id| 1 + id % PEOPLE == person) {
            expected.extend([(id, Some(1 + id % 2)), (id, None)]);
        }
        if person % 100 == 0 {
            restore(&mut enterprise);
        }
        let revocation = enterprise.pending_revocations().next().unwrap();
        let limit = NonZeroU32::new(3).unwrap();
        let mut items = Vec::new();
        while enterprise.pending_revocations().next() == Some(revocation) {
            for event in ask(&mut enterprise, &Command::ContinueRevocation { revocation, limit }) {
                match event {
                    Event::AuthorizationRevoked {
                        credential,
                        organization,
                        ..
                    } => items.push((credential.value(), Some(organization.value()))),
                    Event::CredentialDestroyed { credential, .. } => items.push((credential.value(), None)),
                    _ => {}
                }
            }
        }
        assert_eq!(items, expected, "person {person}");
    }
}

/// A look is about 65,536 credentials, and others go on between two of them.
#[test]
fn a_list_of_many_is_found_look_by_look() {
    const AT_A_LOOK: u64 = 65_536;
    let mut enterprise = founded(1);
    let (organization, member) = (organization(1), PersonId::new(OWNER).unwrap());
    ask(&mut enterprise, &Command::AddOrganizationOwner { organization, member });
    for id in 1..=AT_A_LOOK {
        issue(&mut enterprise, id, CredentialKind::ClassicPat, Scopes::default());
    }
    authorize(&mut enterprise, 1, 1);
    authorize(&mut enterprise, AT_A_LOOK, 1);
    let mut listing = listing(&enterprise);
    assert!(!listing.look(&enterprise), "there is no other");
    assert_eq!(listed(listing, &enterprise), [1, AT_A_LOOK]);

    issue(
        &mut enterprise,
        AT_A_LOOK + 1,
        CredentialKind::ClassicPat,
        Scopes::default(),
    );
    let mut listing = self::listing(&enterprise);
    assert!(listing.look(&enterprise), "there is another");
    authorize(&mut enterprise, AT_A_LOOK + 1, 1);
    let credential = credential(1);
    let command = Command::RevokeAuthorization {
        credential,
        organization,
    };
    ask(&mut enterprise, &command);
    assert!(!listing.look(&enterprise));
    assert!(!listing.look(&enterprise), "nothing is found twice");
    assert_eq!(listed(listing, &enterprise), [1, AT_A_LOOK, AT_A_LOOK + 1]);
}

const LIST: Request<'_> = Request {
    path: Path {
        operation: Operation::List,
        owner: "octo-org-1",
        target: "",
    },
    headers: &[("User-Agent", b"curl/8")],
    request_id: "R1",
};

/// The owner in a web session.
fn presented(enterprise: &Enterprise) -> Presented<'_> {
    let caller = Caller::Person {
        person: PersonId::new(OWNER).unwrap(),
        credential: None,
    };
    Presented { enterprise, caller }
}

fn listing(enterprise: &Enterprise) -> Listing {
    rest::list(&LIST, Some(&presented(enterprise)), "", at()).unwrap()
}

fn listed(listing: Listing, enterprise: &Enterprise) -> Vec<u64> {
    let response = listing.page().respond(&LIST, Some(&presented(enterprise)), at());
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&response.body).unwrap();
    rows.iter().map(|row| row["credential_id"].as_u64().unwrap()).collect()
}
