//! Receipts, for people and for machines.

use std::collections::BTreeMap;
use std::fmt::Write;

use anyhow::{Result, anyhow};
use enterprise_credentials::receipt::{Absence, Answer, Ground, NoReceipt, Receipt, Verdict, explain, explain_command};
use enterprise_credentials::{Command, Position, RecordedEvent, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::history::Kept;
use super::output::Document;
use super::table::count;

/// How many columns a line has.
const COLUMNS: usize = 78;
/// How many positions of one kind of event are told to a person one by one.
const POSITIONS_MAX: usize = 6;
/// How many events are shown to a person in full.
const EVENTS_MAX: usize = 20;

impl Document for Receipt {
    const SCHEMA: &'static str = "enterprise-credentials/receipt/v1";
}

/// Why the event at this position was recorded.
pub(super) fn of_event(history: &Kept, position: Position) -> Result<Receipt> {
    explain(|| history.events(), position).map_err(|error| without(history, error))
}

/// Why a command would be answered as it would be after the event at this position.
pub(super) fn of_command(history: &Kept, end: Position, command: Command, at: Timestamp) -> Result<Receipt> {
    // Line n of a log holds position n.
    let events = usize::try_from(end.value()).unwrap_or(usize::MAX);
    let open = || anyhow::Ok(history.events()?.take(events));
    explain_command(open, command, at).map_err(|error| without(history, error))
}

fn without(history: &Kept, error: NoReceipt<anyhow::Error>) -> anyhow::Error {
    match error {
        NoReceipt::Unreadable(error) => error,
        NoReceipt::Corrupt(corrupt) => history.blame(corrupt),
        error => anyhow!("{history}: {error}"),
    }
}

/// The receipt, told to a person.
pub(super) fn in_words(receipt: &Receipt) -> String {
    let head = match &receipt.recorded {
        Some(recorded) => format!("WHY EVENT {} WAS RECORDED", recorded.position),
        None => "WHY THIS IS THE ANSWER".to_owned(),
    };
    let mut words = format!("{head}\n\n");
    tell_subject(receipt, &mut words);
    words.push('\n');
    words += "THE RULES, in the order of the catalogue\n\n";
    for ground in &receipt.rules {
        tell_ground(ground, receipt.up_to, &receipt.events, &mut words);
    }
    if !receipt.events.is_empty() {
        words += "\nTHE EVENTS that they rest on\n\n";
        tell_events(&receipt.events, &mut words);
    }
    words
}

fn tell_subject(receipt: &Receipt, words: &mut String) {
    if let Some(recorded) = &receipt.recorded {
        tell_fields("  event     ", &recorded.event, words);
    }
    tell_fields("  asked     ", &receipt.command, words);
    let _ = writeln!(words, "  at        {}, up to position {}", receipt.at, receipt.up_to);
    let answer = answer(receipt);
    let answer: Vec<&str> = answer.split(' ').collect();
    tell_list("  answer    ", &answer, "", words);
}

fn answer(receipt: &Receipt) -> String {
    let answer = match &receipt.answer {
        Answer::Refused(refusal) => format!("refused by `{}`: {refusal}", refusal.rule()),
        Answer::Accepted(events) => match events.as_slice() {
            [] => "accepted, with nothing to do".to_owned(),
            [event] => format!("accepted: {}", event.name()),
            events => format!("accepted: {} events", count(events.len() as u64)),
        },
    };
    if receipt.is_as_recorded() {
        return answer;
    }
    format!("{answer}, WHICH IS NOT WHAT WAS RECORDED: see `audit`")
}

fn tell_ground(ground: &Ground, up_to: Position, events: &[RecordedEvent], words: &mut String) {
    let verdict = match ground.verdict {
        Verdict::Holds => "holds  ",
        Verdict::Refuses => "REFUSES",
    };
    let _ = writeln!(words, "  {verdict}  {}", ground.rule);
    if ground.rests_on.is_empty() && ground.either.is_empty() && ground.absent.is_empty() {
        let _ = writeln!(words, "           what was asked, and no event by itself");
    }
    if !ground.rests_on.is_empty() {
        tell_list("           since ", &by_name(&ground.rests_on, events), ",", words);
    }
    if !ground.either.is_empty() {
        tell_list("           since any of ", &by_name(&ground.either, events), ",", words);
    }
    tell_absent(&ground.absent, up_to, words);
}

/// What was never there in a sentence of its own; what was there once, by where it was last.
fn tell_absent(absences: &[Absence], up_to: Position, words: &mut String) {
    let mut by_last: BTreeMap<Option<Position>, Vec<String>> = BTreeMap::new();
    for absence in absences {
        by_last.entry(absence.after).or_default().push(absent(absence));
    }
    for (last, absent) in by_last {
        let begin = match last {
            None => format!("           up to {up_to} no "),
            Some(last) => format!("           after {last} and up to {up_to} no "),
        };
        tell_list(&begin, &absent, ",", words);
    }
}

/// `MemberAdded@2`; of many of one kind how many, and where the first and the last are.
fn by_name(positions: &[Position], events: &[RecordedEvent]) -> Vec<String> {
    let named = |position: &Position| {
        let place = events.binary_search_by_key(position, |recorded| recorded.position);
        place.ok().and_then(|place| events.get(place))
    };
    let mut by_name: Vec<(&str, Vec<Position>)> = Vec::new();
    for recorded in positions.iter().filter_map(named) {
        let name = recorded.event.name();
        match by_name.iter_mut().find(|(of, _)| *of == name) {
            Some((_, positions)) => positions.push(recorded.position),
            None => by_name.push((name, vec![recorded.position])),
        }
    }
    let told = by_name.iter().flat_map(|(name, positions)| match positions.as_slice() {
        [first, .., last] if positions.len() > POSITIONS_MAX => {
            vec![format!(
                "{} {name}, from @{first} to @{last}",
                count(positions.len() as u64)
            )]
        }
        positions => positions.iter().map(|position| format!("{name}@{position}")).collect(),
    });
    told.collect()
}

fn absent(absence: &Absence) -> String {
    let of = [
        absence.member.map(|id| format!("person {id}")),
        absence.credential.map(|id| format!("credential {id}")),
        absence.organization.map(|id| format!("organization {id}")),
        absence.credential_type.map(|it| format!("type {}", it.as_str())),
        absence.login.as_ref().map(|login| format!("login {}", login.as_str())),
    ];
    let of: Vec<String> = of.into_iter().flatten().collect();
    match of.is_empty() {
        true => absence.event.clone(),
        false => format!("{} ({})", absence.event, of.join(", ")),
    }
}

/// A list after its first words, on as many lines as it takes.
fn tell_list(begin: &str, items: &[impl AsRef<str>], comma: &str, words: &mut String) {
    let mut line = begin.to_owned();
    for (item, rest) in items.iter().map(AsRef::as_ref).zip((0..items.len()).rev()) {
        let comma = if rest > 0 { comma } else { "" };
        if line.len() > begin.len() && line.len() + item.len() + comma.len() > COLUMNS {
            let _ = writeln!(words, "{}", line.trim_end());
            line = " ".repeat(begin.len());
        }
        let _ = write!(line, "{item}{comma} ");
    }
    let _ = writeln!(words, "{}", line.trim_end());
}

/// `MemberAdded: member 2, login mona, role owner`, after its first words.
fn tell_fields(begin: &str, said: &impl Serialize, words: &mut String) {
    let said = serde_json::to_value(said).unwrap_or_default();
    let name = said.get("type").map(plain).unwrap_or_default();
    let mut told = fields(&said);
    match told.first_mut() {
        Some(first) => *first = format!("{name}: {first}"),
        None => told.push(name),
    }
    tell_list(begin, &told, ",", words);
}

fn fields(said: &Value) -> Vec<String> {
    let fields = said.as_object().into_iter().flatten();
    let fields = fields.filter(|(name, _)| *name != "type");
    fields.map(|(name, value)| format!("{name} {}", plain(value))).collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) => format!("({})", fields(value).join(", ")),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

fn tell_events(events: &[RecordedEvent], words: &mut String) {
    let width = events.last().map_or(0, |last| last.position.to_string().len());
    for recorded in events.iter().take(EVENTS_MAX) {
        tell_fields(&format!("  {:>width$}  ", recorded.position), &recorded.event, words);
    }
    if events.len() > EVENTS_MAX {
        let rest = count((events.len() - EVENTS_MAX) as u64);
        let _ = writeln!(words, "  and {rest} more: `--json` has them all");
    }
}
