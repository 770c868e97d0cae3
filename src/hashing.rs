//! Hashes without a key, the same on every machine. They are not for use against a forger.

use core::hash::Hasher;

const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// Spreads ids, which often follow a pattern, over the bits of a hash.
pub(crate) const fn spread(id: u64) -> u32 {
    let product = id.wrapping_mul(FACTOR);
    let folded = (product ^ product >> u32::BITS).wrapping_mul(FACTOR);
    (folded >> u32::BITS) as u32
}

/// A hash of bytes, eight at a time.
///
/// Each step is a permutation of the hash and of the word that it takes in, so two texts that differ in a single word
/// never have the same hash.
#[derive(Default)]
pub(crate) struct Hash(u64);

impl Hash {
    const fn add(&mut self, word: u64) {
        let product = (self.0 ^ word).wrapping_mul(FACTOR);
        self.0 = product ^ product >> u32::BITS;
    }
}

impl Hasher for Hash {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks();
        for word in words {
            self.add(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            for (byte, from) in last.iter_mut().zip(rest) {
                *byte = *from;
            }
            self.add(u64::from_le_bytes(last));
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
