//! The state as bytes, so that a host need not replay a stream from its first event.
//!
//! A snapshot is a cache. The truth is the stream. If this version cannot vouch for a snapshot, it refuses it, and the
//! stream is replayed instead.
//!
//! A snapshot begins with a *hash of behaviour*. The hash is over what this version makes of a history that has
//! everything in it, event by event. So if a version folds or stores anything differently, it refuses the snapshots of
//! the other, and nobody has to remember to raise a number. A checksum tells damage. Neither keeps out a forger: a
//! store that lets strangers write snapshots lets them write events.
//!
//! ```
//! use enterprise_credentials::{log, snapshot};
//!
//! # let bytes =
//! # br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"o","kind":"managed_users"}
//! # {"position":2,"at":"2026-03-10T09:00:01.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}
//! # "#;
//! let enterprise = log::replay(bytes)?;
//! let kept = snapshot::write(&enterprise);
//! assert_eq!(snapshot::read(&kept)?, enterprise); // then the events after `position()` are applied
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```
//!
//! | bytes | what |
//! | --- | --- |
//! | 8 | `ECSNAP` and two line feeds |
//! | 8 | the hash of behaviour |
//! | … | the state |
//! | 8 | a checksum of all before it |
//!
//! All numbers are little-endian.

use alloc::vec::Vec;
use core::hash::Hasher;

use crate::enterprise::Enterprise;
use crate::enterprise::stored::Stored;
use crate::hashing::Hash;
use crate::json::error_as_object;
use crate::log;
use crate::timestamp::Timestamp;

const MAGIC: [u8; 8] = *b"ECSNAP\n\n";

/// A history in which everything happens that the fold knows.
const CORPUS: &[u8] = include_bytes!("snapshot/corpus.jsonl");

/// Why bytes are no snapshot to start from. The stream is to be replayed instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The bytes do not begin as a snapshot does.
    #[error("these bytes are no snapshot: replay the stream instead")]
    NotASnapshot,
    /// Another version wrote it, which folds events or stores the state in another way.
    #[error("the snapshot is of a version that folds or stores differently: replay the stream instead")]
    OtherVersion,
    /// It is cut short, or altered.
    #[error("the snapshot is damaged: replay the stream instead")]
    Damaged,
}

error_as_object!(SnapshotError);

/// The state as bytes: 24 for each credential, and what its people, organizations and rarer facts need.
pub fn write(enterprise: &Enterprise) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend_from_slice(&MAGIC);
    behaviour().store(&mut bytes);
    enterprise.store(&mut bytes);
    checksum(&bytes).store(&mut bytes);
    bytes
}

/// The state that [`write()`] was given, when this version, or one that behaves the same, wrote the bytes.
///
/// # Errors
/// [`SnapshotError`], after which the stream is to be replayed.
pub fn read(bytes: &[u8]) -> Result<Enterprise, SnapshotError> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or(SnapshotError::NotASnapshot)?;
    let mut rest = checked(bytes, rest).ok_or(SnapshotError::Damaged)?;
    if u64::load(&mut rest) != Some(behaviour()) {
        return Err(SnapshotError::OtherVersion);
    }
    let enterprise = Enterprise::load(&mut rest).filter(Enterprise::is_complete);
    enterprise.filter(|_| rest.is_empty()).ok_or(SnapshotError::Damaged)
}

/// What this version makes of a history that has everything in it: the stored state after each event, and what
/// [`Enterprise::authenticates`] and [`Enterprise::may_use`] answer then.
///
/// Two versions with the same hash read each other's snapshots.
pub fn behaviour() -> u64 {
    let mut hash = Hash::default();
    let mut enterprise = Enterprise::new();
    let mut bytes = Vec::new();
    let corpus = log::read(CORPUS).inspect(|line| debug_assert!(line.is_ok(), "{line:?}"));
    for recorded in corpus.flatten() {
        hash.write_u8(u8::from(enterprise.apply(&recorded).is_ok()));
        bytes.clear();
        enterprise.store(&mut bytes);
        hash.write(&bytes);
        answers(&enterprise, recorded.at, &mut hash);
    }
    hash.finish()
}

/// What stands between the magic and the checksum, if that is right.
fn checked<'a>(bytes: &[u8], rest: &'a [u8]) -> Option<&'a [u8]> {
    let (summed, sum) = bytes.split_last_chunk()?;
    let (rest, _) = rest.split_last_chunk::<8>()?;
    (u64::from_le_bytes(*sum) == checksum(summed)).then_some(rest)
}

fn checksum(bytes: &[u8]) -> u64 {
    let mut hash = Hash::default();
    hash.write(bytes);
    hash.finish()
}

/// Takes in who may do what: what the stored bits mean is behaviour too.
fn answers(enterprise: &Enterprise, at: Timestamp, hash: &mut Hash) {
    for credential in enterprise.credentials() {
        hash.write_u8(u8::from(enterprise.authenticates(credential.id(), at).is_ok()));
        for (organization, _) in enterprise.organizations() {
            hash.write_u8(u8::from(enterprise.may_use(credential.id(), organization, at).is_ok()));
        }
    }
}
