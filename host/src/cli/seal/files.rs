//! Checkpoints, keys and proofs as arguments, by the files that hold them.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use enterprise_credentials_seal::{Note, SealedGrowth, SealedLine, VerifierKey};

/// The longest file that is read: longer ones are refused by what reads the text.
const BYTES_MAX: u64 = SealedLine::BYTES_MAX as u64 + 1;

/// The keys in a file, one a line.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Keys(pub(super) Vec<VerifierKey>);

/// Reads verifier keys from the file at `path`, one a line.
pub(in crate::cli) fn keys(path: &str) -> Result<Keys, String> {
    let text = String::from_utf8(read(path)?).map_err(|_| "it is no text in UTF-8".to_owned())?;
    let keys: Result<Vec<VerifierKey>, String> = (1..)
        .zip(text.lines())
        .map(|(number, line)| line.parse().map_err(|error| format!("line {number}: {error}")))
        .collect();
    match keys? {
        keys if keys.is_empty() => Err("it holds no key: `seal key --public` prints one".to_owned()),
        keys => Ok(Keys(keys)),
    }
}

/// Reads a checkpoint from the file at `path`.
pub(in crate::cli) fn note(path: &str) -> Result<Note, String> {
    Note::parse(&read(path)?).map_err(|error| error.to_string())
}

/// Reads the proof of a line from the file at `path`.
pub(super) fn line(path: &str) -> Result<SealedLine, String> {
    SealedLine::parse(&read(path)?).map_err(|error| error.to_string())
}

/// Reads the proof that a log only grew from the file at `path`.
pub(super) fn growth(path: &str) -> Result<SealedGrowth, String> {
    SealedGrowth::parse(&read(path)?).map_err(|error| error.to_string())
}

/// The bytes of a file, or of standard input for `-`.
fn read(path: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = match path {
        "-" => io::stdin().take(BYTES_MAX).read_to_end(&mut bytes),
        path => File::open(Path::new(path)).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes)),
    };
    read.map_err(|error| format!("cannot read it: {error}"))?;
    Ok(bytes)
}
