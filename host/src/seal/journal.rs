//! The journal: what was signed last of each stream. It has files of its own, so it shows if the store was set back.
//!
//! It belongs to one process. It should be on another disk or another machine than the store. A file is written whole
//! or not at all. It is durable before anything that it says is kept anywhere else.

use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Frontier, KeyName, Note};

use crate::store::KeptCheckpoint;
use crate::whole_file::{WholeFile, sync_directory};

/// The name of the logs, in a file that is there from the beginning:
/// without it nothing was ever signed by this journal.
const NAME: &str = ".log";
const LOCK: &str = ".lock";
const HEADER: &str = "enterprise-credentials journal 1";
/// No slug begins with it.
const OTHER: char = '.';

/// Why the journal does not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be read or written.
    #[error("the journal of the seal cannot use `{}`", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// Another process has it.
    #[error(
        "the journal of the seal in `{}` is in use by another process: give each process its own with `--seal-state`",
        .0.display()
    )]
    InUse(PathBuf),
    /// The file is not one that was written.
    #[error(
        "`{}` is not what the journal of the seal wrote: put back what was there. If that is lost, nothing here shows \
         any more whether the store was set back: compare the store with a checkpoint that somebody else holds. If the \
         checkpoint holds, remove the file; then the seal goes on from what the store says was signed last",
        .0.display()
    )]
    Broken(PathBuf),
    /// The directory holds no journal, or not any more.
    #[error(
        "there is no journal of the seal in `{}`: check that its disk is mounted; an empty directory does not show \
         that nothing was signed",
        .0.display()
    )]
    Missing(PathBuf),
}

/// What was signed last of each stream.
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    /// Held until it is closed; a journal that is only read has none.
    _lock: Option<File>,
}

impl Journal {
    /// Opens the journal in a directory, which is created for its owner alone where it is missing.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn open(directory: &Path) -> Result<Self, JournalError> {
        let cannot = |error| JournalError::File(directory.to_owned(), error);
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory).map_err(cannot)?;
        let lock = directory.join(LOCK);
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&lock).map_err(|error| JournalError::File(lock, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::InUse(directory.to_owned())),
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        Ok(Self {
            directory: directory.to_owned(),
            _lock: Some(file),
        })
    }

    /// The same, to be read only: whoever has it open goes on.
    pub fn open_to_read(directory: &Path) -> Self {
        Self {
            directory: directory.to_owned(),
            _lock: None,
        }
    }

    /// What the logs are called; nothing in a journal that is empty.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn log_name(&self) -> Result<Option<KeyName>, JournalError> {
        let path = self.directory.join(NAME);
        let Some(text) = read(&path)? else { return Ok(None) };
        let name = text.strip_suffix('\n').and_then(|name| KeyName::new(name).ok());
        name.map(Some).ok_or(JournalError::Broken(path))
    }

    /// Begins an empty journal.
    pub(super) fn begin(&self, name: &KeyName) -> Result<(), JournalError> {
        self.put(NAME, &format!("{name}\n"))
    }

    /// What was signed last of a stream.
    ///
    /// # Errors
    /// [`JournalError`]. A directory without a journal is no journal in which nothing stands.
    pub fn last(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, JournalError> {
        let path = self.directory.join(enterprise.as_str());
        match read(&path)? {
            Some(text) => parse(&text).map(Some).ok_or(JournalError::Broken(path)),
            None if self.log_name()?.is_some() => Ok(None),
            None => Err(JournalError::Missing(self.directory.clone())),
        }
    }

    /// Writes what is signed of a stream, and returns when it is durable. The last record of a log before stays,
    /// under another name.
    pub(super) fn write(&self, enterprise: &EnterpriseSlug, signed: &KeptCheckpoint) -> Result<(), JournalError> {
        if let Some(before) = self.last(enterprise)?.filter(|last| last.log < signed.log) {
            let name = format!("{OTHER}{enterprise}{OTHER}{}", before.log);
            self.put(&name, &text_of(&before))?;
        }
        self.put(enterprise.as_str(), &text_of(signed))
    }

    /// Returns when what stands there of a stream is durable: it may have been put there, and not have become so.
    pub(super) fn sync(&self, enterprise: &EnterpriseSlug) -> Result<(), JournalError> {
        let path = self.directory.join(enterprise.as_str());
        let synced = File::open(&path).and_then(|file| file.sync_all());
        synced
            .and_then(|()| sync_directory(&path))
            .map_err(|error| JournalError::File(path, error))
    }

    /// The streams of which something was signed.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn enterprises(&self) -> Result<Vec<EnterpriseSlug>, JournalError> {
        let cannot = |error| JournalError::File(self.directory.clone(), error);
        let mut enterprises = Vec::new();
        for entry in std::fs::read_dir(&self.directory).map_err(cannot)? {
            let name = entry.map_err(cannot)?.file_name();
            let name = name.to_str().filter(|name| !name.starts_with(OTHER));
            enterprises.extend(name.and_then(|name| EnterpriseSlug::new(name).ok()));
        }
        enterprises.sort();
        Ok(enterprises)
    }

    fn put(&self, name: &str, text: &str) -> Result<(), JournalError> {
        let path = self.directory.join(name);
        let put = || {
            let whole = WholeFile::create(&path)?;
            let mut file = File::options().write(true).open(whole.temporary())?;
            file.write_all(text.as_bytes())?;
            whole.put_in_place()
        };
        put().map_err(|error| JournalError::File(path.clone(), error))
    }
}

