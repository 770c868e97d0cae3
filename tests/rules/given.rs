//! Given, when, then: a small world, the commands on it in short, and what it is asked afterwards.

use std::num::NonZeroU32;

use enterprise_credentials::{
    AccessDenial, Actor, Authority, CallRequirement, Caller, Command, CredentialDenial, CredentialId, CredentialKind,
    Enterprise, EnterpriseKind, EnterpriseSlug, Event, IdempotencyKey, InstallationId, Login, OrganizationId,
    Permission, PersonId, Plan, Position, RecordedEvent, Refusal, RevocationId, RevokeAll, Role, Rule, Scopes,
    Timestamp,
};

pub(crate) const ORG: OrganizationId = organization(3);
pub(crate) const OTHER_ORG: OrganizationId = organization(4);
pub(crate) const OWNER: PersonId = person(7);
pub(crate) const MEMBER: PersonId = person(8);
pub(crate) const GUEST: PersonId = person(9);
pub(crate) const UNKNOWN: PersonId = person(99);
pub(crate) const TOKEN: CredentialId = credential(901);
pub(crate) const OTHER_TOKEN: CredentialId = credential(902);
pub(crate) const THIRD_TOKEN: CredentialId = credential(903);

pub(crate) const HOUR_MS: i64 = 3_600_000;

/// An enterprise with two organizations and three people: an owner, a member and a collaborator.
#[derive(Debug, Clone)]
pub(crate) struct World {
    pub(crate) enterprise: Enterprise,
    /// What made it.
    pub(crate) stream: Vec<RecordedEvent>,
    pub(crate) now: Timestamp,
}

impl World {
    pub(crate) fn empty() -> Self {
        Self {
            enterprise: Enterprise::new(),
            stream: Vec::new(),
            now: Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap(),
        }
    }

    pub(crate) fn managed_users() -> Self {
        Self::of(EnterpriseKind::ManagedUsers, Role::GuestCollaborator)
    }

    pub(crate) fn personal_accounts() -> Self {
        Self::of(EnterpriseKind::PersonalAccounts, Role::OutsideCollaborator)
    }

    fn of(kind: EnterpriseKind, collaborator: Role) -> Self {
        Self::empty()
            .given(create(kind))
            .given(add_organization(ORG))
            .given(add_organization(OTHER_ORG))
            .given(add(OWNER, Role::Owner))
            .given(add(MEMBER, Role::Member))
            .given(add(GUEST, collaborator))
    }

    /// What is accepted beforehand.
    #[track_caller]
    pub(crate) fn given(mut self, command: Command) -> Self {
        self.when(command);
        self
    }

    /// A credential, issued and authorized for [`ORG`].
    #[track_caller]
    pub(crate) fn given_authorized(self, id: CredentialId, owner: PersonId, kind: CredentialKind) -> Self {
        self.given(issue(id, owner, kind)).given(authorize(id, ORG))
    }

    /// A request of the owner, from a web session. Gives the revocation too.
    #[track_caller]
    pub(crate) fn given_request(mut self, revoke_credentials: bool) -> (Self, RevocationId) {
        let id = self.request(revoke_credentials);
        (self, id)
    }

    /// What is accepted now: decided, recorded and applied.
    #[track_caller]
    pub(crate) fn when(&mut self, command: Command) -> Vec<Event> {
        let events = self
            .decide(&command)
            .unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        for recorded in self.enterprise.record(events.clone(), self.now, None) {
            self.enterprise.apply(&recorded).unwrap();
            self.stream.push(recorded);
        }
        events
    }

    #[track_caller]
    pub(crate) fn request(&mut self, revoke_credentials: bool) -> RevocationId {
        self.when(revoke_all(web_session(OWNER), revoke_credentials));
        self.enterprise.last_cut().unwrap()
    }

    /// Continues a job in batches of one credential to its end.
    #[track_caller]
    pub(crate) fn finish(&mut self, revocation: RevocationId) -> Vec<Event> {
        let mut events = Vec::new();
        loop {
            let batch = self.when(continue_revocation(revocation, 1));
            if batch.is_empty() {
                return events;
            }
            events.extend(batch);
        }
    }

    pub(crate) fn after_hours(mut self, hours: i64) -> Self {
        self.now = self.in_hours(hours);
        self
    }

    pub(crate) fn in_hours(&self, hours: i64) -> Timestamp {
        Timestamp::from_milliseconds(self.now.milliseconds() + hours * HOUR_MS).unwrap()
    }

