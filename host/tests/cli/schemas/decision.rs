//! `decide --json`.

use schemars::JsonSchema;

use super::commands::Command;
use super::events::RecordedEvent;
use super::values::{Count, Nullable, Position, Rule, Timestamp};

/// What the core answers to the commands, all of them as one: `decide --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    /// The last event that it was decided on.
    position: Position,
    /// When it is asked.
    at: Timestamp,
    /// As they were decided: with the limits of the flags.
    commands: Vec<Command>,
    outcome: Outcome,
    /// The events to record. None where a command is refused, or where there is nothing to do.
    events: Vec<RecordedEvent>,
    refusal: Option<Refusal>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Outcome {
    Accepted,
    NothingToDo,
    Refused,
}

/// Which command is refused, and by what.
#[derive(JsonSchema)]
struct Refusal {
    /// Which, counted from 0.
    command: Count,
    message: String,
    rule: Rule,
    /// What the rule says.
    sentence: String,
    /// Where the rule is from.
    source: String,
    /// The status of the answer over HTTP; nothing where no request to revoke breaks the rule.
    http_status: Nullable<u16>,
}
