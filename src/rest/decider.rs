//! Who decides: the core, or a variant of it.

use alloc::vec::Vec;
use core::fmt::Debug;

use crate::command::{Caller, Command, Requested};
use crate::enterprise::Enterprise;
use crate::event::Event;
use crate::id::PersonId;
use crate::refusal::Refusal;
use crate::rest::operation::{Operation, Place};
use crate::timestamp::Timestamp;

/// What the operations ask that a rule decides. [`Enterprise`] answers with its own functions, so a host gives it as it
/// is. Whoever tests a client of the operations gives what is wrong on purpose.
pub trait Decider: Debug + Sync {
    /// The state, for what is only read of it.
    fn enterprise(&self) -> &Enterprise;

    /// Whether the caller may do this at the enterprise or the organization that the path calls `owner`: by
    /// [`Enterprise::authorize`] or [`Enterprise::authorize_at_organization`].
    ///
    /// [`Rule::OrganizationOfPath`](crate::Rule::OrganizationOfPath)
    ///
    /// # Errors
    /// The refusal.
    fn authorize(&self, operation: Operation, owner: &str, caller: &Caller, at: Timestamp) -> Result<(), Refusal> {
        let enterprise = self.enterprise();
        let authority = match operation.place() {
            Place::Enterprise => enterprise.authorize(caller, at),
            Place::Organization => {
                let organization = enterprise.organization_by_login(owner);
                let organization = organization.ok_or(Refusal::OrganizationNameUnknown);
                enterprise.authorize_at(caller, organization, operation.access(), at)
            }
        };
        authority.map(drop)
    }

    /// [`Enterprise::person_by_login`]
    fn person_by_login(&self, login: &str) -> Option<PersonId> {
        self.enterprise().person_by_login(login)
    }

    /// [`Enterprise::decide`]
    ///
    /// # Errors
    /// The refusal.
    fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
        self.enterprise().decide(command, at)
    }

    /// Whether to warn of what [`Enterprise::warns`] tells. Where it says no, nothing is told.
    fn may_warn(&self, _request: Requested<'_>, _at: Timestamp) -> bool {
        true
    }
}

impl Decider for Enterprise {
    fn enterprise(&self) -> &Enterprise {
        self
    }
}
