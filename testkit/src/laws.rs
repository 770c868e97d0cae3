//! The laws: what holds in every reachable state, for every word.

mod access;
mod audit;
mod authority;
mod decide;
mod filters;
mod job;
mod precedence;
mod scope;
mod structure;
mod tampering;
mod wire;

use core::fmt;
use std::string::String;

use crate::candidate::Candidate;
use crate::run::{Moment, Run};

pub(crate) use access::{access, the_cut};
pub(crate) use audit::audit;
pub(crate) use authority::{authority, managed_users};
pub(crate) use decide::{determinism, honest_decide, replay};
pub(crate) use filters::filters;
pub(crate) use job::job;
pub(crate) use precedence::{precedence, rules_over_http};
pub(crate) use scope::scope;
pub(crate) use structure::structure;
pub(crate) use wire::{rules_on_the_wire, wire};

/// Declares the laws from one table.
macro_rules! laws {
    ($($law:ident, $id:literal, $check:ident, $sentence:literal;)*) => {
        /// A law of the core: it holds for every word.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Law {
            $(#[doc = $sentence] $law,)*
        }

        impl Law {
            /// Every law.
            pub const ALL: [Self; [$($id),*].len()] = [$(Self::$law,)*];

            /// Its name in tests and documents.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$law => $id,)* }
            }

            /// The law in a sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$law => $sentence,)* }
            }

            /// Judges a run by this law.
            ///
            /// # Errors
            /// The first step that breaks it.
            pub fn check<C: Candidate>(self, run: &Run<C>) -> Result<(), Violation> {
                match self { $(Self::$law => $check(run),)* }
            }
        }
    };
}

laws! {
    Replay, "replay", replay, "Folding the recorded events gives the live state, at every prefix, split anywhere, \
        through a snapshot at any point.";
    HonestDecide, "honest_decide", honest_decide, "Every event that decide returns is accepted by apply; a refused \
        command changes nothing; deciding the same again yields no event.";
    Structure, "structure", structure, "apply refuses a gap, time that runs backwards, an item of another revocation, \
        an early completion and other totals, and is unchanged then; what only policy forbids it accepts.";
    Determinism, "determinism", determinism, "The same state, command and time give the same events, byte for byte.";
    Authority, "authority", authority, "Only an owner, a holder of the permission or a permitted installation, with a \
        token of the right kind and scope, may revoke at the enterprise, and only an organization's owner or a \
        permitted installation there; more authority never turns acceptance into refusal.";
    ManagedUsers, "managed_users", managed_users, "revoke_credentials is refused on every enterprise of personal \
        accounts, and without it no job destroys anything.";
    Scope, "scope", scope, "Everyone within the filters loses authorizations, only enterprise members and who is \
        named lose credentials and only of three kinds, the caller is neither spared nor left unwarned, and the plan \
        says what becomes of their token.";
    TheCut, "the_cut", the_cut, "Everything in scope is dead at once and for good, for every query and command; \
        nothing outside it is touched.";
    Filters, "filters", filters, "Nothing outside a request's filters is touched, a narrower request within it finds \
        nothing, of two that overlap the first has what both match, the first EMU owner is no target, and a login \
        means one person.";
    Job, "job", job, "The job makes progress and ends the same for all batch sizes and after a crash anywhere; it \
        completes once, when nothing is left, with the totals of the plan.";
    Precedence, "precedence", precedence, "Of several refusals the one is given that the catalogue puts first.";
    Wire, "wire", wire, "What is written is canonical and reads back the same; unknown fields are tolerated, and what \
        is no next event is refused by line.";
    Access, "access", access, "authenticates and may_use say no to everything pending, revoked, destroyed, expired, \
        departed or unknown, and yes to all else.";
    Audit, "audit", audit, "An audit accepts every history that the core writes, and of the altered ones only those \
        that it could have written.";
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

/// A law broken: where, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The law.
    pub law: Law,
    /// The step of the word, from 1; absent where the history as a whole breaks it.
    pub step: Option<usize>,
    /// What was expected, and what was found.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "law `{}` is broken: {}", self.law, self.law.sentence())?;
        match self.step {
            Some(step) => write!(f, "at step {step}: {}", self.what),
            None => write!(f, "{}", self.what),
        }
    }
}

impl core::error::Error for Violation {}

impl Law {
    /// Nothing, if what a step shows is as the law demands.
    fn at<C>(self, moment: &Moment<C>, holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
        if holds {
            return Ok(());
        }
        let (law, step, what) = (self, Some(moment.step), what());
        Err(Violation { law, step, what })
    }

    /// Nothing, if what the history shows is as the law demands.
    fn of(self, holds: bool, what: impl FnOnce() -> String) -> Result<(), Violation> {
        if holds {
            return Ok(());
        }
        let (law, step, what) = (self, None, what());
        Err(Violation { law, step, what })
    }
}
