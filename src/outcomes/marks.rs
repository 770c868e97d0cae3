//! What a history shows of each credential on the way, but not at its end. Once anything is noted, it takes 8 bytes a
//! credential.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use crate::person::Role;

/// How many credentials a page holds: pages let the table grow without copying or doubling.
const PAGE: u32 = 1 << 12;

/// How many bits the marks of one pair take.
const PAIR_BITS: usize = 3;
/// How many pairs of a credential have their marks in line.
const INLINE: usize = u32::BITS as usize / PAIR_BITS;

/// What was noted of a pair, of a credential and an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PairMark(u8);

impl PairMark {
    pub(super) const NONE: Self = Self(0);
    /// The revocation asked about took it.
    pub(super) const TAKEN: Self = Self(1);
    /// It was authorized again after a revocation had taken it.
    pub(super) const AGAIN: Self = Self(2);
    /// A revocation of its organization took it.
    pub(super) const TAKEN_AT_ORGANIZATION: Self = Self(4);

    pub(super) const fn has(self, mark: Self) -> bool {
        self.0 & mark.0 == mark.0
    }

    const fn with(self, mark: Self) -> Self {
        Self(self.0 | mark.0)
    }

    const fn without(self, mark: Self) -> Self {
        Self(self.0 & !mark.0)
    }
}

/// What was noted of a credential that was issued before the cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CredentialMark {
    /// Whether the revocation asked about destroys it.
    pub(super) is_taken: bool,
    /// The owner's role.
    pub(super) role_at_cut: Option<Role>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Mark {
    /// Of the first pairs, in order of grant.
    pairs: u32,
    credential: Option<CredentialMark>,
}

const _: () = assert!(size_of::<Mark>() == 8);

/// The marks of all credentials, by slot. Of a pair that nothing was noted of nothing is kept.
#[derive(Debug, Clone, Default)]
pub(super) struct Marks {
    pages: Vec<Vec<Mark>>,
    /// Those of the pairs that have no place in line, by slot and place.
    spilled: BTreeMap<(u32, usize), PairMark>,
}

impl Marks {
    /// What was noted of a credential; nothing for one issued after the cut.
    pub(super) fn credential(&self, slot: u32) -> Option<CredentialMark> {
        self.mark(slot)?.credential
    }

    pub(super) fn set_credential(&mut self, slot: u32, credential: CredentialMark) {
        if let Some(mark) = self.mark_mut(slot) {
            mark.credential = Some(credential);
        }
    }

    /// What was noted of the pair at this place of the credential's order of grant.
    pub(super) fn pair(&self, slot: u32, place: usize) -> PairMark {
        if place >= INLINE {
            return self.spilled.get(&(slot, place)).copied().unwrap_or(PairMark::NONE);
        }
        let pairs = self.mark(slot).map_or(0, |mark| mark.pairs);
        let [bits, ..] = (pairs >> (PAIR_BITS * place)).to_le_bytes();
        PairMark(bits & 7)
    }

    pub(super) fn add(&mut self, slot: u32, place: usize, mark: PairMark) {
        self.set_pair(slot, place, self.pair(slot, place).with(mark));
    }

    /// Notes whether the revocation asked about takes a pair, in place of what was noted about an earlier one.
    pub(super) fn set_taken(&mut self, slot: u32, place: usize, is_taken: bool) {
        let before = self.pair(slot, place);
        let mark = match is_taken {
            true => before.with(PairMark::TAKEN),
            false => before.without(PairMark::TAKEN),
        };
        self.set_pair(slot, place, mark);
    }

    /// Follows a pair that is granted anew, from its place to the end of the credential's `len` pairs,
    /// and adds a mark to it.
    pub(super) fn move_to_end(&mut self, slot: u32, place: usize, len: usize, mark: PairMark) {
        let moved = self.pair(slot, place).with(mark);
        for earlier in place..len.saturating_sub(1) {
            self.set_pair(slot, earlier, self.pair(slot, earlier + 1));
        }
        self.set_pair(slot, len.saturating_sub(1), moved);
    }

    fn set_pair(&mut self, slot: u32, place: usize, mark: PairMark) {
        if self.pair(slot, place) == mark {
            return;
        }
        if place >= INLINE {
            match mark {
                PairMark::NONE => self.spilled.remove(&(slot, place)),
                mark => self.spilled.insert((slot, place), mark),
            };
        } else if let Some(of_credential) = self.mark_mut(slot) {
            let shift = PAIR_BITS * place;
            of_credential.pairs = of_credential.pairs & !(7 << shift) | u32::from(mark.0) << shift;
        }
    }

    fn mark(&self, slot: u32) -> Option<&Mark> {
        self.pages.get((slot / PAGE) as usize)?.get((slot % PAGE) as usize)
    }

    fn mark_mut(&mut self, slot: u32) -> Option<&mut Mark> {
        let page = (slot / PAGE) as usize;
        if page >= self.pages.len() {
            self.pages.resize_with(page + 1, Vec::new);
        }
        let page = self.pages.get_mut(page)?;
        if page.is_empty() {
            page.resize(PAGE as usize, Mark::default());
        }
        page.get_mut((slot % PAGE) as usize)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    const SLOT: u32 = PAGE + 3;

    fn all(marks: &Marks, len: usize) -> Vec<PairMark> {
        (0..len).map(|place| marks.pair(SLOT, place)).collect()
    }

    #[test]
    fn marks_follow_their_pairs_however_many_there_are() {
        for len in [1, 2, INLINE, INLINE + 1, 3 * INLINE] {
            let (mut marks, mut expected) = (Marks::default(), [PairMark::NONE].repeat(len));
            for step in 0..200 {
                let place = step * 7 % len;
                match step % 4 {
                    0 => {
                        marks.add(SLOT, place, PairMark::TAKEN_AT_ORGANIZATION);
                        expected[place] = expected[place].with(PairMark::TAKEN_AT_ORGANIZATION);
                    }
                    1 => {
                        marks.set_taken(SLOT, place, true);
                        expected[place] = expected[place].with(PairMark::TAKEN);
                    }
                    2 => {
                        marks.set_taken(SLOT, place, false);
                        expected[place] = expected[place].without(PairMark::TAKEN);
                    }
                    _ => {
                        marks.move_to_end(SLOT, place, len, PairMark::AGAIN);
                        let moved = expected.remove(place).with(PairMark::AGAIN);
                        expected.push(moved);
                    }
                }
                assert_eq!(all(&marks, len), expected, "{len} pairs, step {step}");
            }
            assert!(marks.credential(SLOT).is_none());
            assert!(all(&marks, 1).len() == 1 && marks.pair(SLOT + 1, 0) == PairMark::NONE);
        }
    }

    #[test]
    fn what_is_noted_of_a_credential_leaves_its_pairs_alone() {
        let mut marks = Marks::default();
        marks.add(SLOT, 2, PairMark::AGAIN);
        let noted = CredentialMark {
            is_taken: true,
            role_at_cut: Some(Role::Owner),
        };
        marks.set_credential(SLOT, noted);
        assert_eq!(marks.credential(SLOT), Some(noted));
        assert_eq!((marks.credential(0), marks.credential(SLOT - 1)), (None, None));
        assert_eq!(all(&marks, 3), [PairMark::NONE, PairMark::NONE, PairMark::AGAIN]);
    }
}
