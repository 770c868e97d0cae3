//! Log and service compared: an inventory that follows from the history differs in nothing, and each difference that is
//! put into one is found, with nothing else.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod seeds;

use std::collections::BTreeMap;

use enterprise_credentials::reconcile::{Difference, Finding, Listed, Reconciler};
use enterprise_credentials::{
    CredentialId, CredentialKind, Enterprise, EnterpriseSlug, Event, Fingerprint, OrganizationId, PersonId,
    RecordedEvent, Timestamp, log,
};
use enterprise_credentials_testkit::{Run, explore};

use crate::seeds::seeds;

/// Random histories under each seed.
const WORDS: u32 = 150;
/// How many kinds of difference are put in.
const SEEDED: usize = 13;

fn fingerprint(id: CredentialId) -> Fingerprint {
    Fingerprint::new(&format!("SHA256:{id}")).unwrap()
}

/// Every third credential has no fingerprint.
fn has_fingerprint(id: CredentialId) -> bool {
    !id.value().is_multiple_of(3)
}

/// A history as a host would have recorded it: with fingerprints.
fn with_fingerprints(mut history: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    for recorded in &mut history {
        if let Event::CredentialIssued {
            credential,
            fingerprint: place,
            ..
        } = &mut recorded.event
        {
            *place = has_fingerprint(*credential).then(|| fingerprint(*credential));
        }
    }
    history
}

/// The list of a service that agrees with the log.
fn inventory(enterprise: &Enterprise, at: Timestamp) -> Vec<Listed> {
    let listed = enterprise.credentials().map(|issued| {
        let id = issued.id();
        let usable = enterprise
            .authorizations_of(id, at)
            .filter(|held| held.usable().is_ok());
        Listed {
            credential: (!has_fingerprint(id) || id.value().is_multiple_of(2)).then_some(id),
            fingerprint: has_fingerprint(id).then(|| fingerprint(id)),
            owner: issued.owner(),
            kind: issued.kind(),
            expires_at: issued.expires_at(),
            is_alive: enterprise.authenticates(id, at).is_ok(),
            organizations: usable.map(|held| held.organization()).collect(),
            shared_with: None,
        }
    });
    listed.collect()
}

fn reconcile(enterprise: &Enterprise, at: Timestamp, history: &[RecordedEvent], list: &[Listed]) -> Vec<Finding> {
    let mut reconciler = Reconciler::new(enterprise, at);
    history.iter().for_each(|recorded| reconciler.learn(&recorded.event));
    let mut findings: Vec<_> = list.iter().flat_map(|listed| reconciler.compare(listed)).collect();
    findings.extend(reconciler.finish());
    findings
}

/// Which entry, which credential, what differs.
type Told = (Option<u64>, Option<CredentialId>, Difference);

