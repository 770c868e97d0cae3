//! The seeds of random tests: a fixed set, so that every run proves the same, and a fresh one, so that runs add up.

use std::time::{SystemTime, UNIX_EPOCH};

/// The fixed seeds and a fresh one; or the one in `SEED`, to run a failure again. Each is printed when it is taken, so
/// the last one printed is the one that failed.
pub(crate) fn seeds() -> impl Iterator<Item = u64> {
    let given = std::env::var("SEED")
        .ok()
        .map(|seed| seed.parse().expect("SEED is a number"));
    let fresh = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is past 1970")
        .as_nanos();
    let fresh = u64::try_from(fresh % 1_000_000_007).expect("small");
    let seeds = given.map_or(vec![1, 2, fresh], |seed| vec![seed]);
    seeds.into_iter().inspect(|seed| println!("SEED={seed}"))
}