    pub(crate) fn decide(&self, command: &Command) -> Result<Vec<Event>, Refusal> {
        self.enterprise.decide(command, self.now)
    }

    /// The command is refused with exactly this refusal, by this rule.
    #[track_caller]
    pub(crate) fn refuses(&self, command: &Command, refusal: impl Into<Refusal>, rule: Rule) {
        let refusal = refusal.into();
        assert_eq!(self.decide(command), Err(refusal.clone()));
        assert_eq!(refusal.rule(), rule);
    }

    /// The request to revoke all is refused so, whichever of the two it is.
    #[track_caller]
    pub(crate) fn refuses_caller(&self, caller: Caller, refusal: impl Into<Refusal>, rule: Rule) {
        let refusal = refusal.into();
        assert_eq!(self.enterprise.authorize(&caller, self.now), Err(refusal.clone()));
        self.refuses(&revoke_all(caller.clone(), false), refusal.clone(), rule);
        self.refuses(&revoke_all(caller, true), refusal, rule);
    }

    #[track_caller]
    pub(crate) fn accepts_caller(&self, caller: Caller, authority: Authority) {
        assert_eq!(self.enterprise.authorize(&caller, self.now), Ok(authority));
        let event = Event::RevokeAllRequested {
            requested_by: caller.actor().unwrap(),
            authority,
            revoke_credentials: false,
            idempotency_key: None,
        };
        assert_eq!(self.decide(&revoke_all(caller, false)), Ok(vec![event]));
    }

    pub(crate) fn authenticates(&self, id: CredentialId) -> Result<PersonId, CredentialDenial> {
        self.enterprise.authenticates(id, self.now)
    }

    pub(crate) fn may_use(&self, id: CredentialId, organization: OrganizationId) -> Result<(), AccessDenial> {
        self.enterprise.may_use(id, organization, self.now)
    }

    pub(crate) fn plan(&self, revoke_credentials: bool) -> Plan {
        self.enterprise
            .plan(&request(web_session(OWNER), revoke_credentials), self.now)
    }

    /// What a revocation has recorded: authorizations and credentials.
    #[track_caller]
    pub(crate) fn totals(&self, revocation: RevocationId) -> (u64, u64) {
        let progress = self.enterprise.progress(revocation).unwrap();
        (progress.authorizations_revoked, progress.credentials_destroyed)
    }
}

pub(crate) fn create(kind: EnterpriseKind) -> Command {
    Command::CreateEnterprise {
        slug: EnterpriseSlug::new("octo-corp").unwrap(),
        kind,
    }
}

pub(crate) fn add_organization(organization: OrganizationId) -> Command {
    Command::AddOrganization {
        organization,
        login: login("org", organization.value()),
    }
}

pub(crate) fn remove_organization(organization: OrganizationId) -> Command {
    Command::RemoveOrganization { organization }
}

pub(crate) fn add(member: PersonId, role: Role) -> Command {
    Command::AddMember {
        member,
        login: login("person", member.value()),
        role,
    }
}

pub(crate) fn change(member: PersonId, role: Role) -> Command {
    Command::ChangeMemberRole { member, role }
}

pub(crate) fn remove(member: PersonId) -> Command {
    Command::RemoveMember { member }
}

pub(crate) fn permit(member: PersonId) -> Command {
    Command::GrantPermission {
        member,
        permission: Permission::WriteEnterpriseCredentials,
    }
}

pub(crate) fn withdraw(member: PersonId) -> Command {
    Command::WithdrawPermission {
        member,
        permission: Permission::WriteEnterpriseCredentials,
    }
}

/// Issues a credential with the scope that its kind needs to call the operation.
pub(crate) fn issue(id: CredentialId, owner: PersonId, kind: CredentialKind) -> Command {
    match kind.call_requirement() {
        CallRequirement::Scope(scope) => issue_with(id, owner, kind, &[scope], None),
        CallRequirement::NotSupported | CallRequirement::NotAnApiCredential => issue_with(id, owner, kind, &[], None),
    }
}

pub(crate) fn issue_with(
    credential: CredentialId,
    owner: PersonId,
    kind: CredentialKind,
    scopes: &[&str],
    expires_at: Option<Timestamp>,
) -> Command {
    let scopes = Scopes::parse(scopes.iter().copied()).unwrap();
    Command::IssueCredential {
        credential,
        owner,
        kind,
        scopes,
        expires_at,
        fingerprint: None,
    }
}

