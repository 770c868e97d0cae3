//! Wire: what is written is canonical, what was written is read for ever, and what cannot be read is named.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "wire/canonical.rs"]
mod canonical;
#[path = "wire/documented.rs"]
mod documented;
#[path = "wire/errors.rs"]
mod errors;
#[path = "wire/generated.rs"]
mod generated;
#[path = "fuzz_checks/spellings.rs"]
mod spellings;

use std::collections::BTreeSet;

use enterprise_credentials::log::{self, Decoder, ReplayError, Until};
use enterprise_credentials::{
    Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, Event, OrganizationId, Position, RecordedEvent,
    Role, Rule,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use generated::recorded_event;

/// Every event type, every optional field present and absent, every kind of cause: an enterprise with managed users.
const V1: &[u8] = include_bytes!("samples/v1.jsonl");
const V1_STATE: &str = include_str!("samples/v1.state.json");
/// What only an enterprise of personal accounts has.
const V1_PERSONAL: &[u8] = include_bytes!("samples/v1-personal-accounts.jsonl");
const V1_PERSONAL_STATE: &str = include_str!("samples/v1-personal-accounts.state.json");
/// A credential of each kind for each role of an enterprise with managed users,
/// and a request that covers what it covers.
const V1_COVERAGE: &[u8] = include_bytes!("samples/v1-coverage.jsonl");
const V1_COVERAGE_STATE: &str = include_str!("samples/v1-coverage.state.json");
/// Every shape of a narrower request, each of them running over the others, and owners of organizations.
const V1_NARROW: &[u8] = include_bytes!("samples/v1-narrow.jsonl");
const V1_NARROW_STATE: &str = include_str!("samples/v1-narrow.state.json");

#[test]
fn samples_fold_to_their_recorded_state() {
    for (sample, recorded) in [
        (V1, V1_STATE),
        (V1_PERSONAL, V1_PERSONAL_STATE),
        (V1_COVERAGE, V1_COVERAGE_STATE),
        (V1_NARROW, V1_NARROW_STATE),
    ] {
        let enterprise = log::replay(sample).unwrap();
        let recorded: Value = serde_json::from_str(recorded).unwrap();
        let state = state(&enterprise);
        assert_eq!(state, recorded, "the fold of a shipped sample changed:\n{state:#}");
    }
}

/// What a `RevokeAllRequested` covers is folded, so it is a part of what that type of event means: an old stream must
/// say for ever what it said. Who changes this table needs a new type of event.
#[test]
fn what_a_recorded_request_covers_never_changes() {
    use CredentialKind::{ClassicPat, FineGrainedPat, SshKey};
    let enterprise = log::replay(V1_COVERAGE).unwrap();
    let at = enterprise.last_at().unwrap();
    // In the sample a member became a guest after the cut, and a guest a member: neither changes anything.
    let roles_at_the_cut = [
        (1, Role::Owner, true),
        (2, Role::Member, true),
        (3, Role::BillingManager, true),
        (4, Role::GuestCollaborator, false),
        (5, Role::RepositoryCollaborator, false),
    ];
    let mut seen = BTreeSet::new();
    for credential in enterprise.credentials() {
        let owner = credential.owner().value();
        let (_, role, is_member) = roles_at_the_cut.into_iter().find(|(id, ..)| *id == owner).unwrap();
        let is_destroyed = is_member && matches!(credential.kind(), ClassicPat | FineGrainedPat | SshKey);
        let denied = enterprise
            .authenticates(credential.id(), at)
            .map_err(|denial| denial.rule());
        let expected = if is_destroyed {
            Err(Rule::CredentialNotDestructionPending)
        } else {
            Ok(credential.owner())
        };
        assert_eq!(denied, expected, "{} of {role}", credential.kind());
        for (organization, _) in enterprise.organizations() {
            assert!(
                enterprise.may_use(credential.id(), organization, at).is_err(),
                "every authorization is covered"
            );
        }
        seen.insert((role, credential.kind()));
    }
    let of_managed_users = Role::ALL
        .iter()
        .filter(|role| role.exists_in(EnterpriseKind::ManagedUsers));
    let all = of_managed_users.flat_map(|role| CredentialKind::ALL.map(|kind| (*role, kind)));
    assert_eq!(seen, all.collect(), "the sample has each kind for each role");
}

/// What each filter of a `RevocationRequested` covers is as much a part of its meaning: the kinds of a type, the roles
/// of a named person, and that an organization's request destroys nothing.
#[test]
fn what_a_recorded_filter_covers_never_changes() {
    /// Positions of the events before the first request in the sample.
    const FOUNDED: u64 = 55;
    // Credential 24 is the fourth kind of person 2. Person 3 is a guest. What is covered is for organization 3,
    // for 4, and destroyed.
    type Covered = (&'static str, &'static [u64], &'static [u64], &'static [u64]);
    const ALL: [u64; 15] = [11, 12, 13, 14, 15, 21, 22, 23, 24, 25, 31, 32, 33, 34, 35];
    let table: [Covered; 11] = [
        (
            r#""credential_type":"classic_pat","revoke_credentials":true"#,
            &[11, 21, 31],
            &[11, 21, 31],
            &[11, 21],
        ),
        (
            r#""credential_type":"fine_grained_pat","revoke_credentials":true"#,
            &[12, 22, 32],
            &[12, 22, 32],
            &[12, 22],
        ),
        (
            r#""credential_type":"ssh_key","revoke_credentials":true"#,
            &[13, 23, 33],
            &[13, 23, 33],
            &[13, 23],
        ),
        (
            r#""credential_type":"oauth_app_token","revoke_credentials":true"#,
            &[14, 15, 24, 25, 34, 35],
            &[14, 15, 24, 25, 34, 35],
            &[],
        ),
        (
            r#""person":2,"revoke_credentials":false"#,
            &[21, 22, 23, 24, 25],
            &[21, 22, 23, 24, 25],
            &[],
        ),
        (
            r#""person":3,"revoke_credentials":true"#,
            &[31, 32, 33, 34, 35],
            &[31, 32, 33, 34, 35],
            &[31, 32, 33],
        ),
        (
            r#""person":3,"credential_type":"ssh_key","revoke_credentials":true"#,
            &[33],
            &[33],
            &[33],
        ),
        (r#""organization":3,"revoke_credentials":false"#, &ALL, &[], &[]),
        (
            r#""organization":4,"person":1,"revoke_credentials":false"#,
            &[],
            &[11, 12, 13, 14, 15],
            &[],
        ),
        (
            r#""organization":3,"credential_type":"oauth_app_token","revoke_credentials":false"#,
            &[14, 15, 24, 25, 34, 35],
            &[],
            &[],
        ),
        (
            r#""organization":3,"person":2,"credential_type":"oauth_app_token","revoke_credentials":false"#,
            &[24, 25],
            &[],
            &[],
        ),
    ];
    let founded = log::replay_until(V1_NARROW, Until::Position(Position::new(FOUNDED).unwrap())).unwrap();
    let at = founded.last_at().unwrap();
    for (filter, for_three, for_four, destroyed) in table {
        let mut enterprise = founded.clone();
        let line = format!(
            r#"{{"position":{},"at":"{at}","type":"RevocationRequested","requested_by":{{"person":1}},"authority":"owner",{filter}}}"#,
            FOUNDED + 1
        );
        let requested = Decoder::resume(founded.position(), Some(at))
            .decode(line.as_bytes())
            .unwrap();
        enterprise.apply(&requested).unwrap();
        let pending = |organization: u64| -> Vec<u64> {
            let organization = OrganizationId::new(organization).unwrap();
            let is_revoked = |id: &CredentialId| {
                let revoke = Command::RevokeAuthorization {
                    credential: *id,
                    organization,
                };
                let events = enterprise.decide(&revoke, at).unwrap();
                matches!(
                    events[..],
                    [Event::AuthorizationRevoked {
                        revocation: Some(_),
                        ..
                    }]
                )
            };
            let ids = enterprise.credentials().map(|credential| credential.id());
            ids.filter(is_revoked).map(CredentialId::value).collect()
        };
        assert_eq!(
            (pending(3), pending(4)),
            (for_three.to_vec(), for_four.to_vec()),
            "{filter}"
        );
        let ids = enterprise.credentials().map(|credential| credential.id());
        let dead = ids.filter(|id| enterprise.authenticates(*id, at).is_err());
        assert_eq!(dead.map(CredentialId::value).collect::<Vec<_>>(), destroyed, "{filter}");
    }
}

#[test]
fn samples_are_written_again_byte_for_byte() {
    for sample in [V1, V1_PERSONAL, V1_COVERAGE, V1_NARROW] {
        let mut written = Vec::new();
        for recorded in log::read(sample) {
            log::write_line(&recorded.unwrap(), &mut written);
        }
        assert_eq!(String::from_utf8(written).unwrap(), String::from_utf8_lossy(sample));
    }
}

#[test]
fn samples_hold_every_event_type_and_every_key() {
    let mut keys = BTreeSet::new();
    for line in [V1, V1_PERSONAL, V1_NARROW]
        .concat()
        .split_inclusive(|byte| *byte == b'\n')
    {
        let line: Value = serde_json::from_slice(line).unwrap();
        let fields: Vec<&str> = line.as_object().unwrap().keys().map(String::as_str).collect();
        keys.insert(format!("{} {}", line["type"].as_str().unwrap(), fields.join(" ")));
    }
    let count = |name: &str, field: &str| {
        let of_type = keys.iter().filter(|line| line.starts_with(&format!("{name} ")));
        of_type.filter(|line| line.split(' ').any(|key| key == field)).count()
    };
    let absent = |name: &str, field: &str| count(name, "type") - count(name, field);
    for name in Event::NAMES {
        assert!(count(name, "type") > 0, "no sample of {name}");
    }
    for (name, optional) in [
        ("CredentialIssued", "expires_at"),
        ("CredentialIssued", "fingerprint"),
        ("RevokeAllRequested", "idempotency_key"),
        ("RevocationRequested", "organization"),
        ("RevocationRequested", "person"),
        ("RevocationRequested", "credential_type"),
        ("RevocationRequested", "idempotency_key"),
        ("AuthorizationRevoked", "revocation"),
        ("CredentialDestroyed", "revocation"),
        ("MemberAdded", "by"),
    ] {
        assert!(count(name, optional) > 0, "no sample of {name} with {optional}");
        assert!(absent(name, optional) > 0, "no sample of {name} without {optional}");
    }
}

#[test]
fn a_final_line_without_its_line_feed_is_read() {
    let unfinished = V1.strip_suffix(b"\n").unwrap();
    assert_eq!(log::replay(unfinished), log::replay(V1));
}

#[test]
fn an_empty_log_is_an_enterprise_to_which_nothing_happened() {
    assert_eq!(log::replay(b""), Ok(Enterprise::new()));
}

#[test]
fn unknown_fields_and_nulls_are_read_as_absent() {
    // `role`, `kind` and `credential` are fields of other types: here they are unknown, whatever they hold.
    let line = br#" { "future" : {"deep":[1,{"x":null}]}, "role":5, "role":[], "kind":"x", "organization" : 3,
        "login":"octo\u002dorg", "by":{"person":7,"credential":null,"installation":null,"session":"s"},
        "expires_at": 7, "type":"OrganizationAdded","at":"2026-03-10T09:00:00.000Z","position":1}"#;
    let line = String::from_utf8_lossy(line).replace('\n', "\r");
    let canonical = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","by":{"person":7},"type":"OrganizationAdded","organization":3,"login":"octo-org"}"#;
    assert_eq!(Decoder::new().decode(line.as_bytes()), Decoder::new().decode(canonical));

    let nulls = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","by":null,"type":"CredentialDestroyed","credential":9,"revocation":null}"#;
    let absent = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"CredentialDestroyed","credential":9}"#;
    assert_eq!(decode(nulls), decode(absent));
}

