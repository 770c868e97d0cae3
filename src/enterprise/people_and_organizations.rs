//! People, and the organizations they work in, as the state keeps them.

use alloc::vec::Vec;

use crate::enterprise::epoch::Epoch;
use crate::enterprise::membership::{Memberships, Named, Ordinal, Stay};
use crate::enterprise::stored::{Stored, stored};
use crate::id::{OrganizationId, PersonId};
use crate::name::Login;
use crate::person::Role;

/// The people of the enterprise, whatever their role.
pub(crate) type People = Memberships<PersonId, Standing, Person>;
/// The organizations of the enterprise.
pub(crate) type Organizations = Memberships<OrganizationId, (), Organization>;
/// One stay of a person.
pub(crate) type PersonStay = Stay<PersonId, Standing>;

/// What else is known of an organization during one membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Organization {
    pub(crate) login: Login,
}

/// What a person is, and may do, during one membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) role: Role,
    /// Whether they hold `write_enterprise_credentials`.
    pub(crate) may_write_credentials: bool,
    /// Whether any of [`Person::earlier_roles`] are known.
    had_other_roles: bool,
    /// Whether an unfinished revocation is about them: of everyone else no check has to look for one. It follows from
    /// the revocations, and is no part of a snapshot.
    pub(crate) is_target: bool,
}

/// What else is known of a person during one membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Person {
    pub(crate) login: Login,
    /// Roles before the present one, oldest first, as far back as a running revocation may ask.
    earlier_roles: Vec<EarlierRole>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct EarlierRole {
    role: Role,
    /// When it ended.
    until: Epoch,
}

impl Named for Organization {
    fn login(&self) -> &Login {
        &self.login
    }
}

impl Named for Person {
    fn login(&self) -> &Login {
        &self.login
    }
}

impl Standing {
    pub(crate) const fn new(role: Role) -> Self {
        Self {
            role,
            may_write_credentials: false,
            had_other_roles: false,
            is_target: false,
        }
    }
}

impl Person {
    pub(crate) const fn new(login: Login) -> Self {
        Self {
            login,
            earlier_roles: Vec::new(),
        }
    }

    /// Takes a new role at `now`. Earlier roles stay known back to `oldest`, the oldest request whose job may still ask
    /// for them, and no longer.
    pub(crate) fn change_role(&mut self, standing: &mut Standing, role: Role, now: Epoch, oldest: Option<Epoch>) {
        match oldest {
            Some(oldest) => {
                self.earlier_roles.retain(|earlier| earlier.until > oldest);
                self.earlier_roles.push(EarlierRole {
                    role: standing.role,
                    until: now,
                });
            }
            None => self.earlier_roles.clear(),
        }
        standing.role = role;
        standing.had_other_roles = !self.earlier_roles.is_empty();
    }
}

stored!(Organization { login });
impl Stored for Standing {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.role.store(bytes);
        self.may_write_credentials.store(bytes);
        self.had_other_roles.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        Some(Self {
            role: Stored::load(bytes)?,
            may_write_credentials: Stored::load(bytes)?,
            had_other_roles: Stored::load(bytes)?,
            is_target: false,
        })
    }
}

stored!(Person { login, earlier_roles });
stored!(EarlierRole { role, until });

impl People {
    /// The role in this stay when a request was recorded, and the first request that found another,
    /// if that role has ended.
    pub(crate) fn role_at(&self, ordinal: Ordinal, request: Epoch) -> Option<(Role, Option<Epoch>)> {
        let Standing {
            role, had_other_roles, ..
        } = self.get(ordinal)?.facts;
        if !had_other_roles {
            return Some((role, None));
        }
        let earlier_roles = &self.data(ordinal)?.earlier_roles;
        let begun = earlier_roles.partition_point(|earlier| earlier.until <= request);
        Some(match earlier_roles.get(begun) {
            Some(earlier) => (earlier.role, Some(earlier.until)),
            None => (role, None),
        })
    }
}

/// Of 16 bytes, four stays share what memory brings at once: see decision 0016.
const _: () = assert!(size_of::<PersonStay>() == 16 && size_of::<Stay<OrganizationId, ()>>() == 16);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_roles_are_kept_while_a_job_may_ask_for_them_and_no_longer() {
        let mut person = Person::new(Login::new("mona").unwrap());
        let mut standing = Standing::new(Role::Owner);
        let mut change = |role, now, oldest: Option<u32>| {
            person.change_role(&mut standing, role, Epoch(now), oldest.map(Epoch));
            (person.earlier_roles.len(), standing.had_other_roles)
        };
        assert_eq!(change(Role::Member, 0, None), (0, false), "no job asks");
        assert_eq!(change(Role::Owner, 1, Some(0)), (1, true));
        assert_eq!(change(Role::Member, 2, Some(0)), (2, true));
        assert_eq!(
            change(Role::Owner, 3, Some(1)),
            (2, true),
            "until 2 and until 3: the first had ended at request 1"
        );
        assert_eq!(change(Role::Member, 4, None), (0, false));
    }

    #[test]
    fn no_earlier_role_is_kept_where_nothing_was_requested() {
        const HISTORY: &[u8] = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"MemberRoleChanged","member":7,"role":"member"}
"#;
        let enterprise = crate::log::replay(HISTORY).unwrap();
        assert!(
            !enterprise
                .people
                .iter_present()
                .any(|person| person.stay.facts.had_other_roles)
        );
    }
}
