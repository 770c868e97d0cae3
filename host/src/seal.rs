//! The seal: what a host signed of its streams, so that whoever holds a checkpoint finds out any later change.
//!
//! | concern | item |
//! | --- | --- |
//! | the latest checkpoint of a stream, as it was given out | [`latest`] |
//! | that the log only grew since another that was given out | [`growth`] |

mod given;

pub use crate::store::KeptCheckpoint;
pub use given::{GrowthError, growth, latest};
