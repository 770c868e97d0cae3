//! The stream as bytes.

use std::format;
use std::string::String;
use std::vec::Vec;

use serde_json::{Map, Value};

use crate::candidate::Candidate;
use crate::exploration::differ;
use crate::laws::{Law, Violation};
use crate::run::Run;
use enterprise_credentials::limits::{
    FINGERPRINT_LENGTH_MAX, ID_MAX, IDEMPOTENCY_KEY_LENGTH_MAX, LOGIN_LENGTH_MAX, SCOPE_LENGTH_MAX, SCOPES_MAX,
};
use enterprise_credentials::log::{LogError, LogErrorKind};
use enterprise_credentials::{Event, RecordedEvent, Rule};

type Read = Vec<Result<RecordedEvent, LogError>>;

pub(crate) fn wire<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let lines: Vec<Vec<u8>> = run.history.iter().map(C::write).collect();
    let as_read: Read = run.history.iter().cloned().map(Ok).collect();
    let read = C::read(&lines.concat());
    Law::Wire.of(read == as_read, || {
        differ("what is written reads otherwise", &as_read, &read)
    })?;
    let written: Vec<u8> = read.iter().flatten().flat_map(C::write).collect();
    Law::Wire.of(written == lines.concat(), || {
        String::from("what is read is written otherwise")
    })?;
    canonical(&lines)?;
    let loose: Vec<u8> = lines.iter().flat_map(|line| loosened(line)).collect();
    let read = C::read(&loose);
    Law::Wire.of(read == as_read, || {
        differ(
            "another order of keys, white space and an unknown field matter",
            &as_read,
            &read,
        )
    })?;
    for at in [0, lines.len() / 2, lines.len()] {
        faults_are_named::<C>(run, &lines, at)?;
    }
    for line in beyond_limits(lines.len() + 1) {
        refused::<C>(run, &lines, &line, &[], |kind| {
            matches!(kind, LogErrorKind::InvalidField { .. })
        })?;
    }
    Ok(())
}

/// The rules that refuse what could follow a run's history, but for a value outside its limits.
pub(crate) fn rules_on_the_wire<C: Candidate>(run: &Run<C>) -> Vec<Rule> {
    let lines: Vec<u8> = run.history.iter().flat_map(C::write).collect();
    let refusals = beyond_limits(run.history.len() + 1).into_iter().filter_map(|line| {
        let read = C::read(&[lines.clone(), line.into_bytes()].concat());
        matches!(read.last(), Some(Err(error)) if matches!(error.kind, LogErrorKind::InvalidField { .. }))
            .then_some(Rule::ValuesWithinLimits)
    });
    refusals.collect()
}

