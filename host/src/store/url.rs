//! Where a store is, as a person writes it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which storage keeps a store, and where: the scheme of the URL names the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `sqlite:path/to/file.db`: one file of this machine.
    Sqlite(PathBuf),
}

/// The text names no store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("write a store as `sqlite:path/to/file.db`")]
pub struct NotAStoreUrl;

impl FromStr for StoreUrl {
    type Err = NotAStoreUrl;

    /// Options behind a `?` are not ours to take, and must not become part of a file's name. Nor is `file:`, behind which SQLite
    /// would look for options of its own.
    fn from_str(url: &str) -> Result<Self, NotAStoreUrl> {
        let path = url.strip_prefix("sqlite:").ok_or(NotAStoreUrl)?;
        let path = path.strip_prefix("//").unwrap_or(path);
        if path.is_empty() || path.starts_with(':') || path.contains('?') || path.starts_with("file:") {
            return Err(NotAStoreUrl);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
        }
    }
}
