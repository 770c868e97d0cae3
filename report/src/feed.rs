//! Each recorded event as one line, in a format that security tools read. The same event always gives the same bytes.
//!
//! None of these formats has a schema that a machine could check without a network. The keys that we use are checked
//! against the dated lists in `fields/`. Nobody but this package has validated them.

mod cef;
mod facts;
mod github_audit;
mod ocsf;

use enterprise_credentials::{Actor, CredentialId, Enterprise, Event, Fingerprint, RecordedEvent};

use facts::Facts;

/// The product, and its vendor, as formats ask for them.
const PRODUCT: &str = "enterprise-credentials";

/// A format of others.
///
/// Exhaustive: it is made by callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feed {
    /// JSON lines with the field names of the provider's audit log. What it documents no action for has one of ours,
    /// which begins with `enterprise_credentials.`.
    GithubAudit,
    /// JSON lines of the Open Cybersecurity Schema Framework 1.8.0: API Activity for requests,
    /// Entity Management for all else.
    Ocsf,
    /// ArcSight's Common Event Format, version 0.
    Cef,
}

/// A recorded event, and what is known around it.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The state after the event.
    pub enterprise: &'a Enterprise,
    /// The event.
    pub recorded: &'a RecordedEvent,
    /// The fingerprint of the credential that it was done with: of [`acted_with`].
    pub callers: Option<&'a Fingerprint>,
    /// The fingerprint of the credential that it is about: of [`about`].
    pub subjects: Option<&'a Fingerprint>,
}

/// The credential that an event was done with, if it names one.
pub fn acted_with(recorded: &RecordedEvent) -> Option<CredentialId> {
    match facts::actor(recorded)? {
        Actor::Person { credential, .. } => credential,
        Actor::Installation { .. } => None,
    }
}

/// The credential that an event is about, if it is about one.
pub const fn about(event: &Event) -> Option<CredentialId> {
    match event {
        Event::CredentialIssued { credential, .. }
        | Event::CredentialAuthorized { credential, .. }
        | Event::AuthorizationRevoked { credential, .. }
        | Event::CredentialDestroyed { credential, .. } => Some(*credential),
        _ => None,
    }
}

impl Feed {
    /// The event's line, without a line feed.
    pub fn line(self, known: &Known<'_>) -> String {
        let facts = Facts::of(known);
        match self {
            Self::GithubAudit => github_audit::object(&facts).to_string(),
            Self::Ocsf => ocsf::object(&facts).to_string(),
            Self::Cef => cef::line(&facts),
        }
    }
}
