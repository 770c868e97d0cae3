//! The stream as bytes: recorded events as JSON lines, one event a line.
//!
//! Writing is canonical: one event has one byte sequence, so that lines can be compared and hashed. Reading takes any
//! valid JSON with the same fields, in any order, with any white space, and with fields that this version does not
//! know.
//!
//! An error names its line. It is an unknown event type, a gap, time that runs backwards, or a line cut short. Nothing
//! is read after it, because half a history would answer wrongly.
//!
//! ```
//! use enterprise_credentials::log::{self, Until};
//!
//! let bytes =
//!     br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"o","kind":"managed_users"}
//! {"position":2,"at":"2026-03-10T09:00:01.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}
//! "#;
//! assert_eq!(log::replay(bytes)?.position().value(), 2);
//!
//! let earlier = log::replay_until(bytes, Until::Time("2026-03-10T09:00:00.500Z".parse()?))?;
//! assert_eq!(earlier.position().value(), 1);
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod canonical;
mod decoder;
mod digits;
mod encoder;
mod error;
mod fields;

use alloc::vec::Vec;

use crate::corrupt_history::CorruptHistory;
use crate::enterprise::Enterprise;
use crate::event::RecordedEvent;
use crate::id::Position;
use crate::json::error_as_object;
use crate::timestamp::Timestamp;

pub use decoder::Decoder;
pub use encoder::Encoder;
pub use error::{LogError, LogErrorKind};

/// Appends the event's canonical line to `bytes`, its line feed included.
/// For many events in turn an [`Encoder`] is faster.
pub fn write_line(recorded: &RecordedEvent, bytes: &mut Vec<u8>) {
    canonical::write(recorded, &recorded.at.to_bytes(), bytes);
}

/// Reads a whole log from its first line, lazily. The first error is the last item.
///
/// The last line may lack its line feed, if the event is whole.
pub fn read(bytes: &[u8]) -> impl Iterator<Item = Result<RecordedEvent, LogError>> {
    let (mut decoder, mut lines) = (Decoder::new(), bytes);
    core::iter::from_fn(move || decoder.decode_first(&mut lines))
}

/// Where a replay ends.
///
/// Exhaustive: it is made by callers, and a log ends by place or by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After the event at this position, or at the end of a shorter log.
    Position(Position),
    /// After the last event that is not later than this.
    Time(Timestamp),
}

/// Why a log does not replay.
///
/// Exhaustive: a line cannot be read, or does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The bytes are at fault.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The data is at fault: the event reads well and does not fit the ones before it.
    #[error("line {line}: {corrupt}")]
    Corrupt {
        /// The line, counted from 1.
        line: u64,
        /// What does not fit.
        corrupt: CorruptHistory,
    },
}

error_as_object!(ReplayError);

/// Folds a whole log into the state at its end.
///
/// # Errors
/// [`ReplayError`], with the line, for the first line that cannot be read or does not fit.
pub fn replay(bytes: &[u8]) -> Result<Enterprise, ReplayError> {
    fold(bytes, usize::MAX, None)
}

/// Folds a log into the state as of a position or a time. Lines beyond it are not judged, except that the first event
/// after a time must be readable to be seen as later.
///
/// # Errors
/// [`ReplayError`], with the line, for the first line that cannot be read or does not fit.
pub fn replay_until(bytes: &[u8], until: Until) -> Result<Enterprise, ReplayError> {
    match until {
        Until::Position(last) => fold(bytes, usize::try_from(last.value()).unwrap_or(usize::MAX), None),
        Until::Time(last) => fold(bytes, usize::MAX, Some(last)),
    }
}

/// Folds at most `lines_max` lines: line *n* of a log holds position *n*.
fn fold(bytes: &[u8], lines_max: usize, until: Option<Timestamp>) -> Result<Enterprise, ReplayError> {
    let mut enterprise = Enterprise::new();
    let mut window = Vec::with_capacity(Enterprise::WINDOW);
    for recorded in read(bytes).take(lines_max) {
        match recorded {
            Ok(recorded) if until.is_some_and(|until| recorded.at > until) => break,
            Ok(recorded) => window.push(recorded),
            Err(error) => {
                apply_all(&mut enterprise, &mut window)?;
                return Err(error.into());
            }
        }
        if window.len() == Enterprise::WINDOW {
            apply_all(&mut enterprise, &mut window)?;
        }
    }
    apply_all(&mut enterprise, &mut window)?;
    Ok(enterprise)
}

fn apply_all(enterprise: &mut Enterprise, window: &mut Vec<RecordedEvent>) -> Result<(), ReplayError> {
    let applied = enterprise.apply_all(window);
    window.clear();
    applied.map_err(|corrupt| ReplayError::Corrupt {
        line: enterprise.position().next().value(),
        corrupt,
    })
}
