//! Whose standing differs between two states: of two logs that should be one, or of one log at two times.
//!
//! A standing is what an access check or a rule asks, and what reports tell: who is there in which role, what is alive,
//! what is authorized, how far a revocation is. Two histories that lead to the same standings may still differ in their
//! lines: in times, fingerprints and order. It takes nothing beside the two states.
//!
//! ```
//! use enterprise_credentials::diff::{Difference, differences};
//! use enterprise_credentials::log::{self, Until};
//! # const HISTORY: &[u8] = concat!(
//! #     r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","#,
//! #     r#""slug":"octo-corp","kind":"managed_users"}"#, "\n",
//! #     r#"{"position":2,"at":"2026-03-10T09:00:01.000Z","type":"MemberAdded","#,
//! #     r#""member":7,"login":"mona_octo","role":"owner"}"#, "\n",
//! #     r#"{"position":3,"at":"2026-03-10T09:00:02.000Z","type":"MemberRemoved","member":7}"#,
//! # ).as_bytes();
//!
//! let now = log::replay(HISTORY)?;
//! let earlier = log::replay_until(HISTORY, Until::Position("2".parse()?))?;
//! let at = now.last_at().ok_or("an empty history")?;
//! let found: Vec<Difference> = differences(&earlier, &now, at).collect();
//! let [Difference::Person { person, change }] = found.as_slice() else {
//!     return Err("one person left".into());
//! };
//! let is_present = [change.from, change.to].map(|standing| standing.is_some_and(|standing| standing.is_present));
//! assert_eq!((person.value(), is_present), (7, [true, false]));
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

use alloc::vec::Vec;

use serde::Serialize;

use crate::credential::CredentialKind;
use crate::enterprise::credentials::Credential;
use crate::enterprise::membership::{Memberships, Named, Ordinal};
use crate::enterprise::record::Authorization;
use crate::enterprise::{Enterprise, Progress};
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::{EnterpriseSlug, Login, Scopes};
use crate::outcomes::status::{AuthorizationStatus, CredentialStatus};
use crate::person::{EnterpriseKind, Role};
use crate::timestamp::Timestamp;

/// A standing in both states. Nothing where a state has never heard of what it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Change<Standing> {
    /// In the first state.
    pub from: Option<Standing>,
    /// In the second.
    pub to: Option<Standing>,
}

/// Something whose standing differs. As JSON its `of` says what it is.
///
/// Exhaustive: whoever shows differences must have words for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Difference<'a> {
    /// The enterprise itself.
    Enterprise {
        /// What it is called.
        #[serde(flatten)]
        change: Change<EnterpriseStanding<'a>>,
    },
    /// An organization.
    Organization {
        /// Which.
        organization: OrganizationId,
        /// Whether it is there.
        #[serde(flatten)]
        change: Change<OrganizationStanding<'a>>,
    },
    /// A person.
    Person {
        /// Who.
        person: PersonId,
        /// Whether they are there, and in which role.
        #[serde(flatten)]
        change: Change<PersonStanding<'a>>,
    },
    /// A person who owns an organization in one state alone.
    OrganizationOwner {
        /// Which organization.
        organization: OrganizationId,
        /// Who.
        person: PersonId,
        /// Whether they own it.
        #[serde(flatten)]
        change: Change<Owns>,
    },
    /// A credential.
    Credential {
        /// Which.
        credential: CredentialId,
        /// Whether it authenticates, and what it is.
        #[serde(flatten)]
        change: Change<CredentialStanding<'a>>,
    },
    /// A pair of a credential and an organization.
    Authorization {
        /// Which credential.
        credential: CredentialId,
        /// For which organization.
        organization: OrganizationId,
        /// What became of it.
        #[serde(flatten)]
        change: Change<AuthorizationStatus>,
    },
    /// A revocation.
    Revocation {
        /// Which.
        revocation: RevocationId,
        /// How far it is.
        #[serde(flatten)]
        change: Change<Progress>,
    },
}

/// What an enterprise is called, and of what kind it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct EnterpriseStanding<'a> {
    /// Its name in URLs.
    pub slug: &'a EnterpriseSlug,
    /// Its kind.
    pub kind: EnterpriseKind,
}

