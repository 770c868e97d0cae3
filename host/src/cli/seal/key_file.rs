//! A secret key, in a file that nobody but its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};
use enterprise_credentials_seal::{KeyName, SigningKey};

/// Longer than any key is.
const BYTES_MAX: u64 = 1_024;

/// A key that nobody has had before, from the operating system's source of randomness.
pub(in crate::cli) fn random_key(name: KeyName) -> Result<SigningKey> {
    let mut seed = [0; SigningKey::SEED_LENGTH];
    getrandom::fill(&mut seed).map_err(|error| anyhow!("the operating system gives no random bytes: {error}"))?;
    Ok(SigningKey::from_seed(name, &seed))
}

/// Writes a key into a new file. One that is there is left as it is: what it signed would have no key any more.
pub(super) fn create(path: &Path, key: &SigningKey) -> Result<()> {
    let cannot = || format!("cannot create `{}`", path.display());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).with_context(|| {
        let there = std::fs::symlink_metadata(path).is_ok();
        let advice = if there {
            ": name another file, for a key is never overwritten"
        } else {
            ""
        };
        format!("{}{advice}", cannot())
    })?;
    let written = writeln!(file, "{}", key.to_secret_text()).and_then(|()| file.sync_all());
    written.with_context(cannot)
}

/// Reads a key from a file that nobody else can read.
pub(super) fn read(path: &Path) -> Result<SigningKey> {
    let cannot = || format!("cannot read the key `{}`", path.display());
    let file = File::open(path).with_context(cannot)?;
    let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().with_context(cannot)?);
    ensure!(
        mode & 0o077 == 0,
        "others can read the key `{0}`: make a new one if anybody may have, else `chmod 600 {0}`",
        path.display()
    );
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).with_context(cannot)?;
    SigningKey::from_secret_text(&text).with_context(cannot)
}
