//! Logs that are shown to a witness: numbered lines, and histories that leave them somewhere.

use enterprise_credentials_seal::{
    Checkpoint, ConsistencyProver, Frontier, KeyName, Note, SealedGrowth, SigningKey, VerifierKey, leaf_hash,
};

/// What a log is called, and its key.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    pub(crate) key: SigningKey,
    /// Behind so many lines they are others.
    pub(crate) fork: u64,
}

impl Log {
    pub(crate) fn new(origin: &str) -> Self {
        let key = SigningKey::from_seed(KeyName::new(origin).unwrap(), &[1; 32]);
        Self { key, fork: u64::MAX }
    }

    /// The same log's other history.
    pub(crate) fn forked(&self, fork: u64) -> Self {
        Self { fork, ..self.clone() }
    }

    pub(crate) fn verifier_key(&self) -> VerifierKey {
        self.key.verifier_key()
    }

    fn line(&self, index: u64) -> Vec<u8> {
        let history = if index >= self.fork { self.fork } else { u64::MAX };
        format!("{history} {index}").into_bytes()
    }

    fn frontier(&self, size: u64) -> Frontier {
        let mut frontier = Frontier::EMPTY;
        let leaves = (0..size).map(|index| leaf_hash(&self.line(index)));
        frontier.extend(leaves).unwrap();
        frontier
    }

    pub(crate) fn checkpoint(&self, size: u64) -> Checkpoint {
        Checkpoint::of(self.key.name().clone(), &self.frontier(size))
    }

    pub(crate) fn note(&self, size: u64) -> Note {
        self.checkpoint(size).sign(std::slice::from_ref(&self.key))
    }

    /// Genuine, from what this history had at the older size.
    pub(crate) fn growth(&self, old: u64, new: u64) -> SealedGrowth {
        let mut prover = ConsistencyProver::new(&self.frontier(old), new).unwrap();
        (old..new).for_each(|index| prover.push_line(&self.line(index)));
        SealedGrowth {
            old,
            proof: prover.finish().unwrap(),
            checkpoint: self.note(new),
        }
    }
}
