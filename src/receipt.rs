//! Why was this decided? A receipt is for a recorded event, or for a command that nobody has recorded. It names the
//! rules that were asked, and the events on which each rule rested.
//!
//! No rule is written here a second time. To find what an answer rests on, [`Enterprise::decide`] is asked again: on
//! the same history without one event, with that event as it could have been, and with one more event at the end. If
//! the answer is another without an event, the event is named. If a rule would then have refused, the rule is named.
//!
//! If an event is left out, those that need it are left out too: a person who never joined has no token. If nothing
//! else falls away with it, a reader can do the same: take the line out of the log, and ask.

mod absence;
mod answers;
mod completion;
mod excerpt;
mod requests;
mod stand_ins;
mod subjects;
mod variations;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::Serialize;

pub use absence::Absence;

use crate::audit::command_of;
use crate::command::Command;
use crate::corrupt_history::CorruptHistory;
use crate::enterprise::Enterprise;
use crate::event::{Event, RecordedEvent};
use crate::id::Position;
use crate::receipt::answers::{Decided, rule_between};
use crate::receipt::excerpt::{Excerpt, varied};
use crate::receipt::stand_ins::StandIns;
use crate::receipt::subjects::Subjects;
use crate::receipt::variations::{additions, alternatives, other_requests};
use crate::refusal::Refusal;
use crate::rule::Rule;
use crate::sorted::Sorted;
use crate::timestamp::Timestamp;

/// Why a command was answered as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The event that is explained; absent where a command is that nobody has recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recorded: Option<RecordedEvent>,
    /// What was asked. Of a recorded event it is the command that it answers: of a job's item the single command.
    pub command: Command,
    /// When.
    pub at: Timestamp,
    /// The last event of the history that was asked. What is absent is absent up to here, after the last of its kind.
    pub up_to: Position,
    /// What is answered.
    pub answer: Answer,
    /// The rules that spoke to it, in the order of the catalogue, up to the one that refuses.
    pub rules: Vec<Ground>,
    /// Every event that a rule rests on, in order.
    pub events: Vec<RecordedEvent>,
}

/// What `decide` answers.
///
/// Exhaustive: a command is accepted or refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The events to record, none where there is nothing to do.
    Accepted(Vec<Event>),
    /// The rule that forbids it.
    Refused(Refusal),
}

/// A rule, its answer, and what that rested on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ground {
    /// The rule.
    pub rule: Rule,
    /// What it says to the command.
    pub verdict: Verdict,
    /// The positions of the events that it rests on, in order: without each of them the answer would have been another.
    /// None where it rests on the command alone.
    pub rests_on: Vec<Position>,
    /// Events of which each is enough for it: without any one of them another stands in, without all of them it would
    /// have said another thing, or the answer would have been another.
    /// One of them may also be one that another rule rests on.
    pub either: Vec<Position>,
    /// Events that the history does not hold at its end, and that would have made the answer another. Each says after
    /// which position it does not.
    pub absent: Vec<Absence>,
}

/// What a rule says to a command.
///
/// Exhaustive: a rule lets a command pass or it does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It lets the command pass.
    Holds,
    /// It refuses the command. No rule after it was asked.
    Refuses,
}

impl Receipt {
    /// Whether the event that is explained is what would be recorded now. Where it is not,
    /// an audit has a finding at it.
    pub fn is_as_recorded(&self) -> bool {
        match (&self.recorded, &self.answer) {
            (Some(recorded), Answer::Accepted(events)) => events.as_slice() == core::slice::from_ref(&recorded.event),
            (Some(_), Answer::Refused(_)) => false,
            (None, _) => true,
        }
    }
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NoReceipt<E> {
    /// The history cannot be read.
    #[error("{0}")]
    Unreadable(E),
    /// The history cannot be folded up to there.
    #[error(transparent)]
    Corrupt(#[from] CorruptHistory),
    /// No event has this position.
    #[error(
        "no event has position {asked} yet: the history ends at position {end}; ask for one up to its end, or fetch a \
         later log"
    )]
    Beyond {
        /// What was asked for.
        asked: Position,
        /// The position of the last event.
        end: Position,
    },
    /// Before the first event nothing was decided.
    #[error("no event has position 0: positions begin at 1")]
    Start,
    /// It was another history when it was read again.
    #[error("the history was another one when it was read again: nothing can be told about it")]
    Changed,
}

