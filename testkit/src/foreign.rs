//! Driving an implementation that is not this one, and comparing it with the core: step by step, refusals included.
//!
//! An [`Implementation`] says as much as it can. What it does not say is not compared; what it cannot do itself it is
//! brought to by the events that the core recorded. The first difference is reported as a [`Divergence`]: the word, shrunken,
//! the step, both answers, and the rules at work.
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
//! let divergence = compare(&mut Service::default(), 1, 200).expect_err("installations may revoke all");
//! assert!(divergence.to_string().contains(r#""installation""#), "{divergence}");
//! ```

use core::fmt;
use std::boxed::Box;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use crate::coverage::{Coverage, rules_at_work};
use crate::exploration::{Counterexample, explore};
use crate::run::{Moment, Run};
use crate::word::{Word, json};
use crate::world;
use enterprise_credentials::{
    Command, CredentialId, Enterprise, Event, OrganizationId, RecordedEvent, Refusal, Rule, Timestamp,
};

/// An implementation of the operation, in whatever language, behind whatever protocol.
pub trait Implementation {
    /// Why it could not be asked at all. That is no answer, and ends the comparison.
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

/// What an implementation is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The command.
    pub command: &'a Command,
    /// When. Every word begins later than any clock: a host that takes the later of its clock and the stream's last time
    /// can be held to it by an event at this time.
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

    fn agrees_with(&self, decided: &Result<Vec<Event>, Refusal>, core_warns: bool) -> bool {
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

/// Where an implementation first differs from the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step of the word, from 1.
    pub step: usize,
    /// What was asked, as JSON or in words.
    pub asked: String,
    /// When.
    pub at: Timestamp,
    /// What the core answers.
    pub core: String,
    /// What the implementation answers.
    pub other: String,
    /// The rules by which the core answers so.
    pub rules: Vec<Rule>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "at step {}, {}: {}", self.step, self.at, self.asked)?;
        writeln!(f, "  the core:           {}", self.core)?;
        write!(f, "  the implementation: {}", self.other)?;
        self.rules
            .iter()
            .try_for_each(|rule| write!(f, "\n  rule {rule}: {}", rule.sentence()))
    }
}

impl core::error::Error for Divergence {}

/// Drives an implementation with `cases` random words and compares each of its answers with the core's.
///
/// # Errors
/// The first divergence, with the smallest word that was found to show it.
pub fn compare<I: Implementation>(
    implementation: &mut I,
    seed: u64,
    cases: u32,
) -> Result<Coverage, Box<Counterexample<Divergence>>> {
    let mut coverage = Coverage::default();
    explore(seed, cases, |word| {
        coverage.observe(&Run::<Enterprise>::of(word));
        compare_word(implementation, word)
    })?;
    Ok(coverage)
}

/// Takes one word with the core and with an implementation.
///
/// # Errors
/// The first divergence.
pub fn compare_word<I: Implementation>(implementation: &mut I, word: &Word) -> Result<(), Divergence> {
    let run = Run::<Enterprise>::of(word);
    let mut begun = implementation.begin().map_err(|error| error.to_string());
    for moment in &run.moments {
        let asked = Asked {
            command: &moment.command,
            at: moment.at,
            recorded_by_core: &moment.recorded,
            core_before: &moment.before,
        };
        let answer = core::mem::replace(&mut begun, Ok(()))
            .and_then(|()| implementation.ask(&asked).map_err(|error| error.to_string()));
        let request = asked.command.requested();
        let warns = request.is_some_and(|request| moment.before.warns(request, moment.at));
        if !answer
            .as_ref()
            .is_ok_and(|answer| answer.agrees_with(&moment.decided, warns))
        {
            let core = match &moment.decided {
                Ok(events) if warns => format!("accepted with a warning, {events:?}"),
                Ok(events) => format!("accepted, {events:?}"),
                Err(refusal) => format!("refused by {}: {refusal}", refusal.rule()),
            };
            return Err(divergence(moment, json(asked.command), core, format!("{answer:?}")));
        }
        compare_access(implementation, moment)?;
    }
    Ok(())
}

fn compare_access<I: Implementation>(implementation: &mut I, moment: &Moment<Enterprise>) -> Result<(), Divergence> {
    for credential in world::credentials() {
        let core = moment.after.authenticates(credential, moment.at);
        let other = implementation
            .authenticates(credential, moment.at)
            .map_err(|error| error.to_string());
        if other
            .as_ref()
            .map_or(true, |other| other.is_some_and(|other| other != core.is_ok()))
        {
            let asked = format!("whether credential {credential} authenticates");
            return Err(divergence(moment, asked, format!("{core:?}"), format!("{other:?}")));
        }
    }
    for (credential, organization) in world::pairs() {
        let core = moment.after.may_use(credential, organization, moment.at);
        let other = implementation
            .may_use(credential, organization, moment.at)
            .map_err(|error| error.to_string());
        if other
            .as_ref()
            .map_or(true, |other| other.is_some_and(|other| other != core.is_ok()))
        {
            let asked = format!("whether credential {credential} may be used for organization {organization}");
            return Err(divergence(moment, asked, format!("{core:?}"), format!("{other:?}")));
        }
    }
    Ok(())
}

fn divergence(moment: &Moment<Enterprise>, asked: String, core: String, other: String) -> Divergence {
    let rules = rules_at_work(moment).into_iter().collect();
    let (step, at) = (moment.step, moment.at);
    Divergence {
        step,
        asked,
        at,
        core,
        other,
        rules,
    }
}
