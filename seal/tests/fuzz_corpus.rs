//! What fuzzing has found worth keeping, run again: arbitrary bytes as each text that the seal reads.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "fuzz_checks/texts.rs"]
mod texts;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[test]
fn every_kept_text_is_read_to_the_same_bytes_or_refused() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz_corpus");
    let (mut found, mut count) = (BTreeSet::new(), 0);
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        println!("{}", path.display());
        found.extend(texts::check(&fs::read(path).unwrap()));
        count += 1;
    }
    println!("{count} inputs replayed");
    // What no input of the corpus reaches is not tested.
    let expected = [
        "checkpoint",
        "cosigned checkpoint",
        "growth",
        "line",
        "note",
        "note that is not signed",
        "note with a false cosignature",
        "nothing",
        "proof of an unknown checkpoint",
        "proof that shows nothing",
        "sealed growth",
        "sealed line",
        "signatures",
        "signed checkpoint",
        "signed note that is no checkpoint of the key's log",
        "signing key",
        "verifier key",
        "witness's key",
    ];
    assert_eq!(found, expected.into());
}