#[test]
fn a_state_is_read_as_of_a_position_or_a_time() {
    let position = |until| log::replay_until(V1, until).unwrap().position().value();
    let at = |time: &str| Until::Time(time.parse().unwrap());
    let after = |position| Until::Position(Position::new(position).unwrap());
    assert_eq!(position(after(0)), 0);
    assert_eq!(position(after(33)), 33);
    assert_eq!(position(after(900)), 54);
    assert_eq!(position(at("2026-03-10T08:59:59.999Z")), 0);
    assert_eq!(
        position(at("2026-03-10T09:00:01.000Z")),
        4,
        "all events of one time belong together"
    );
    assert_eq!(position(at("2026-03-10T09:00:01.124Z")), 4);
    assert_eq!(position(at("9999-12-31T23:59:59.999Z")), 54);
}

#[test]
fn lines_beyond_a_position_are_not_judged() {
    let broken = [V1_PERSONAL, b"broken\n"].concat();
    let state = log::replay_until(&broken, Until::Position(Position::new(9).unwrap()));
    assert_eq!(state, log::replay(V1_PERSONAL));
    assert!(matches!(log::replay(&broken), Err(ReplayError::Log(error)) if error.line == 10));
}

#[test]
fn a_decoder_resumes_where_a_state_stands() {
    let state = log::replay_until(V1, Until::Position(Position::new(20).unwrap())).unwrap();
    let mut resumed = Decoder::resume(state.position(), state.last_at());
    let later: Vec<RecordedEvent> = V1
        .split_inclusive(|byte| *byte == b'\n')
        .skip(20)
        .map(|line| resumed.decode(line).unwrap())
        .collect();
    let all: Vec<RecordedEvent> = log::read(V1).map(Result::unwrap).collect();
    assert_eq!(later, all[20..]);
}

