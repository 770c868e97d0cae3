//! Words: what is asked of an enterprise, one step after the other.

use core::fmt;
use core::num::NonZeroU32;
use std::string::String;
use std::vec::Vec;

use core::str::FromStr;

use enterprise_credentials::Command;
use serde::{Deserialize, Serialize};

/// How many steps of a word are shown before and after the middle that is left out.
const STEPS_SHOWN: usize = 12;

/// A random history, before anybody has answered. Its steps are taken by a [`Run`](crate::Run).
///
/// It is shown with its middle left out where it is long, and whole by `{:#}`. To keep it, write it with
/// [`Word::to_lines`], and read it again with [`str::parse`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Word(pub Vec<Step>);

/// One step of a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// How long after the step before it, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub wait_ms: u64,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
}

/// What is asked in a step. What refers to earlier steps is resolved while the word runs, so that it still makes sense
/// when a part of the word is taken away; a step that has nothing to refer to is passed over.
///
/// Exhaustive: whoever runs words must run all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
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

impl Word {
    /// The word as a file: one step a line, as JSON, each line with its line feed.
    pub fn to_lines(&self) -> String {
        // Nothing in a step has no JSON.
        let lines = self.0.iter().filter_map(|step| serde_json::to_string(step).ok());
        lines.map(|line| line + "\n").collect()
    }
}

/// Reads what [`Word::to_lines`] writes. Empty lines are passed over.
impl FromStr for Word {
    type Err = NotAWord;

    fn from_str(text: &str) -> Result<Self, NotAWord> {
        let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let steps = lines.map(|(line, json)| {
            serde_json::from_str(json).map_err(|error| {
                let reason = error.to_string();
                NotAWord { line, reason }
            })
        });
        steps.collect::<Result<_, _>>().map(Self)
    }
}

/// A line that is no step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAWord {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for NotAWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, reason } = self;
        write!(
            f,
            "line {line} is no step of a word: {reason}; a step is `{{\"command\":{{…}}}}`, "
        )?;
        write!(
            f,
            "`{{\"continue\":{{…}}}}` or `{{\"retry\":{{…}}}}`, with `\"wait_ms\"` beside it or without"
        )
    }
}

impl core::error::Error for NotAWord {}

impl fmt::Display for Word {
    /// One step a line; commands as JSON. A long word without its middle, but for `{:#}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.len();
        let is_short = all <= 2 * STEPS_SHOWN + 1;
        for (step, number) in self.0.iter().zip(1..) {
            let is_shown = f.alternate() || is_short || number <= STEPS_SHOWN || number > all - STEPS_SHOWN;
            if is_shown {
                writeln!(f, "{number:>3}  {step}")?;
            } else if number == STEPS_SHOWN + 1 {
                let left_out = all - 2 * STEPS_SHOWN;
                writeln!(
                    f,
                    "  …  {left_out} of {all} steps left out: `{{:#}}` shows them, to_lines() keeps them"
                )?;
            }
        }
        Ok(())
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a field by reference")]
const fn is_zero(wait_ms: &u64) -> bool {
    *wait_ms == 0
}
