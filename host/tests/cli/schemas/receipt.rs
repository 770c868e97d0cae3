//! `explain --json`, and `decide --explain --json`.

use enterprise_credentials::Event as CoreEvent;
use schemars::JsonSchema;

use super::commands::Command;
use super::events::{Event, RecordedEvent};
use super::values::{CredentialType, Id, Login, Position, Rule, Timestamp};

/// Why an event was recorded, or a command is answered as it is: `explain --json` and `decide --explain --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    /// The event that is explained; absent where a command is that nobody has recorded.
    recorded: Option<RecordedEvent>,
    command: Command,
    /// When it is asked.
    at: Timestamp,
    /// The last event of the history that was asked.
    up_to: Position,
    answer: Answer,
    /// The rules that spoke to it, in the order of the catalogue, up to the one that refuses.
    rules: Vec<Ground>,
    /// Every event that a rule rests on, in order.
    events: Vec<RecordedEvent>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Answer {
    /// The events to record, none where there is nothing to do.
    Accepted(Vec<Event>),
    Refused(Refusal),
}

#[derive(JsonSchema)]
struct Refusal {
    rule: Rule,
    message: String,
}

/// A rule, its answer, and what that rested on.
#[derive(JsonSchema)]
struct Ground {
    rule: Rule,
    verdict: Verdict,
    /// Events without each of which the answer would have been another.
    rests_on: Vec<Position>,
    /// Events of which any one is enough.
    either: Vec<Position>,
    absent: Vec<Absence>,
}

#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Verdict {
    Holds,
    Refuses,
}

/// An event that the history does not hold at its end, and that would have made the answer another.
#[derive(JsonSchema)]
struct Absence {
    #[schemars(extend("enum" = CoreEvent::NAMES))]
    event: String,
    member: Option<Id>,
    organization: Option<Id>,
    credential: Option<Id>,
    revocation: Option<Id>,
    credential_type: Option<CredentialType>,
    login: Option<Login>,
    /// The last such event that the history does hold.
    after: Option<Position>,
}
