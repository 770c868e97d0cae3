//! What the core answers, for people and for machines.

use anyhow::{Result, bail};
use enterprise_credentials::log::write_line;
use enterprise_credentials::{Command, Enterprise, ListRefusal, Position, RecordedEvent, Refusal, Rule, Timestamp};
use serde::Serialize;

use crate::cli::output::Document;
use crate::cli::table::Facts;
use crate::cli::terminal::bad_on_stderr;
use crate::cli::wrong_arguments;

/// What the core answers to the commands: all of them as one.
#[derive(Serialize)]
pub(super) struct Decision {
    /// The position of the last event that it was decided on.
    position: Position,
    at: Timestamp,
    /// As they were decided: with the limits of the flags.
    commands: Vec<Command>,
    pub(super) outcome: Outcome,
    /// The events to record. None where a command is refused, or where there is nothing to do.
    pub(super) events: Vec<RecordedEvent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refusal: Option<Refused>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Outcome {
    Accepted,
    NothingToDo,
    Refused,
}

/// Which command is refused, and by what.
#[derive(Serialize)]
pub(super) struct Refused {
    /// Which, counted from 0.
    command: usize,
    message: String,
    rule: Rule,
    sentence: &'static str,
    source: String,
    /// The status of the answer over HTTP; nothing where no request to revoke breaks the rule.
    http_status: Option<u16>,
}

impl Refused {
    fn new(command: usize, refusal: &Refusal) -> Self {
        let rule = refusal.rule();
        Self {
            command,
            message: refusal.to_string(),
            rule,
            sentence: rule.sentence(),
            source: rule.source().to_string(),
            http_status: rule.http().map(|http| http.status),
        }
    }

    /// Of how many commands it is one.
    pub(super) fn in_words(&self, of: usize) -> String {
        let which = match of {
            1 => String::new(),
            of => format!(", command {} of {of}", self.command + 1),
        };
        let status = self.http_status.map_or_else(
            || "none: no request to revoke breaks this rule".to_owned(),
            |status| status.to_string(),
        );
        let facts = [
            ("rule", self.rule.id().to_owned()),
            ("says", self.sentence.to_owned()),
            ("source", self.source.clone()),
            ("http status", status),
        ];
        format!(
            "{}{which}: {}\n{}",
            bad_on_stderr("refused"),
            self.message,
            Facts(&facts).to_string().trim_end()
        )
    }
}

impl Document for Decision {
    const SCHEMA: &'static str = "enterprise-credentials/decision/v1";
}

impl Decision {
    /// Asks the core. A list that cannot be decided as one is a wrong argument.
    pub(super) fn of(enterprise: &Enterprise, commands: Vec<Command>, at: Timestamp) -> Result<Self> {
        let (events, refusal) = match decide(enterprise, &commands, at)? {
            Ok(events) => (events, None),
            Err(refused) => (Vec::new(), Some(refused)),
        };
        Ok(Self {
            position: enterprise.position(),
            at,
            commands,
            outcome: match (&refusal, events.is_empty()) {
                (Some(_), _) => Outcome::Refused,
                (None, true) => Outcome::NothingToDo,
                (None, false) => Outcome::Accepted,
            },
            events,
            refusal,
        })
    }

    /// The lines that the events would be.
    pub(super) fn lines(&self) -> Vec<u8> {
        let mut lines = Vec::new();
        self.events.iter().for_each(|recorded| write_line(recorded, &mut lines));
        lines
    }

    /// How many commands were decided.
    pub(super) fn commands(&self) -> usize {
        self.commands.len()
    }
}

fn decide(enterprise: &Enterprise, commands: &[Command], at: Timestamp) -> Result<Result<Vec<RecordedEvent>, Refused>> {
    // A batch of a job is no part of a list, and so one command is not taken for a list of one.
    let decided = match commands {
        [command] => enterprise
            .decide(command, at)
            .map_err(|refusal| ListRefusal::Refused { index: 0, refusal }),
        commands => enterprise.decide_all(commands, at),
    };
    match decided {
        Ok(events) => Ok(Ok(enterprise.record(events, at, None).collect())),
        Err(ListRefusal::Refused { index, refusal }) => Ok(Err(Refused::new(index, &refusal))),
        Err(misfit @ ListRefusal::Misfit { .. }) => bail!(misfit),
        Err(no_list) => wrong_arguments(&no_list.to_string()),
    }
}
