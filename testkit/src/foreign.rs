//! Drives an implementation that is not this one, and compares it with the core: step by step, refusals included.
//!
//! An [`Implementation`] says as much as it can. What it does not say is not compared. If it cannot do something
//! itself, the events that the core recorded bring it there. The first [`Failure`] is reported, with the shrunken word
//! and the step. It is an answer that is not the core's, with the rules at work, or a panic, or that the implementation
//! could not be asked at all.
//!
//! ```
//! use enterprise_credentials_testkit::foreign::{Answer, Asked, Implementation, compare};
//! use enterprise_credentials::{Caller, Command, Enterprise};
//!
//! /// Somebody's service, which has never heard of installations.
//! #[derive(Default)]
//! struct Service(Enterprise);
//!
//! impl Implementation for Service {
//!     type Error = enterprise_credentials::CorruptHistory;
//!
//!     fn begin(&mut self) -> Result<(), Self::Error> {
//!         self.0 = Enterprise::new();
//!         Ok(())
//!     }
//!
//!     fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, Self::Error> {
//!         let answer = match asked.command {
//!             Command::RevokeAll(request) if matches!(request.caller, Caller::Installation { .. }) => {
//!                 return Ok(Answer::refused(None, Some(401)));
//!             }
//!             _ => Answer::Unasked,
//!         };
//!         for recorded in asked.recorded_by_core {
//!             self.0.apply(recorded)?;
//!         }
//!         Ok(answer)
//!     }
//! }
//!
//! let found = compare(&mut Service::default(), 1, 200).expect_err("installations may revoke all");
//! assert!(found.to_string().contains(r#""installation""#), "{found}");
//! ```

mod behind;
mod comparison;
mod failure;

use core::fmt;
use std::boxed::Box;
use std::vec::Vec;

use enterprise_credentials::{
    Command, CredentialId, Enterprise, Event, OrganizationId, RecordedEvent, Refusal, Rule, Timestamp,
};

pub use behind::Behind;
pub(crate) use comparison::{answered, told};
pub use comparison::{compare, compare_word};
pub use failure::{Divergence, Failure, Interruption};

/// An implementation of the operation, in whatever language, behind whatever protocol.
pub trait Implementation {
    /// Why it could not be asked at all. That is no answer, and ends the comparison as [`Failure::Unreachable`].
    type Error: fmt::Display;

    /// Begins anew, with an enterprise to which nothing has happened.
    ///
    /// # Errors
    /// Where that is not possible.
    fn begin(&mut self) -> Result<(), Self::Error>;

    /// Answers a command, or is brought to where the core is.
    ///
    /// # Errors
    /// Where it could not be asked.
    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, Self::Error>;

    /// Whether a credential authenticates now; nothing, if this implementation cannot be asked that.
    ///
    /// # Errors
    /// Where it could not be asked.
    fn authenticates(&mut self, _credential: CredentialId, _at: Timestamp) -> Result<Option<bool>, Self::Error> {
        Ok(None)
    }

    /// Whether a credential may be used for an organization now; nothing, if this implementation cannot be asked that.
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

impl<I: Implementation + ?Sized> Implementation for Box<I> {
    type Error = I::Error;

    fn begin(&mut self) -> Result<(), Self::Error> {
        (**self).begin()
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, Self::Error> {
        (**self).ask(asked)
    }

    fn authenticates(&mut self, credential: CredentialId, at: Timestamp) -> Result<Option<bool>, Self::Error> {
        (**self).authenticates(credential, at)
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Option<bool>, Self::Error> {
        (**self).may_use(credential, organization, at)
    }
}

/// What an implementation is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The command.
    pub command: &'a Command,
    /// When. Every word begins later than any clock: a host that takes the later of its clock and the stream's last
    /// time can be held to it by an event at this time.
    pub at: Timestamp,
    /// What the core recorded of it: for an implementation that has no such command of its own, and follows.
    pub recorded_by_core: &'a [RecordedEvent],
    /// The core's state before.
    pub core_before: &'a Enterprise,
}

/// What an implementation answers.
///
/// Exhaustive: it is made by callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Nothing: the command is not its business. It has followed the core.
    Unasked,
    /// It accepts.
    Accepted {
        /// The events that it recorded, if it can tell.
        events: Option<Vec<Event>>,
        /// Whether it warns the caller, if it can tell.
        warned: Option<bool>,
    },
    /// It refuses.
    Refused {
        /// By which rule, if it can tell.
        rule: Option<Rule>,
        /// With which HTTP status, if it speaks HTTP.
        status: Option<u16>,
    },
}

impl Answer {
    /// It accepts, with these events and this warning, where it can tell.
    pub const fn accepted(events: Option<Vec<Event>>, warned: Option<bool>) -> Self {
        Self::Accepted { events, warned }
    }

    /// It refuses, by this rule and with this status, where it can tell.
    pub const fn refused(rule: Option<Rule>, status: Option<u16>) -> Self {
        Self::Refused { rule, status }
    }

    pub(crate) fn agrees_with(&self, decided: &Result<Vec<Event>, Refusal>, core_warns: bool) -> bool {
        match (self, decided) {
            (Self::Unasked, _) => true,
            (Self::Accepted { events, warned }, Ok(decided)) => {
                events.as_ref().is_none_or(|events| events == decided)
                    && warned.is_none_or(|warned| warned == core_warns)
            }
            (Self::Refused { rule, status }, Err(refusal)) => {
                let due = refusal.rule().http().map(|http| http.status);
                rule.is_none_or(|rule| rule == refusal.rule()) && (status.is_none() || due.is_none() || *status == due)
            }
            (Self::Accepted { .. }, Err(_)) | (Self::Refused { .. }, Ok(_)) => false,
        }
    }
}
