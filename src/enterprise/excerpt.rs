//! The part of a state that a list of commands is about. It is small, and may be changed while the list is decided.

use alloc::vec::Vec;

use crate::command::{Caller, Command, Requested};
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::{Credential, Credentials};
use crate::enterprise::filter::Filter;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::organization_owners::OrganizationOwners;
use crate::enterprise::people_and_organizations::{Organizations, People};
use crate::enterprise::record::{Authorization, Record};
use crate::enterprise::revocations::Revocations;
use crate::id::{CredentialId, OrganizationId, PersonId};

impl Enterprise {
    /// A state that answers these commands, one after the other, as this one would, and knows nothing that they do not
    /// ask for. `ContinueRevocation`, which may ask for everything, is not among them.
    ///
    /// What is copied are the memberships, credentials and authorizations that the commands name; and the revocations,
    /// where one runs or is asked for.
    pub(crate) fn excerpt(&self, commands: &[Command]) -> Self {
        let mut named = Named::default();
        for command in commands {
            named.add(self, command);
        }
        named.people.extend(self.first_owner);
        let has_revocations = named.revocation || !self.revocations.taking().is_empty();
        if has_revocations {
            named.add_filters(&self.revocations);
        }
        let named = named.in_order();
        let mut excerpt = Self {
            position: self.position,
            last_at: self.last_at,
            identity: self.identity.clone(),
            organizations: self.organizations.excerpt(&named.organizations),
            people: self.people.excerpt(&named.people),
            organization_owners: OrganizationOwners::default(),
            first_owner: self.first_owner.and_then(|owner| named.person(owner)),
            credentials: Credentials::default(),
            // Where none runs and none is asked for, no answer depends on when anything happened.
            revocations: match has_revocations {
                true => (self.revocations)
                    .over_part(|issued| named.credentials_before(issued), |filter| named.filter(filter)),
                false => Revocations::default(),
            },
        };
        excerpt.take_ownerships(self, &named);
        for credential in named.slots.iter().filter_map(|slot| self.credentials.at(*slot)) {
            excerpt.take_credential(self, &named, &credential);
        }
        excerpt
    }

    /// Copies what those who were named own of the organizations that were.
    fn take_ownerships(&mut self, whole: &Self, named: &Named) {
        for (person, owner) in (0..).map(Ordinal).zip(&named.people) {
            let owned = whole.organization_owners.of(*owner);
            for organization in owned.filter_map(|organization| named.organization(organization)) {
                self.organization_owners.add(person, organization);
            }
        }
    }

    /// Copies a credential, with the authorizations that were named.
    fn take_credential(&mut self, whole: &Self, named: &Named, credential: &Credential<'_>) {
        let (id, expires_at) = (credential.id(), whole.credentials.expires_at(credential));
        let Some(owner) = named.person(credential.owner()) else {
            return;
        };
        let make = |scopes| Record::new(id, credential.kind(), owner, scopes, expires_at.is_some());
        let Some(slot) = (self.credentials).issue(id, make, whole.credentials.scopes(credential)) else {
            return;
        };
        if let Some(expires_at) = expires_at {
            self.credentials.expire(slot, expires_at);
        }
        let held = named.held_by(credential.slot).iter();
        let copied = held.filter_map(|(_, _, held)| self.copied(named, held));
        for (place, (organization, authorization)) in copied.collect::<Vec<_>>().into_iter().enumerate() {
            // Each stays granted when it was; before the first there is none to stay.
            let others_may_move = place == 0;
            (self.credentials).grant(
                slot,
                None,
                organization,
                authorization,
                others_may_move,
                &self.organizations,
            );
            self.credentials.set_status(slot, place, authorization.status);
        }
        if credential.is_destroyed() {
            self.credentials.destroy(slot);
        }
    }

    /// An authorization of the whole, as this excerpt numbers its organization.
    fn copied(&self, named: &Named, held: &Authorization) -> Option<(OrganizationId, Authorization)> {
        let organization = named.organization(held.organization)?;
        let id = self.organizations.get(organization)?.id;
        Some((id, Authorization { organization, ..*held }))
    }
}

/// What commands name, by its place in the whole.
#[derive(Debug, Default)]
struct Named {
    people: Vec<Ordinal>,
    organizations: Vec<Ordinal>,
    slots: Vec<u32>,
    /// Authorizations, by credential and place in the order of grant.
    held: Vec<(u32, usize, Authorization)>,
    /// Whether one of the commands asks for a revocation.
    revocation: bool,
}

