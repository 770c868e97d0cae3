//! The seal: what a host signed of its streams. Whoever holds a checkpoint finds out any later change.
//!
//! | concern | item |
//! | --- | --- |
//! | the key that signs, in a file | [`read_key`], [`create_key`], [`random_key`] |
//! | signs streams, and finds out those that were set back | [`Sealer`], opened with [`SealOptions`] |
//! | what was signed last, outside of the store | [`Journal`] |
//! | another log for a stream that was lost | [`restart`], [`RestartOptions`] |
//! | the latest checkpoint of a stream, as it was given out | [`latest`] |
//! | that the log only grew since another that was given out | [`growth`] |

mod agenda;
mod base;
mod contradicted;
mod durable;
mod error;
mod faults;
mod given;
mod journal;
mod key_file;
mod made;
mod restart;
mod run;
mod sealer;

pub use crate::store::KeptCheckpoint;
pub use error::SealError;
pub use given::{GrowthError, growth, latest};
pub use journal::{Journal, JournalError};
pub use key_file::{KeyFileError, create_key, random_key, read_key};
pub use restart::{RestartOptions, restart};
pub(crate) use run::seal_until;
pub use sealer::{SealOptions, Sealer};
