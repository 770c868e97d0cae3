//! One credential in 24 bytes. They hold what nearly every credential needs; the rest is kept elsewhere.

use alloc::vec::Vec;

use crate::credential::CredentialKind;
use crate::enterprise::epoch::Epoch;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::stored::{Stored, stored};
use crate::id::CredentialId;
use crate::limits::ID_MAX;

/// A credential's grant for one stay of an organization, and what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Authorization {
    /// The organization's membership that it was granted in.
    pub(crate) organization: Ordinal,
    /// When it was granted.
    pub(crate) granted: Epoch,
    pub(crate) status: GrantStatus,
}

/// What was recorded of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GrantStatus {
    /// Nothing: it is live, pending, or ended with its owner or organization.
    Granted,
    /// Revoked singly, outside any revocation, or by one of an organization: the pair may be granted again.
    Revoked,
    /// Revoked by a revocation of the enterprise: of every kind but fine-grained, the pair is a tombstone.
    Taken,
    /// Ended with its credential, while it was not pending.
    Ended,
}

const ID_BITS: u32 = 53;
const KIND_BITS: u32 = 3;
const _: () = assert!(ID_MAX == (1 << ID_BITS) - 1 && CredentialKind::ALL.len() <= 1 << KIND_BITS);
const DESTROYED: u64 = 1 << (ID_BITS + KIND_BITS);
const SPILLED: u64 = DESTROYED << 1;
const EXPIRES: u64 = SPILLED << 1;

/// How many authorizations stand in the record itself.
const INLINE: usize = 3;
/// The organization of a place that holds no authorization.
const NONE: u16 = u16::MAX;
const STATUS_BITS: usize = 2;
const STATUSES_MASK: u16 = (1 << (STATUS_BITS * INLINE)) - 1;

/// A credential's record.
///
/// `word` holds the id in 53 bits, the kind in 3, and three flags. The inline authorizations share one epoch, which may
/// be later than that of a grant where no unfinished revocation tells the two apart: see [`Record::grant`]. More of
/// them, or of epochs that must be told apart, are spilled. `statuses` holds two bits for each of them, and above them
/// the number of the credential's scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record {
    word: u64,
    owner: u32,
    granted: Epoch,
    organizations: [u16; INLINE],
    statuses: u16,
}

/// What a credential takes in memory and in a snapshot: see decision 0016.
const _: () = assert!(size_of::<Record>() == 24);

impl Record {
    /// The largest number of scopes that fits.
    pub(crate) const SCOPES_MAX: u16 = u16::MAX >> (STATUS_BITS * INLINE);

    pub(crate) const fn new(
        id: CredentialId,
        kind: CredentialKind,
        owner: Ordinal,
        scopes: u16,
        expires: bool,
    ) -> Self {
        debug_assert!(scopes <= Self::SCOPES_MAX);
        let kind: u64 = match kind {
            CredentialKind::ClassicPat => 0,
            CredentialKind::FineGrainedPat => 1,
            CredentialKind::SshKey => 2,
            CredentialKind::OauthAppUserToken => 3,
            CredentialKind::GithubAppUserToken => 4,
        };
        Self {
            word: id.value() | kind << ID_BITS | if expires { EXPIRES } else { 0 },
            owner: owner.0,
            granted: Epoch(0),
            organizations: [NONE; INLINE],
            statuses: scopes << (STATUS_BITS * INLINE),
        }
    }

    /// Whether its word is one that [`Record::new`] and the changes after it make.
    pub(crate) const fn is_valid(&self) -> bool {
        let kinds = CredentialKind::ALL.len() as u64;
        let id = self.word & ((1 << ID_BITS) - 1);
        id > 0 && self.word >> ID_BITS & ((1 << KIND_BITS) - 1) < kinds && self.word < EXPIRES << 1
    }

    pub(crate) const fn id(&self) -> CredentialId {
        CredentialId::in_word(self.word)
    }

    pub(crate) const fn kind(&self) -> CredentialKind {
        match self.word >> ID_BITS & ((1 << KIND_BITS) - 1) {
            0 => CredentialKind::ClassicPat,
            1 => CredentialKind::FineGrainedPat,
            2 => CredentialKind::SshKey,
            3 => CredentialKind::OauthAppUserToken,
            _ => CredentialKind::GithubAppUserToken,
        }
    }

    /// The owner's membership in which it was issued.
    pub(crate) const fn owner(&self) -> Ordinal {
        Ordinal(self.owner)
    }