proptest! {
    // What failed is printed in full: no file needs to keep it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read(recorded in recorded_event()) {
        let mut line = Vec::new();
        log::write_line(&recorded, &mut line);
        let before = Position::new(recorded.position.value() - 1).unwrap();
        prop_assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        prop_assert_eq!(Decoder::resume(before, None).decode(&line), Ok(recorded));
    }

    #[test]
    fn order_white_space_and_unknown_fields_do_not_matter(recorded in recorded_event(), unknown in "[a-z]{0,3}_x") {
        let mut line = Vec::new();
        log::write_line(&recorded, &mut line);
        let mut fields: Value = serde_json::from_slice(&line).unwrap(); // sorts the keys
        fields[unknown] = json!({"type": "Other", "position": [null]});
        for optional in ["by", "expires_at", "fingerprint", "idempotency_key", "credential_type"] {
            fields.as_object_mut().unwrap().entry(optional).or_insert(Value::Null);
        }
        let line = format!("{fields:#}").replace('\n', "\t");
        prop_assert_eq!(decode_at(&recorded, line.as_bytes()), Ok(recorded));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let read: Vec<_> = log::read(&bytes).collect();
        prop_assert!(read.iter().rev().skip(1).all(Result::is_ok), "the first error is the last item");
        let _ = log::replay(&bytes);
    }

    #[test]
    fn damaged_logs_never_panic(index in 0..V1.len(), byte in any::<u8>(), cut in 0..V1.len()) {
        let mut bytes = V1.to_vec();
        bytes[index] = byte;
        let _ = log::replay(&bytes);
        bytes.truncate(cut);
        let _ = log::replay(&bytes);
    }
}

