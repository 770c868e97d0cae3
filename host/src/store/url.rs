//! Where a store is, as a person writes it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The file of a store, written `sqlite:path/to/file.db`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreUrl(PathBuf);

/// The text names no store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a store as `sqlite:path/to/file.db`")]
pub struct NotAStoreUrl;

impl StoreUrl {
    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl FromStr for StoreUrl {
    type Err = NotAStoreUrl;

    /// Options behind a `?` are not ours to take, and must not become part of a file's name.
    fn from_str(url: &str) -> Result<Self, NotAStoreUrl> {
        let path = url.strip_prefix("sqlite:").ok_or(NotAStoreUrl)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') || path.contains('?') {
            return Err(NotAStoreUrl);
        }
        Ok(Self(PathBuf::from(path)))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sqlite:{}", self.0.display())
    }
}