    pub(crate) const fn is_destroyed(&self) -> bool {
        self.word & DESTROYED != 0
    }

    pub(crate) const fn is_spilled(&self) -> bool {
        self.word & SPILLED != 0
    }

    pub(crate) const fn expires(&self) -> bool {
        self.word & EXPIRES != 0
    }

    /// The number of its scopes.
    pub(crate) const fn scopes(&self) -> u16 {
        self.statuses >> (STATUS_BITS * INLINE)
    }

    pub(crate) const fn set_destroyed(&mut self) {
        self.word |= DESTROYED;
    }

    /// Empties the inline places: the authorizations are kept elsewhere from now on.
    pub(crate) const fn set_spilled(&mut self) {
        self.word |= SPILLED;
        self.organizations = [NONE; INLINE];
    }

    /// The inline authorizations, in order of grant.
    pub(crate) fn authorizations(&self) -> impl Iterator<Item = Authorization> + use<> {
        let record = *self;
        (0..INLINE).map_while(move |place| record.authorization(place))
    }

    /// The inline authorization at this place of the order of grant.
    #[inline]
    pub(crate) fn authorization(&self, place: usize) -> Option<Authorization> {
        let organization = *self.organizations.get(place)?;
        (organization != NONE).then_some(Authorization {
            organization: Ordinal(u32::from(organization)),
            granted: self.granted,
            status: status(self.statuses, place),
        })
    }

    /// Whether nothing is recorded yet of one of the inline authorizations.
    pub(crate) const fn has_granted(&self) -> bool {
        let [first, second, third] = self.organizations;
        first != NONE && self.statuses & 3 == 0
            || second != NONE && self.statuses >> STATUS_BITS & 3 == 0
            || third != NONE && self.statuses >> (2 * STATUS_BITS) & 3 == 0
    }

    /// Adds an authorization; false where it has no place here.
    ///
    /// The others are taken for granted now, too, if `others_may_move`: if none of them is pending. Then no unfinished
    /// revocation covers them, nor ever will, and to those to come every earlier epoch is the same.
    pub(crate) fn grant(&mut self, organization: Ordinal, granted: Epoch, others_may_move: bool) -> bool {
        let Ok(organization) = u16::try_from(organization.0) else {
            return false;
        };
        if organization == NONE || !(self.granted == granted || others_may_move) {
            return false;
        }
        let Some(place) = self.organizations.iter().position(|organization| *organization == NONE) else {
            return false;
        };
        if let Some(free) = self.organizations.get_mut(place) {
            *free = organization;
        }
        self.granted = granted;
        self.set_status(place, GrantStatus::Granted);
        true
    }

    /// Removes the authorization at this place of the order of grant.
    pub(crate) fn remove(&mut self, place: usize) {
        let mut kept = *self;
        kept.organizations = [NONE; INLINE];
        let others = self
            .organizations
            .into_iter()
            .enumerate()
            .filter(|(other, _)| *other != place);
        for ((next, (from, organization)), free) in others.enumerate().zip(&mut kept.organizations) {
            *free = organization;
            set(&mut kept.statuses, next, status(self.statuses, from));
        }
        *self = kept;
    }

    /// Records what became of the authorization at this place of the order of grant.
    pub(crate) const fn set_status(&mut self, place: usize, status: GrantStatus) {
        set(&mut self.statuses, place, status);
    }
}

stored!(Record {
    word,
    owner,
    granted,
    organizations,
    statuses
});
stored!(Authorization {
    organization,
    granted,
    status
});

impl Stored for GrantStatus {
    fn store(&self, bytes: &mut Vec<u8>) {
        bits(*self).store(bytes);
    }

    fn load(bytes: &mut &[u8]) -> Option<Self> {
        let bits = u16::load(bytes)?;
        (bits <= 3).then(|| status(bits, 0))
    }
}

const fn status(statuses: u16, place: usize) -> GrantStatus {
    match statuses >> (STATUS_BITS * place) & 3 {
        0 => GrantStatus::Granted,
        1 => GrantStatus::Revoked,
        2 => GrantStatus::Taken,
        _ => GrantStatus::Ended,
    }
}

const fn set(statuses: &mut u16, place: usize, status: GrantStatus) {
    let shift = STATUS_BITS * place;
    *statuses = *statuses & !(3 << shift & STATUSES_MASK) | bits(status) << shift;
}

