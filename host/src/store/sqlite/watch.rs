//! Whether the files at the store's path are still the open ones.
//!
//! A file that was deleted, moved away or overwritten can be read and written for as long as it is open. Callers would
//! be told of appends that nobody would find again. SQLite does not look. So the host looks at the files before each
//! commit that is told, and before each head is read. It never opens them for this, because closing a file drops
//! SQLite's locks on it.

use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The file, and the two that SQLite keeps beside it.
#[derive(Debug)]
pub(super) struct Watch {
    paths: [PathBuf; 3],
    known: Mutex<Option<Known>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    /// Device and inode of each.
    files: [(u64, u64); 3],
    /// When the file itself was last changed, and how long it is: with a write-ahead log only a checkpoint changes
    /// them. Nothing while a checkpoint of ours is at it.
    content: Option<Content>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Content {
    seconds: i64,
    nanoseconds: i64,
    bytes: u64,
}

/// What became of the files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    None,
    /// The file itself was written to: by another process's checkpoint, or by somebody who put other content into it.
    Content,
    /// One of the three is gone, or another file.
    Files,
}

/// The store's files are not those that are open.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{}` or a file beside it was deleted, moved or overwritten while it was in use: put back what was there, or \
     restart",
    .path.display()
)]
pub(super) struct Replaced {
    path: PathBuf,
}

impl Watch {
    /// Watches the file at `path`, and the two beside it.
    pub(super) fn new(path: &Path) -> Self {
        // They lie beside the file itself, not beside a link to it.
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let beside = |suffix: &str| {
            let mut name = OsString::from(&path);
            name.push(suffix);
            PathBuf::from(name)
        };
        Self {
            paths: [path.clone(), beside("-wal"), beside("-shm")],
            known: Mutex::default(),
        }
    }

    /// The file itself.
    pub(super) fn path(&self) -> &Path {
        let [path, ..] = &self.paths;
        path
    }

    /// How many bytes the write-ahead log takes.
    pub(super) fn log_bytes(&self) -> u64 {
        let [_, log, _] = &self.paths;
        log.metadata().map_or(0, |metadata| metadata.len())
    }

    /// Takes the files as they are for the right ones: under the write lock, when all three are there.
    pub(super) fn note(&self) {
        let known = self.look();
        *self.known() = known;
    }

    /// Device and inode of the file that is taken for the right one; nothing where one of the three was not there.
    pub(super) fn noted(&self) -> Option<(u64, u64)> {
        let [file, ..] = self.known().as_ref()?.files;
        Some(file)
    }

    /// Device and inode of the file that is at the path.
    pub(super) fn at_path(&self) -> Option<(u64, u64)> {
        let file = self.path().metadata().ok()?;
        Some((file.dev(), file.ino()))
    }

    /// From now on until [`Watch::note_content`] a checkpoint of ours writes to the file.
    pub(super) fn expect_content(&self) {
        if let Some(known) = &mut *self.known() {
            known.content = None;
        }
    }

    /// A checkpoint of ours has ended.
    pub(super) fn note_content(&self) {
        let now = self.look();
        if let (Some(known), Some(now)) = (&mut *self.known(), now) {
            known.content = now.content;
        }
    }

    /// When the file was last changed, and how long it is. Nothing where it is gone.
    pub(super) fn content(&self) -> Option<Content> {
        self.look()?.content
    }

    /// Takes the file for the right one as it was at that look.
    pub(super) fn accept(&self, content: Option<Content>) {
        if let (Some(known), Some(content)) = (&mut *self.known(), content) {
            known.content = Some(content);
        }
    }

    /// Whether they are still the right ones.
    pub(super) fn change(&self) -> Change {
        let known = *self.known();
        let Some(known) = known else {
            return Change::None;
        };
        match self.look() {
            Some(now) if now.files != known.files => Change::Files,
            Some(now) if known.content.is_some() && now.content != known.content => {
                // A checkpoint of ours may have begun and ended since.
                if *self.known() == Some(known) {
                    Change::Content
                } else {
                    self.change()
                }
            }
            Some(_) => Change::None,
            None => Change::Files,
        }
    }

    fn known(&self) -> MutexGuard<'_, Option<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn replaced(&self) -> Replaced {
        Replaced {
            path: self.path().to_owned(),
        }
    }

    fn look(&self) -> Option<Known> {
        let [file, log, index] = &self.paths;
        let file = file.metadata().ok()?;
        let place = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
        Some(Known {
            files: [(file.dev(), file.ino()), place(log)?, place(index)?],
            content: Some(Content {
                seconds: file.mtime(),
                nanoseconds: file.mtime_nsec(),
                bytes: file.len(),
            }),
        })
    }
}
