//! What is answered, in the order in which it is written.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::Display;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::enterprise::Progress;
use crate::id::{CredentialId, OrganizationId, PersonId, Position, RevocationId};
use crate::oracle::fault::Fault;
use crate::refusal::{AccessDenial, CredentialDenial, Refusal};
use crate::rule::Rule;
use crate::timestamp::Timestamp;

/// An answer to a request.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Answer<'a, T> {
    Done {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        result: T,
    },
    Failed {
        #[serde(skip_serializing_if = "Option::is_none")]
        id: Option<&'a RawValue>,
        error: Fault,
    },
}

impl<T: Serialize> Answer<'_, T> {
    pub(super) fn written(&self) -> String {
        let written = serde_json::to_string(self);
        debug_assert!(written.is_ok(), "an answer has no JSON: {written:?}");
        written.unwrap_or_default()
    }
}

#[derive(Serialize)]
pub(super) struct Version {
    pub(super) version: &'static str,
    pub(super) protocol: u32,
    pub(super) rule_set: u32,
}

/// Where an enterprise is.
#[derive(Serialize)]
pub(super) struct Reached {
    pub(super) handle: u64,
    pub(super) position: Position,
    pub(super) last_at: Option<Timestamp>,
}

#[derive(Serialize)]
pub(super) struct Ended {
    pub(super) handle: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Decision {
    Accepted(Accepted),
    Refused(Denied),
}

#[derive(Serialize)]
pub(super) struct Accepted {
    /// As in the log.
    pub(super) events: Vec<Box<RawValue>>,
    /// Of a request to revoke: which revocation it is, the one that its key stands for included.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) revocation: Option<RevocationId>,
    /// Of a request to revoke.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) warned: Option<bool>,
}

/// A rule's no.
#[derive(Serialize)]
pub(super) struct Denied {
    rule: Rule,
    status: Option<u16>,
    source: String,
    message: String,
}

impl Denied {
    fn new(rule: Rule, message: impl Display) -> Self {
        Self {
            rule,
            status: rule.http().map(|http| http.status),
            source: rule.source().to_string(),
            message: message.to_string(),
        }
    }
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Self {
        Self::new(refusal.rule(), refusal)
    }
}

impl From<CredentialDenial> for Denied {
    fn from(denial: CredentialDenial) -> Self {
        Self::new(denial.rule(), denial)
    }
}

impl From<AccessDenial> for Denied {
    fn from(denial: AccessDenial) -> Self {
        Self::new(denial.rule(), denial)
    }
}

#[derive(Serialize)]
pub(super) struct Access {
    pub(super) authenticates: Permitted,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) may_use: Option<Permitted>,
}

#[derive(Serialize)]
pub(super) struct Permitted {
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<PersonId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denied: Option<Denied>,
}

impl Permitted {
    /// Yes, perhaps with who it is, or no.
    pub(super) fn of<D: Into<Denied>>(answer: Result<Option<PersonId>, D>) -> Self {
        let allowed = answer.is_ok();
        let (person, denied) = match answer {
            Ok(person) => (person, None),
            Err(denial) => (None, Some(denial.into())),
        };
        Self {
            allowed,
            person,
            denied,
        }
    }
}

/// Everything that is allowed.
#[derive(Serialize)]
pub(super) struct AllAccess {
    pub(super) authenticates: Vec<CredentialId>,
    pub(super) may_use: Vec<(CredentialId, OrganizationId)>,
}

#[derive(Serialize)]
pub(super) struct Revocations {
    pub(super) revocations: Vec<Progress>,
}

#[derive(Serialize)]
pub(super) struct Snapshot {
    pub(super) snapshot: String,
}
