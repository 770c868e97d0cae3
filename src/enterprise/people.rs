//! People, and the organizations they work in, as the state keeps them.

use alloc::vec::Vec;

use crate::enterprise::membership::Memberships;
use crate::id::{OrganizationId, PersonId, Position};
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
    /// The position of the event that ended it.
    until: Position,
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

    /// Takes a new role from the event at `at` on. Earlier roles stay known at `oldest_cut` and after it, and no longer:
    /// no running revocation asks for them.
    pub(crate) fn change_role(&mut self, role: Role, at: Position, oldest_cut: Option<Position>) {
        match oldest_cut {
            Some(cut) => {
                self.earlier_roles.retain(|earlier| earlier.until > cut);
                self.earlier_roles.push(EarlierRole {
                    role: self.role,
                    until: at,
                });
            }
            None => self.earlier_roles.clear(),
        }
        self.role = role;
    }

    /// The role when the event at `cut` was recorded, and the position until which it lasted, if it has ended.
    pub(crate) fn role_at(&self, cut: Position) -> (Role, Option<Position>) {
        let begun = self.earlier_roles.partition_point(|earlier| earlier.until < cut);
        match self.earlier_roles.get(begun) {
            Some(earlier) => (earlier.role, Some(earlier.until)),
            None => (self.role, None),
        }
    }
}