/// Explains the event at a position: what the command was answered that it records, and why.
///
/// `open` begins the history anew. It is read two or three times, a completion's once more; what is kept of it is the
/// state, and what the receipt is about.
///
/// # Errors
/// [`NoReceipt`], where no event has that position, or the history cannot be read up to it.
pub fn explain<I, E>(mut open: impl FnMut() -> Result<I, E>, position: Position) -> Result<Receipt, NoReceipt<E>>
where
    I: Iterator<Item = Result<RecordedEvent, E>>,
{
    if position == Position::START {
        return Err(NoReceipt::Start);
    }
    let mut state = Enterprise::new();
    for recorded in open().map_err(NoReceipt::Unreadable)? {
        let recorded = recorded.map_err(NoReceipt::Unreadable)?;
        if recorded.position == position && state.position().next() == position {
            let question = Question {
                command: command_of(&recorded.event),
                at: recorded.at,
            };
            return question.receipt(open, &state, Some(recorded));
        }
        state.apply(&recorded)?;
    }
    Err(NoReceipt::Beyond {
        asked: position,
        end: state.position(),
    })
}

/// Explains what would be answered to a command at the end of a history, at `at`, without recording anything.
///
/// Of a job's next batch it says why the job may go on. Why an item is in its scope, the item's own receipt says.
///
/// # Errors
/// [`NoReceipt`], where the history cannot be read.
pub fn explain_command<I, E>(
    mut open: impl FnMut() -> Result<I, E>,
    command: Command,
    at: Timestamp,
) -> Result<Receipt, NoReceipt<E>>
where
    I: Iterator<Item = Result<RecordedEvent, E>>,
{
    let mut state = Enterprise::new();
    for recorded in open().map_err(NoReceipt::Unreadable)? {
        state.apply(&recorded.map_err(NoReceipt::Unreadable)?)?;
    }
    Question { command, at }.receipt(open, &state, None)
}

/// A command, and when it is asked.
struct Question {
    command: Command,
    at: Timestamp,
}

/// What has been found so far.
#[derive(Default)]
struct Grounds {
    of: Sorted<Rule, Found>,
    events: Sorted<Position, RecordedEvent>,
}

/// What a rule rests on.
#[derive(Default)]
struct Found {
    rests_on: BTreeSet<Position>,
    either: Vec<Position>,
    absent: Vec<Absence>,
}

impl Question {
    fn receipt<I, E>(
        self,
        mut open: impl FnMut() -> Result<I, E>,
        state: &Enterprise,
        recorded: Option<RecordedEvent>,
    ) -> Result<Receipt, NoReceipt<E>>
    where
        I: Iterator<Item = Result<RecordedEvent, E>>,
    {
        let mut subjects = Subjects::of(&self.command, state);
        let read = Excerpt::read(&mut open, state.position(), &mut subjects);
        let excerpt = read.map_err(NoReceipt::Unreadable)?;
        let answer = self.ask(&excerpt.state());
        if answer != self.ask(state) {
            return Err(NoReceipt::Changed);
        }
        let mut grounds = Grounds::default();
        self.vary_events(&excerpt, &answer, &mut grounds);
        self.leave_out_several(&excerpt, &answer, &mut grounds);
        self.vary_end(&excerpt, &subjects, state, &answer, &mut grounds);
        self.vary_request(&excerpt.state(), &subjects, &answer, &mut grounds);
        let decided = state.decide(&self.command, self.at);
        if let Ok([Event::RevocationCompleted { revocation, .. }]) = decided.as_deref() {
            let named = completion::rests_on(&mut open, *revocation, state).map_err(NoReceipt::Unreadable)?;
            (named.into_iter()).for_each(|event| grounds.add(Rule::CompletedOnceWhenNothingIsLeft, &event));
        }
        if let Err(refusal) = &answer {
            grounds.of.update(refusal.rule(), |_| {});
        }
        Ok(self.written(grounds, decided, state.position(), recorded))
    }

    /// Of a job's next batch no more is asked than whether there is one.
    fn ask(&self, state: &Enterprise) -> Decided {
        let decided = state.decide(&self.command, self.at)?;
        match self.command {
            Command::ContinueRevocation { revocation, .. } if !decided.is_empty() => {
                let (authorizations_revoked, credentials_destroyed) = (0, 0);
                Ok(Vec::from([Event::RevocationCompleted {
                    revocation,
                    authorizations_revoked,
                    credentials_destroyed,
                }]))
            }
            _ => Ok(decided),
        }
    }