pub(crate) fn authorize(credential: CredentialId, organization: OrganizationId) -> Command {
    Command::AuthorizeCredential {
        credential,
        organization,
    }
}

pub(crate) fn revoke(credential: CredentialId, organization: OrganizationId) -> Command {
    Command::RevokeAuthorization {
        credential,
        organization,
    }
}

pub(crate) fn destroy(credential: CredentialId) -> Command {
    Command::DestroyCredential { credential }
}

pub(crate) fn request(caller: Caller, revoke_credentials: bool) -> RevokeAll {
    RevokeAll {
        caller,
        revoke_credentials,
        idempotency_key: None,
    }
}

pub(crate) fn request_under(key: &str, caller: Caller, revoke_credentials: bool) -> RevokeAll {
    RevokeAll {
        idempotency_key: IdempotencyKey::new(key).ok(),
        ..request(caller, revoke_credentials)
    }
}

pub(crate) fn revoke_all(caller: Caller, revoke_credentials: bool) -> Command {
    Command::RevokeAll(request(caller, revoke_credentials))
}

pub(crate) fn revoke_all_under(key: &str, caller: Caller, revoke_credentials: bool) -> Command {
    Command::RevokeAll(request_under(key, caller, revoke_credentials))
}

pub(crate) fn continue_revocation(revocation: RevocationId, limit: u32) -> Command {
    Command::ContinueRevocation {
        revocation,
        limit: NonZeroU32::new(limit).unwrap(),
    }
}

pub(crate) fn with_token(person: PersonId, credential: CredentialId) -> Caller {
    Caller::Person {
        person,
        credential: Some(credential),
    }
}

pub(crate) fn web_session(person: PersonId) -> Caller {
    Caller::Person {
        person,
        credential: None,
    }
}

pub(crate) fn installation(permissions: &[&str]) -> Caller {
    Caller::Installation {
        installation: InstallationId::new(55).unwrap(),
        organization: None,
        permissions: Scopes::parse(permissions.iter().copied()).unwrap(),
    }
}

pub(crate) fn authorized(credential: CredentialId, organization: OrganizationId) -> Event {
    Event::CredentialAuthorized {
        credential,
        organization,
    }
}

/// Revoked by this revocation, or singly.
pub(crate) fn revoked(
    credential: CredentialId,
    organization: OrganizationId,
    revocation: impl Into<Option<RevocationId>>,
) -> Event {
    Event::AuthorizationRevoked {
        credential,
        organization,
        revocation: revocation.into(),
    }
}

/// Destroyed by this revocation, or singly.
pub(crate) fn destroyed(credential: CredentialId, revocation: impl Into<Option<RevocationId>>) -> Event {
    Event::CredentialDestroyed {
        credential,
        revocation: revocation.into(),
    }
}

pub(crate) fn completed(revocation: RevocationId, authorizations_revoked: u64, credentials_destroyed: u64) -> Event {
    Event::RevocationCompleted {
        revocation,
        authorizations_revoked,
        credentials_destroyed,
    }
}

pub(crate) fn requested_by(events: &[Event]) -> (Actor, Authority) {
    match events {
        [
            Event::RevokeAllRequested {
                requested_by,
                authority,
                ..
            },
        ] => (*requested_by, *authority),
        other => panic!("not a request: {other:?}"),
    }
}

/// The revocation that would have the next position.
pub(crate) fn next_revocation(world: &World) -> RevocationId {
    revocation(world.enterprise.position().next())
}

fn revocation(position: Position) -> RevocationId {
    RevocationId::new(position.value()).unwrap()
}

/// An id as a constant. What `new` returns cannot be dropped in one, so it is forgotten.
macro_rules! constant_id {
    ($name:ident, $id:ty) => {
        pub(crate) const fn $name(id: u64) -> $id {
            let checked = <$id>::new(id);
            match &checked {
                Ok(id) => {
                    let id = *id;
                    std::mem::forget(checked);
                    id
                }
                Err(_) => panic!("an id is 1 to 2^53 - 1"),
            }
        }
    };
}

constant_id!(person, PersonId);
constant_id!(organization, OrganizationId);
constant_id!(credential, CredentialId);

fn login(prefix: &str, id: u64) -> Login {
    Login::new(&format!("{prefix}-{id}")).unwrap()
}
