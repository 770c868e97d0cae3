//! What a completion rests on: the items that were recorded, and whatever kept something else out of the scope.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::command::Command;
use crate::enterprise::Enterprise;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, Position, RevocationId};
use crate::receipt::excerpt::{Excerpt, Kept, varied};
use crate::receipt::subjects::Subjects;
use crate::timestamp::Timestamp;

/// The items of a revocation that has nothing left, and the events before its cut without which something would be
/// left.
pub(super) fn rests_on<I, E>(
    mut open: impl FnMut() -> Result<I, E>,
    revocation: RevocationId,
    state: &Enterprise,
) -> Result<Vec<RecordedEvent>, E>
where
    I: Iterator<Item = Result<RecordedEvent, E>>,
{
    let mut named = BTreeMap::new();
    let mut ended = Ended::default();
    for recorded in open()? {
        let recorded = recorded?;
        if recorded.position > state.position() {
            break;
        }
        if item_of(&recorded.event) == Some(revocation) {
            named.insert(recorded.position, recorded);
        } else if recorded.position < revocation.cut() {
            ended.add(&recorded.event);
        }
    }
    let credentials = ended.credentials_in(state);
    let mut subjects = Subjects::default();
    for credential in &credentials {
        let one = Subjects::of_credential(*credential, state);
        subjects.people.extend(one.people);
        subjects.organizations.extend(one.organizations);
        subjects.credentials.insert(*credential);
    }
    let parts = Parts::of(Excerpt::read(&mut open, state.position(), &mut subjects)?);
    for credential in credentials {
        parts.keep_out(credential, revocation, state, &mut named);
    }
    Ok(named.into_values().collect())
}

const fn item_of(event: &Event) -> Option<RevocationId> {
    match event {
        Event::AuthorizationRevoked { revocation, .. } | Event::CredentialDestroyed { revocation, .. } => *revocation,
        _ => None,
    }
}

/// What ended before the cut, or became a collaborator's.
#[derive(Default)]
struct Ended {
    people: BTreeSet<PersonId>,
    organizations: BTreeSet<OrganizationId>,
    credentials: BTreeSet<CredentialId>,
}

/// Whether an event may keep something out of a later scope.
const fn is_end(event: &Event) -> bool {
    matches!(
        event,
        Event::AuthorizationRevoked { .. }
            | Event::CredentialDestroyed { .. }
            | Event::MemberRemoved { .. }
            | Event::MemberRoleChanged { .. }
            | Event::OrganizationRemoved { .. }
    )
}

impl Ended {
    fn add(&mut self, event: &Event) {
        match event {
            Event::AuthorizationRevoked { credential, .. } | Event::CredentialDestroyed { credential, .. } => {
                self.credentials.insert(*credential);
            }
            Event::MemberRemoved { member } => {
                self.people.insert(*member);
            }
            Event::MemberRoleChanged { member, role } if !role.is_enterprise_member() => {
                self.people.insert(*member);
            }
            Event::OrganizationRemoved { organization } => {
                self.organizations.insert(*organization);
            }
            _ => {}
        }
    }

    /// The credentials that one of these ends is about.
    fn credentials_in(mut self, state: &Enterprise) -> BTreeSet<CredentialId> {
        if self.people.is_empty() && self.organizations.is_empty() {
            return self.credentials;
        }
        for credential in state.credentials() {
            let mut held = state.authorizations_of(credential.id(), Timestamp::MIN);
            let is_about = self.people.contains(&credential.owner())
                || !self.organizations.is_empty() && held.any(|held| self.organizations.contains(&held.organization()));
            if is_about {
                self.credentials.insert(credential.id());
            }
        }
        self.credentials
    }
}

/// Events by whom they are about, so that those about one credential are found without a look at all.
#[derive(Default)]
struct Parts {
    all: BTreeMap<Position, Kept>,
    of_everyone: Vec<Position>,
    of_people: BTreeMap<PersonId, Vec<Position>>,
    of_organizations: BTreeMap<OrganizationId, Vec<Position>>,
    of_credentials: BTreeMap<CredentialId, Vec<Position>>,
}

impl Parts {
    fn of(excerpt: Excerpt) -> Self {
        let mut parts = Self::default();
        for kept in excerpt.0 {
            let position = kept.recorded.position;
            let list = match &kept.recorded.event {
                Event::MemberAdded { member, .. }
                | Event::MemberRoleChanged { member, .. }
                | Event::MemberRemoved { member } => parts.of_people.entry(*member).or_default(),
                Event::OrganizationAdded { organization, .. } | Event::OrganizationRemoved { organization } => {
                    parts.of_organizations.entry(*organization).or_default()
                }
                Event::CredentialIssued { credential, .. }
                | Event::CredentialAuthorized { credential, .. }
                | Event::AuthorizationRevoked { credential, .. }
                | Event::CredentialDestroyed { credential, .. } => parts.of_credentials.entry(*credential).or_default(),
                Event::EnterpriseCreated { .. }
                | Event::RevokeAllRequested { .. }
                | Event::RevocationRequested { .. }
                | Event::RevocationCompleted { .. } => &mut parts.of_everyone,
                // Nothing of it decides what a revocation covers.
                Event::PermissionGranted { .. }
                | Event::PermissionWithdrawn { .. }
                | Event::OrganizationOwnerAdded { .. }
                | Event::OrganizationOwnerRemoved { .. } => continue,
            };
            list.push(position);
            parts.all.insert(position, kept);
        }
        parts
    }

    /// Names the ends without which something of a credential would be left.
    fn keep_out(
        &self,
        credential: CredentialId,
        revocation: RevocationId,
        state: &Enterprise,
        named: &mut BTreeMap<Position, RecordedEvent>,
    ) {
        let subjects = Subjects::of_credential(credential, state);
        self.about(&subjects).each(|kept, before, after| {
            let position = kept.recorded.position;
            if position >= revocation.cut() || named.contains_key(&position) || !is_end(&kept.recorded.event) {
                return;
            }
            if is_left(&varied(before, &[], after), &subjects, revocation) {
                named.insert(position, kept.recorded.clone());
            }
        });
    }

    fn about(&self, subjects: &Subjects) -> Excerpt {
        let people = subjects.people.iter().filter_map(|id| self.of_people.get(id));
        let organizations = subjects.organizations.iter();
        let organizations = organizations.filter_map(|id| self.of_organizations.get(id));
        let credentials = subjects.credentials.iter().filter_map(|id| self.of_credentials.get(id));
        let lists = people
            .chain(organizations)
            .chain(credentials)
            .chain([&self.of_everyone]);
        let mut positions: Vec<Position> = lists.flatten().copied().collect();
        positions.sort_unstable();
        let kept = positions.iter().filter_map(|position| self.all.get(position));
        Excerpt(kept.cloned().collect())
    }
}

/// Whether anything of the subjects waits for the job of a revocation:
/// whether a single command on it is recorded as its item.
fn is_left(state: &Enterprise, subjects: &Subjects, revocation: RevocationId) -> bool {
    let mut commands = Vec::new();
    for &credential in &subjects.credentials {
        commands.push(Command::DestroyCredential { credential });
        commands.extend(
            subjects
                .organizations
                .iter()
                .map(|&organization| Command::RevokeAuthorization {
                    credential,
                    organization,
                }),
        );
    }
    commands.iter().any(|command| {
        let decided = state.decide(command, Timestamp::MIN).unwrap_or_default();
        decided.iter().any(|event| item_of(event) == Some(revocation))
    })
}