/// Puts one difference into the list, and says what must be found of it; nothing where the entry has no room for it.
fn put_in(
    enterprise: &Enterprise,
    at: Timestamp,
    list: &mut Vec<Listed>,
    place: usize,
    which: usize,
) -> Option<Vec<Told>> {
    let id = enterprise.credentials().nth(place)?.id();
    let next = enterprise.credentials().nth((place + 1) % list.len())?.id();
    let (was, entry) = (list[place].clone(), place as u64 + 1);
    let here = |difference| Some(Vec::from([(Some(entry), Some(id), difference)]));
    let missing = was.is_alive.then_some((None, Some(id), Difference::NotListed));
    let listed = &mut list[place];
    match which {
        0 => {
            list.remove(place);
            Some(missing.into_iter().collect())
        }
        1 => {
            let (credential, fingerprint) = (None, Some("SHA256:stranger".parse().unwrap()));
            let is_alive = was.is_alive;
            *listed = Listed {
                credential,
                fingerprint,
                ..was
            };
            let stranger = (Some(entry), None, Difference::NotInLog { is_alive });
            Some([stranger].into_iter().chain(missing).collect())
        }
        2 => {
            listed.is_alive = !was.is_alive;
            here(match enterprise.authenticates(id, at) {
                Ok(_) => Difference::AliveInLogOnly,
                Err(denial) => Difference::AliveAtServiceOnly { denial },
            })
        }
        3 => {
            listed.owner = PersonId::new(was.owner.value() + 1).unwrap();
            here(Difference::Owner {
                listed: listed.owner,
                recorded: was.owner,
            })
        }
        4 => {
            let other = CredentialKind::ALL.into_iter().find(|kind| *kind != was.kind);
            listed.kind = other?;
            here(Difference::Kind {
                listed: listed.kind,
                recorded: was.kind,
            })
        }
        5 => {
            listed.expires_at = was.expires_at.is_none().then_some(at);
            here(Difference::Expiry {
                listed: listed.expires_at,
                recorded: was.expires_at,
            })
        }
        6 => {
            let (organization, denial) = (1..=5).find_map(|organization| {
                let organization = OrganizationId::new(organization).unwrap();
                let denial = enterprise.may_use(id, organization, at).err()?;
                Some((organization, denial))
            })?;
            listed.organizations.insert(0, organization);
            was.is_alive.then_some(())?;
            here(Difference::AuthorizedAtServiceOnly { organization, denial })
        }
        7 => {
            let organization = listed.organizations.pop()?;
            here(Difference::AuthorizedInLogOnly { organization })
        }
        8 => {
            list.insert(place, was);
            Some(Vec::from([(Some(entry + 1), Some(id), Difference::ListedAgain)]))
        }
        9 => {
            let enterprise: EnterpriseSlug = "octo-labs".parse().unwrap();
            listed.shared_with = Some(enterprise.clone());
            here(Difference::Shared { enterprise })
        }
        10 => {
            (listed.credential, listed.fingerprint) = (None, None);
            let unknown = (Some(entry), None, Difference::NotIdentified);
            Some([unknown].into_iter().chain(missing).collect())
        }
        // The fingerprint of one credential under the id of another, whose own entry stays as it is.
        11 => {
            (next != id && has_fingerprint(id)).then_some(())?;
            listed.credential = Some(next);
            Some(Vec::from([(
                Some(entry),
                Some(next),
                Difference::Mismatched { of: Some(id) },
            )]))
        }
        // A fingerprint that the log does not have, under the id of a credential that has another.
        _ => {
            has_fingerprint(id).then_some(())?;
            listed.credential = Some(id);
            listed.fingerprint = Some("SHA256:stranger".parse().unwrap());
            Some(Vec::from([(
                Some(entry),
                Some(id),
                Difference::Mismatched { of: None },
            )]))
        }
    }
}

#[test]
fn a_list_that_follows_from_the_history_differs_in_nothing_and_each_difference_put_in_is_found_alone() {
    for seed in seeds() {
        let mut met = [0_u32; SEEDED];
        let explored = explore(seed, WORDS, |word| {
            let run = Run::<Enterprise>::of(word);
            let history = with_fingerprints(run.history);
            let (enterprise, at) = (run.end, run.moments.last().map_or(Timestamp::MIN, |moment| moment.at));
            let list = inventory(&enterprise, at);
            let alive: Vec<_> = list.iter().filter(|listed| listed.is_alive).cloned().collect();
            for list in [&list, &alive] {
                let found = reconcile(&enterprise, at, &history, list);
                if !found.is_empty() {
                    return Err(format!("{found:#?}"));
                }
            }
            for (place, which) in (0..list.len()).flat_map(|place| (0..SEEDED).map(move |which| (place, which))) {
                let mut list = list.clone();
                let Some(expected) = put_in(&enterprise, at, &mut list, place, which) else {
                    continue;
                };
                met[which] += 1;
                let found = reconcile(&enterprise, at, &history, &list);
                let found: Vec<_> = found
                    .into_iter()
                    .map(|f| (f.entry, f.credential, f.difference))
                    .collect();
                if found != expected {
                    return Err(format!("{which}\nexpected: {expected:#?}\nfound: {found:#?}"));
                }
            }
            Ok(())
        });
        explored.unwrap_or_else(|counterexample| panic!("{counterexample}"));
        println!("{met:?}");
        assert!(met.iter().all(|met| *met > 20), "{met:?}");
    }
}

