//! The corpus in `corpus/`: made anew it is the same, it shows what it is there to show, an oracle and the reference
//! model answer as it says, and wrong cores do not.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use enterprise_credentials::limits::ID_MAX;
use enterprise_credentials::oracle::{Oracle, PROTOCOL, RULE_SET};
use enterprise_credentials::{Command, CredentialId, Event, OrganizationId, RecordedEvent, Rule, Timestamp};
use enterprise_credentials_testkit::corpus::{generate, is_shown};
use enterprise_credentials_testkit::is_beyond_commands;
use enterprise_credentials_testkit::{Model, wrong};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The largest that the corpus may be.
const BYTES_MAX: usize = 2 * 1024 * 1024;

const NOTHING: &str = r#"{"authenticates":[],"may_use":[]}"#;

static CORPUS: LazyLock<String> = LazyLock::new(|| fs::read_to_string(path()).unwrap());

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/corpus.jsonl")
}

#[derive(Deserialize)]
struct Line {
    world: String,
    case: Option<u64>,
    steps: Vec<Step>,
}

#[derive(Deserialize, Clone)]
struct Step {
    at: Timestamp,
    command: Command,
    answer: Box<RawValue>,
    access: Option<Box<RawValue>>,
}

/// Every world and every case, from nothing on.
fn histories() -> Vec<Vec<Step>> {
    let mut worlds: BTreeMap<String, Vec<Step>> = BTreeMap::new();
    let lines = CORPUS.lines().skip(1).map(|line| {
        let line: Line = serde_json::from_str(line).unwrap();
        if line.case.is_none() {
            worlds.insert(line.world.clone(), line.steps.clone());
            return line.steps;
        }
        worlds[&line.world].iter().chain(&line.steps).cloned().collect()
    });
    lines.collect()
}

/// `UPDATE_CORPUS=1` writes what is made now. Then say why in docs/decisions/0068.
#[test]
fn made_anew_it_is_the_same_and_shows_all_that_commands_can_meet() {
    let (now, shown) = generate();
    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(path(), &now).unwrap();
    }
    assert!(
        *CORPUS == now,
        "the corpus made anew is another: see docs/decisions/0068"
    );
    assert!(now.len() <= BYTES_MAX, "{} bytes", now.len());
    println!("{} bytes, {} lines: {shown:?}", now.len(), now.lines().count());
    assert_eq!(shown.events, Event::NAMES.into(), "events");
    assert_eq!(shown.operations.len(), 17, "{:?}", shown.operations);
    let met: BTreeSet<Rule> = shown.refusing.union(&shown.at_work).copied().collect();
    let never: BTreeSet<Rule> = Rule::ALL.iter().filter(|rule| !met.contains(rule)).copied().collect();
    let beyond: BTreeSet<Rule> = Rule::ALL
        .iter()
        .copied()
        .filter(|rule| is_beyond_commands(*rule))
        .collect();
    assert_eq!(never, beyond, "rules that are never met");
    let missing: Vec<String> = filters().filter(|filters| !shown.filters.contains(filters)).collect();
    assert_eq!(missing, Vec::<String>::new(), "filters that no accepted request has");
    for role in [
        "owner",
        "member",
        "billing_manager",
        "guest_collaborator",
        "outside_collaborator",
        "nobody",
    ] {
        assert!(
            shown.roles.contains(role) && shown.roles.contains(&format!("about {role}")),
            "{role}"
        );
    }
    for caller in ["stranger", "installation", "installation of an organization"] {
        assert!(shown.roles.contains(caller), "{caller}");
    }
}

/// All that a request which is accepted can be limited to: one for an organization destroys nothing.
fn filters() -> impl Iterator<Item = String> {
    (0..16_u8).filter(|bits| bits & 0b1001 != 0b1001).map(|bits| {
        let names = ["organization", "person", "credential_type", "revoke_credentials"];
        let there = (0..).zip(names).filter(|(bit, _)| bits >> bit & 1 == 1);
        there.map(|(_, name)| name).collect::<Vec<_>>().join(" ")
    })
}

#[test]
fn its_first_line_tells_the_versions_and_how_much_there_is() {
    let header: Value = serde_json::from_str(CORPUS.lines().next().unwrap()).unwrap();
    assert_eq!(
        (header["rule_set"].as_u64(), header["protocol"].as_u64()),
        (Some(RULE_SET.into()), Some(PROTOCOL.into()))
    );
    let lines: Vec<Line> = CORPUS
        .lines()
        .skip(1)
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let cases = lines.iter().filter(|line| line.case.is_some()).count();
    let steps: usize = lines.iter().map(|line| line.steps.len()).sum();
    let counted = [lines.len() - cases, cases, steps].map(|count| Some(count as u64));
    assert_eq!(counted, ["worlds", "cases", "steps"].map(|what| header[what].as_u64()));
}

