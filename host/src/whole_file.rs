//! A file that is at its path whole, or not at all.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// A file under a temporary name beside the one that it shall have. Dropped before it is put there, it is gone.
#[derive(Debug)]
pub(crate) struct WholeFile {
    path: PathBuf,
    temporary: PathBuf,
}

impl WholeFile {
    /// Creates it empty, for its owner alone.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        Self::create_with_mode(path, 0o600)
    }

    /// Creates it empty, with this mode less what the process does not give to new files.
    pub(crate) fn create_with_mode(
        path: &Path,
        #[cfg_attr(not(unix), expect(unused_variables, reason = "files have no mode there"))] mode: u32,
    ) -> io::Result<Self> {
        let mut name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_owned();
        name.push(format!(".{:016x}.tmp", RandomState::new().hash_one(std::process::id())));
        let whole = Self {
            path: path.to_owned(),
            temporary: path.with_file_name(name),
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        options.open(&whole.temporary)?;
        Ok(whole)
    }

    /// Where it is meanwhile.
    pub(crate) fn temporary(&self) -> &Path {
        &self.temporary
    }

    /// Puts it at its path, in place of what is there, and returns when that is durable.
    pub(crate) fn put_in_place(self) -> io::Result<()> {
        File::open(&self.temporary)?.sync_all()?;
        std::fs::rename(&self.temporary, &self.path)?;
        sync_directory(&self.path)
    }

    /// Puts it at its path, unless there is something already, and returns when that is durable.
    #[cfg(feature = "sqlite")]
    pub(crate) fn put_in_free_place(self) -> io::Result<()> {
        File::open(&self.temporary)?.sync_all()?;
        // Unlike a rename, a link never replaces anything.
        match std::fs::hard_link(&self.temporary, &self.path) {
            Ok(()) => std::fs::remove_file(&self.temporary)?,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
            // A file system without links.
            Err(_) if !std::fs::exists(&self.path)? => std::fs::rename(&self.temporary, &self.path)?,
            Err(error) => return Err(error),
        }
        sync_directory(&self.path)
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        // It has another name by now, or is left over: what SQLite may have put beside it is so too.
        for suffix in ["", "-journal", "-wal", "-shm"] {
            let mut name = OsString::from(&self.temporary);
            name.push(suffix);
            let _ = std::fs::remove_file(name);
        }
    }
}

/// Makes durable what has been created, renamed and removed in the directory of `path`.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    File::open(parent.unwrap_or(Path::new(".")))?.sync_all()
}
