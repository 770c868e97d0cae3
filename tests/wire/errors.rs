//! Each way in which a line can be at fault, with its line, its column and its words.

use std::collections::BTreeSet;

use enterprise_credentials::limits::LINE_BYTES_MAX;
use enterprise_credentials::log::{self, Decoder, LogError, LogErrorKind, ReplayError};

const LINE_1: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}"#;
const LINE_2: &str =
    r#"{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}"#;
/// The start of a third line, up to its type.
const ENVELOPE: &str = r#"{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"#;

/// The third line, and what is said about it.
fn faulty_lines() -> Vec<(String, &'static str)> {
    let event = |rest: &str| format!("{ENVELOPE}{rest}");
    vec![
        (
            String::new(),
            "line 3: the line is empty: remove it, an event stands on every line",
        ),
        (
            "\t \r".into(),
            "line 3: the line is empty: remove it, an event stands on every line",
        ),
        (
            " ".repeat(LINE_BYTES_MAX + 1),
            "line 3: the line is longer than 65536 bytes, which no event is",
        ),
        (
            event(r#""MemberRemoved","#),
            "line 3: the line ends inside the event: it was cut short, fetch the whole log",
        ),
        ("[1]".into(), "line 3: the line is JSON, but an event is a JSON object"),
        ("7".into(), "line 3: the line is JSON, but an event is a JSON object"),
        ("{}{}".into(), "line 3: the envelope has no field `position`"),
        ("hello".into(), "line 3, column 1: the line is not JSON: expected value"),
        (
            event(r#""MemberRemoved","member":7} x"#),
            "line 3, column 82: the line is not JSON: trailing characters",
        ),
        (
            event(r#""MemberVanished","member":7}"#),
            "line 3: event type `MemberVanished` is unknown to this version: read the log with the version that wrote \
             it",
        ),
        (
            r#"{"at":"2026-03-10T09:00:00.000Z"}"#.into(),
            "line 3: the envelope has no field `position`",
        ),
        (
            r#"{"position":3,"type":"MemberRemoved"}"#.into(),
            "line 3: the envelope has no field `at`",
        ),
        (
            r#"{"position":3,"at":"2026-03-10T09:00:00.000Z","member":7}"#.into(),
            "line 3: the envelope has no field `type`",
        ),
        (
            event(r#""MemberRoleChanged","member":7}"#),
            "line 3: MemberRoleChanged has no field `role`",
        ),
        (
            event(r#""MemberRemoved","member":7,"member":8}"#),
            "line 3, column 88: MemberRemoved has field `member` twice: which one holds is undefined, keep one",
        ),
        (
            event(r#""MemberRemoved","position":4,"member":7}"#),
            "line 3, column 79: the envelope has field `position` twice: which one holds is undefined, keep one",
        ),
        (
            event(r#""MemberRemoved","type":"MemberRemoved","member":7}"#),
            "line 3, column 75: the envelope has field `type` twice: which one holds is undefined, keep one",
        ),
        (
            event(r#""MemberRemoved","member":"7"}"#),
            r#"line 3, column 81: field `member` of MemberRemoved: invalid type: string "7", expected u64"#,
        ),
        (
            event(r#""MemberRemoved","member":0}"#),
            "line 3, column 80: field `member` of MemberRemoved: a person id must be 1 to 9007199254740991, not `0`",
        ),
        (
            event(r#""MemberRemoved","member":null}"#),
            "line 3, column 82: field `member` of MemberRemoved: invalid type: null, expected u64",
        ),
        (
            event(r#""PermissionGranted","member":7,"permission":5}"#),
            "line 3, column 98: field `permission` of PermissionGranted: invalid type: integer `5`, expected \
             `write_enterprise_credentials`",
        ),
        (
            event(r#""PermissionGranted","member":7,"permission":{"write_enterprise_credentials":null}}"#),
            "line 3, column 97: field `permission` of PermissionGranted: invalid type: map, expected \
             `write_enterprise_credentials`",
        ),
        (
            event(r#""CredentialIssued","credential":901,"owner":7,"kind":"ssh","scopes":[]}"#),
            "line 3, column 111: field `kind` of CredentialIssued: invalid value: string \"ssh\", expected \
             `classic_pat` or `fine_grained_pat` or `ssh_key` or `oauth_app_user_token` or `github_app_user_token`",
        ),
        (
            event(r#""OrganizationAdded","organization":3,"login":3}"#),
            "line 3, column 99: field `login` of OrganizationAdded: invalid type: integer `3`, expected a string",
        ),
        (
            event(r#""CredentialIssued","credential":901,"owner":7,"kind":"ssh_key","scopes":"repo"}"#),
            "line 3, column 131: field `scopes` of CredentialIssued: invalid type: string \"repo\", expected a \
             sequence",
        ),
        (
            event(r#""CredentialIssued","credential":901,"owner":7,"kind":"ssh_key","scopes":[7]}"#),
            "line 3, column 127: field `scopes` of CredentialIssued: invalid type: integer `7`, expected a string",
        ),
        (
            event(r#""MemberRemoved","member":7,"by":{"person":7,"installation":5}}"#),
            "line 3, column 115: field `by` of the envelope: an actor is a `person`, perhaps with a `credential`, or \
             an `installation`",
        ),
        (
            event(r#""MemberRemoved","member":7,"by":[7,901,null]}"#),
            "line 3, column 85: field `by` of the envelope: invalid type: sequence, expected an actor, which is an \
             object",
        ),
        (
            r#"{"position":3,"at":"2026-03-10 09:00","type":"MemberRemoved","member":7}"#.into(),
            "line 3, column 37: field `at` of the envelope: a time must be written as `2026-03-10T09:00:00.000Z`, in \
             UTC with three decimals, not `2026-03-10 09:00`",
        ),
        (
            event(
                r#""RevocationRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":true}"#,
            ),
            "line 3: RevocationRequested is no event: it names no organization, no person and no type of credential: \
             what is revoked cannot be told",
        ),
        (
            event(
                r#""RevocationRequested","requested_by":{"person":7},"authority":"organization_owner","organization":3,"person":7,"revoke_credentials":true}"#,
            ),
            "line 3: RevocationRequested is no event: it asks to destroy credentials for an organization, which never \
             does",
        ),
        (
            event(
                r#""RevocationRequested","requested_by":{"person":7},"authority":"owner","credential_type":"oauth_app_user_token","revoke_credentials":true}"#,
            ),
            "line 3, column 163: field `credential_type` of RevocationRequested: invalid value: string \
             \"oauth_app_user_token\", expected `classic_pat` or `fine_grained_pat` or `ssh_key` or `oauth_app_token`",
        ),
        (
            r#"{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"MemberRemoved","member":7}"#.into(),
            "line 3: position 4 where 3 is due: lines are missing, repeated or out of order",
        ),
        (
            r#"{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberRemoved","member":7}"#.into(),
            "line 3: position 2 where 3 is due: lines are missing, repeated or out of order",
        ),
        (
            r#"{"position":3,"at":"2026-03-10T08:59:59.999Z","type":"MemberRemoved","member":7}"#.into(),
            "line 3: time runs backwards: 2026-03-10T08:59:59.999Z comes after 2026-03-10T09:00:00.000Z",
        ),
    ]
}

#[test]
fn each_fault_is_named_with_its_line_and_nothing_is_read_after_it() {
    for (line, message) in faulty_lines() {
        let bytes = format!("{LINE_1}\n{LINE_2}\n{line}\n{LINE_2}\n");
        let read: Vec<_> = log::read(bytes.as_bytes()).collect();
        assert_eq!(read.len(), 3, "`{line}`");
        assert!(read[0].is_ok() && read[1].is_ok());
        let error = read[2].as_ref().unwrap_err();
        assert_eq!(error.to_string(), message, "`{line}`");
        assert_eq!(log::replay(bytes.as_bytes()), Err(ReplayError::Log(error.clone())));
    }
}

#[test]
fn bytes_that_are_not_utf8_are_named() {
    let line = [LINE_1.as_bytes(), b"\n{\"position\":2,\"x\":\"\xff\"}\n"].concat();
    let error = log::read(&line).nth(1).unwrap().unwrap_err();
    assert_eq!(error.to_string(), "line 2, column 20: the line is not UTF-8");
}

#[test]
fn a_line_feed_inside_an_event_is_named() {
    let error = Decoder::new().decode(b"{\"position\":1,\n}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 15: a line feed stands inside the event: write each event on one line"
    );
}

#[test]
fn two_events_are_not_one_line() {
    let lines = format!("{LINE_1}\n{LINE_2}");
    let error = Decoder::new().decode(lines.as_bytes()).unwrap_err();
    assert_eq!((error.line, error.column), (1, Some(LINE_1.len() + 1)));
    assert_eq!(error.kind, LogErrorKind::LineFeed);
    assert!(Decoder::new().decode(format!("{LINE_1}\n").as_bytes()).is_ok());
}

#[test]
fn a_failed_decoder_stays_failed() {
    let mut decoder = Decoder::new();
    let error = decoder.decode(b"{}").unwrap_err();
    assert_eq!(decoder.decode(LINE_1.as_bytes()), Err(error));
}

#[test]
fn an_event_that_does_not_fit_is_named_with_its_line() {
    let line_3 = format!(r#"{ENVELOPE}"MemberRemoved","member":7}}"#);
    let error = log::replay(format!("{LINE_1}\n{LINE_2}\n{line_3}\n").as_bytes()).unwrap_err();
    let ReplayError::Corrupt { line: 3, corrupt } = &error else {
        panic!("{error}");
    };
    assert_eq!(error.to_string(), format!("line 3: {corrupt}"));
}

#[test]
fn the_longest_line_is_read() {
    let line = format!("{LINE_1}{}", " ".repeat(LINE_BYTES_MAX - LINE_1.len()));
    assert!(Decoder::new().decode(format!("{line}\n").as_bytes()).is_ok());
}

#[test]
fn long_and_deep_values_of_unknown_fields_are_skipped() {
    let deep = format!(
        r#"{},"deep":{}{}}}"#,
        LINE_1.trim_end_matches('}'),
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    assert!(Decoder::new().decode(deep.as_bytes()).is_ok());
}

#[test]
fn no_kind_of_fault_is_without_a_test() {
    let faults = faulty_lines().into_iter().map(|(line, _)| {
        let bytes = format!("{LINE_1}\n{LINE_2}\n{line}\n");
        log::read(bytes.as_bytes()).nth(2).unwrap().unwrap_err()
    });
    let elsewhere = [LogErrorKind::InvalidUtf8, LogErrorKind::LineFeed];
    let kinds: BTreeSet<String> = faults
        .map(|LogError { kind, .. }| kind)
        .chain(elsewhere)
        .map(|kind| name(&format!("{kind:?}")))
        .collect();
    assert_eq!(kinds, declared_kinds());
}

/// The kinds as they are declared, so that a new one is missed above.
fn declared_kinds() -> BTreeSet<String> {
    let source = include_str!("../../src/log/error.rs");
    let (_, after) = source.split_once("pub enum LogErrorKind {\n").unwrap();
    let (variants, _) = after.split_once("\n}\n").unwrap();
    let declared = variants.lines().filter_map(|line| line.strip_prefix("    "));
    let named = declared.filter(|line| line.starts_with(|first: char| first.is_ascii_uppercase()));
    named.map(name).collect()
}

/// A variant's name, without its fields.
fn name(variant: &str) -> String {
    variant
        .chars()
        .take_while(|next| next.is_ascii_alphanumeric())
        .collect()
}
