//! What a completion rests on: the items that were recorded, and whatever kept something else out of the scope.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::command::Command;
use crate::enterprise::Enterprise;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, Position, RevocationId};
use crate::receipt::excerpt::{Excerpt, Kept, varied};
use crate::receipt::subjects::Subjects;
use crate::sorted::Sorted;
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
    let mut items = Vec::new();
    let mut ended = Ended::default();
    for recorded in open()? {
        let recorded = recorded?;
        if recorded.position > state.position() {
            break;
        }
        if item_of(&recorded.event) == Some(revocation) {
            items.push(recorded);
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
    let mut ends = Sorted::new();
    for credential in credentials {
        parts.keep_out(credential, revocation, state, &mut ends);
    }
    // Whatever ended before the cut comes before the items.
    Ok(ends.into_iter().map(|(_, end)| end).chain(items).collect())
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
struct Parts {
    all: Sorted<Position, Kept>,
    /// In order.
    about: Vec<(About, Position)>,
}

/// Whom an event is about.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum About {
    Everyone,
    Person(PersonId),
    Organization(OrganizationId),
    Credential(CredentialId),
}

impl Parts {
    fn of(excerpt: Excerpt) -> Self {
        let (mut all, mut about) = (Sorted::new(), Vec::new());
        for kept in excerpt.0 {
            let position = kept.recorded.position;
            let of = match &kept.recorded.event {
                Event::MemberAdded { member, .. }
                | Event::MemberRoleChanged { member, .. }
                | Event::MemberRemoved { member } => About::Person(*member),
                Event::OrganizationAdded { organization, .. } | Event::OrganizationRemoved { organization } => {
                    About::Organization(*organization)
                }
                Event::CredentialIssued { credential, .. }
                | Event::CredentialAuthorized { credential, .. }
                | Event::AuthorizationRevoked { credential, .. }
                | Event::CredentialDestroyed { credential, .. } => About::Credential(*credential),
                Event::EnterpriseCreated { .. }
                | Event::RevokeAllRequested { .. }
                | Event::RevocationRequested { .. }
                | Event::RevocationCompleted { .. } => About::Everyone,
                // Nothing of it decides what a revocation covers.
                Event::PermissionGranted { .. }
                | Event::PermissionWithdrawn { .. }
                | Event::OrganizationOwnerAdded { .. }
                | Event::OrganizationOwnerRemoved { .. } => continue,
            };
            about.push((of, position));
            all.add(position, kept);
        }
        about.sort_unstable();
        Self { all, about }
    }

    /// Where the events about somebody are.
    fn of_one(&self, about: About) -> impl Iterator<Item = Position> {
        let first = self.about.partition_point(|(of, _)| *of < about);
        let rest = self.about.iter().skip(first);
        rest.take_while(move |(of, _)| *of == about)
            .map(|(_, position)| *position)
    }

    /// Names the ends without which something of a credential would be left.
    fn keep_out(
        &self,
        credential: CredentialId,
        revocation: RevocationId,
        state: &Enterprise,
        ends: &mut Sorted<Position, RecordedEvent>,
    ) {
        let subjects = Subjects::of_credential(credential, state);
        self.about(&subjects).each(|kept, before, after| {
            let position = kept.recorded.position;
            if position >= revocation.cut() || ends.get(position).is_some() || !is_end(&kept.recorded.event) {
                return;
            }
            if is_left(&varied(before, &[], after), &subjects, revocation) {
                ends.add(position, kept.recorded.clone());
            }
        });
    }

    fn about(&self, subjects: &Subjects) -> Excerpt {
        let mut positions: Vec<Position> = self.of_one(About::Everyone).collect();
        positions.extend(subjects.people.iter().flat_map(|id| self.of_one(About::Person(*id))));
        let organizations = subjects.organizations.iter();
        positions.extend(organizations.flat_map(|id| self.of_one(About::Organization(*id))));
        let credentials = subjects.credentials.iter();
        positions.extend(credentials.flat_map(|id| self.of_one(About::Credential(*id))));
        positions.sort_unstable();
        let kept = positions.iter().filter_map(|position| self.all.get(*position));
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