const fn bits(status: GrantStatus) -> u16 {
    match status {
        GrantStatus::Granted => 0,
        GrantStatus::Revoked => 1,
        GrantStatus::Taken => 2,
        GrantStatus::Ended => 3,
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    const STATUSES: [GrantStatus; 4] = [
        GrantStatus::Granted,
        GrantStatus::Revoked,
        GrantStatus::Taken,
        GrantStatus::Ended,
    ];

    fn record() -> Record {
        let id = CredentialId::new(901).unwrap();
        Record::new(id, CredentialKind::ClassicPat, Ordinal(7), Record::SCOPES_MAX, false)
    }

    /// A record with an authorization for organizations 0, 1, … with these statuses.
    fn with(statuses: &[GrantStatus]) -> Record {
        let mut record = record();
        for place in 0..statuses.len() {
            assert!(record.grant(Ordinal(u32::try_from(place).unwrap()), Epoch(5), true));
        }
        for (place, status) in statuses.iter().enumerate() {
            record.set_status(place, *status);
        }
        record
    }

    fn held(record: &Record) -> Vec<(u32, GrantStatus)> {
        let held = record.authorizations();
        held.map(|held| (held.organization.0, held.status)).collect()
    }

    /// Every list of up to three statuses.
    fn lists() -> Vec<Vec<GrantStatus>> {
        let mut lists = Vec::from([Vec::new()]);
        for length in 0..INLINE {
            let longer = lists
                .iter()
                .filter(|list| list.len() == length)
                .flat_map(|list| STATUSES.map(|status| list.iter().copied().chain([status]).collect::<Vec<_>>()));
            lists.extend(longer.collect::<Vec<_>>());
        }
        lists
    }

    #[test]
    fn every_part_keeps_to_its_bits() {
        for kind in CredentialKind::ALL {
            for (id, scopes, expires) in [
                (1, 0, false),
                (ID_MAX, Record::SCOPES_MAX, true),
                (1, 1, true),
                (ID_MAX, 0, false),
            ] {
                let id = CredentialId::new(id).unwrap();
                let fresh = Record::new(id, kind, Ordinal(u32::MAX), scopes, expires);
                let (mut destroyed, mut spilled) = (fresh, fresh);
                destroyed.set_destroyed();
                spilled.set_spilled();
                for record in [fresh, destroyed, spilled] {
                    assert_eq!(
                        (record.id(), record.kind(), record.owner()),
                        (id, kind, Ordinal(u32::MAX))
                    );
                    assert_eq!((record.scopes(), record.expires()), (scopes, expires));
                    assert_eq!((record.has_granted(), held(&record)), (false, Vec::new()));
                }
                let flags = [fresh, destroyed, spilled].map(|record| (record.is_destroyed(), record.is_spilled()));
                assert_eq!(flags, [(false, false), (true, false), (false, true)]);
            }
        }
    }

    #[test]
    fn what_became_of_each_authorization_is_remembered_in_order_of_grant() {
        assert_eq!(lists().len(), 1 + 4 + 16 + 64);
        for statuses in lists() {
            let record = with(&statuses);
            let expected: Vec<(u32, GrantStatus)> = (0..).zip(statuses.iter().copied()).collect();
            assert_eq!(held(&record), expected);
            assert_eq!(
                record.has_granted(),
                statuses.contains(&GrantStatus::Granted),
                "{statuses:?}"
            );
            assert_eq!(record.scopes(), Record::SCOPES_MAX);
            for place in 0..statuses.len() {
                let (mut without, mut left) = (record, expected.clone());
                without.remove(place);
                left.remove(place);
                assert_eq!(held(&without), left);
                assert_eq!(without.scopes(), Record::SCOPES_MAX);
            }
        }
    }

    #[test]
    fn a_record_takes_three_authorizations_of_one_epoch() {
        for statuses in lists() {
            for (epoch, others_may_move) in [(5, false), (5, true), (6, false), (6, true)] {
                let mut record = with(&statuses);
                let taken = record.grant(Ordinal(9), Epoch(epoch), others_may_move);
                let one_epoch = epoch == 5 && !statuses.is_empty() || others_may_move;
                assert_eq!(
                    taken,
                    one_epoch && statuses.len() < INLINE,
                    "{statuses:?} and one of epoch {epoch}"
                );
                let last = record
                    .authorizations()
                    .last()
                    .filter(|last| last.organization == Ordinal(9));
                assert_eq!(last.map(|last| last.granted), taken.then_some(Epoch(epoch)));
            }
        }
        for (organization, fits) in [(65_534, true), (65_535, false), (65_536, false)] {
            assert_eq!(record().grant(Ordinal(organization), Epoch(5), true), fits);
        }
    }
}
