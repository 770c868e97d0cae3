//! Words: what is asked of an enterprise, one step after the other.

use core::fmt;
use core::num::NonZeroU32;
use std::string::String;
use std::vec::Vec;

use enterprise_credentials::Command;

/// A random history, before anybody has answered. Its steps are taken by a [`Run`](crate::Run).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Word(pub Vec<Step>);

/// One step of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// How long after the step before it, in milliseconds.
    pub wait_ms: u64,
    /// What is asked.
    pub ask: Ask,
}

/// What is asked in a step. What refers to earlier steps is resolved while the word runs, so that it still makes sense
/// when a part of the word is taken away; a step that has nothing to refer to is passed over.
///
/// Exhaustive: whoever runs words must run all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A command.
    Command(Command),
    /// The next batch of a revocation.
    Continue {
        /// Which: among the unfinished ones, in order of their cuts, then among all.
        nth: usize,
        /// How many credentials the batch takes.
        limit: NonZeroU32,
    },
    /// An earlier request to revoke, again.
    Retry {
        /// Which: counted back from the last that had an idempotency key.
        nth: usize,
        /// Whether one of its parameters is another.
        altered: bool,
    },
}

impl From<Command> for Step {
    fn from(command: Command) -> Self {
        Self {
            wait_ms: 0,
            ask: Ask::Command(command),
        }
    }
}

impl FromIterator<Command> for Word {
    fn from_iter<I: IntoIterator<Item = Command>>(commands: I) -> Self {
        Self(commands.into_iter().map(Step::from).collect())
    }
}

impl fmt::Display for Word {
    /// One step a line; commands as JSON.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .zip(1..)
            .try_for_each(|(step, number): (_, usize)| writeln!(f, "{number:>3}  {step}"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.wait_ms > 0 {
            write!(f, "after {} ms: ", self.wait_ms)?;
        }
        match &self.ask {
            Ask::Command(command) => f.write_str(&json(command)),
            Ask::Continue { nth, limit } => write!(f, "continue unfinished revocation {nth}, {limit} credentials"),
            Ask::Retry { nth, altered: false } => write!(f, "repeat request {nth} before this"),
            Ask::Retry { nth, altered: true } => write!(f, "repeat request {nth} before this, with other parameters"),
        }
    }
}

pub(crate) fn json(command: &Command) -> String {
    serde_json::to_string(command).unwrap_or_default()
}
