//! Two instances of somebody's host over one store. They show what neither a word nor a law can see.
//!
//! A host that keeps states in memory can be wrong although each of its decisions is right. It may answer from a state
//! that others have passed. Or it may append what it decided to a stream that has grown since. [`drive`] asks two
//! instances in turns. It lets one append between the other's read and its append, and it loses answers. It compares
//! what each says, and what the store then holds, with the core.
//!
//! ```
//! use enterprise_credentials_testkit::hosts::{Fault, drive, toy::{Habit, Toys}};
//!
//! drive(&mut Toys::new(Habit::Sound), 1, 5).unwrap_or_else(|found| panic!("{found}"));
//! let found = drive(&mut Toys::new(Habit::NeverReadsAgain), 1, 50).expect_err("it is stale");
//! assert_eq!(found.fault, Fault::StaleAnswer, "{found}");
//! ```

mod drive;
mod finding;
mod judge;
mod stage;
pub mod toy;
mod turns;

use core::fmt;
use std::vec::Vec;

use enterprise_credentials::{Command, CredentialId, OrganizationId, RecordedEvent, Timestamp};

use crate::foreign::Answer;

pub use drive::{Driven, drive, drive_turns};
pub use finding::{Fault, Finding};
pub use turns::{How, Turn};

/// Two instances of a host over one store, and a way to see what the store holds.
pub trait Hosts {
    /// Why the store or a host could not be asked at all. That is no answer,
    /// and ends the drive as [`Fault::Unreachable`].
    type Error: fmt::Display;

    /// One instance.
    type Host: Host<Error = Self::Error>;

    /// Begins anew: two instances over an empty store.
    ///
    /// # Errors
    /// Where that is not possible.
    fn begin(&mut self) -> Result<[Self::Host; 2], Self::Error>;

    /// Every event that the store holds, in order; asked of the store, and not of a host.
    ///
    /// # Errors
    /// Where it cannot be read.
    fn stored(&mut self) -> Result<Vec<RecordedEvent>, Self::Error>;

    /// Puts events behind those that the store holds: what comes from elsewhere,
    /// of commands that no host [takes](Hosts::takes).
    ///
    /// # Errors
    /// Where they cannot be stored.
    fn append(&mut self, recorded: &[RecordedEvent]) -> Result<(), Self::Error>;

    /// Whether hosts of this kind have such a command.
    fn takes(&self, _command: &Command) -> bool {
        true
    }

    /// The time that hosts of this kind decide at, where they are asked at one and the store's last event is of
    /// another. Words are later than any clock, so a host with a clock of its own decides at the time of the last
    /// event.
    fn time(&self, asked: Timestamp, _last: Option<Timestamp>) -> Timestamp {
        asked
    }
}

/// One instance of a host.
pub trait Host {
    /// Why it could not be asked at all.
    type Error: fmt::Display;

    /// Answers a command; nothing, where it gives no answer: a 503, or a time-out. Then it may have recorded what it
    /// decided, or not. [`Answer::Unasked`] is for commands that are not [taken](Hosts::takes).
    ///
    /// # Errors
    /// Where it could not be asked.
    fn ask(
        &mut self,
        command: &Command,
        at: Timestamp,
        meanwhile: &mut Meanwhile<'_>,
    ) -> Result<Option<Answer>, Self::Error>;

    /// Whether a credential authenticates now; nothing, if this host cannot be asked that.
    ///
    /// # Errors
    /// Where it could not be asked.
    fn authenticates(&mut self, _credential: CredentialId, _at: Timestamp) -> Result<Option<bool>, Self::Error> {
        Ok(None)
    }

    /// Whether a credential may be used for an organization now; nothing, if this host cannot be asked that.
    ///
    /// # Errors
    /// Where it could not be asked.
    fn may_use(
        &mut self,
        _credential: CredentialId,
        _organization: OrganizationId,
        _at: Timestamp,
    ) -> Result<Option<bool>, Self::Error> {
        Ok(None)
    }
}

/// What happens while a host answers. A host whose store can be wrapped in its tests says when; for one that cannot,
/// what should have happened in between happens after it.
pub struct Meanwhile<'a> {
    other: Option<&'a mut dyn FnMut()>,
    loses_answer: bool,
}

impl<'a> Meanwhile<'a> {
    fn new(other: Option<&'a mut dyn FnMut()>, loses_answer: bool) -> Self {
        Self { other, loses_answer }
    }

    /// To be called when the host has read and decided, and before it appends: the other instance may append here. Does
    /// nothing the next time. Nothing may be locked that the other needs.
    pub fn before_append(&mut self) {
        if let Some(other) = self.other.take() {
            other();
        }
    }

    /// To be asked when the store has appended: whether the host never hears of it. It should be told what its store's
    /// client tells it when a connection breaks. Says no the next time.
    pub fn loses_answer_of_append(&mut self) -> bool {
        core::mem::take(&mut self.loses_answer)
    }
}

impl fmt::Debug for Meanwhile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let other_appends = self.other.is_some();
        f.debug_struct("Meanwhile")
            .field("other_appends", &other_appends)
            .field("loses_answer", &self.loses_answer)
            .finish()
    }
}