#[test]
fn a_log_cut_anywhere_gives_whole_events_or_an_error() {
    for cut in 0..V1_PERSONAL.len() {
        let bytes = &V1_PERSONAL[..cut];
        let whole = bytes.is_empty() || bytes.ends_with(b"\n") || bytes.ends_with(b"}") && V1_PERSONAL[cut] == b'\n';
        let replayed = log::replay(bytes);
        assert_eq!(replayed.is_ok(), whole, "cut after byte {cut}: {replayed:?}");
    }
}

fn decode(line: &[u8]) -> RecordedEvent {
    Decoder::new().decode(line).unwrap()
}

fn decode_at(recorded: &RecordedEvent, line: &[u8]) -> Result<RecordedEvent, log::LogError> {
    let before = Position::new(recorded.position.value() - 1).unwrap();
    Decoder::resume(before, None).decode(line)
}

/// A state as its sample records it: the numbers, and what every credential can still do when the sample ends.
fn state(enterprise: &Enterprise) -> Value {
    let at = enterprise.last_at().unwrap();
    let access = enterprise.credentials().map(|credential| {
        let id = credential.id();
        let organizations = enterprise.organizations().map(|(organization, _)| organization);
        json!({
            "credential": id,
            "refused_by": enterprise.authenticates(id, at).err().map(|denial| denial.rule()),
            "may_use": organizations.filter(|it| enterprise.may_use(id, *it, at).is_ok()).collect::<Vec<_>>(),
        })
    });
    json!({
        "summary": enterprise.summary(at),
        "pending_revocations": enterprise.pending_revocations().collect::<Vec<_>>(),
        "last_cut": enterprise.last_cut(),
        "access": access.collect::<Vec<_>>(),
    })
}
