//! Whoever alters one bit of anything that is sealed is found out; only what strangers have signed may be altered.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use enterprise_credentials_seal::{
    Checkpoint, ConsistencyProver, Frontier, InclusionProver, KeyName, LogCheck, Note, SealedGrowth, SealedLine,
    SigningKey, VerifierKey,
};

const ORIGIN: &str = "credentials.example.com/octo-corp";
const OLD: u64 = 6;

/// A sealed log, everything that proves something of it, and the key to check it with.
struct Scene {
    log: String,
    older: Checkpoint,
    checkpoint: String,
    line: String,
    growth: String,
    key: String,
    /// How many bytes of signatures by keys that nobody here knows end each text.
    strange: usize,
}

impl Scene {
    fn new() -> Self {
        let log: String = (1..=13)
            .map(|line| format!("{{\"position\":{line},\"type\":\"MemberAdded\"}}\n"))
            .collect();
        let [ours, strange] = [1, 2].map(|seed| SigningKey::from_seed(KeyName::new(ORIGIN).unwrap(), &[seed; 32]));
        let (mut frontier, mut older) = (Frontier::EMPTY, Frontier::EMPTY);
        let mut inclusion = InclusionProver::new(4, 13).unwrap();
        for line in log.lines().map(str::as_bytes) {
            frontier.push_line(line).unwrap();
            inclusion.push_line(line);
            if frontier.size() == OLD {
                older = frontier.clone();
            }
        }
        let mut consistency = ConsistencyProver::new(&older, 13).unwrap();
        log.lines()
            .skip(6)
            .for_each(|line| consistency.push_line(line.as_bytes()));

        let of = |frontier| Checkpoint::of(KeyName::new(ORIGIN).unwrap(), frontier);
        let checkpoint = of(&frontier).sign(&[ours.clone(), strange]);
        let line = SealedLine {
            line: log.lines().nth(4).unwrap().into(),
            proof: inclusion.finish().unwrap().0,
            checkpoint: checkpoint.clone(),
        };
        let growth = SealedGrowth {
            old: OLD,
            proof: consistency.finish().unwrap(),
            checkpoint: checkpoint.clone(),
        };
        let checkpoint = checkpoint.to_string();
        Self {
            strange: checkpoint.split_inclusive('\n').next_back().unwrap().len(),
            older: of(&older),
            line: line.to_string(),
            growth: growth.to_string(),
            key: ours.verifier_key().to_string(),
            log,
            checkpoint,
        }
    }

    fn keys(&self) -> Vec<VerifierKey> {
        vec![self.key.parse().unwrap()]
    }

    fn checkpoint_is_good(&self, checkpoint: &[u8]) -> bool {
        let note = Note::parse(checkpoint);
        note.is_ok_and(|note| Checkpoint::open(&note, &self.keys()).is_ok())
    }

    fn line_is_good(&self, line: &[u8]) -> bool {
        let line = SealedLine::parse(line);
        line.is_ok_and(|line| line.open(&self.keys()).is_ok())
    }

    fn growth_is_good(&self, growth: &[u8]) -> bool {
        let growth = SealedGrowth::parse(growth);
        growth.is_ok_and(|growth| growth.open(&self.older, &self.keys()).is_ok())
    }

    fn key_is_good(&self, key: &[u8]) -> bool {
        let key = std::str::from_utf8(key)
            .ok()
            .and_then(|key| key.parse::<VerifierKey>().ok());
        let note = Note::parse(self.checkpoint.as_bytes()).unwrap();
        key.is_some_and(|key| Checkpoint::open(&note, &[key]).is_ok())
    }

    fn log_is_good(&self, log: &[u8]) -> bool {
        let Checkpoint { size, root, .. } = self.checkpoint_of(&self.checkpoint);
        let mut check = LogCheck::new(size, root);
        log.split_inclusive(|byte| *byte == b'\n').for_each(|line| {
            check.push_line(line.strip_suffix(b"\n").unwrap_or(line));
        });
        check.finish() == Ok(0)
    }

    fn checkpoint_of(&self, checkpoint: &str) -> Checkpoint {
        Checkpoint::open(&Note::parse(checkpoint.as_bytes()).unwrap(), &self.keys()).unwrap()
    }
}

/// Gives the text to `is_good` with each of its first bits altered, alone, and counts: how often,
/// and how often it was still good.
fn flip(text: &str, bytes: std::ops::Range<usize>, is_good: impl Fn(&[u8]) -> bool) -> (usize, usize) {
    let mut text = text.as_bytes().to_vec();
    assert!(is_good(&text), "as it is");
    let (mut tried, mut unnoticed) = (0, 0);
    for at in bytes {
        for bit in 0..8 {
            text[at] ^= 1 << bit;
            tried += 1;
            unnoticed += usize::from(is_good(&text));
            text[at] ^= 1 << bit;
        }
    }
    (tried, unnoticed)
}

#[test]
fn every_bit_of_what_is_sealed_is_noticed() {
    let scene = Scene::new();
    let known = |text: &str| 0..text.len() - scene.strange;
    let tried = [
        (
            "log",
            flip(&scene.log, 0..scene.log.len(), |log| scene.log_is_good(log)),
        ),
        (
            "checkpoint",
            flip(&scene.checkpoint, known(&scene.checkpoint), |it| {
                scene.checkpoint_is_good(it)
            }),
        ),
        (
            "proof of a line",
            flip(&scene.line, known(&scene.line), |it| scene.line_is_good(it)),
        ),
        (
            "proof of growth",
            flip(&scene.growth, known(&scene.growth), |it| scene.growth_is_good(it)),
        ),
        (
            "verifier key",
            flip(&scene.key, 0..scene.key.len(), |key| scene.key_is_good(key)),
        ),
    ];
    for (what, (tried, unnoticed)) in tried {
        println!("{what}: {tried} bits altered, {unnoticed} unnoticed");
        assert!(tried > 500);
        assert_eq!(unnoticed, 0, "{what}");
    }
}

