//! Hosts that fit on a page, over a store in memory: a sound one, and some with a bad habit. A suite that does not
//! catch these would not catch the mistake in earnest.

use core::convert::Infallible;
use std::cell::RefCell;
use std::rc::Rc;
use std::vec::Vec;

use enterprise_credentials::{
    Command, CredentialId, Enterprise, OrganizationId, Position, RecordedEvent, Refusal, Timestamp,
};

use crate::foreign::Answer;
use crate::hosts::{Host, Hosts, Meanwhile};

/// How a toy works.
///
/// Exhaustive: it is chosen by callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// It reads before each answer, appends where it has read to,
    /// and reads again where it does not know whether it has appended.
    Sound,
    /// It reads the stream once, and then knows only what it appends itself. Appends that conflict it gives up.
    NeverReadsAgain,
    /// It reads before each answer, and appends wherever the stream ends by then.
    AppendsAnywhere,
    /// It takes an append that is not confirmed for one that failed, and appends the same again.
    AppendsAgain,
}

impl Habit {
    /// The bad ones.
    pub const BAD: [Self; 3] = [Self::NeverReadsAgain, Self::AppendsAnywhere, Self::AppendsAgain];
}

/// Two toys over one store.
#[derive(Debug)]
pub struct Toys {
    habit: Habit,
    store: Store,
}

impl Toys {
    /// With this habit.
    pub fn new(habit: Habit) -> Self {
        let store = Store::default();
        Self { habit, store }
    }
}

impl Hosts for Toys {
    type Error = Infallible;
    type Host = Toy;

    fn begin(&mut self) -> Result<[Toy; 2], Infallible> {
        self.store = Store::default();
        let toy = || Toy {
            habit: self.habit,
            store: self.store.clone(),
            state: Enterprise::new(),
            has_read: false,
        };
        Ok([toy(), toy()])
    }

    fn stored(&mut self) -> Result<Vec<RecordedEvent>, Infallible> {
        Ok(self.store.read(Position::START))
    }

    fn append(&mut self, recorded: &[RecordedEvent]) -> Result<(), Infallible> {
        self.store.append_anywhere(recorded);
        Ok(())
    }
}

/// One toy.
#[derive(Debug)]
pub struct Toy {
    habit: Habit,
    store: Store,
    state: Enterprise,
    has_read: bool,
}

impl Toy {
    fn read(&mut self) {
        if self.habit == Habit::NeverReadsAgain && self.has_read {
            return;
        }
        self.has_read = true;
        self.read_again();
    }

    fn read_again(&mut self) {
        for recorded in self.store.read(self.state.position()) {
            if self.state.apply(&recorded).is_err() {
                return;
            }
        }
    }

    /// Whether it is there now; where somebody else has appended first, it is not.
    fn append(&mut self, recorded: &[RecordedEvent], meanwhile: &mut Meanwhile<'_>) -> bool {
        meanwhile.before_append();
        let appended = match self.habit {
            Habit::AppendsAnywhere => {
                self.store.append_anywhere(recorded);
                true
            }
            _ => self.store.append(self.state.position(), recorded),
        };
        if !(appended && meanwhile.loses_answer_of_append()) {
            return appended;
        }
        // From here on it does not know whether it has appended.
        if self.habit == Habit::AppendsAgain {
            self.store.append_anywhere(recorded);
            return true;
        }
        self.store.read(self.state.position()).starts_with(recorded)
    }
}

impl Host for Toy {
    type Error = Infallible;

    fn ask(
        &mut self,
        command: &Command,
        at: Timestamp,
        meanwhile: &mut Meanwhile<'_>,
    ) -> Result<Option<Answer>, Infallible> {
        loop {
            self.read();
            let events = match self.state.decide(command, at) {
                Ok(events) => events,
                Err(refusal) => return Ok(Some(refused(&refusal))),
            };
            let warned = command.requested().map(|request| self.state.warns(request, at));
            let recorded: Vec<_> = self.state.record(events.clone(), at, None).collect();
            if recorded.is_empty() || self.append(&recorded, meanwhile) {
                if self.habit == Habit::NeverReadsAgain {
                    recorded.iter().for_each(|recorded| drop(self.state.apply(recorded)));
                }
                return Ok(Some(Answer::accepted(Some(events), warned)));
            }
            if self.habit == Habit::NeverReadsAgain {
                return Ok(None);
            }
        }
    }

    fn authenticates(&mut self, credential: CredentialId, at: Timestamp) -> Result<Option<bool>, Infallible> {
        self.read();
        Ok(Some(self.state.authenticates(credential, at).is_ok()))
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Option<bool>, Infallible> {
        self.read();
        Ok(Some(self.state.may_use(credential, organization, at).is_ok()))
    }
}

fn refused(refusal: &Refusal) -> Answer {
    let rule = refusal.rule();
    Answer::refused(Some(rule), rule.http().map(|http| http.status))
}

/// A stream in memory.
#[derive(Debug, Clone, Default)]
struct Store(Rc<RefCell<Vec<RecordedEvent>>>);

impl Store {
    fn read(&self, after: Position) -> Vec<RecordedEvent> {
        let stored = self.0.borrow();
        stored
            .iter()
            .filter(|recorded| recorded.position > after)
            .cloned()
            .collect()
    }

    /// Appends where the stream ends there, and says whether it does.
    fn append(&self, expected: Position, recorded: &[RecordedEvent]) -> bool {
        let ends = self.0.borrow().last().map_or(Position::START, |last| last.position);
        let as_expected = ends == expected;
        if as_expected {
            self.append_anywhere(recorded);
        }
        as_expected
    }

    /// Appends where the stream ends, wherever that is.
    fn append_anywhere(&self, recorded: &[RecordedEvent]) {
        let mut stored = self.0.borrow_mut();
        for recorded in recorded {
            let ends = stored.last().map_or(Position::START, |last| last.position);
            stored.push(RecordedEvent {
                position: ends.next(),
                ..recorded.clone()
            });
        }
    }
}
