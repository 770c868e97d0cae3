//! Why nothing is signed.

use std::path::PathBuf;

use enterprise_credentials_seal::{InvalidKeyName, KeyName};

use super::journal::JournalError;
use crate::store::StoreError;

/// Why a stream is not signed, or none.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// There is no key to sign with.
    #[error("there is no key to sign with")]
    NoKey,
    /// Two keys are of two services.
    #[error("the keys are of two logs, `{0}` and `{1}`: all keys of a service bear one name")]
    TwoNames(KeyName, KeyName),
    /// The store's logs, or the journal's, have another name.
    #[error(
        "the logs of this store are called `{is}`, and the key is of `{key}`: sign with a key of that name, for whoever holds a \
         checkpoint knows the log by it"
    )]
    OtherName {
        /// What the logs are called.
        is: KeyName,
        /// What the key is called.
        key: KeyName,
    },
    /// Something was signed of this store, and nothing by this journal.
    #[error(
        "the journal in `{}` is empty, and streams of this store were sealed: if this is a copy of another store, sign with \
         another key; if the journal was lost, or this is a further host of the store, start it once with `--seal-join`",
        .0.display()
    )]
    NotJoined(PathBuf),
    /// A log's name would be too long.
    #[error("no name for the log of the stream")]
    Name(#[from] InvalidKeyName),
    /// The journal fails.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What was signed is of another log than the stream's.
    #[error("what was signed last of the stream is of the log `{found}`, and its log is `{expected}`")]
    OtherLog {
        /// The log that it is of.
        found: String,
        /// The stream's.
        expected: KeyName,
    },
    /// The store holds a checkpoint behind all that this host knows of, and none of its keys has signed it.
    #[error(
        "the store holds a checkpoint of the stream (log {log}, {size} lines) that goes beyond the journal, and that none of the keys \
         has signed: sign with the key that has, or find out who wrote that row of `checkpoints`, and delete it"
    )]
    Strange {
        /// Of which log of the stream.
        log: u32,
        /// How many lines it covers.
        size: u64,
    },
    /// The stream is a history that was made of an inventory.
    #[error(
        "the stream was made by `import-inventory`, and its times are invented: it is not signed, unless `--seal-made` \
         says so"
    )]
    Made,
    /// There is no journal to read what was signed last.
    #[error(
        "there is no journal of the seal in `{}`: name the directory of the host that does not serve the stream, as `--seal-state`; if \
         it is lost, say `--journal-lost`",
        .0.display()
    )]
    NoJournal(PathBuf),
    /// The logs of a stream cannot be numbered on.
    #[error(
        "the store says that the stream's log is number {0}, behind which there is no other: find out who wrote that \
         row"
    )]
    NoFurtherLog(u32),
    /// The seal of a stream whose lines lead on from what was sealed is not begun anew.
    #[error(
        "the stream's lines lead on from what was sealed of it: there is nothing to begin anew, unless a witness or a \
         checkpoint that somebody holds shows otherwise: then say `--contradicted`"
    )]
    Holds,
    /// The store fails, or the stream is altered.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signing ended in a panic.
    #[error("signing ended unexpectedly")]
    Lost,
}
