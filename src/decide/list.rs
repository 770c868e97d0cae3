//! Several commands as one decision: all of them take effect, or none.

use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use crate::command::Command;
use crate::corrupt_history::CorruptHistory;
use crate::enterprise::Enterprise;
use crate::event::Event;
use crate::id::RevocationId;
use crate::json::Text;
use crate::limits::COMMANDS_MAX;
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::timestamp::Timestamp;

/// Why a list of commands is not decided. No command of it took effect, those before the refused one neither.
///
/// Its words count the commands from 1; a program gets them counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ListRefusal {
    /// More commands than [`COMMANDS_MAX`].
    #[error("a list has at most {COMMANDS_MAX} commands, not {found}: decide it in parts")]
    TooLong {
        /// How many it has.
        found: usize,
    },
    /// One of them continues a revocation. A job's batch is a decision of its own, whose size its limit sets.
    #[error("command {} of the list continues revocation `{revocation}`: decide it by itself", index + 1)]
    Continuation {
        /// Which command, counted from 0.
        index: usize,
        /// Which revocation.
        revocation: RevocationId,
    },
    /// A rule forbids one of them, in the state that those before it have made.
    #[error("command {} of the list: {refusal}", index + 1)]
    Refused {
        /// Which command, counted from 0.
        index: usize,
        /// The answer to it.
        refusal: Refusal,
    },
    /// The events of one of them cannot be recorded: the time given is before the stream's last,
    /// or the stream is at its end.
    #[error("command {} of the list cannot be recorded: {misfit}", index + 1)]
    Misfit {
        /// Which command, counted from 0.
        index: usize,
        /// What [`Enterprise::apply`] says.
        misfit: CorruptHistory,
    },
}

impl ListRefusal {
    /// Which command is at fault, counted from 0; nothing where the list is.
    pub const fn index(&self) -> Option<usize> {
        match self {
            Self::TooLong { .. } => None,
            Self::Continuation { index, .. } | Self::Refused { index, .. } | Self::Misfit { index, .. } => Some(*index),
        }
    }

    /// The rule that says no, where it is a rule of the catalogue.
    pub const fn rule(&self) -> Option<Rule> {
        match self {
            Self::Refused { refusal, .. } => Some(refusal.rule()),
            Self::TooLong { .. } | Self::Continuation { .. } | Self::Misfit { .. } => None,
        }
    }
}

/// As `{"index":2,"rule":"…","message":"command 3 of the list: …"}`, with a null for what is not there.
impl Serialize for ListRefusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Told<'a> {
            index: Option<usize>,
            rule: Option<Rule>,
            message: Text<'a, ListRefusal>,
        }
        let (index, rule, message) = (self.index(), self.rule(), Text(self));
        Told { index, rule, message }.serialize(serializer)
    }
}

impl Enterprise {
    /// Decides up to [`COMMANDS_MAX`] commands as one: their events in order,
    /// each decided as if those before it were applied.
    ///
    /// The events are those that [`Enterprise::decide`] and [`Enterprise::apply`] give command by command, all at `at`.
    /// They are to be appended together, where the stream is still at [`Enterprise::position`].
    /// Nothing is changed here.
    ///
    /// What it costs depends on what the commands name, and not on how much else there is: they are decided on a small
    /// state made of that. Where a revocation runs or is asked for, the list of all revocations is copied too.
    ///
    /// # Errors
    /// [`ListRefusal`], saying which command is at fault. Then there is no event of any of them.
    pub fn decide_all(&self, commands: &[Command], at: Timestamp) -> Result<Vec<Event>, ListRefusal> {
        check_list(commands)?;
        let mut state = self.excerpt(commands);
        let mut decided = Vec::new();
        for (index, command) in commands.iter().enumerate() {
            let refused = |refusal| ListRefusal::Refused { index, refusal };
            let events = state.decide(command, at).map_err(refused)?;
            decided.extend_from_slice(&events);
            for recorded in state.record(events, at, None) {
                let applied = state.apply(&recorded);
                applied.map_err(|misfit| ListRefusal::Misfit { index, misfit })?;
            }
        }
        Ok(decided)
    }
}

fn check_list(commands: &[Command]) -> Result<(), ListRefusal> {
    if commands.len() > COMMANDS_MAX {
        return Err(ListRefusal::TooLong { found: commands.len() });
    }
    let continuation = commands.iter().enumerate().find_map(|(index, command)| match command {
        Command::ContinueRevocation { revocation, .. } => Some(ListRefusal::Continuation {
            index,
            revocation: *revocation,
        }),
        _ => None,
    });
    continuation.map_or(Ok(()), Err)
}
