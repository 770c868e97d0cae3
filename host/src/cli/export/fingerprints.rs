//! The fingerprints of a history, by the place of their credentials in the order of issue. The state holds none, and in
//! memory they would take twice as much as the state. So they are kept in a temporary file, and every sixteenth place
//! in it is known.

use std::fs::File;
use std::os::unix::fs::FileExt;

use anyhow::{Context, Result};
use enterprise_credentials::Fingerprint;
use enterprise_credentials::limits::FINGERPRINT_LENGTH_MAX;

use crate::cli::import::temporary_file;

/// How many fingerprints are found by one place in the file.
const GROUP: u32 = 16;
/// The longest group: each fingerprint with a byte that says how long it is.
const GROUP_BYTES_MAX: usize = GROUP as usize * (FINGERPRINT_LENGTH_MAX + 1);
/// From how many bytes on the groups in memory are written.
const UNWRITTEN_MAX: usize = 1 << 18;

pub(super) struct Fingerprints {
    file: File,
    /// Where each group begins.
    groups: Vec<u64>,
    written: u64,
    /// Whole groups, and the last one, which are not written yet.
    unwritten: Vec<u8>,
    len: u32,
}

impl Fingerprints {
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            file: temporary_file("feed")?,
            groups: Vec::new(),
            written: 0,
            unwritten: Vec::new(),
            len: 0,
        })
    }

    /// Adds that of the credential issued next.
    pub(super) fn push(&mut self, fingerprint: Option<&Fingerprint>) -> Result<()> {
        if self.len.is_multiple_of(GROUP) {
            if self.unwritten.len() >= UNWRITTEN_MAX {
                let written = self.file.write_all_at(&self.unwritten, self.written);
                written.context("cannot write a temporary file")?;
                self.written += self.unwritten.len() as u64;
                self.unwritten.clear();
            }
            self.groups.push(self.written + self.unwritten.len() as u64);
        }
        self.len += 1;
        let text = fingerprint.map_or("", |fingerprint| fingerprint.as_str());
        self.unwritten.push(u8::try_from(text.len())?);
        self.unwritten.extend_from_slice(text.as_bytes());
        Ok(())
    }

    /// That of the credential at this place; nothing for one that was issued without.
    pub(super) fn get(&self, place: u32) -> Result<Option<Fingerprint>> {
        let Some(begin) = self.groups.get((place / GROUP) as usize) else {
            return Ok(None);
        };
        let mut buffer = [0; GROUP_BYTES_MAX];
        let group = match begin.checked_sub(self.written) {
            Some(begin) => self.unwritten.get(usize::try_from(begin)?..).unwrap_or_default(),
            None => {
                let length = GROUP_BYTES_MAX.min(usize::try_from(self.written - begin)?);
                let group = buffer.get_mut(..length).unwrap_or_default();
                let read = self.file.read_exact_at(group, *begin);
                read.context("cannot read a temporary file")?;
                group
            }
        };
        let text = nth(group, place % GROUP).context("a temporary file is not as it was written")?;
        Ok(if text.is_empty() {
            None
        } else {
            Some(Fingerprint::new(text)?)
        })
    }
}

/// The text at this place of a group.
fn nth(mut group: &[u8], place: u32) -> Option<&str> {
    for _ in 0..place {
        let (length, rest) = group.split_first()?;
        group = rest.get(usize::from(*length)..)?;
    }
    let (length, rest) = group.split_first()?;
    std::str::from_utf8(rest.get(..usize::from(*length))?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_whether_it_is_in_memory_or_in_the_file() {
        const LEN: u32 = 30_000;
        let text = |place: u32| "x".repeat(place as usize % FINGERPRINT_LENGTH_MAX + 1);
        let expected = |place: u32| (!place.is_multiple_of(7)).then(|| Fingerprint::new(&text(place)).unwrap());
        let mut fingerprints = Fingerprints::new().unwrap();
        for place in 0..LEN {
            fingerprints.push(expected(place).as_ref()).unwrap();
            for found in [place, place / 2, place.saturating_sub(GROUP)] {
                assert_eq!(fingerprints.get(found).unwrap(), expected(found), "{found} of {place}");
            }
        }
        assert_eq!(fingerprints.get(LEN + GROUP).unwrap(), None);
        assert!(fingerprints.written > 0 && !fingerprints.unwritten.is_empty());
    }
}
