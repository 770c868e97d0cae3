//! Why an enterprise cannot answer.

use enterprise_credentials::log::LogError;
use enterprise_credentials::{CorruptHistory, EnterpriseSlug};

use crate::clock::Suspect;
use crate::store::StoreError;

/// Why an enterprise cannot answer now. None of these is the caller's fault.
#[derive(Debug, thiserror::Error)]
pub enum EnterpriseError {
    /// The storage failed, or holds an altered stream.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The clock cannot be relied on: nothing is asked whose answer depends on it.
    #[error(transparent)]
    Clock(#[from] Suspect),
    /// A line in the store is no event.
    #[error("stream `{enterprise}` in the store cannot be read")]
    Unreadable {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// Where, and why.
        #[source]
        source: LogError,
    },
    /// An event in the store does not fit the ones before it.
    #[error("stream `{enterprise}` in the store is corrupt")]
    Corrupt {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// Where, and why.
        #[source]
        source: CorruptHistory,
    },
    /// The stream's first event names another enterprise.
    #[error("stream `{enterprise}` in the store is that of another enterprise")]
    Misfiled {
        /// Which stream.
        enterprise: EnterpriseSlug,
    },
    /// Others appended first, each time.
    #[error("stream `{enterprise}` is being written by others: {attempts} attempts to append to it conflicted")]
    Contended {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// How many times it was tried.
        attempts: u32,
    },
    /// The state is being brought up to a stream's end that is far ahead: ask for a fresh one.
    #[error("the state of `{enterprise}` is being loaded")]
    Loading {
        /// Which stream.
        enterprise: EnterpriseSlug,
    },
    /// A fold ended in a panic: the state is loaded anew when it is next asked for.
    #[error("the state of `{enterprise}` was lost")]
    Lost {
        /// Which stream.
        enterprise: EnterpriseSlug,
    },
}
