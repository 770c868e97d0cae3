//! One flipped bit in a database file: whatever is asked then, the answer is the right one, or none. Nobody gets an
//! authority that they have not got, what was destroyed stays dead, and an export that succeeds is the stream,
//! byte for byte.
//!
//! One answer may be a wrong no: a token whose row of the look-up cannot be found is nobody's. Such answers are counted
//! apart, and `verify` finds each. And where the row is gone by which an enterprise knows a token that it has
//! destroyed, another enterprise that knows the token too judges it by itself: counted apart, and found by `verify`,
//! as well.
//!
//! `FLIPS=10000 cargo test --release -p enterprise-credentials-host --test flips -- --nocapture` is the long form.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod asked;
mod chance;
mod outcome;
mod world;

use std::ops::AddAssign;
use std::path::Path;

use chance::Chance;
use outcome::Outcomes;
use world::World;

/// How many flips there are of each kind of store and each kind of place, where nobody says.
const FLIPS: usize = 24;
const SEED: u64 = 20_261_126;
const THREADS: usize = 2;
const PAGE_BYTES: usize = 4096;
const FINGERPRINT_BYTES: usize = 44;

/// Where a bit is flipped.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// Anywhere: mostly in lines.
    Anywhere,
    /// Where a page says what is in it.
    HeadOfPage,
    /// In the first pages: the schema, and the tables that are small.
    FirstPages,
    /// In or beside the fingerprint of a token that will be used, in a line or in the look-up.
    Fingerprint,
}

const PLACES: [Place; 4] = [
    Place::Anywhere,
    Place::HeadOfPage,
    Place::FirstPages,
    Place::Fingerprint,
];
/// As many bytes of a row of the look-up lie on both sides of the fingerprint.
const BESIDE: usize = 40;

impl Place {
    fn draw(self, chance: &mut Chance, world: &World) -> usize {
        let bytes = world.file.len();
        let byte = match self {
            Self::Anywhere => chance.below(bytes),
            Self::HeadOfPage => chance.below(bytes / PAGE_BYTES) * PAGE_BYTES + chance.below(48),
            Self::FirstPages => chance.below(12 * PAGE_BYTES),
            Self::Fingerprint => {
                let found = world.fingerprints[chance.below(world.fingerprints.len())];
                (found + chance.below(FINGERPRINT_BYTES + 2 * BESIDE)).saturating_sub(BESIDE)
            }
        };
        byte.min(bytes - 1)
    }
}

#[test]
fn a_flipped_bit_without_snapshots_gives_the_right_answer_or_none() {
    flip_all("without snapshots", false);
}

#[test]
fn a_flipped_bit_beside_snapshots_gives_the_right_answer_or_none() {
    flip_all("with snapshots", true);
}

fn flip_all(name: &str, with_snapshots: bool) {
    let seed = std::env::var("SEED").map_or(SEED, |seed| seed.parse().unwrap());
    let flips = std::env::var("FLIPS").map_or(FLIPS * PLACES.len(), |flips| flips.parse().unwrap());
    let directory =
        Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("flips-{}-{with_snapshots}", std::process::id()));
    let world = World::build(&directory, with_snapshots);
    println!(
        "{name}: SEED={seed}, {} streams, {} bytes",
        world.streams.len(),
        world.file.len()
    );

    let run = |thread: usize| {
        let mut outcomes = Outcomes::default();
        for flip in (thread..flips).step_by(THREADS) {
            let mut chance = Chance::new(seed ^ (flip << 1) as u64 ^ u64::from(with_snapshots));
            let place = PLACES[flip % PLACES.len()];
            let (byte, bit) = (place.draw(&mut chance, &world), chance.below(8));
            let mut file = world.file.clone();
            file[byte] ^= 1 << bit;
            let path = directory.join(format!("flipped-{thread}.db"));
            let context = format!("flip {flip}: bit {bit} of byte {byte} ({place:?})");
            outcomes.add_assign(outcome::of(&world, &path, &file, &context));
        }
        outcomes
    };
    let outcomes = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|thread| scope.spawn(move || run(thread))).collect();
        let all = threads.into_iter().map(|thread| thread.join().unwrap());
        all.fold(Outcomes::default(), |mut sum, outcomes| {
            sum += outcomes;
            sum
        })
    });
    print!("{outcomes}");
    outcomes.check(flips);
    std::fs::remove_dir_all(&directory).unwrap();
}