impl Named {
    fn add(&mut self, whole: &Enterprise, command: &Command) {
        match command {
            Command::CreateEnterprise { .. } | Command::ContinueRevocation { .. } => {}
            Command::AddOrganization { organization, login } => {
                self.add_organization(&whole.organizations, *organization);
                let holders = &mut self.organizations;
                (whole.organizations).each_holder(login.as_str(), |holder| holders.push(holder));
            }
            Command::RemoveOrganization { organization } => {
                self.add_organization(&whole.organizations, *organization);
            }
            Command::AddMember { member, login, .. } => {
                self.add_person(&whole.people, *member);
                let holders = &mut self.people;
                (whole.people).each_holder(login.as_str(), |holder| holders.push(holder));
            }
            Command::AddOrganizationOwner { organization, member }
            | Command::RemoveOrganizationOwner { organization, member } => {
                self.add_organization(&whole.organizations, *organization);
                self.add_person(&whole.people, *member);
            }
            Command::ChangeMemberRole { member, .. }
            | Command::RemoveMember { member }
            | Command::GrantPermission { member, .. }
            | Command::WithdrawPermission { member, .. } => self.add_person(&whole.people, *member),
            Command::IssueCredential { credential, owner, .. } => {
                self.add_person(&whole.people, *owner);
                self.add_credential(whole, *credential);
            }
            Command::AuthorizeCredential {
                credential,
                organization,
            }
            | Command::RevokeAuthorization {
                credential,
                organization,
            } => {
                self.add_organization(&whole.organizations, *organization);
                self.add_credential(whole, *credential);
                self.add_authorization(whole, *credential, *organization);
            }
            Command::DestroyCredential { credential } => self.add_credential(whole, *credential),
            Command::RevokeAll(request) => self.add_request(whole, request.into()),
            Command::Revoke(request) => self.add_request(whole, request.into()),
        }
    }

    fn add_request(&mut self, whole: &Enterprise, request: Requested<'_>) {
        self.revocation = true;
        if let Some(organization) = request.organization {
            self.add_organization(&whole.organizations, organization);
        }
        if let Some(person) = request.person {
            self.add_person(&whole.people, person);
        }
        if let Caller::Person { person, .. } = *request.caller {
            self.add_person(&whole.people, person);
        }
        let Some(credential) = request.caller.credential() else {
            return;
        };
        self.add_credential(whole, credential);
        if let Some(organization) = request.organization {
            self.add_authorization(whole, credential, organization);
        }
    }

    /// The memberships that revocations are limited to.
    fn add_filters(&mut self, revocations: &Revocations) {
        for revocation in revocations.iter() {
            let filter = revocation.coverage.filter;
            self.people.extend(filter.person());
            self.organizations.extend(filter.organization());
        }
    }

    fn add_person(&mut self, people: &People, person: PersonId) {
        self.people.extend(people.latest_ordinal(person));
    }

    fn add_organization(&mut self, organizations: &Organizations, organization: OrganizationId) {
        self.organizations.extend(organizations.latest_ordinal(organization));
    }

    /// A credential, with the membership that it was issued in.
    fn add_credential(&mut self, whole: &Enterprise, id: CredentialId) {
        let Some(credential) = whole.credentials.get(id) else {
            return;
        };
        self.slots.push(credential.slot);
        self.people.push(credential.owner());
    }

    /// The authorization for an organization, with the membership of the organization that it was granted in.
    fn add_authorization(&mut self, whole: &Enterprise, id: CredentialId, organization: OrganizationId) {
        let Some(credential) = whole.credentials.get(id) else {
            return;
        };
        let held = (whole.credentials).authorization(&credential, organization, &whole.organizations);
        if let Some((place, authorization)) = held {
            self.organizations.push(authorization.organization);
            self.held.push((credential.slot, place, authorization));
        }
    }

    /// Everything once, in the order of the whole. So earlier and later mean the same in a part as in the whole.
    fn in_order(mut self) -> Self {
        self.people.sort_unstable();
        self.people.dedup();
        self.organizations.sort_unstable();
        self.organizations.dedup();
        self.slots.sort_unstable();
        self.slots.dedup();
        self.held.sort_unstable_by_key(|(slot, place, _)| (*slot, *place));
        self.held.dedup_by_key(|(slot, place, _)| (*slot, *place));
        self
    }

    fn person(&self, ordinal: Ordinal) -> Option<Ordinal> {
        renumbered(&self.people, ordinal)
    }

    fn organization(&self, ordinal: Ordinal) -> Option<Ordinal> {
        renumbered(&self.organizations, ordinal)
    }

    /// A filter over the memberships that were named: those of every revocation are.
    fn filter(&self, filter: Filter) -> Filter {
        let person = filter.person().and_then(|person| self.person(person));
        let organization = filter
            .organization()
            .and_then(|organization| self.organization(organization));
        debug_assert_eq!(
            (person.is_some(), organization.is_some()),
            (filter.person().is_some(), filter.organization().is_some()),
            "a filter of a membership that was not named"
        );
        Filter::new(organization, person, filter.credential_type())
    }

    fn held_by(&self, slot: u32) -> &[(u32, usize, Authorization)] {
        let begin = self.held.partition_point(|(of, ..)| *of < slot);
        let end = self.held.partition_point(|(of, ..)| *of <= slot);
        self.held.get(begin..end).unwrap_or_default()
    }

    /// How many of the credentials are among the first so many of the whole.
    fn credentials_before(&self, issued: u32) -> u32 {
        let before = self.slots.partition_point(|slot| *slot < issued);
        debug_assert!(before <= self.slots.len() && u32::try_from(before).is_ok());
        u32::try_from(before).unwrap_or(u32::MAX)
    }
}

/// The ordinal in a table of these memberships alone.
fn renumbered(taken: &[Ordinal], ordinal: Ordinal) -> Option<Ordinal> {
    let place = taken.binary_search(&ordinal).ok()?;
    u32::try_from(place).ok().map(Ordinal)
}
