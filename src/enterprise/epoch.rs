//! When something happened, as precisely as a revocation has to know.

use crate::enterprise::stored::stored;

/// A time in the stream, as coarse as scopes need it: how many revocations had been requested.
///
/// The request of epoch *n* is the one that found *n* requests before it. So what happened in an epoch up to that of a
/// request happened before the request, and all else after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Epoch(pub(crate) u32);

impl Epoch {
    /// Later than every epoch there is: of what has not ended.
    pub(crate) const NEVER: Self = Self(u32::MAX);
    /// The last epoch there is. No request has it, because the epoch after it is none.
    pub(crate) const LAST: Self = Self(u32::MAX - 1);
}

stored!(Epoch { 0 });
