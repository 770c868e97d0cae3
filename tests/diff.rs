//! What differs between two states is what the access checks and the reports answer differently, and nothing else: on
//! random histories, each beside its own beginning and beside an unrelated one.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod seeds;

use std::collections::{BTreeMap, BTreeSet};

use enterprise_credentials::diff::{Change, Difference, differences};
use enterprise_credentials::outcomes::{AuthorizationStatus, CredentialStatus, Observer};
use enterprise_credentials::{
    CredentialId, Enterprise, OrganizationId, PersonId, RecordedEvent, RevocationId, Timestamp, log,
};
use enterprise_credentials_testkit::{Run, explore};

use crate::seeds::seeds;

/// Random histories under each seed.
const WORDS: u32 = 150;

/// What is said of a history by others than the comparison: of everybody and everything in words.
#[derive(Debug, Default, PartialEq)]
struct Said {
    organizations: BTreeMap<OrganizationId, String>,
    people: BTreeMap<PersonId, String>,
    owners: BTreeSet<(OrganizationId, PersonId)>,
    credentials: BTreeMap<CredentialId, (CredentialStatus, String)>,
    authorizations: BTreeMap<(CredentialId, OrganizationId), AuthorizationStatus>,
    revocations: BTreeMap<RevocationId, String>,
}

fn said(history: &[RecordedEvent], at: Timestamp) -> (Enterprise, Said) {
    let mut observer = Observer::new(None);
    history.iter().for_each(|recorded| observer.observe(recorded).unwrap());
    let outcomes = observer.finish(at);
    let enterprise = outcomes.enterprise().clone();
    let mut said = Said::default();
    for recorded in history {
        use enterprise_credentials::Event;
        match &recorded.event {
            Event::OrganizationAdded { organization, .. } => {
                let is_present = enterprise.organizations().any(|(id, _)| id == *organization);
                let login = enterprise.last_organization_login(*organization).unwrap();
                said.organizations
                    .insert(*organization, format!("{is_present} {login}"));
            }
            Event::MemberAdded { member, role, .. } | Event::MemberRoleChanged { member, role } => {
                let is_present = enterprise.role(*member).is_some();
                let login = enterprise.last_login(*member).unwrap();
                let may_write = enterprise.may_write_credentials(*member);
                let first = enterprise.is_first_owner(*member);
                // The last event of them is the one that stays.
                let last = format!("{is_present} {role} {login} {may_write} {first}");
                said.people.insert(*member, last);
            }
            _ => {}
        }
        for row in outcomes.of(recorded) {
            let issued = enterprise.credential(row.credential).unwrap();
            let what = format!(
                "{:?} {} {:?} {:?}",
                row.kind,
                row.owner,
                issued.scopes(),
                row.expires_at
            );
            said.credentials.insert(row.credential, (row.status, what));
            if let Some(held) = row.authorization {
                said.authorizations
                    .insert((row.credential, held.organization), held.status);
            }
        }
    }
    said.owners = enterprise.organization_owners().collect();
    said.revocations = enterprise.revocations().map(|it| (it.id, format!("{it:?}"))).collect();
    (enterprise, said)
}

/// The keys whose values differ.
fn differing<K: Ord + Copy, V: PartialEq>(from: &BTreeMap<K, V>, to: &BTreeMap<K, V>) -> BTreeSet<K> {
    let keys = from.keys().chain(to.keys()).copied();
    keys.filter(|key| from.get(key) != to.get(key)).collect()
}

/// What was found, by what it is about, and that nothing is told twice.
#[derive(Debug, Default, PartialEq)]
struct Found {
    organizations: BTreeSet<OrganizationId>,
    people: BTreeSet<PersonId>,
    owners: BTreeSet<(OrganizationId, PersonId)>,
    credentials: BTreeSet<CredentialId>,
    authorizations: BTreeSet<(CredentialId, OrganizationId)>,
    revocations: BTreeSet<RevocationId>,
}