/// An organization that is, or was, in the enterprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct OrganizationStanding<'a> {
    /// Whether it is there now.
    pub is_present: bool,
    /// Its login, or the last one.
    pub login: &'a Login,
}

/// A person who is, or was, in the enterprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct PersonStanding<'a> {
    /// Whether they are there now.
    pub is_present: bool,
    /// Their role, or the last one.
    pub role: Role,
    /// Their login, or the last one.
    pub login: &'a Login,
    /// Whether they are there and hold `write_enterprise_credentials`.
    pub may_write_credentials: bool,
    /// Whether they are there as the first EMU owner.
    pub is_first_owner: bool,
}

/// Somebody owns an organization. As JSON it is `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "bool")]
pub struct Owns;

impl From<Owns> for bool {
    fn from(Owns: Owns) -> Self {
        true
    }
}

/// A credential that was issued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CredentialStanding<'a> {
    /// Whether it authenticates, and if not, why.
    pub status: CredentialStatus,
    /// Of what kind it is.
    pub kind: CredentialKind,
    /// Whose it is.
    pub owner: PersonId,
    /// Its scopes or app permissions.
    pub scopes: &'a Scopes,
    /// From when on it no longer authenticates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Whose standing differs, `from` one state `to` the other. Both are asked as of `at`, which decides what has expired:
/// so what expires between the ends of two histories is no difference.
///
/// In order of arrival, grant and issue: those that the first state knows, then those that only the second knows, and
/// after each credential its authorizations. A scan of both states.
pub fn differences<'a>(
    from: &'a Enterprise,
    to: &'a Enterprise,
    at: Timestamp,
) -> impl Iterator<Item = Difference<'a>> {
    let both = Both { from, to };
    let enterprise = both.change(enterprise_standing);
    let enterprise = enterprise.map(|change| Difference::Enterprise { change }).into_iter();
    let organizations = ids(&from.organizations, &to.organizations).filter_map(move |organization| {
        let change = both.change(|of| organization_standing(of, organization))?;
        Some(Difference::Organization { organization, change })
    });
    let people = ids(&from.people, &to.people).filter_map(move |person| {
        let change = both.change(|of| person_standing(of, person))?;
        Some(Difference::Person { person, change })
    });
    let revocations = first_and_new(from.revocations(), to.revocations(), |progress| {
        from.revocations.get(progress.id).is_some()
    });
    let revocations = revocations.filter_map(move |Progress { id: revocation, .. }| {
        let change = both.change(|of| of.progress(revocation))?;
        Some(Difference::Revocation { revocation, change })
    });
    (enterprise.chain(organizations).chain(people))
        .chain(both.owners())
        .chain(both.credentials(at))
        .chain(revocations)
}

#[derive(Clone, Copy)]
struct Both<'a> {
    from: &'a Enterprise,
    to: &'a Enterprise,
}

impl<'a> Both<'a> {
    /// What differs in what `standing` says of each state.
    fn change<T: PartialEq>(self, standing: impl Fn(&'a Enterprise) -> Option<T>) -> Option<Change<T>> {
        let (from, to) = (standing(self.from), standing(self.to));
        (from != to).then_some(Change { from, to })
    }

    fn owners(self) -> impl Iterator<Item = Difference<'a>> {
        let is_old = move |(organization, person): &(OrganizationId, PersonId)| {
            self.from.is_organization_owner(*person, *organization)
        };
        let owners = first_and_new(self.from.organization_owners(), self.to.organization_owners(), is_old);
        owners.filter_map(move |(organization, person)| {
            let change = self.change(|of| of.is_organization_owner(person, organization).then_some(Owns))?;
            Some(Difference::OrganizationOwner {
                organization,
                person,
                change,
            })
        })
    }