/// Envelope first, then the event's own fields, no white space: the bytes are told by the values alone.
fn canonical(lines: &[Vec<u8>]) -> Result<(), Violation> {
    for (line, position) in lines.iter().zip(1_u64..) {
        let text = String::from_utf8_lossy(line);
        let start = format!(r#"{{"position":{position},"at":""#);
        let compact = text.starts_with(&start) && text.ends_with("}\n") && !text.contains(": ") && !text.contains(", ");
        Law::Wire.of(compact, || format!("a line is not canonical: {text}"))?;
    }
    Ok(())
}

/// The same event with its keys turned round, white space, and a field that nobody knows.
fn loosened(line: &[u8]) -> Vec<u8> {
    let fields: Map<String, Value> = serde_json::from_slice(line).unwrap_or_default();
    let mut fields: Vec<(String, Value)> = fields.into_iter().collect();
    fields.reverse();
    fields.push((String::from("of_another_version"), Value::from(Vec::from(["a", "b"]))));
    let fields: Vec<String> = fields
        .iter()
        .map(|(key, value)| format!(" \"{key}\" :\t{value} "))
        .collect();
    format!("{{{}}}\n", fields.join(",")).into_bytes()
}

/// What is no next event is refused by its line, and nothing is read after it.
fn faults_are_named<C: Candidate>(run: &Run<C>, lines: &[Vec<u8>], at: usize) -> Result<(), Violation> {
    let (head, tail) = lines.split_at_checked(at).unwrap_or((lines, &[]));
    let position = at + 1;
    let unknown = format!(r#"{{"position":{position},"at":"2200-01-01T00:00:00.000Z","type":"BadgePrinted"}}"#);
    refused::<C>(
        run,
        head,
        &unknown,
        tail,
        |kind| matches!(kind, LogErrorKind::UnknownType { name } if name == "BadgePrinted"),
    )?;
    let gap = unknown.replace(&format!(r#":{position},"#), &format!(r#":{},"#, position + 1));
    let gap = gap
        .replace("BadgePrinted", "MemberRemoved\",\"member\":\"1")
        .replace(r#""1""#, "1");
    refused::<C>(run, head, &gap, tail, |kind| matches!(kind, LogErrorKind::Gap { .. }))?;
    let cut_short: String = unknown.chars().take(30).collect();
    refused::<C>(run, head, &cut_short, tail, |kind| {
        matches!(kind, LogErrorKind::CutShort)
    })?;
    if at > 0 {
        let backwards = gap
            .replace(&format!(r#":{},"#, position + 1), &format!(r#":{position},"#))
            .replace("2200", "1999");
        refused::<C>(run, head, &backwards, tail, |kind| {
            matches!(kind, LogErrorKind::TimeBackwards { .. })
        })?;
    }
    Ok(())
}

/// Next events, each with one value outside its limits.
fn beyond_limits(position: usize) -> Vec<String> {
    let long = |length: usize| "a".repeat(length);
    let issued = |rest: &str| format!(r#"CredentialIssued","credential":1,"owner":1,"kind":"ssh_key",{rest}"#);
    let requested = r#"RevokeAllRequested","requested_by":{"person":1},"authority":"owner","revoke_credentials":true"#;
    let events = [
        String::from(r#"MemberRemoved","member":0"#),
        format!(r#"MemberRemoved","member":{}"#, ID_MAX + 1),
        String::from(r#"EnterpriseCreated","kind":"managed_users","slug":"octo--corp""#),
        format!(
            r#"OrganizationAdded","organization":1,"login":"{}""#,
            long(LOGIN_LENGTH_MAX + 1)
        ),
        issued(&format!(r#""scopes":["{}"]"#, long(SCOPE_LENGTH_MAX + 1))),
        issued(&format!(r#""scopes":["repo"{}]"#, r#","repo""#.repeat(SCOPES_MAX))),
        issued(&format!(
            r#""scopes":[],"fingerprint":"{}""#,
            long(FINGERPRINT_LENGTH_MAX + 1)
        )),
        format!(
            r#"{requested},"idempotency_key":"{}""#,
            long(IDEMPOTENCY_KEY_LENGTH_MAX + 1)
        ),
    ];
    let envelope = format!(r#"{{"position":{position},"at":"2200-01-01T00:00:00.000Z","type":""#);
    events.into_iter().map(|event| format!("{envelope}{event}}}")).collect()
}

fn refused<C: Candidate>(
    run: &Run<C>,
    head: &[Vec<u8>],
    line: &str,
    tail: &[Vec<u8>],
    as_expected: impl Fn(&LogErrorKind) -> bool,
) -> Result<(), Violation> {
    let bytes = [head.concat(), format!("{line}\n").into_bytes(), tail.concat()].concat();
    let read = C::read(&bytes);
    let before: Vec<&RecordedEvent> = read.iter().flatten().collect();
    let kept = before.len() == head.len() && before.iter().zip(&run.history).all(|(read, written)| *read == written);
    let named = match read.last() {
        Some(Err(error)) => as_expected(&error.kind) && usize::try_from(error.line) == Ok(head.len() + 1),
        _ => false,
    };
    Law::Wire.of(kept && named && read.len() == head.len() + 1, || {
        let events: Vec<&Event> = before.iter().skip(head.len()).map(|recorded| &recorded.event).collect();
        format!(
            "line {} should be refused: {line}\n  found: {:?}, {events:?}",
            head.len() + 1,
            read.last()
        )
    })
}
