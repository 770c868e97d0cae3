//! Whether the core could have said, in some order, what was said, and recorded what the store then holds.

use std::string::{String, ToString};
use std::vec::Vec;

use enterprise_credentials::{Command, Enterprise, Event, Position, RecordedEvent, Refusal, Timestamp};

use crate::foreign::{Answer, answered, told};
use crate::hosts::Fault;
use crate::word::json;

/// A command that an instance was asked, and what was heard of its answer: nothing,
/// where none was given or it was lost.
pub(super) struct Asked {
    pub(super) instance: usize,
    pub(super) command: Command,
    pub(super) at: Timestamp,
    pub(super) heard: Option<Answer>,
}

/// The store before and after commands were asked at once, or one after the other.
pub(super) struct Scene<'a> {
    pub(super) before: &'a Enterprise,
    pub(super) known: &'a [RecordedEvent],
    pub(super) stored: &'a [RecordedEvent],
    /// The time at which hosts decide: of the one asked, and that of the last event.
    pub(super) time: &'a dyn Fn(Timestamp, Option<Timestamp>) -> Timestamp,
}

/// What is wrong, and with whom.
pub(super) struct Verdict {
    pub(super) fault: Fault,
    pub(super) instance: Option<usize>,
    pub(super) asked: String,
    pub(super) said: String,
    pub(super) core: String,
    pub(super) had_read: Option<Position>,
    pub(super) unseen: Vec<RecordedEvent>,
}

/// What the core decides.
struct Decided {
    decided: Result<Vec<Event>, Refusal>,
    warns: bool,
}

impl Decided {
    fn events(&self) -> &[Event] {
        self.decided.as_deref().unwrap_or_default()
    }

    /// Whether it could be what this host answered, whose silence says nothing.
    fn agrees(&self, heard: Option<&Answer>) -> bool {
        heard.is_none_or(|heard| heard.agrees_with(&self.decided, self.warns))
    }

    fn told(&self) -> String {
        told(&self.decided, self.warns)
    }
}