    fn credentials(self, at: Timestamp) -> impl Iterator<Item = Difference<'a>> {
        let (from, to) = (self.from.credentials.iter(), self.to.credentials.iter());
        let credentials = first_and_new(from, to, move |credential| {
            self.from.credentials.get(credential.id()).is_some()
        });
        credentials.flat_map(move |credential| self.of_credential(credential.id(), at))
    }

    fn of_credential(self, credential: CredentialId, at: Timestamp) -> Vec<Difference<'a>> {
        let change = self.change(|of| credential_standing(of, credential, at));
        let of_credential = change.map(|change| Difference::Credential { credential, change });
        let [from, to] = [self.from, self.to].map(|of| authorizations(of, credential));
        let is_old = |(organization, _): &(OrganizationId, _)| from.iter().any(|(old, _)| old == organization);
        let organizations = first_and_new(from.iter().copied(), to.iter().copied(), is_old);
        let of_pairs = organizations.filter_map(|(organization, _)| {
            let of = |held: &[(OrganizationId, AuthorizationStatus)]| {
                let held = held.iter().find(|(of, _)| *of == organization);
                held.map(|(_, status)| *status)
            };
            let (from, to) = (of(&from), of(&to));
            (from != to).then_some(Difference::Authorization {
                credential,
                organization,
                change: Change { from, to },
            })
        });
        of_credential.into_iter().chain(of_pairs).collect()
    }
}

/// All of the first, and of the second those that are not in the first.
fn first_and_new<T>(
    first: impl Iterator<Item = T>,
    second: impl Iterator<Item = T>,
    is_in_first: impl Fn(&T) -> bool,
) -> impl Iterator<Item = T> {
    first.chain(second.filter(move |it| !is_in_first(it)))
}

/// Everybody whom one of two tables has ever known.
fn ids<'a, Id, Facts, Data>(
    from: &'a Memberships<Id, Facts, Data>,
    to: &'a Memberships<Id, Facts, Data>,
) -> impl Iterator<Item = Id> + use<'a, Id, Facts, Data>
where
    Id: Copy + Into<u64>,
    Facts: Copy,
    Data: Named,
{
    first_and_new(known(from), known(to), |id| from.latest(*id).is_some())
}

/// Everybody whom a table has ever known, each once.
fn known<'a, Id, Facts, Data>(
    table: &'a Memberships<Id, Facts, Data>,
) -> impl Iterator<Item = Id> + use<'a, Id, Facts, Data>
where
    Id: Copy + Into<u64>,
    Facts: Copy,
    Data: Named,
{
    let ordinals = (0..).map(Ordinal).take_while(|ordinal| table.has(*ordinal));
    ordinals.filter_map(|ordinal| {
        let id = table.get(ordinal)?.id;
        (table.latest_ordinal(id) == Some(ordinal)).then_some(id)
    })
}

fn enterprise_standing(of: &Enterprise) -> Option<EnterpriseStanding<'_>> {
    let (slug, kind) = of.slug().zip(of.kind())?;
    Some(EnterpriseStanding { slug, kind })
}

fn organization_standing(of: &Enterprise, organization: OrganizationId) -> Option<OrganizationStanding<'_>> {
    Some(OrganizationStanding {
        is_present: of.organizations.present(organization).is_some(),
        login: of.last_organization_login(organization)?,
    })
}

fn person_standing(of: &Enterprise, person: PersonId) -> Option<PersonStanding<'_>> {
    Some(PersonStanding {
        is_present: of.people.present(person).is_some(),
        role: of.people.latest(person)?.facts.role,
        login: of.last_login(person)?,
        may_write_credentials: of.may_write_credentials(person),
        is_first_owner: of.is_first_owner(person),
    })
}

fn credential_standing(of: &Enterprise, credential: CredentialId, at: Timestamp) -> Option<CredentialStanding<'_>> {
    let issued = of.credentials.get(credential)?;
    let status = CredentialStatus::of(of.authenticate(&issued, at));
    let shown = of.credential_ref(issued)?;
    Some(CredentialStanding {
        status,
        kind: shown.kind(),
        owner: shown.owner(),
        scopes: shown.scopes(),
        expires_at: shown.expires_at(),
    })
}

/// What became of each authorization that a credential ever had, in order of grant.
fn authorizations(of: &Enterprise, credential: CredentialId) -> Vec<(OrganizationId, AuthorizationStatus)> {
    let pair = |issued: &Credential<'_>, held: Authorization| {
        let organization = of.organizations.get(held.organization)?.id;
        Some((organization, AuthorizationStatus::of(of, issued, &held)))
    };
    let issued = of.credentials.get(credential);
    let pairs = issued.iter().flat_map(|issued| {
        let held = of.credentials.authorizations(issued);
        held.filter_map(|held| pair(issued, held))
    });
    pairs.collect()
}