#[test]
fn ids_at_the_edge_of_doubles_and_names_with_escapes_are_in_it() {
    for field in [
        "member",
        "owner",
        "person",
        "credential",
        "organization",
        "installation",
    ] {
        assert!(CORPUS.contains(&format!("\"{field}\":{ID_MAX}")), "{field}");
    }
    assert!(CORPUS.contains(r#""login":"person\"\\1""#) && CORPUS.contains(r#""idempotency_key":"breach\"\\1""#));
}

/// The first step at which an oracle answers otherwise: what was asked, and what was answered.
fn difference(oracle: &mut Oracle, steps: &[Step]) -> Option<String> {
    let begun: Value = serde_json::from_str(&oracle.call(r#"{"call":"begin"}"#)).unwrap();
    let handle = begun["result"]["handle"].as_u64().unwrap();
    let mut access = NOTHING;
    for step in steps {
        access = step.access.as_deref().map_or(access, RawValue::get);
        let (at, command) = (step.at, serde_json::to_string(&step.command).unwrap());
        let carry_out = format!(r#"{{"call":"carry_out","handle":{handle},"at":"{at}","command":{command}}}"#);
        let access_all = format!(r#"{{"call":"access_all","handle":{handle},"at":"{at}"}}"#);
        for (request, due) in [(carry_out, step.answer.get()), (access_all, access)] {
            let answer = oracle.call(&request);
            if answer != format!(r#"{{"result":{due}}}"#) {
                return Some(format!("{request}\n  due:   {due}\n  found: {answer}"));
            }
        }
    }
    oracle.call(&format!(r#"{{"call":"end","handle":{handle}}}"#));
    None
}

#[test]
fn an_oracle_answers_as_it_says_to_the_byte() {
    let mut oracle = Oracle::new();
    for history in histories() {
        if let Some(difference) = difference(&mut oracle, &history) {
            panic!("{difference}");
        }
    }
}

#[test]
fn the_reference_model_answers_as_it_says() {
    for history in histories() {
        let mut model = Model::new();
        let (mut credentials, mut organizations) = (BTreeSet::new(), BTreeSet::new());
        let mut access = NOTHING;
        for step in &history {
            let answer: Value = serde_json::from_str(step.answer.get()).unwrap();
            match model.decide(&step.command, step.at) {
                Ok(events) => {
                    let recorded = answer["accepted"]["events"].as_array().unwrap().iter();
                    let recorded: Vec<RecordedEvent> = recorded
                        .map(|event| RecordedEvent::deserialize(event).unwrap())
                        .collect();
                    let due: Vec<&Event> = recorded.iter().map(|recorded| &recorded.event).collect();
                    assert_eq!(events.iter().collect::<Vec<_>>(), due, "{:?}", step.command);
                }
                Err(rule) => assert_eq!(answer["refused"]["rule"], rule.id(), "{:?}", step.command),
            }
            for event in answer["accepted"]["events"].as_array().into_iter().flatten() {
                let recorded = RecordedEvent::deserialize(event).unwrap();
                match recorded.event {
                    Event::CredentialIssued { credential, .. } => drop(credentials.insert(credential)),
                    Event::OrganizationAdded { organization, .. } => drop(organizations.insert(organization)),
                    _ => {}
                }
                model.apply(&recorded.event, recorded.at);
            }
            access = step.access.as_deref().map_or(access, RawValue::get);
            assert_eq!(
                access_of(&model, &credentials, &organizations, step.at),
                access,
                "after {:?}",
                step.command
            );
        }
    }
}

fn access_of(
    model: &Model,
    credentials: &BTreeSet<CredentialId>,
    organizations: &BTreeSet<OrganizationId>,
    at: Timestamp,
) -> String {
    let authenticates: Vec<_> = credentials
        .iter()
        .filter(|id| model.authenticates(**id, at).is_ok())
        .collect();
    let pairs = credentials
        .iter()
        .flat_map(|of| organizations.iter().map(move |to| (of, to)));
    let may_use: Vec<_> = pairs.filter(|(of, to)| model.may_use(**of, **to, at).is_ok()).collect();
    let (authenticates, may_use) = (
        serde_json::to_string(&authenticates).unwrap(),
        serde_json::to_string(&may_use).unwrap(),
    );
    format!(r#"{{"authenticates":{authenticates},"may_use":{may_use}}}"#)
}

#[test]
fn wrong_cores_are_caught_by_replaying_it() {
    let histories = histories();
    let (mut caught, mut due) = (BTreeSet::new(), BTreeSet::new());
    for core in wrong::CORES {
        let mut oracle = core.oracle(0);
        let found = histories.iter().find_map(|history| difference(&mut oracle, history));
        caught.extend(found.map(|_| core.name));
        // Its answers are other bytes, though they say the same.
        let is_due = is_shown(&core) || core.name == "WritesWhiteSpace";
        due.extend(is_due.then_some(core.name));
    }
    println!("{} of {} wrong cores are caught", caught.len(), wrong::CORES.len());
    assert_eq!(caught, due);
}
