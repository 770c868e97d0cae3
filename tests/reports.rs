//! Reports are read back as they were written, and errors are told to a machine as they are told to a person.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use core::fmt::{Debug, Display};

use enterprise_credentials::audit::Auditor;
use enterprise_credentials::{
    Caller, Command, CorruptHistory, Corruption, CredentialId, Enterprise, InvalidValue, OrganizationId, PersonId,
    Position, RecordedEvent, RevokeAll, Role, Rule, Timestamp, log, snapshot,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const SAMPLES: [&[u8]; 3] = [
    include_bytes!("samples/v1.jsonl"),
    include_bytes!("samples/v1-personal-accounts.jsonl"),
    include_bytes!("samples/v1-coverage.jsonl"),
];

fn is_read_back<T: Serialize + DeserializeOwned + Debug + PartialEq>(report: &T) {
    let json = serde_json::to_string(report).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), report, "{json}");
    let value = serde_json::to_value(report).unwrap();
    assert_eq!(&serde_json::from_value::<T>(value).unwrap(), report, "{json}");
}

/// Each sample up to each of its events.
fn histories() -> impl Iterator<Item = Vec<RecordedEvent>> {
    SAMPLES.into_iter().flat_map(|sample| {
        let history: Vec<RecordedEvent> = log::read(sample).map(Result::unwrap).collect();
        (1..=history.len()).map(move |length| history[..length].to_vec())
    })
}

fn callers() -> [Caller; 3] {
    let (person, credential) = (PersonId::new(7).unwrap(), CredentialId::new(901).ok());
    let personal = Caller::Person { person, credential };
    let departed = Caller::Person {
        person: PersonId::new(15).unwrap(),
        credential: CredentialId::new(907).ok(),
    };
    [personal, departed, Caller::Stranger {}]
}

#[test]
fn plans_progress_summaries_and_audits_are_read_back() {
    let mut audited_requests = 0;
    for history in histories() {
        let mut auditor = Auditor::new();
        history.iter().for_each(|recorded| auditor.observe(recorded).unwrap());
        let enterprise = auditor.enterprise();
        let at = enterprise.last_at().unwrap();
        is_read_back(&enterprise.summary(at));
        enterprise.revocations().for_each(|progress| is_read_back(&progress));
        for caller in callers() {
            for revoke_credentials in [false, true] {
                let idempotency_key = None;
                let caller = caller.clone();
                let request = RevokeAll {
                    caller,
                    revoke_credentials,
                    idempotency_key,
                };
                is_read_back(&enterprise.plan(&request, at));
            }
        }
        let report = auditor.finish();
        audited_requests += report.revocations.len();
        is_read_back(&report);
    }
    assert!(audited_requests > 10, "{audited_requests}");
}

#[test]
fn findings_and_rules_are_read_back() {
    let mut auditor = Auditor::new();
    // An owner's role given to somebody who has it never, and a request by somebody who may not.
    for line in [
        r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"a","kind":"personal_accounts"}"#,
        r#"{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"guest_collaborator"}"#,
        r#"{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":true}"#,
    ] {
        auditor.observe(&serde_json::from_str(line).unwrap()).unwrap();
    }
    let report = auditor.finish();
    assert_eq!(report.findings.len(), 2);
    is_read_back(&report);
    for rule in Rule::ALL {
        is_read_back(rule);
        assert_eq!(rule.id().parse(), Ok(*rule));
    }
    let error = "no_such_rule\u{1b}".parse::<Rule>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "a rule must be an id of the catalogue, not `no_such_rule\\u{1b}`"
    );
}

/// What a machine is told holds the message for a person, and these facts.
fn is_told(error: &(impl Serialize + Display), facts: Value) {
    let mut expected = facts;
    expected["message"] = error.to_string().into();
    assert_eq!(serde_json::to_value(error).unwrap(), expected);
}

#[test]
fn refusals_and_denials_are_told_with_their_rule() {
    let enterprise = log::replay(SAMPLES[0]).unwrap();
    let at = enterprise.last_at().unwrap();
    let (token, organization) = (CredentialId::new(901).unwrap(), OrganizationId::new(3).unwrap());
    let denied = enterprise.authenticates(token, at).unwrap_err();
    is_told(&denied, json!({"rule": "credential_not_destroyed"}));
    let denied = enterprise.may_use(token, organization, at).unwrap_err();
    is_told(&denied, json!({"rule": "credential_not_destroyed"}));
    let denied = enterprise
        .may_use(CredentialId::new(905).unwrap(), organization, at)
        .unwrap_err();
    is_told(&denied, json!({"rule": "authorization_required"}));
    let command = Command::RemoveMember {
        member: PersonId::new(99).unwrap(),
    };
    let refused = enterprise.decide(&command, at).unwrap_err();
    is_told(&refused, json!({"rule": "member_known"}));
}

#[test]
fn faults_of_data_and_bytes_are_told_with_their_place() {
    let mut recorded = log::read(SAMPLES[0]).next().unwrap().unwrap();
    recorded.position = Position::new(7).unwrap();
    let corrupt: CorruptHistory = Enterprise::new().apply(&recorded).unwrap_err();
    is_told(&corrupt, json!({"position": 7}));
    let expected = Position::new(1).unwrap();
    is_told(&Corruption::Position { expected }, json!({}));
    let unreadable = log::read(b"{\"position\":true}").next().unwrap().unwrap_err();
    is_told(&unreadable, json!({"line": 1, "column": unreadable.column}));
    is_told(&unreadable.kind, json!({}));
    is_told(&log::replay(b"{}").unwrap_err(), json!({}));
    is_told(&snapshot::read(b"").unwrap_err(), json!({}));
    let invalid: InvalidValue = "chief".parse::<Role>().unwrap_err();
    is_told(&invalid, json!({}));
    is_told(&Timestamp::parse("now").unwrap_err(), json!({}));
}
