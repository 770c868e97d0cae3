//! A history with one event altered, dropped, repeated or swapped.

use std::format;
use std::string::String;
use std::vec::Vec;

use serde_json::{Map, Value};

use enterprise_credentials::{Position, RecordedEvent, Timestamp};

/// A history that somebody has tampered with.
pub(super) struct Tampered {
    /// What was done to it.
    pub(super) how: String,
    pub(super) history: Vec<RecordedEvent>,
}

/// Each event dropped, repeated and swapped with the next, and each of its fields altered; the positions made good, so
/// that nothing but the change itself can be seen.
pub(super) fn tamper(history: &[RecordedEvent]) -> impl Iterator<Item = Tampered> {
    let whole = history.iter().enumerate();
    whole.flat_map(move |(at, event)| {
        let moved = [dropped(history, at), repeated(history, at), swapped(history, at)];
        let moved = moved
            .into_iter()
            .zip(["dropped", "repeated", "swapped with the next"])
            .map(move |(history, how)| Tampered {
                how: format!("the event at position {} is {how}: {:?}", event.position, event.event),
                history: renumbered(history),
            });
        let altered = alterations(event).into_iter().map(move |altered| {
            let how = format!("{:?} is altered to {altered:?}", event);
            let mut history = history.to_vec();
            history.splice(at..=at, [altered]);
            Tampered { how, history }
        });
        moved.chain(altered).filter(move |tampered| tampered.history != history)
    })
}

fn dropped(history: &[RecordedEvent], at: usize) -> Vec<RecordedEvent> {
    let mut history = history.to_vec();
    history.remove(at);
    history
}

fn repeated(history: &[RecordedEvent], at: usize) -> Vec<RecordedEvent> {
    let twice = history
        .iter()
        .enumerate()
        .flat_map(|(place, event)| core::iter::repeat_n(event.clone(), if place == at { 2 } else { 1 }));
    twice.collect()
}

/// The events change places, the times stay.
fn swapped(history: &[RecordedEvent], at: usize) -> Vec<RecordedEvent> {
    let mut swapped = history.to_vec();
    if let Some([one, other]) = swapped.get_mut(at..).and_then(|rest| rest.first_chunk_mut::<2>()) {
        core::mem::swap(&mut one.event, &mut other.event);
        core::mem::swap(&mut one.by, &mut other.by);
    }
    swapped
}

fn renumbered(history: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    let mut position = Position::START;
    let renumber = |recorded| {
        position = position.next();
        RecordedEvent { position, ..recorded }
    };
    history.into_iter().map(renumber).collect()
}

/// The event with one field altered, as its line would be altered: what is no event then is left out.
fn alterations(recorded: &RecordedEvent) -> Vec<RecordedEvent> {
    let Ok(Value::Object(fields)) = serde_json::to_value(recorded) else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (key, value) in &fields {
        let mut removed = fields.clone();
        removed.remove(key);
        lines.push(removed);
        lines.extend(others(value).into_iter().map(|other| with(&fields, key, other)));
    }
    let added = [
        "revocation",
        "idempotency_key",
        "person",
        "organization",
        "credential_type",
    ];
    for key in added.iter().filter(|key| !fields.contains_key(**key)) {
        lines.push(with(&fields, key, Value::from(recorded.position.value() - 1)));
        lines.push(with(&fields, key, Value::from(2)));
        lines.push(with(&fields, key, Value::from("added")));
        lines.push(with(&fields, key, Value::from("ssh_key")));
    }
    lines
        .into_iter()
        .filter_map(|fields| serde_json::from_value(Value::Object(fields)).ok())
        .collect()
}

fn with(fields: &Map<String, Value>, key: &str, value: Value) -> Map<String, Value> {
    let mut fields = fields.clone();
    fields.insert(String::from(key), value);
    fields
}

/// Other values in the place of this one.
fn others(value: &Value) -> Vec<Value> {
    match value {
        Value::Bool(flag) => Vec::from([Value::from(!flag)]),
        Value::Number(number) => Vec::from([Value::from(number.as_u64().unwrap_or_default() + 1)]),
        Value::String(text) => other_texts(text).into_iter().map(Value::from).collect(),
        Value::Array(_) => Vec::from([Value::Array(Vec::new())]),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| {
                others(value)
                    .into_iter()
                    .map(move |other| with(fields, key, other).into())
            })
            .collect(),
        Value::Null => Vec::new(),
    }
}

/// The next word of each vocabulary that has this one, a second earlier, or a longer text.
fn other_texts(text: &str) -> Vec<String> {
    const VOCABULARIES: [&[&str]; 5] = [
        &[
            "owner",
            "guest_collaborator",
            "member",
            "outside_collaborator",
            "billing_manager",
            "owner",
        ],
        &["owner", "permission", "installation", "organization_owner", "owner"],
        &["classic_pat", "fine_grained_pat", "oauth_app_token", "ssh_key"],
        &["managed_users", "personal_accounts", "managed_users"],
        &[
            "classic_pat",
            "oauth_app_user_token",
            "fine_grained_pat",
            "ssh_key",
            "github_app_user_token",
            "classic_pat",
        ],
    ];
    let neighbours = VOCABULARIES
        .iter()
        .flat_map(|words| words.iter().zip(words.iter().skip(1)));
    let next: Vec<String> = neighbours
        .filter(|(word, _)| **word == text)
        .map(|(_, next)| String::from(*next))
        .collect();
    if !next.is_empty() {
        return next;
    }
    match text
        .parse::<Timestamp>()
        .and_then(|at| Timestamp::from_milliseconds(at.milliseconds() - 1000))
    {
        Ok(earlier) => Vec::from([format!("{earlier}")]),
        Err(_) => Vec::from([format!("{text}x")]),
    }
}
