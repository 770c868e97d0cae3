//! What every format asks of an event: who, what, whose, where.

use enterprise_credentials::{
    Actor, CredentialId, CredentialKind, Event, OrganizationId, PersonId, RecordedEvent, RevocationId, Timestamp,
};
use serde_json::Value;

use super::{Known, about};

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Activity {
    Create,
    Update,
    Delete,
    /// A request to revoke.
    Request,
}

/// What it is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entity {
    Enterprise,
    Organization,
    Person,
    Credential,
    Authorization,
    Revocation,
}

impl Entity {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Enterprise => "Enterprise",
            Self::Organization => "Organization",
            Self::Person => "User",
            Self::Credential => "Credential",
            Self::Authorization => "Credential Authorization",
            Self::Revocation => "Revocation",
        }
    }
}

/// An event, taken apart.
pub(super) struct Facts<'a> {
    pub(super) recorded: &'a RecordedEvent,
    pub(super) slug: &'a str,
    pub(super) activity: Activity,
    pub(super) entity: Entity,
    pub(super) actor: Option<Actor>,
    pub(super) actor_login: Option<&'a str>,
    pub(super) actor_fingerprint: Option<&'a str>,
    /// Whom it is about: of a credential the owner.
    pub(super) person: Option<PersonId>,
    pub(super) login: Option<&'a str>,
    pub(super) organization: Option<OrganizationId>,
    pub(super) organization_login: Option<&'a str>,
    pub(super) credential: Option<CredentialId>,
    pub(super) kind: Option<CredentialKind>,
    pub(super) fingerprint: Option<&'a str>,
    pub(super) revocation: Option<RevocationId>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(known: &Known<'a>) -> Self {
        let &Known {
            enterprise,
            recorded,
            callers,
            subjects,
        } = known;
        let event = &recorded.event;
        let actor = actor(recorded);
        let actor_login = match actor {
            Some(Actor::Person { person, .. }) => enterprise.last_login(person),
            Some(Actor::Installation { .. }) | None => None,
        };
        let credential = about(event);
        let issued = credential.and_then(|credential| enterprise.credential(credential));
        let person = person(event).or_else(|| issued.map(|issued| issued.owner()));
        let organization = organization(event);
        let (activity, entity) = kind_of(event);
        Self {
            recorded,
            slug: enterprise.slug().map_or("", |slug| slug.as_str()),
            activity,
            entity,
            actor,
            actor_login: actor_login.map(|login| login.as_str()),
            actor_fingerprint: callers.map(|fingerprint| fingerprint.as_str()),
            person,
            login: person
                .and_then(|person| enterprise.last_login(person))
                .map(|login| login.as_str()),
            organization,
            organization_login: organization
                .and_then(|organization| enterprise.last_organization_login(organization))
                .map(|login| login.as_str()),
            credential,
            kind: issued.map(|issued| issued.kind()),
            fingerprint: subjects.map(|fingerprint| fingerprint.as_str()),
            revocation: revocation(recorded),
        }
    }

    pub(super) const fn at(&self) -> Timestamp {
        self.recorded.at
    }

    /// Names one event for ever: whoever gets it twice can tell.
    pub(super) fn document_id(&self) -> String {
        format!("{}:{}", self.slug, self.recorded.position)
    }

    /// The event's own fields, its type and its position, as they are in the log.
    pub(super) fn own_fields(&self) -> Value {
        let mut fields = serde_json::to_value(&self.recorded.event).unwrap_or_default();
        if let Some(fields) = fields.as_object_mut() {
            fields.insert("position".to_owned(), self.recorded.position.value().into());
            fields.extend(self.kind.map(|kind| ("kind".to_owned(), kind.as_str().into())));
        }
        fields
    }

    /// The id of what it is about.
    pub(super) fn entity_id(&self) -> String {
        let text = |id: Option<u64>| id.map_or_else(String::new, |id| id.to_string());
        match self.entity {
            Entity::Enterprise => self.slug.to_owned(),
            Entity::Organization => text(self.organization.map(OrganizationId::value)),
            Entity::Person => text(self.person.map(PersonId::value)),
            Entity::Credential => text(self.credential.map(CredentialId::value)),
            Entity::Authorization => format!(
                "{}/{}",
                text(self.credential.map(CredentialId::value)),
                text(self.organization.map(OrganizationId::value))
            ),
            Entity::Revocation => text(self.revocation.map(RevocationId::value)),
        }
    }

    /// What a person reads.
    pub(super) fn sentence(&self) -> String {
        let name = self.recorded.event.name();
        let subject = format!("{} {}", self.entity.as_str().to_lowercase(), self.entity_id());
        let owner = (self.credential.and(self.login)).map_or_else(String::new, |login| format!(" of {login}"));
        format!("{name}: {subject}{owner} in {}", self.slug)
    }
}

