//! The state of an enterprise: the fold of its recorded events.

mod access;
mod apply;
pub(crate) mod authorizations;
pub(crate) mod coverage;
pub(crate) mod credentials;
pub(crate) mod epoch;
mod excerpt;
pub(crate) mod filter;
mod holdings;
mod index;
mod lookups;
pub(crate) mod membership;
mod organization_owners;
pub(crate) mod people_and_organizations;
pub(crate) mod progress;
pub(crate) mod record;
pub(crate) mod revocations;
pub(crate) mod running;
mod scope_table;
pub(crate) mod stored;
mod summary;
mod targets;

use alloc::vec::Vec;

pub use access::CredentialRef;
pub use holdings::AuthorizationRef;
pub use progress::{Progress, RevocationState};
pub use summary::{CountByKind, CountByRole, Summary};

use crate::enterprise::credentials::Credentials;
use crate::enterprise::filter::Filter;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::organization_owners::OrganizationOwners;
use crate::enterprise::people_and_organizations::{Organizations, People};
use crate::enterprise::revocations::Revocations;
use crate::enterprise::stored::{Stored, stored};
use crate::event::{Actor, Event, RecordedEvent};
use crate::id::Position;
use crate::name::EnterpriseSlug;
use crate::person::EnterpriseKind;
use crate::timestamp::Timestamp;

/// An enterprise as its recorded events have made it.
///
/// [`Enterprise::apply`] is the only way to change it, so a state is always the replay of a history. Its size is that
/// of what the history names. What a command costs does not grow with it, but for a revocation's job: its batches, and
/// the completion when it is applied, look through the credentials issued before the cut that the job has not passed
/// yet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enterprise {
    position: Position,
    last_at: Option<Timestamp>,
    identity: Option<Identity>,
    pub(crate) organizations: Organizations,
    pub(crate) people: People,
    pub(crate) organization_owners: OrganizationOwners,
    /// The stay of the first EMU owner, also after it ended: nobody follows.
    first_owner: Option<Ordinal>,
    pub(crate) credentials: Credentials,
    pub(crate) revocations: Revocations,
}

/// What the first event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) slug: EnterpriseSlug,
    pub(crate) kind: EnterpriseKind,
}

impl Stored for Enterprise {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.position.store(bytes);
        self.last_at.store(bytes);
        self.identity.store(bytes);
        self.organizations.store(bytes);
        self.people.store(bytes);
        self.organization_owners.store(bytes);
        self.first_owner.store(bytes);
        self.credentials.store(bytes);
        self.revocations.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let mut enterprise = Self {
            position: Stored::load(bytes)?,
            last_at: Stored::load(bytes)?,
            identity: Stored::load(bytes)?,
            organizations: Stored::load(bytes)?,
            people: Stored::load(bytes)?,
            organization_owners: Stored::load(bytes)?,
            first_owner: Stored::load(bytes)?,
            credentials: Stored::load(bytes)?,
            revocations: Stored::load(bytes)?,
        };
        let targets: Vec<Filter> = enterprise.revocations.filters_running().collect();
        targets.into_iter().for_each(|filter| enterprise.mark_target(filter));
        Some(enterprise)
    }
}

stored!(Identity { slug, kind });

impl Enterprise {
    /// An enterprise to which nothing has happened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The position of the last event applied; [`Position::START`] where there is none. An append expects it.
    pub const fn position(&self) -> Position {
        self.position
    }

    /// The time of the last event applied. No later event may be earlier.
    pub const fn last_at(&self) -> Option<Timestamp> {
        self.last_at
    }

    /// The enterprise's name in URLs; nothing before its creation.
    pub fn slug(&self) -> Option<&EnterpriseSlug> {
        self.identity.as_ref().map(|identity| &identity.slug)
    }

    /// The enterprise's kind; nothing before its creation.
    pub fn kind(&self) -> Option<EnterpriseKind> {
        self.identity.as_ref().map(|identity| identity.kind)
    }

    /// Whether all that it refers to is there. For a state that was not made by events; all others are so.
    pub(crate) fn is_complete(&self) -> bool {
        let has_person = |person: Option<Ordinal>| person.is_none_or(|person| self.people.has(person));
        let has_organization = |of: Option<Ordinal>| of.is_none_or(|of| self.organizations.has(of));
        let has = |filter: Filter| has_person(filter.person()) && has_organization(filter.organization());
        self.credentials.are_of(&self.people, &self.organizations)
            && self.revocations.are_of(self.credentials.len(), has)
            && has_person(self.first_owner)
            && (self.organization_owners.iter())
                .all(|(person, organization)| has_person(Some(person)) && has_organization(Some(organization)))
    }

    /// Notes whether an unfinished revocation is about the person of this filter.
    fn mark_target(&mut self, filter: Filter) {
        if let Some(person) = filter.person()
            && let Some(standing) = self.people.facts_mut(person)
        {
            standing.is_target = self.revocations.is_target(person);
        }
    }

    pub(crate) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Puts decided events into their envelopes: the positions that follow, one time,
    /// and whom the host names as the cause.
    ///
    /// `at` is the time that was given to [`Enterprise::decide`]. A request to revoke names its requester itself, so
    /// its envelope stays without `by`. The state is not borrowed: each event may be applied as it comes.
    pub fn record(
        &self,
        events: Vec<Event>,
        at: Timestamp,
        by: Option<Actor>,
    ) -> impl ExactSizeIterator<Item = RecordedEvent> + use<> {
        let mut position = self.position;
        let envelope = move |event: Event| {
            position = position.next();
            let by = by.filter(|_| !event.is_request());
            RecordedEvent {
                position,
                at,
                by,
                event,
            }
        };
        events.into_iter().map(envelope)
    }
}
