//! Revokes the credentials of an enterprise, at once and provably. This crate holds the rules of
//! `POST /enterprises/{enterprise}/credential-authorizations/revoke-all`, and of the operations that take less, as a
//! pure command handler.
//!
//! An enterprise is a stream of recorded events. [`Enterprise::apply`] folds them into a state. [`Enterprise::decide`]
//! answers a [`Command`] with the events to record, or with a [`Refusal`] that names its [`Rule`].
//!
//! There is no I/O here, no clock and no randomness. So a hosting service can embed this crate, a property-based test
//! suite can use it as its oracle, and an auditor who replays a log through it gets the same answers.
//!
//! ```
//! use enterprise_credentials::{Caller, Command, CredentialKind, Enterprise, RevokeAll, Role, Timestamp};
//! # use enterprise_credentials::{CredentialId, EnterpriseKind, EnterpriseSlug, Login};
//! # use enterprise_credentials::{OrganizationId, PersonId, Scopes};
//!
//! # fn main() -> Result<(), Box<dyn core::error::Error>> {
//! # let (owner, token, organization) = (PersonId::new(7)?, CredentialId::new(901)?, OrganizationId::new(3)?);
//! let at = Timestamp::parse("2026-03-10T09:00:00.000Z")?;
//! let mut enterprise = Enterprise::new();
//! let mut ask = |enterprise: &mut Enterprise, command: &Command| -> Result<(), Box<dyn core::error::Error>> {
//!     let events = enterprise.decide(command, at)?; // an error names the rule that forbids it
//!     for recorded in enterprise.record(events, at, None) {
//!         enterprise.apply(&recorded)?; // a host appends to its store first, expecting `enterprise.position()`
//!     }
//!     Ok(())
//! };
//! # let (slug, kind) = (EnterpriseSlug::new("octo-corp")?, EnterpriseKind::ManagedUsers);
//! ask(&mut enterprise, &Command::CreateEnterprise { slug, kind })?;
//! # let login = Login::new("octo-org")?;
//! ask(&mut enterprise, &Command::AddOrganization { organization, login })?;
//! # let login = Login::new("mona")?;
//! ask(&mut enterprise, &Command::AddMember { member: owner, login, role: Role::Owner })?;
//! # let (kind, scopes) = (CredentialKind::ClassicPat, Scopes::parse(["admin:enterprise"])?);
//! # let (expires_at, fingerprint) = (None, None);
//! # let issue = Command::IssueCredential { credential: token, owner, kind, scopes, expires_at, fingerprint };
//! # ask(&mut enterprise, &issue)?;
//! ask(&mut enterprise, &Command::AuthorizeCredential { credential: token, organization })?;
//! assert!(enterprise.may_use(token, organization, at).is_ok());
//!
//! let caller = Caller::Person { person: owner, credential: Some(token) };
//! let request = RevokeAll { caller, revoke_credentials: false, idempotency_key: None };
//! ask(&mut enterprise, &Command::RevokeAll(request))?;
//! assert!(enterprise.may_use(token, organization, at).is_err()); // effective at once, before any job has run
//! # Ok(())
//! # }
//! ```
//!
//! | concern | type |
//! | --- | --- |
//! | what happened | [`Event`] in a [`RecordedEvent`]; [`Actor`], [`Authority`] |
//! | what is asked | [`Command`], [`RevokeAll`], [`Caller`] |
//! | the state, and who may do what now | [`Enterprise`] |
//! | the blast radius, and how far the job is | [`Plan`], [`Progress`] |
//! | why not | [`Refusal`] (the request), [`CorruptHistory`] (the data), [`log::LogError`] (the bytes) |
//! | the rules | [`Rule`] |
//! | the stream as bytes | [`log`] |
//! | the state as bytes | [`snapshot`] |
//! | the HTTP contract | [`rest`] |
//! | the evidence | [`audit`] |
//! | what became of each credential | [`outcomes`] |
//! | why this was decided | [`receipt`] |
//! | whose standing differs between two states | [`diff`] |
//! | log and service compared | [`reconcile`] |
//! | all of this as JSON, for suites in any language | [`oracle`] |
//! | guides | `guides`, in the documentation alone |
//! | values and their limits | [`EnterpriseSlug`], [`CredentialId`], [`Timestamp`] …, [`limits`] |
#![no_std]

extern crate alloc;

mod command;
mod corrupt_history;
mod credential;
mod decide;
mod enterprise;
mod event;
mod hashing;
mod id;
mod json;
pub mod limits;
mod name;
mod person;
mod plan;
mod refusal;
mod rule;
mod sorted;
mod survival;
mod timestamp;

pub mod audit;
pub mod diff;
pub mod log;
pub mod oracle;
pub mod outcomes;
pub mod receipt;
pub mod reconcile;
pub mod rest;
pub mod snapshot;

pub use command::{Caller, Command, Requested, Revoke, RevokeAll};
pub use corrupt_history::{CorruptHistory, Corruption};
pub use credential::{
    ADMIN_ENTERPRISE_SCOPE, ADMIN_ORG_SCOPE, CallRequirement, CredentialKind, CredentialType,
    ENTERPRISE_CREDENTIALS_WRITE, ORGANIZATION_ADMINISTRATION_READ, ORGANIZATION_ADMINISTRATION_WRITE,
    OrganizationAccess, READ_ORG_SCOPE,
};
pub use decide::ListRefusal;
pub use enterprise::{
    AuthorizationRef, CountByKind, CountByRole, CredentialRef, Enterprise, Progress, RevocationState, Summary,
};
pub use event::{Actor, Authority, Event, RecordedEvent};
pub use id::{CredentialId, InstallationId, OrganizationId, PersonId, Position, RevocationId};
pub use limits::InvalidValue;
pub use name::{EnterpriseSlug, Fingerprint, IdempotencyKey, Login, Scope, Scopes};
pub use person::{EnterpriseKind, Permission, Role};
pub use plan::{
    AlreadyPending, CallerFate, CallerLoss, KindLoss, Loss, NotCovered, OrganizationLoss, OwnerLoss, Plan, RoleLoss,
};
pub use refusal::{AccessDenial, CredentialDenial, Refusal};
pub use rule::{HttpRefusal, Rule, Source};
pub use timestamp::Timestamp;

/// Guides, for those who embed, audit or test. The same texts stand in the folder `docs` of the repository.
#[cfg(all(doc, not(doctest)))]
pub mod guides {
    #[doc = include_str!("../docs/onboarding.md")]
    pub mod onboarding {}
    #[doc = include_str!("../docs/embedding.md")]
    pub mod embedding {}
    #[doc = include_str!("../docs/auditing.md")]
    pub mod auditing {}
    #[doc = include_str!("../docs/seals.md")]
    pub mod seals {}
    #[doc = include_str!("../docs/receipts.md")]
    pub mod receipts {}
    #[doc = include_str!("../docs/wire-format.md")]
    pub mod wire_format {}
    #[doc = include_str!("../docs/testkit.md")]
    pub mod testkit {}
    #[doc = include_str!("../docs/oracle.md")]
    pub mod oracle {}
    #[doc = include_str!("../docs/rules.md")]
    pub mod rules {}
}

/// The examples of the documents, compiled and run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[doc = include_str!("../docs/embedding.md")]
#[doc = include_str!("../docs/onboarding.md")]
struct Documents;