/// Who did it: of a request its requester, of all else whom the host names.
pub(super) const fn actor(recorded: &RecordedEvent) -> Option<Actor> {
    match &recorded.event {
        Event::RevokeAllRequested { requested_by, .. } | Event::RevocationRequested { requested_by, .. } => {
            Some(*requested_by)
        }
        _ => recorded.by,
    }
}

const fn person(event: &Event) -> Option<PersonId> {
    match event {
        Event::MemberAdded { member, .. }
        | Event::MemberRoleChanged { member, .. }
        | Event::MemberRemoved { member }
        | Event::PermissionGranted { member, .. }
        | Event::PermissionWithdrawn { member, .. }
        | Event::OrganizationOwnerAdded { member, .. }
        | Event::OrganizationOwnerRemoved { member, .. } => Some(*member),
        Event::CredentialIssued { owner, .. } => Some(*owner),
        Event::RevocationRequested { person, .. } => *person,
        _ => None,
    }
}

const fn organization(event: &Event) -> Option<OrganizationId> {
    match event {
        Event::OrganizationAdded { organization, .. }
        | Event::OrganizationRemoved { organization }
        | Event::OrganizationOwnerAdded { organization, .. }
        | Event::OrganizationOwnerRemoved { organization, .. }
        | Event::CredentialAuthorized { organization, .. }
        | Event::AuthorizationRevoked { organization, .. } => Some(*organization),
        Event::RevocationRequested { organization, .. } => *organization,
        _ => None,
    }
}

fn revocation(recorded: &RecordedEvent) -> Option<RevocationId> {
    match &recorded.event {
        Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => {
            RevocationId::new(recorded.position.value()).ok()
        }
        Event::AuthorizationRevoked { revocation, .. } | Event::CredentialDestroyed { revocation, .. } => *revocation,
        Event::RevocationCompleted { revocation, .. } => Some(*revocation),
        _ => None,
    }
}

const fn kind_of(event: &Event) -> (Activity, Entity) {
    match event {
        Event::EnterpriseCreated { .. } => (Activity::Create, Entity::Enterprise),
        Event::OrganizationAdded { .. } => (Activity::Create, Entity::Organization),
        Event::OrganizationRemoved { .. } => (Activity::Delete, Entity::Organization),
        Event::MemberAdded { .. } => (Activity::Create, Entity::Person),
        Event::MemberRemoved { .. } => (Activity::Delete, Entity::Person),
        Event::MemberRoleChanged { .. }
        | Event::PermissionGranted { .. }
        | Event::PermissionWithdrawn { .. }
        | Event::OrganizationOwnerAdded { .. }
        | Event::OrganizationOwnerRemoved { .. } => (Activity::Update, Entity::Person),
        Event::CredentialIssued { .. } => (Activity::Create, Entity::Credential),
        Event::CredentialDestroyed { .. } => (Activity::Delete, Entity::Credential),
        Event::CredentialAuthorized { .. } => (Activity::Create, Entity::Authorization),
        Event::AuthorizationRevoked { .. } => (Activity::Delete, Entity::Authorization),
        Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => (Activity::Request, Entity::Revocation),
        Event::RevocationCompleted { .. } => (Activity::Update, Entity::Revocation),
    }
}
