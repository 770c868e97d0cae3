//! What a revocation is limited to.

use alloc::vec::Vec;

use crate::credential::CredentialType;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::stored::Stored;
use crate::hashing::spread;

/// What matches: all that is asked for here. Nothing asked for is everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Filter {
    /// A membership of an organization, or [`ANY`].
    organization: u32,
    /// A membership of a person, or [`ANY`].
    person: u32,
    /// A type of credential, or [`ANY_TYPE`].
    credential_type: u8,
}

/// No membership has this ordinal: see [`Index::PLACES_MAX`](crate::enterprise::index::Index::PLACES_MAX).
const ANY: u32 = u32::MAX;
const ANY_TYPE: u8 = u8::MAX;

/// Which parts of a filter are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape(u8);

impl Shape {
    /// How many there are.
    pub(crate) const COUNT: usize = 8;
    pub(crate) const EVERYTHING: Self = Self(0);

    const ORGANIZATION: u8 = 1;
    const PERSON: u8 = 2;
    const TYPE: u8 = 4;

    /// The bits of the shapes that ask for a person.
    pub(crate) const OF_PERSONS: u8 = 0b1100_1100;

    pub(crate) const fn bit(self) -> u8 {
        1 << self.0
    }

    pub(crate) const fn place(self) -> usize {
        self.0 as usize
    }
}

/// Shapes, one bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Shapes(pub(crate) u8);

impl Shapes {
    pub(crate) const NONE: Self = Self(0);
    /// That of what has no filter.
    pub(crate) const EVERYTHING: Self = Self(Shape::EVERYTHING.bit());
}

impl Iterator for Shapes {
    type Item = Shape;

    #[inline]
    fn next(&mut self) -> Option<Shape> {
        let others = self.0 & self.0.checked_sub(1)?;
        let [next, ..] = (self.0 ^ others).trailing_zeros().to_le_bytes();
        self.0 = others;
        Some(Shape(next))
    }
}

impl Filter {
    /// Matches everything.
    pub(crate) const EVERYTHING: Self = Self {
        organization: ANY,
        person: ANY,
        credential_type: ANY_TYPE,
    };

    pub(crate) fn new(
        organization: Option<Ordinal>,
        person: Option<Ordinal>,
        credential_type: Option<CredentialType>,
    ) -> Self {
        Self {
            organization: organization.map_or(ANY, |Ordinal(ordinal)| ordinal),
            person: person.map_or(ANY, |Ordinal(ordinal)| ordinal),
            credential_type: credential_type.map_or(ANY_TYPE, number),
        }
    }

    /// The narrowest filter that matches one authorization.
    #[inline]
    pub(crate) const fn of_authorization(organization: Ordinal, owner: Ordinal, of: CredentialType) -> Self {
        Self {
            organization: organization.0,
            person: owner.0,
            credential_type: number(of),
        }
    }

    /// The narrowest filter that matches one credential.
    #[inline]
    pub(crate) const fn of_credential(owner: Ordinal, of: CredentialType) -> Self {
        Self {
            organization: ANY,
            person: owner.0,
            credential_type: number(of),
        }
    }

    pub(crate) const fn organization(self) -> Option<Ordinal> {
        if self.organization == ANY {
            None
        } else {
            Some(Ordinal(self.organization))
        }
    }

    pub(crate) const fn person(self) -> Option<Ordinal> {
        if self.person == ANY {
            None
        } else {
            Some(Ordinal(self.person))
        }
    }

    pub(crate) const fn credential_type(self) -> Option<CredentialType> {
        credential_type(self.credential_type)
    }

    pub(crate) const fn shape(self) -> Shape {
        let organization = if self.organization == ANY {
            0
        } else {
            Shape::ORGANIZATION
        };
        let person = if self.person == ANY { 0 } else { Shape::PERSON };
        let credential_type = if self.credential_type == ANY_TYPE {
            0
        } else {
            Shape::TYPE
        };
        Shape(organization | person | credential_type)
    }

    /// This filter with no more parts than a shape has.
    #[inline]
    pub(crate) const fn of_shape(self, Shape(shape): Shape) -> Self {
        // What is not asked for is all ones, which no value has.
        Self {
            organization: self.organization | ((shape & Shape::ORGANIZATION == 0) as u32).wrapping_neg(),
            person: self.person | ((shape & Shape::PERSON == 0) as u32).wrapping_neg(),
            credential_type: self.credential_type | ((shape & Shape::TYPE == 0) as u8).wrapping_neg(),
        }
    }