#[test]
fn a_strangers_signature_may_be_altered_as_long_as_it_is_one() {
    let scene = Scene::new();
    let strange = |text: &str| text.len() - scene.strange..text.len();
    let (tried, unnoticed) = flip(&scene.checkpoint, strange(&scene.checkpoint), |it| {
        scene.checkpoint_is_good(it)
    });
    println!("second signature: {tried} bits altered, {unnoticed} ignored");
    // What is refused is no note any more: not the stranger's signature is judged, but the text.
    let (again, readable) = flip(&scene.checkpoint, strange(&scene.checkpoint), |it| {
        Note::parse(it).is_ok()
    });
    assert_eq!((again, readable), (tried, unnoticed));
    assert!(unnoticed > tried / 3, "{unnoticed} of {tried}");
}

#[test]
fn lines_that_were_dropped_repeated_swapped_or_cut_are_noticed() {
    let scene = Scene::new();
    let lines: Vec<&str> = scene.log.split_inclusive('\n').collect();
    let mut altered: Vec<Vec<&str>> = Vec::new();
    for at in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(at);
        let mut repeated = lines.clone();
        repeated.insert(at, lines[at]);
        altered.extend([dropped, repeated, lines[..at].to_vec()]);
        for other in 0..at {
            let mut swapped = lines.clone();
            swapped.swap(at, other);
            altered.push(swapped);
        }
        altered.extend([["\n"], [" \n"]].map(|more| [&lines[..at], &more, &lines[at..]].concat()));
    }
    println!("order: {} logs altered", altered.len());
    for lines in altered {
        assert!(!scene.log_is_good(lines.concat().as_bytes()), "{lines:?}");
    }
    for bytes in [
        scene.log.replace('\n', "\r\n"),
        scene.log.replace(':', ": "),
        scene.log.replace("\"p", " \"p"),
    ] {
        assert!(
            !scene.log_is_good(bytes.as_bytes()),
            "the same meaning in other bytes is another log"
        );
    }
}

#[test]
fn sizes_and_roots_that_were_exchanged_between_genuine_texts_are_noticed() {
    let scene = Scene::new();
    let keys = scene.keys();
    let line = SealedLine::parse(scene.line.as_bytes()).unwrap();
    for index in (0..20).filter(|index| *index != 4) {
        let mut other = line.clone();
        other.proof.index = index;
        assert!(other.open(&keys).is_err(), "line {index}");
    }
    for hashes in 0..line.proof.hashes.len() {
        let mut fewer = line.clone();
        fewer.proof.hashes.remove(hashes);
        let mut more = line.clone();
        more.proof.hashes.insert(hashes, line.proof.hashes[hashes]);
        assert!(fewer.open(&keys).is_err() && more.open(&keys).is_err());
    }
    let growth = SealedGrowth::parse(scene.growth.as_bytes()).unwrap();
    for size in (0..20).filter(|size| *size != OLD) {
        let claimed = SealedGrowth {
            old: size,
            ..growth.clone()
        };
        let older = Checkpoint {
            size,
            ..scene.older.clone()
        };
        assert!(
            claimed.open(&scene.older, &keys).is_err() && claimed.open(&older, &keys).is_err(),
            "{size}"
        );
    }
    let elsewhere = Checkpoint {
        origin: KeyName::new("credentials.example.com/acme").unwrap(),
        ..scene.older.clone()
    };
    let refused = growth.open(&elsewhere, &keys).unwrap_err().to_string();
    assert!(
        refused.starts_with("the checkpoints are of two different logs"),
        "{refused}"
    );
}

#[test]
fn proofs_are_read_as_they_were_written_and_refused_with_the_line_that_is_wrong() {
    let scene = Scene::new();
    let line = SealedLine::parse(scene.line.as_bytes()).unwrap();
    assert_eq!(line.to_string(), scene.line);
    let growth = SealedGrowth::parse(scene.growth.as_bytes()).unwrap();
    assert_eq!(growth.to_string(), scene.growth);
    let hash = line.proof.hashes[0].to_base64() + "\n";
    for (wrong, at) in [
        (scene.line.replace("@v1", "@v2"), 1),
        (scene.line.replace("extra ", "more "), 2),
        (scene.line.replace("index 4", "index 04"), 3),
        (scene.line.replace(&hash, &hash.replace('=', "")), 4),
        (scene.line.replace(&hash, &hash.repeat(66)), 69),
        (scene.line.replace("\n\nc", "\nc"), 8),
        (scene.line.replace("\n13\n", "\n13\n\n"), 18),
        (scene.line.replace('—', "-"), 13),
    ] {
        match SealedLine::parse(wrong.as_bytes()) {
            Err(error) => assert_eq!(error.line, at, "{error}\n{wrong}"),
            Ok(read) => assert!(at == 18 && read.open(&scene.keys()).is_err(), "{wrong}"),
        }
    }
    for (wrong, at) in [
        (scene.growth.replace("old 6", "old 06"), 1),
        (scene.growth.replace("old 6", "new 6"), 1),
        (scene.growth.replace('—', "-"), 11),
    ] {
        assert_eq!(SealedGrowth::parse(wrong.as_bytes()).unwrap_err().line, at, "{wrong}");
    }
}
