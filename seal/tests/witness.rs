//! A witness never cosigns two histories, whatever it is asked, by whoever has the log's key.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use enterprise_credentials_seal::{
    Checkpoint, ConsistencyProof, ConsistencyProver, Frontier, KeyName, NotProven, NotWitnessed, SealedGrowth,
    SigningKey, VerifierKey, leaf_hash,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const ORIGIN: &str = "credentials.example.com/octo-corp";

fn name(name: &str) -> KeyName {
    KeyName::new(name).unwrap()
}

fn log_key() -> SigningKey {
    SigningKey::from_seed(name(ORIGIN), &[1; 32])
}

fn log_keys() -> [VerifierKey; 1] {
    [log_key().verifier_key()]
}

/// A log of numbered lines that may fork: behind `fork` its lines are others.
#[derive(Debug, Clone, Copy)]
struct Log {
    size: u64,
    fork: u64,
}

impl Log {
    fn of(size: u64) -> Self {
        Self { size, fork: u64::MAX }
    }

    fn line(self, index: u64) -> Vec<u8> {
        let history = if index >= self.fork { "other" } else { "line" };
        format!("{history} {index}").into_bytes()
    }

    fn frontier(self, size: u64) -> Frontier {
        assert!(size <= self.size);
        let mut frontier = Frontier::EMPTY;
        frontier
            .extend((0..size).map(|index| leaf_hash(&self.line(index))))
            .unwrap();
        frontier
    }

    fn checkpoint(self, size: u64) -> Checkpoint {
        Checkpoint::of(name(ORIGIN), &self.frontier(size))
    }

    /// Genuine, from what this log had at the older size.
    fn growth(self, old: u64, new: u64) -> SealedGrowth {
        let mut prover = ConsistencyProver::new(&self.frontier(old), new).unwrap();
        (old..new).for_each(|index| prover.push_line(&self.line(index)));
        SealedGrowth {
            old,
            proof: prover.finish().unwrap(),
            checkpoint: self.checkpoint(new).sign(&[log_key()]),
        }
    }
}

#[test]
fn each_refusal_of_a_witness_has_its_case() {
    let log = Log::of(20);
    let [last, other] = [log.checkpoint(8), Log { size: 20, fork: 5 }.checkpoint(8)];
    let cosign = |growth: &SealedGrowth| growth.witness(&last, &log_keys());
    assert_eq!(cosign(&log.growth(8, 13)), Ok(log.checkpoint(13)));
    assert_eq!(cosign(&log.growth(8, 8)), Ok(last.clone()), "again, for its time");
    assert_eq!(cosign(&log.growth(6, 13)), Err(NotWitnessed::Stale { size: 8 }));
    assert_eq!(cosign(&log.growth(9, 13)), Err(NotWitnessed::Stale { size: 8 }));
    assert_eq!(
        cosign(&log.growth(6, 6)),
        Err(NotWitnessed::Stale { size: 8 }),
        "smaller"
    );
    let shrinking = SealedGrowth {
        old: 8,
        ..log.growth(6, 6)
    };
    assert_eq!(cosign(&shrinking), Err(NotWitnessed::Shrinks { old: 8, new: 6 }));
    assert_eq!(
        log.growth(8, 8).witness(&other, &log_keys()),
        Err(NotWitnessed::Split { size: 8 })
    );
    let differs = NotWitnessed::NotProven(NotProven::Differs);
    assert_eq!(log.growth(8, 13).witness(&other, &log_keys()), Err(differs));
    let mut long = log.growth(8, 8);
    long.proof.hashes.push(last.root);
    assert_eq!(cosign(&long), Err(NotWitnessed::NotProven(NotProven::Length)));
    let strangers = SealedGrowth {
        checkpoint: log
            .checkpoint(13)
            .sign(&[SigningKey::from_seed(name(ORIGIN), &[2; 32])]),
        ..log.growth(8, 13)
    };
    assert!(matches!(cosign(&strangers), Err(NotWitnessed::NotAuthentic(_))));
    let elsewhere = Checkpoint {
        origin: name("example.com/acme"),
        ..last.clone()
    };
    let refused = log.growth(8, 13).witness(&elsewhere, &log_keys()).unwrap_err();
    assert!(matches!(refused, NotWitnessed::OtherLog { .. }), "{refused}");
    // From nothing: the log's first checkpoint, which needs no proof and takes none.
    let first = Checkpoint::of(name(ORIGIN), &Frontier::EMPTY);
    assert_eq!(log.growth(0, 13).witness(&first, &log_keys()), Ok(log.checkpoint(13)));
    let mut proven = log.growth(0, 13);
    proven.proof.hashes.push(last.root);
    assert_eq!(
        proven.witness(&first, &log_keys()),
        Err(NotWitnessed::NotProven(NotProven::Length))
    );
}

/// What somebody asks who has the log's key, and of whom a witness has told where it stands.
#[derive(Debug, Clone)]
struct Attempt {
    /// Of which history.
    fork: u64,
    size: u64,
    damage: u8,
    place: prop::sample::Index,
}

fn attempt() -> impl Strategy<Value = Attempt> {
    let fork = prop_oneof![3 => Just(u64::MAX), 1 => 0..24_u64];
    (fork, 0..=24_u64, 0..6_u8, any::<prop::sample::Index>()).prop_map(|(fork, size, damage, place)| Attempt {
        fork,
        size,
        damage,
        place,
    })
}

impl Attempt {
    fn request(&self, last: &Checkpoint) -> SealedGrowth {
        let log = Log {
            size: 24,
            fork: self.fork,
        };
        let mut growth = log.growth(last.size.min(self.size), self.size);
        match self.damage {
            0 if !growth.proof.hashes.is_empty() => {
                let at = self.place.index(growth.proof.hashes.len());
                growth.proof.hashes[at] = last.root;
            }
            1 => growth.old = self.place.index(25) as u64,
            2 => growth.proof = ConsistencyProof { hashes: vec![] },
            3 => growth.old = last.size,
            _ => {}
        }
        growth
    }
}

#[test]
fn what_a_witness_has_cosigned_is_one_history_that_only_grew() {
    let (mut asked, mut given, mut grown) = (0, 0, 0);
    let config = ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    for attempts in samples(config, prop::collection::vec(attempt(), 1..30)) {
        let mut last = Checkpoint::of(name(ORIGIN), &Frontier::EMPTY);
        let mut cosigned = vec![last.clone()];
        for attempt in &attempts {
            asked += 1;
            if let Ok(newer) = attempt.request(&last).witness(&last, &log_keys()) {
                given += 1;
                grown += usize::from(newer.size > last.size && last.size > 0);
                assert!(newer.size >= last.size, "{attempts:?}");
                cosigned.push(newer.clone());
                last = newer;
            }
        }
        // One history has them all.
        let has_all = |fork| {
            cosigned
                .iter()
                .all(|it| Log { size: 24, fork }.checkpoint(it.size) == *it)
        };
        assert!((0..=24).rev().any(has_all), "{attempts:?}");
    }
    println!("{asked} asked, {given} cosigned, {grown} of them grown from an earlier one");
    assert!(given > 300 && grown > 100 && asked > 4 * given);
}

/// As many random values as there are cases.
fn samples<T: Strategy>(config: ProptestConfig, strategy: T) -> Vec<T::Value> {
    let cases = config.cases;
    let mut runner = TestRunner::new(config);
    (0..cases)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}
