//! A secret key, in a file that nobody but its owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use enterprise_credentials_seal::{KeyName, Malformed, SigningKey};

/// Longer than any key is.
const BYTES_MAX: u64 = 1_024;

/// Why there is no key. None of these shows anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The operating system has no source of randomness.
    #[error("the operating system gives no random bytes: {0}")]
    NoRandomBytes(getrandom::Error),
    /// There is a file already, and what its key signed would have no key any more.
    #[error("cannot create `{}`: name another file, for a key is never overwritten", .0.display())]
    IsThere(PathBuf, #[source] io::Error),
    /// The file cannot be written.
    #[error("cannot create `{}`", .0.display())]
    NotWritten(PathBuf, #[source] io::Error),
    /// The file cannot be read.
    #[error("cannot read the key `{}`", .0.display())]
    NotRead(PathBuf, #[source] io::Error),
    /// Whoever can read it can sign any history.
    #[error(
        "others can read the key `{path}`: if anybody may have read it, make a new key; if not, `chmod 600 {path}`",
        path = .0.display()
    )]
    OthersCanRead(PathBuf),
    /// The file holds no key.
    #[error("cannot read the key `{}`", .0.display())]
    NoKey(PathBuf, #[source] Malformed),
}

/// A key that nobody has had before, from the operating system's source of randomness.
///
/// # Errors
/// [`KeyFileError::NoRandomBytes`].
pub fn random_key(name: KeyName) -> Result<SigningKey, KeyFileError> {
    let mut seed = [0; SigningKey::SEED_LENGTH];
    getrandom::fill(&mut seed).map_err(KeyFileError::NoRandomBytes)?;
    Ok(SigningKey::from_seed(name, &seed))
}

/// Writes a key into a new file. One that is there is left as it is.
///
/// # Errors
/// [`KeyFileError`].
pub fn create_key(path: &Path, key: &SigningKey) -> Result<(), KeyFileError> {
    let cannot = |error| KeyFileError::NotWritten(path.to_owned(), error);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| {
        if std::fs::symlink_metadata(path).is_ok() {
            KeyFileError::IsThere(path.to_owned(), error)
        } else {
            cannot(error)
        }
    })?;
    let written = writeln!(file, "{}", key.to_secret_text()).and_then(|()| file.sync_all());
    written.map_err(cannot)
}

/// Reads a key from a file that nobody else can read.
///
/// # Errors
/// [`KeyFileError`].
pub fn read_key(path: &Path) -> Result<SigningKey, KeyFileError> {
    let cannot = |error| KeyFileError::NotRead(path.to_owned(), error);
    let file = File::open(path).map_err(cannot)?;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::MetadataExt::mode(&file.metadata().map_err(cannot)?);
        if mode & 0o077 != 0 {
            return Err(KeyFileError::OthersCanRead(path.to_owned()));
        }
    }
    let mut text = String::new();
    file.take(BYTES_MAX).read_to_string(&mut text).map_err(cannot)?;
    SigningKey::from_secret_text(&text).map_err(|error| KeyFileError::NoKey(path.to_owned(), error))
}
