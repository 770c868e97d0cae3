//! Chance, made from the seed. The output of the ChaCha stream cipher is the same for ever, in every version.

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};
use enterprise_credentials::CredentialId;
use sha2::{Digest, Sha256};

use super::Sample;

/// A sequence of random values. Two of the same origin are the same.
pub(super) struct Draw(ChaCha8Rng);

/// All that a random character is drawn from, as tokens have it.
const LETTERS_AND_DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

impl Draw {
    /// The sequence that the course of a sample's history is drawn from.
    pub(super) fn of_history(sample: &Sample) -> Self {
        Self(ChaCha8Rng::from_seed(seed(sample)))
    }

    /// The sequence that the owners of organizations are drawn from: one of its own, so that they change nothing else.
    pub(super) fn of_organization_owners(sample: &Sample) -> Self {
        /// No credential has this id.
        const STREAM: u64 = u64::MAX;
        let mut stream = ChaCha8Rng::from_seed(seed(sample));
        stream.set_stream(STREAM);
        Self(stream)
    }

    /// A sequence of the credential's own, so that its token can be made again from its id.
    pub(super) fn of_credential(sample: &Sample, credential: CredentialId) -> Self {
        let mut stream = ChaCha8Rng::from_seed(seed(sample));
        stream.set_stream(credential.value());
        Self(stream)
    }

    /// A number from 0 to `bound`, its end excluded; 0 where there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64().checked_rem(bound).unwrap_or_default()
    }

    /// Yes, this often in a thousand times.
    pub(super) fn happens(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of these; nothing where there are none.
    pub(super) fn one_of<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        let index = self.below(u64::try_from(choices.len()).ok()?);
        choices.get(usize::try_from(index).ok()?)
    }

    /// One of these, each as often as its weight says; nothing where there are none.
    pub(super) fn weighted<'a, T>(&mut self, choices: &'a [(u64, T)]) -> Option<&'a T> {
        let mut left = self.below(choices.iter().map(|(weight, _)| weight).sum());
        let chosen = choices.iter().find(|(weight, _)| {
            let hit = left < *weight;
            left = left.saturating_sub(*weight);
            hit
        });
        chosen.map(|(_, choice)| choice)
    }

    pub(super) fn letter_or_digit(&mut self) -> char {
        self.one_of(LETTERS_AND_DIGITS).copied().map_or('0', char::from)
    }

    pub(super) fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

/// The kind has its part in it: two samples of different kinds share no token, and fit into one store.
fn seed(sample: &Sample) -> [u8; 32] {
    let origin = Sha256::new()
        .chain_update("sample enterprise ")
        .chain_update(sample.kind.as_str());
    origin.chain_update(sample.seed.to_le_bytes()).finalize().into()
}