fn found(differences: &[Difference<'_>]) -> Found {
    let mut found = Found::default();
    for difference in differences {
        let is_new = match difference {
            Difference::Organization { organization, .. } => found.organizations.insert(*organization),
            Difference::Person { person, .. } => found.people.insert(*person),
            Difference::OrganizationOwner {
                organization, person, ..
            } => found.owners.insert((*organization, *person)),
            Difference::Credential { credential, .. } => found.credentials.insert(*credential),
            Difference::Authorization {
                credential,
                organization,
                ..
            } => found.authorizations.insert((*credential, *organization)),
            Difference::Revocation { revocation, .. } => found.revocations.insert(*revocation),
            Difference::Enterprise { .. } => true,
        };
        assert!(is_new, "told twice: {difference:?}");
    }
    found
}

fn expected(from: &Said, to: &Said) -> Found {
    Found {
        organizations: differing(&from.organizations, &to.organizations),
        people: differing(&from.people, &to.people),
        owners: from.owners.symmetric_difference(&to.owners).copied().collect(),
        credentials: differing(&from.credentials, &to.credentials),
        authorizations: differing(&from.authorizations, &to.authorizations),
        revocations: differing(&from.revocations, &to.revocations),
    }
}

/// How often each kind of difference was found, by its name.
type Seen = BTreeMap<String, u64>;

fn compare(from: &[RecordedEvent], to: &[RecordedEvent], at: Timestamp, seen: &mut Seen) -> Result<(), String> {
    let ((from, said_of_from), (to, said_of_to)) = (said(from, at), said(to, at));
    let forth: Vec<_> = differences(&from, &to, at).collect();
    let (expected, found) = (expected(&said_of_from, &said_of_to), found(&forth));
    if expected != found {
        return Err(format!("expected: {expected:?}\nfound:    {found:?}"));
    }
    for difference in &forth {
        let right = match difference {
            Difference::Credential { credential, change } => {
                let status = |said: &Said| said.credentials.get(credential).map(|(status, _)| *status);
                let told = |standing: Option<enterprise_credentials::diff::CredentialStanding<'_>>| {
                    standing.map(|standing| standing.status)
                };
                (told(change.from), told(change.to)) == (status(&said_of_from), status(&said_of_to))
            }
            Difference::Authorization {
                credential,
                organization,
                change: Change { from, to },
            } => {
                let pair = (*credential, *organization);
                let of = |said: &Said| said.authorizations.get(&pair).copied();
                (*from, *to) == (of(&said_of_from), of(&said_of_to))
            }
            Difference::Person { person, change } => {
                let role = |standing: Option<enterprise_credentials::diff::PersonStanding<'_>>| {
                    standing.filter(|it| it.is_present).map(|it| it.role)
                };
                (role(change.from), role(change.to)) == (from.role(*person), to.role(*person))
            }
            _ => true,
        };
        if !right {
            return Err(format!("not what the states say: {difference:?}"));
        }
        let json = serde_json::to_value(difference).unwrap();
        *seen.entry(json["of"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let back: BTreeSet<String> = differences(&to, &from, at).map(|it| mirrored(&it)).collect();
    let forth: BTreeSet<String> = forth.iter().map(told).collect();
    if forth != back {
        return Err(format!("forth: {forth:?}\nback:  {back:?}"));
    }
    if let Some(difference) = differences(&to, &to.clone(), at).next() {
        return Err(format!("a state differs from itself: {difference:?}"));
    }
    Ok(())
}

fn told(difference: &Difference<'_>) -> String {
    serde_json::to_string(&serde_json::to_value(difference).unwrap()).unwrap()
}

/// The same with from and to in each other's place.
fn mirrored(difference: &Difference<'_>) -> String {
    let mut value = serde_json::to_value(difference).unwrap();
    let members = value.as_object_mut().unwrap();
    let (from, to) = (members.remove("from").unwrap(), members.remove("to").unwrap());
    members.insert("from".to_owned(), to);
    members.insert("to".to_owned(), from);
    value.to_string()
}

#[test]
fn what_differs_is_what_is_answered_differently() {
    let mut seen = Seen::new();
    for seed in seeds() {
        let mut before: Vec<RecordedEvent> = Vec::new();
        let explored = explore(seed, WORDS, |word| {
            let history = Run::<Enterprise>::of(word).history;
            let Some(last) = history.last() else {
                return Ok(());
            };
            let at = before.last().map_or(last.at, |other| other.at.max(last.at));
            for beginning in [0, history.len() / 3, history.len().saturating_sub(4)] {
                compare(&history[..beginning], &history, last.at, &mut seen)?;
            }
            let compared = compare(&before, &history, at, &mut seen);
            before = history;
            compared
        });
        if let Err(counterexample) = explored {
            panic!("{counterexample}");
        }
    }
    for kind in [
        "enterprise",
        "organization",
        "person",
        "organization_owner",
        "credential",
        "authorization",
        "revocation",
    ] {
        let times = seen.get(kind).copied().unwrap_or_default();
        assert!(times > 100, "{kind} differed {times} times: {seen:?}");
    }
}

const HISTORY: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"position":4,"at":"2026-03-10T09:00:01.000Z","type":"CredentialIssued","credential":901,"owner":7,"kind":"classic_pat","scopes":["repo"],"expires_at":"2026-03-10T10:00:00.000Z"}
{"position":5,"at":"2026-03-10T09:00:03.000Z","type":"CredentialAuthorized","credential":901,"organization":3}
{"position":6,"at":"2026-03-10T09:00:04.000Z","type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":true}
"#;

#[test]
fn a_request_makes_dead_what_it_takes_and_the_document_says_from_and_to() {
    let history: Vec<RecordedEvent> = log::read(HISTORY.as_bytes()).map(Result::unwrap).collect();
    let last = history.last().expect("six events").at;
    let states = |at| {
        let (before, _) = said(&history[..5], at);
        let (after, _) = said(&history, at);
        let found = differences(&before, &after, at).map(|it| serde_json::to_value(&it).unwrap());
        found.collect::<Vec<_>>()
    };
    let found = states(last);
    let standing = |status: &str| {
        serde_json::json!({
            "status": status, "kind": "classic_pat", "owner": 7, "scopes": ["repo"],
            "expires_at": "2026-03-10T10:00:00.000Z"
        })
    };
    assert_eq!(
        found[..2],
        [
            serde_json::json!({
                "of": "credential", "credential": 901, "from": standing("alive"), "to": standing("destruction_pending")
            }),
            serde_json::json!({
                "of": "authorization", "credential": 901, "organization": 3, "from": "live", "to": "revocation_pending"
            }),
        ]
    );
    assert_eq!(
        (&found[2]["revocation"], &found[2]["from"]),
        (&6.into(), &serde_json::Value::Null)
    );
    assert_eq!((found.len(), &found[2]["to"]["state"]), (3, &"queued".into()));

    let late = states("2026-03-10T10:00:00.000Z".parse().unwrap());
    assert_eq!(late[0]["from"]["status"], "expired", "as of one time in both");
}