    /// Whether credentials of this owner's stay and of this type are not left out.
    #[inline]
    pub(crate) const fn has_credential(self, owner: Ordinal, of: CredentialType) -> bool {
        (self.person == ANY || self.person == owner.0)
            && (self.credential_type == ANY_TYPE || self.credential_type == number(of))
    }

    /// Whether authorizations for this stay of an organization are not left out.
    #[inline]
    pub(crate) const fn has_organization(self, organization: Ordinal) -> bool {
        self.organization == ANY || self.organization == organization.0
    }

    #[inline]
    pub(crate) const fn hash(self) -> u32 {
        let memberships = (self.organization as u64) << u32::BITS | self.person as u64;
        spread(memberships.rotate_left(8) ^ self.credential_type as u64)
    }
}

const fn number(of: CredentialType) -> u8 {
    match of {
        CredentialType::ClassicPat => 0,
        CredentialType::FineGrainedPat => 1,
        CredentialType::SshKey => 2,
        CredentialType::OauthAppToken => 3,
    }
}

const fn credential_type(number: u8) -> Option<CredentialType> {
    match number {
        0 => Some(CredentialType::ClassicPat),
        1 => Some(CredentialType::FineGrainedPat),
        2 => Some(CredentialType::SshKey),
        3 => Some(CredentialType::OauthAppToken),
        _ => None,
    }
}

impl Stored for Filter {
    fn store(&self, bytes: &mut Vec<u8>) {
        self.organization.store(bytes);
        self.person.store(bytes);
        self.credential_type.store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let filter = Self {
            organization: Stored::load(bytes)?,
            person: Stored::load(bytes)?,
            credential_type: Stored::load(bytes)?,
        };
        let is_type = filter.credential_type == ANY_TYPE || filter.credential_type().is_some();
        is_type.then_some(filter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Filter> {
        let ordinals = [None, Some(Ordinal(0)), Some(Ordinal(1))];
        let types = CredentialType::ALL.map(Some).into_iter().chain([None]);
        types.flat_map(move |of| {
            let pairs = ordinals
                .into_iter()
                .flat_map(move |organization| ordinals.map(|person| (organization, person)));
            pairs.map(move |(organization, person)| Filter::new(organization, person, of))
        })
    }

    #[test]
    fn a_filter_says_what_it_was_made_of_and_reads_back() {
        for filter in all() {
            let made = Filter::new(filter.organization(), filter.person(), filter.credential_type());
            let mut bytes = Vec::new();
            made.store(&mut bytes);
            assert_eq!(Filter::load(&mut bytes.as_slice()), Some(filter));
            bytes.pop();
            bytes.push(4);
            assert_eq!(Filter::load(&mut bytes.as_slice()), None, "there is no such type");
        }
    }

    /// An item is looked up under the filter of each shape: it finds those that match it, and no others.
    #[test]
    fn the_filters_of_an_item_are_those_that_match_it() {
        for organization in [Ordinal(0), Ordinal(1)] {
            for owner in [Ordinal(0), Ordinal(1)] {
                for of in CredentialType::ALL {
                    let item = Filter::of_authorization(organization, owner, of);
                    let found: Vec<Filter> = Shapes(u8::MAX).map(|shape| item.of_shape(shape)).collect();
                    assert_eq!(found.len(), Shape::COUNT);
                    for filter in all() {
                        let matches = filter.has_organization(organization) && filter.has_credential(owner, of);
                        assert_eq!(found.contains(&filter), matches, "{filter:?} and {item:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn shapes_come_one_by_one() {
        assert_eq!(Shapes::default().next(), None);
        let shapes: Vec<usize> = Shapes(0b1010_0001).map(Shape::place).collect();
        assert_eq!(shapes, [0, 5, 7]);
        assert!(all().all(|filter| Shapes(filter.shape().bit()).eq([filter.shape()])));
        for filter in all() {
            let is_of_person = Shape::OF_PERSONS & filter.shape().bit() != 0;
            assert_eq!(is_of_person, filter.person().is_some(), "{filter:?}");
        }
    }
}