/// Three credentials; the last two share a fingerprint, which a host refuses and an old log may have.
const HISTORY: &[u8] = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued","credential":901,"owner":7,"kind":"ssh_key","scopes":[],"fingerprint":"a"}
{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued","credential":902,"owner":7,"kind":"ssh_key","scopes":[],"fingerprint":"b"}
{"position":5,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued","credential":903,"owner":7,"kind":"ssh_key","scopes":[],"fingerprint":"b"}
{"position":6,"at":"2026-03-11T09:00:00.000Z","type":"CredentialIssued","credential":904,"owner":7,"kind":"ssh_key","scopes":[],"fingerprint":"c"}
"#;

fn listed(fingerprint: &str) -> Listed {
    Listed {
        credential: None,
        fingerprint: Some(fingerprint.parse().unwrap()),
        owner: PersonId::new(7).unwrap(),
        kind: CredentialKind::SshKey,
        expires_at: None,
        is_alive: true,
        organizations: Vec::new(),
        shared_with: None,
    }
}

#[test]
fn the_log_is_taken_as_of_the_lists_time() {
    let history: Vec<RecordedEvent> = log::read(HISTORY).map(Result::unwrap).collect();
    let at: Timestamp = "2026-03-10T12:00:00.000Z".parse().unwrap();
    let mut enterprise = Enterprise::new();
    for recorded in history.iter().filter(|recorded| recorded.at <= at) {
        enterprise.apply(recorded).unwrap();
    }
    let told: Vec<String> = reconcile(&enterprise, at, &history, &["a", "b", "c"].map(listed))
        .iter()
        .map(ToString::to_string)
        .collect();
    let expected = [
        "entry 3: alive at the service and not in the log",
        "credential 902: alive in the log and not listed by the service",
    ];
    assert_eq!(told, expected, "of two with one fingerprint the later is meant");
}

#[test]
fn what_was_compared_is_counted_so_that_another_encoding_is_seen() {
    let enterprise = log::replay(HISTORY).unwrap();
    let mut reconciler = Reconciler::new(&enterprise, enterprise.last_at().unwrap());
    for recorded in log::read(HISTORY) {
        reconciler.learn(&recorded.unwrap().event);
    }
    let mut by_id = listed("a");
    (by_id.credential, by_id.fingerprint) = (CredentialId::new(902).ok(), None);
    for listed in [listed("A"), listed("c"), by_id] {
        reconciler.compare(&listed);
    }
    let totals = reconciler.totals();
    assert_eq!((totals.listed, totals.found), (3, 2));
    let fingerprints = (
        totals.fingerprints_listed,
        totals.fingerprints_found,
        totals.fingerprints_recorded,
    );
    assert_eq!(fingerprints, (2, 1, 4));
}

#[test]
fn each_difference_is_told_in_words_and_to_machines() {
    let enterprise = log::replay(HISTORY).unwrap();
    let at = enterprise.last_at().unwrap();
    let history: Vec<RecordedEvent> = log::read(HISTORY).map(Result::unwrap).collect();
    let mut differs = listed("a");
    differs.owner = PersonId::new(8).unwrap();
    differs.kind = CredentialKind::ClassicPat;
    differs.expires_at = Some("2027-01-01T00:00:00.000Z".parse().unwrap());
    differs.organizations = Vec::from([OrganizationId::new(3).unwrap()]);
    differs.shared_with = Some("octo-labs".parse().unwrap());
    let [mut unknown, mut mistaken, mut strange] = ["d", "b", "e"].map(listed);
    unknown.credential = CredentialId::new(905).ok();
    mistaken.credential = CredentialId::new(901).ok();
    strange.credential = CredentialId::new(902).ok();
    let list = [differs, listed("c"), listed("b"), unknown, mistaken, strange];
    let found = reconcile(&enterprise, at, &history, &list);
    let told: BTreeMap<String, String> = found
        .iter()
        .map(|finding| (finding.to_string(), serde_json::to_string(finding).unwrap()))
        .collect();
    let words: Vec<&str> = told.keys().map(String::as_str).collect();
    let expected = [
        "entry 1, credential 901: a classic_pat at the service and a ssh_key in the log",
        "entry 1, credential 901: authorized for organization 3 at the service and not in the log: organization `3` \
         was never added to the enterprise",
        "entry 1, credential 901: enterprise octo-labs has a credential with this fingerprint too",
        "entry 1, credential 901: expires at 2027-01-01T00:00:00.000Z at the service and never in the log",
        "entry 1, credential 901: owned by person 8 at the service and by person 7 in the log",
        "entry 4, credential 905: alive at the service and not in the log",
        "entry 5, credential 901: the fingerprint is not that of this id in the log, but that of credential 903",
        "entry 6, credential 902: the fingerprint is not that of this id in the log, but one that the log does not \
         have",
    ];
    assert_eq!(words, expected);
    let json =
        r#"{"entry":4,"credential":905,"message":"entry 4, credential 905: alive at the service and not in the log"}"#;
    assert_eq!(told[expected[5]], json);
}