fn read(path: &Path) -> Result<Option<String>, JournalError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == ErrorKind::InvalidData => Err(JournalError::Broken(path.to_owned())),
        Err(error) => Err(JournalError::File(path.to_owned(), error)),
    }
}

fn text_of(signed: &KeptCheckpoint) -> String {
    let KeptCheckpoint { log, frontier, note } = signed;
    let (size, edge) = (frontier.size(), STANDARD.encode(frontier.to_bytes()));
    format!("{HEADER}\nlog {log}\nsize {size}\nfrontier {edge}\n\n{note}")
}

fn parse(text: &str) -> Option<KeptCheckpoint> {
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.lines();
    let mut value = |name| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    value(HEADER.split_once(' ')?.0)?;
    let (log, size) = (value("log")?.parse().ok()?, value("size")?.parse().ok()?);
    let edge = STANDARD.decode(value("frontier")?).ok()?;
    let frontier = Frontier::from_bytes(size, &edge).ok()?;
    let note = Note::parse(note.as_bytes()).ok()?;
    KeptCheckpoint { log, frontier, note }.checked().ok()
}

#[cfg(test)]
mod tests {
    use enterprise_credentials_seal::{Checkpoint, SigningKey};

    use super::*;

    fn directory(name: &str) -> PathBuf {
        let name = format!("enterprise-credentials-journal-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_dir_all(&path);
        path
    }

    fn signed(lines: &[&str]) -> KeptCheckpoint {
        let mut frontier = Frontier::EMPTY;
        for line in lines {
            frontier.push_line(line.as_bytes()).unwrap();
        }
        let origin = KeyName::new("credentials.example.com/octo-corp").unwrap();
        let key = SigningKey::from_seed(origin.clone(), &[7; 32]);
        let note = Checkpoint::of(origin, &frontier).sign(&[key]);
        KeptCheckpoint { log: 1, frontier, note }
    }

    #[test]
    fn what_was_written_last_is_read_and_anything_else_refused() {
        let path = directory("last");
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let journal = Journal::open(&path).unwrap();
        assert_eq!(journal.log_name().unwrap(), None);
        let name = KeyName::new("credentials.example.com").unwrap();
        journal.begin(&name).unwrap();
        assert_eq!(journal.last(&slug).unwrap(), None);
        for signed in [signed(&[]), signed(&["one"]), signed(&["one", "two", "three"])] {
            journal.write(&slug, &signed).unwrap();
            assert_eq!(journal.last(&slug).unwrap(), Some(signed));
        }
        assert_eq!(journal.log_name().unwrap(), Some(name));
        assert_eq!(journal.enterprises().unwrap(), std::slice::from_ref(&slug));

        let file = path.join("octo-corp");
        let whole = std::fs::read(&file).unwrap();
        for index in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[index] ^= 1 << (index % 7);
            std::fs::write(&file, &flipped).unwrap();
            // A signature that is broken commits to nothing else, and the digits of a log's number are in no hash.
            if let Ok(Some(read)) = journal.last(&slug) {
                let right = signed(&["one", "two", "three"]).frontier;
                assert_eq!(read.frontier, right, "byte {index}");
            }
            std::fs::write(&file, &whole[..index]).unwrap();
            let cut = journal.last(&slug);
            assert!(matches!(cut, Err(JournalError::Broken(_))), "cut at {index}: {cut:?}");
        }
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn the_last_record_of_a_log_before_stays() {
        let path = directory("before");
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let journal = Journal::open(&path).unwrap();
        journal
            .begin(&KeyName::new("credentials.example.com").unwrap())
            .unwrap();
        let first = signed(&["one", "two"]);
        let second = KeptCheckpoint {
            log: 2,
            ..signed(&["one"])
        };
        for signed in [&first, &second, &second] {
            journal.write(&slug, signed).unwrap();
        }
        assert_eq!(journal.last(&slug).unwrap(), Some(second));
        let before = std::fs::read_to_string(path.join(".octo-corp.1")).unwrap();
        assert_eq!(parse(&before), Some(first));
        assert_eq!(journal.enterprises().unwrap(), [slug], "it is no stream of its own");
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn a_directory_without_a_journal_does_not_say_that_nothing_was_signed() {
        let path = directory("missing");
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let none = Journal::open_to_read(&path).last(&slug);
        assert!(matches!(none, Err(JournalError::Missing(_))), "{none:?}");
        let journal = Journal::open(&path).unwrap();
        journal
            .begin(&KeyName::new("credentials.example.com").unwrap())
            .unwrap();
        assert_eq!(journal.last(&slug).unwrap(), None);
        std::fs::remove_file(path.join(NAME)).unwrap();
        let gone = journal.last(&slug);
        assert!(matches!(gone, Err(JournalError::Missing(_))), "{gone:?}");
        std::fs::remove_dir_all(&path).unwrap();
    }

    #[test]
    fn it_belongs_to_one_process() {
        let path = directory("lock");
        let journal = Journal::open(&path).unwrap();
        assert!(matches!(Journal::open(&path), Err(JournalError::InUse(_))));
        Journal::open_to_read(&path).log_name().unwrap();
        drop(journal);
        Journal::open(&path).unwrap();
        std::fs::remove_dir_all(&path).unwrap();
    }
}
