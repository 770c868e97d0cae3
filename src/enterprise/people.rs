//! People, and the organizations they work in, as the state keeps them.

use alloc::vec::Vec;

use crate::enterprise::membership::Memberships;
use crate::enterprise::revocations::Epoch;
use crate::id::{OrganizationId, PersonId};
use crate::name::Login;
use crate::person::Role;

/// The people of the enterprise, whatever their role.
pub(crate) type People = Memberships<PersonId, Person>;
/// The organizations of the enterprise.
pub(crate) type Organizations = Memberships<OrganizationId, Organization>;

/// What is known of an organization during one membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) login: Login,
}

/// What is known of a person during one membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) login: Login,
    pub(crate) role: Role,
    /// Whether they hold `write_enterprise_credentials`.
    pub(crate) may_write_credentials: bool,
    /// Roles before the present one, oldest first, as far back as a running revocation may ask.
    earlier_roles: Vec<EarlierRole>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EarlierRole {
    role: Role,
    /// When it ended.
    until: Epoch,
}

impl Person {
    pub(crate) fn new(login: Login, role: Role) -> Self {
        Self {
            login,
            role,
            may_write_credentials: false,
            earlier_roles: Vec::new(),
        }
    }

    /// Takes a new role at `now`. Earlier roles stay known back to `oldest`, the oldest request whose job may still ask
    /// for them, and no longer.
    pub(crate) fn change_role(&mut self, role: Role, now: Epoch, oldest: Option<Epoch>) {
        match oldest {
            Some(oldest) => {
                self.earlier_roles.retain(|earlier| earlier.until > oldest);
                self.earlier_roles.push(EarlierRole {
                    role: self.role,
                    until: now,
                });
            }
            None => self.earlier_roles.clear(),
        }
        self.role = role;
    }

    /// The role when a request was recorded, and the first request that found another, if that role has ended.
    pub(crate) fn role_at(&self, request: Epoch) -> (Role, Option<Epoch>) {
        let begun = self.earlier_roles.partition_point(|earlier| earlier.until <= request);
        match self.earlier_roles.get(begun) {
            Some(earlier) => (earlier.role, Some(earlier.until)),
            None => (self.role, None),
        }
    }
}
