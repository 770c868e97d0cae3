//! Witnesses. They are others who cosign a host's checkpoints. A witness cosigns a checkpoint only if it goes on from
//! all that it has cosigned before. Each witness is asked in a task of its own, so no request waits for one.
//!
//! | concern | item |
//! | --- | --- |
//! | who is asked, and how often | [`WitnessOptions`], [`WitnessUrl`] |
//! | a witness cosigned what this host does not have | [`WitnessedBeyond`], [`WitnessedOtherwise`] |
//!
//! [`WitnessedBeyond`]: crate::store::Alteration::WitnessedBeyond
//! [`WitnessedOtherwise`]: crate::store::Alteration::WitnessedOtherwise

mod agenda;
mod client;
mod keep;
mod run;
mod submission;
mod url;

use std::time::Duration;

use enterprise_credentials_seal::WitnessKey;

pub(crate) use run::show_until;
pub use url::{InvalidWitnessUrl, WitnessUrl};

/// Who cosigns checkpoints.
#[derive(Debug, Clone)]
pub struct WitnessOptions {
    /// Where the witnesses are; each is shown each stream.
    pub witnesses: Vec<WitnessUrl>,
    /// By whom cosignatures may be: others are left out.
    pub keys: Vec<WitnessKey>,
    /// After how long a stream that has not changed is shown again,
    /// so that the time of its cosignature is never much older.
    pub again_after: Duration,
    /// How long an answer may take.
    pub timeout: Duration,
}

impl WitnessOptions {
    /// How old a cosignature becomes where nothing else is said.
    pub const AGAIN_AFTER_DEFAULT: Duration = Duration::from_secs(3_600);
    /// How long an answer may take where nothing else is said.
    pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(30);

    /// With these witnesses, and their keys.
    pub const fn new(witnesses: Vec<WitnessUrl>, keys: Vec<WitnessKey>) -> Self {
        Self {
            witnesses,
            keys,
            again_after: Self::AGAIN_AFTER_DEFAULT,
            timeout: Self::TIMEOUT_DEFAULT,
        }
    }
}
