//! Where the stores of a run are kept: beside the build, on the disk that it is on.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// A directory that goes away with the run.
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Result<Self> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("throughput-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The path of a store that does not exist.
    pub(crate) fn store(&self) -> Result<PathBuf> {
        for file in std::fs::read_dir(&self.0)? {
            std::fs::remove_file(file?.path())?;
        }
        Ok(self.0.join("store.db"))
    }

    /// The path of another file there.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