impl Scene<'_> {
    /// The state after, if the core would have said and recorded all of it in this order.
    pub(super) fn explained<'a>(&self, in_order: impl Iterator<Item = &'a Asked>) -> Option<Enterprise> {
        let mut state = self.before.clone();
        let mut rest = self.stored.strip_prefix(self.known)?;
        for asked in in_order {
            let core = self.decide(&state, asked);
            match split_off(rest, core.events()) {
                Some((recorded, others)) if core.agrees(asked.heard.as_ref()) => {
                    recorded.iter().try_for_each(|recorded| state.apply(recorded)).ok()?;
                    rest = others;
                }
                // Nobody heard anything, and nothing was recorded.
                None if asked.heard.is_none() => {}
                _ => return None,
            }
        }
        rest.is_empty().then_some(state)
    }

    /// What is wrong, where no order explains it.
    pub(super) fn verdict(&self, all: &[Asked]) -> Verdict {
        if !self.stored.starts_with(self.known) {
            return self.rewritten();
        }
        let states = self.states();
        let guilty = all.iter().find_map(|asked| self.behind(&states, asked));
        guilty.unwrap_or_else(|| self.unexplained(&states, all))
    }

    fn decide(&self, state: &Enterprise, asked: &Asked) -> Decided {
        let at = (self.time)(asked.at, state.last_at());
        let request = asked.command.requested();
        Decided {
            decided: state.decide(&asked.command, at),
            warns: request.is_some_and(|request| state.warns(request, at)),
        }
    }

    /// The states that the store has held, from the empty one on, as far as its events fit.
    fn states(&self) -> Vec<Enterprise> {
        let mut state = Enterprise::new();
        let mut states = Vec::from([state.clone()]);
        for recorded in self.stored {
            // Where a host gave a position twice, the order is the store's.
            let position = state.position().next();
            let recorded = RecordedEvent {
                position,
                ..recorded.clone()
            };
            if state.apply(&recorded).is_err() {
                break;
            }
            states.push(state.clone());
        }
        states
    }

    /// Where an instance spoke from a state that the store had passed, or appended behind one.
    fn behind(&self, states: &[Enterprise], asked: &Asked) -> Option<Verdict> {
        for (read, state) in states.iter().enumerate().rev() {
            let core = self.decide(state, asked);
            let is_silent = asked.heard.is_none() && core.events().is_empty();
            if is_silent || !core.agrees(asked.heard.as_ref()) {
                continue;
            }
            let (fault, spoke) = if core.events().is_empty() {
                (Fault::StaleAnswer, self.known.len())
            } else {
                match self.appended(core.events()) {
                    Some(place) => (Fault::RacyAppend, place),
                    None => continue,
                }
            };
            if read >= spoke {
                return None;
            }
            let unseen = self.stored.get(read..spoke).unwrap_or_default();
            let is_repeated = fault == Fault::RacyAppend && split_off(unseen, core.events()).is_some();
            let fault = if is_repeated { Fault::RepeatedAppend } else { fault };
            let there = states.get(spoke).or(states.last())?;
            return Some(Verdict {
                fault,
                instance: Some(asked.instance),
                asked: json(&asked.command),
                said: said(asked),
                core: self.decide(there, asked).told(),
                had_read: Some(state.position()),
                unseen: unseen.to_vec(),
            });
        }
        None
    }

    /// Behind how many events these were appended, at the last place where they were.
    fn appended(&self, events: &[Event]) -> Option<usize> {
        let places = self.known.len()..self.stored.len();
        let mut places = places.rev();
        places.find(|place| {
            let rest = self.stored.get(*place..).unwrap_or_default();
            split_off(rest, events).is_some()
        })
    }

    fn rewritten(&self) -> Verdict {
        let same = self
            .known
            .iter()
            .zip(self.stored)
            .take_while(|(known, stored)| known == stored);
        let first = same.count();
        let event = |events: &[RecordedEvent]| {
            let event = events.get(first).and_then(|event| serde_json::to_string(event).ok());
            event.unwrap_or_else(|| "nothing".to_string())
        };
        Verdict {
            fault: Fault::Rewritten,
            instance: None,
            asked: std::format!("the store held, as event {}: {}", first + 1, event(self.known)),
            said: std::format!("now it holds {}", event(self.stored)),
            core: String::new(),
            had_read: None,
            unseen: Vec::new(),
        }
    }

    fn unexplained(&self, states: &[Enterprise], all: &[Asked]) -> Verdict {
        let new = self.stored.get(self.known.len()..).unwrap_or_default();
        let new: Vec<&Event> = new.iter().map(|recorded| &recorded.event).collect();
        let asked = all.first();
        let state = states.get(self.known.len()).or(states.last());
        let core = asked.zip(state).map(|(asked, state)| self.decide(state, asked).told());
        let stored = serde_json::to_string(&new).unwrap_or_default();
        Verdict {
            fault: Fault::Unexplained,
            instance: asked.map(|asked| asked.instance),
            asked: all
                .iter()
                .map(|asked| json(&asked.command))
                .collect::<Vec<_>>()
                .join(", then "),
            said: std::format!(
                "{}; the store holds {stored} more",
                all.iter().map(said).collect::<Vec<_>>().join(", then ")
            ),
            core: core.unwrap_or_default(),
            had_read: None,
            unseen: Vec::new(),
        }
    }
}

fn said(asked: &Asked) -> String {
    match &asked.heard {
        Some(answer) => answered(answer),
        None => "nothing that anybody heard".to_string(),
    }
}

/// The events at the beginning, and the rest, if the list begins with these.
fn split_off<'a>(list: &'a [RecordedEvent], events: &[Event]) -> Option<(&'a [RecordedEvent], &'a [RecordedEvent])> {
    let (first, rest) = list.split_at_checked(events.len())?;
    let same = first
        .iter()
        .zip(events)
        .all(|(recorded, event)| recorded.event == *event);
    same.then_some((first, rest))
}
