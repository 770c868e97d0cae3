//! What a drive found, in a screenful.

use core::fmt;
use std::string::String;
use std::vec::Vec;

use enterprise_credentials::{Position, RecordedEvent};

use crate::excerpt::excerpt;
use crate::hosts::Turn;

/// How many lines of what happened are shown, at most.
const LINES_SHOWN: usize = 16;
/// How many unseen events are shown, at most.
const UNSEEN_SHOWN: usize = 3;

/// What is wrong with a host.
///
/// Exhaustive: whoever counts faults must tell those of the host from an [`Fault::Unreachable`] one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It answers from a state that the store has passed.
    StaleAnswer,
    /// It appends what it decided before others appended.
    RacyAppend,
    /// It appends the same twice.
    RepeatedAppend,
    /// What the store held is gone, or is other events.
    Rewritten,
    /// Its answer and what the store holds are right in no order of what was asked, from no state that ever was.
    Unexplained,
    /// It panicked.
    Panicked,
    /// It could not be asked. This says nothing of how it works.
    Unreachable,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StaleAnswer => "stale answer: the host speaks from a state that the store has passed",
            Self::RacyAppend => "racy append: the host appends what it decided before others appended",
            Self::RepeatedAppend => "repeated append: the host appends the same twice",
            Self::Rewritten => "rewritten: what the store held before is gone, or is something else",
            Self::Unexplained => "unexplained: no order of what was asked gives this answer and these events",
            Self::Panicked => "panic: the host panicked",
            Self::Unreachable => "unreachable: the host could not be asked, which says nothing of how it works",
        })
    }
}

/// What was found, and the fewest turns that were found to show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The seed.
    pub seed: u64,
    /// The turns: [`drive_turns`](crate::hosts::drive_turns) takes them again.
    pub turns: Vec<Turn>,
    /// What is wrong.
    pub fault: Fault,
    /// Which instance shows it, 0 or 1; nothing where the store does.
    pub instance: Option<usize>,
    /// What it was asked, as JSON or in words.
    pub asked: String,
    /// What it said.
    pub said: String,
    /// What the core says, in the state that the store then holds or where the host appended.
    pub core: String,
    /// Up to where the host had read, as far as can be told from what it said.
    pub had_read: Option<Position>,
    /// What the store held then that the host had not seen.
    pub unseen: Vec<RecordedEvent>,
    /// What happened, a line for each turn.
    pub happened: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.fault)?;
        match self.instance {
            Some(instance) => writeln!(f, "  instance {} was asked: {}", instance + 1, self.asked)?,
            None => writeln!(f, "  {}", self.asked)?,
        }
        writeln!(f, "  it said:  {}", excerpt(&self.said))?;
        if !self.core.is_empty() {
            writeln!(f, "  the core: {}", excerpt(&self.core))?;
        }
        if let Some(had_read) = self.had_read {
            writeln!(f, "  It had read the stream up to {had_read}, and had not seen:")?;
            for recorded in self.unseen.iter().take(UNSEEN_SHOWN) {
                let json = serde_json::to_string(recorded).unwrap_or_default();
                writeln!(f, "    {}", excerpt(&json))?;
            }
            if let Some(more) = self.unseen.len().checked_sub(UNSEEN_SHOWN).filter(|more| *more > 0) {
                writeln!(f, "    … and {more} more")?;
            }
        }
        write!(f, "\nwhat happened, found under seed {}:", self.seed)?;
        let left_out = self.happened.len().saturating_sub(LINES_SHOWN);
        for (line, number) in self.happened.iter().zip(0..) {
            match number {
                _ if number < LINES_SHOWN / 2 || number >= LINES_SHOWN / 2 + left_out => write!(f, "\n  {line}")?,
                _ if number == LINES_SHOWN / 2 => write!(f, "\n  … {left_out} lines left out")?,
                _ => {}
            }
        }
        Ok(())
    }
}

impl core::error::Error for Finding {}
