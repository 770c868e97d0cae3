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
    #[error("the keys have two names, `{0}` and `{1}`: all keys of a service must have the same name")]
    TwoNames(KeyName, KeyName),
    /// The store's logs, or the journal's, have another name.
    #[error(
        "the logs of this store are called `{is}`, and the key is called `{key}`: sign with a key of the same name as \
         the logs"
    )]
    OtherName {
        /// What the logs are called.
        is: KeyName,
        /// What the key is called.
        key: KeyName,
    },
    /// Something was signed of this store, and nothing by this journal.
    #[error(
        "the journal in `{}` is empty, but streams of this store were sealed: if this store is a copy, sign with \
         another key; if the journal was lost, or this is one more host of the store, start it once with `--seal-join`",
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
    #[error("the last signature of the stream is for the log `{found}`, but its log is `{expected}`")]
    OtherLog {
        /// The log that it is of.
        found: String,
        /// The stream's.
        expected: KeyName,
    },
    /// The store holds a checkpoint behind all that this host knows of, and none of its keys has signed it.
    #[error(
        "the store holds a checkpoint (log {log}, {size} lines) that the journal does not know and none of the keys \
         has signed: sign with the key that signed it, or find out who wrote that row of `checkpoints`, and delete it"
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
        "there is no journal of the seal in `{}`: with `--seal-state`, name the directory of the host that refuses to \
         serve the stream; if that is lost, give `--journal-lost`",
        .0.display()
    )]
    NoJournal(PathBuf),
    /// The logs of a stream cannot be numbered on.
    #[error(
        "the store says that the stream's log is number {0}, and there can be no higher number: find out who wrote \
         that row"
    )]
    NoFurtherLog(u32),
    /// The seal of a stream whose lines lead on from what was sealed is not begun anew.
    #[error(
        "the stream goes on from what was sealed of it, so no new seal is needed; if a witness or somebody's \
         checkpoint shows otherwise, give `--contradicted`"
    )]
    Holds,
    /// The store fails, or the stream is altered.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Signing ended in a panic.
    #[error("signing ended unexpectedly")]
    Lost,
}
