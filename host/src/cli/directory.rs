//! A directory that is thrown away, and that nobody else can read.

use std::fs::DirBuilder;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use anyhow::{Context, Result};

pub(super) struct Directory(PathBuf);

impl Directory {
    /// Fails where it exists already: what another process has put there is not ours to use or to remove.
    ///
    /// `purpose` becomes a part of its name.
    pub(super) fn new(purpose: &str) -> Result<Self> {
        // Whoever could guess the name could take it first, and nothing could begin.
        let unguessable = RandomState::new().hash_one(std::process::id());
        let path = std::env::temp_dir().join(format!("enterprise-credentials-{purpose}-{unguessable:016x}"));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .with_context(|| format!("cannot create the directory `{}`", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(super) fn remove(self) -> Result<()> {
        let path = &self.0;
        std::fs::remove_dir_all(path).with_context(|| format!("cannot remove the directory `{}`", path.display()))
    }
}