    /// Asks without each event; and where it matters, with the event as it could have been instead.
    fn vary_events(&self, excerpt: &Excerpt, answer: &Decided, grounds: &mut Grounds) {
        excerpt.each(|kept, before, after| {
            let without = self.ask(&varied(before, &[], after));
            if without == *answer {
                return;
            }
            grounds.add(rule_between(answer, &without), &kept.recorded);
            for otherwise in alternatives(&kept.folded().event, self.at) {
                let envelope = |event| RecordedEvent {
                    event,
                    ..kept.folded().clone()
                };
                let others: Vec<_> = otherwise.into_iter().map(envelope).collect();
                let otherwise = self.ask(&varied(before, &others, after));
                if otherwise != *answer {
                    grounds.add(rule_between(answer, &otherwise), &kept.recorded);
                }
            }
        });
    }

    /// Asks without several events at once: some may stand in for each other.
    fn leave_out_several(&self, excerpt: &Excerpt, answer: &Decided, grounds: &mut Grounds) {
        let named: BTreeSet<Position> = grounds.events.iter().map(|(position, _)| *position).collect();
        let ask = &|state: &Enterprise| self.ask(state);
        let stand_ins = StandIns { excerpt, answer, ask };
        for (rule, either) in stand_ins.all(&named) {
            if grounds.of.get(rule).is_none_or(|found| found.either.is_empty()) {
                let told = excerpt.0.iter().filter(|kept| either.contains(&kept.recorded.position));
                told.for_each(|kept| grounds.events.add(kept.recorded.position, kept.recorded.clone()));
                grounds.of.update(rule, |found| found.either = either);
            }
        }
    }

    /// Asks with one more event at the end.
    fn vary_end(
        &self,
        excerpt: &Excerpt,
        subjects: &Subjects,
        whole: &Enterprise,
        answer: &Decided,
        grounds: &mut Grounds,
    ) {
        let (end, state) = (whole.position(), excerpt.state());
        let at = state.last_at().map_or(self.at, |last_at| last_at.max(self.at));
        for addition in additions(&self.command, subjects) {
            let envelope = |event| RecordedEvent {
                position: end.next(),
                at,
                by: None,
                event,
            };
            let others: Vec<_> = addition.events.into_iter().map(envelope).collect();
            let with = self.ask(&varied(&state, &others, &[]));
            if with != *answer {
                let events = excerpt.0.iter().map(|kept| &kept.recorded);
                let absence = addition.absence.after_the_last(events, whole);
                grounds.of.update(rule_between(answer, &with), |found| {
                    if !found.absent.contains(&absence) {
                        found.absent.push(absence);
                    }
                });
            }
        }
    }

    /// Asks for other requests. What refuses them holds for this one, and need not rest on an event.
    fn vary_request(&self, state: &Enterprise, subjects: &Subjects, answer: &Decided, grounds: &mut Grounds) {
        let refusing = answer.as_ref().err().map(Refusal::rule);
        for command in other_requests(&self.command, subjects, state) {
            let rule = state.decide(&command, self.at).err().map(|refusal| refusal.rule());
            if let Some(rule) = rule.filter(|rule| refusing.is_none_or(|refusing| *rule < refusing)) {
                grounds.of.update(rule, |_| {});
            }
        }
    }

    fn written(self, grounds: Grounds, decided: Decided, up_to: Position, recorded: Option<RecordedEvent>) -> Receipt {
        let refusing = decided.as_ref().err().map(Refusal::rule);
        let ground = |(rule, found): (Rule, Found)| Ground {
            rule,
            verdict: match refusing == Some(rule) {
                true => Verdict::Refuses,
                false => Verdict::Holds,
            },
            rests_on: found.rests_on.into_iter().collect(),
            either: found.either,
            absent: found.absent,
        };
        Receipt {
            recorded,
            command: self.command,
            at: self.at,
            up_to,
            answer: decided.map_or_else(Answer::Refused, Answer::Accepted),
            rules: grounds.of.into_iter().map(ground).collect(),
            events: grounds.events.into_iter().map(|(_, event)| event).collect(),
        }
    }
}

impl Grounds {
    fn add(&mut self, rule: Rule, recorded: &RecordedEvent) {
        self.of.update(rule, |found| {
            found.rests_on.insert(recorded.position);
        });
        if self.events.get(recorded.position).is_none() {
            self.events.add(recorded.position, recorded.clone());
        }
    }
}
