//! A directory that is thrown away, and that nobody else can read.

use std::fs::DirBuilder;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;

use anyhow::{Context, Result};

pub(super) struct Directory(PathBuf);

impl Directory {
    /// Fails where it exists already: what another process has put there is not ours to use or to remove.
    pub(super) fn new() -> Result<Self> {
        // Whoever could guess the name could take it first, and no rehearsal could begin.
        let unguessable = RandomState::new().hash_one(std::process::id());
        let path = std::env::temp_dir().join(format!("enterprise-credentials-rehearsal-{unguessable:016x}"));
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&path)
            .with_context(|| format!("cannot create the directory `{}`", path.display()))?;
        Ok(Self(path))
    }

    pub(super) fn store_url(&self) -> String {
        format!("sqlite:{}", self.0.join("rehearsal.db").display())
    }

    pub(super) fn remove(self) -> Result<()> {
        let path = &self.0;
        std::fs::remove_dir_all(path).with_context(|| format!("cannot remove the directory `{}`", path.display()))
    }
}
