//! Why a store did not do as asked.

use std::error::Error;
use std::fmt;

use enterprise_credentials::{CredentialId, EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_seal::Hash;

/// Why the storage did not do as asked. Of a failed append nothing is kept, but for [`StoreError::Unknown`].
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Someone else appended first. Read on from `expected`, and decide again.
    #[error("stream `{enterprise}` ends at position {actual}, not at {expected}")]
    Conflict {
        /// Which stream.
        enterprise: EnterpriseSlug,
        /// Where the caller thought it ended.
        expected: Position,
        /// Where it ends.
        actual: Position,
    },
    /// Within one enterprise a fingerprint stands for one credential only.
    #[error(
        "credential `{credential}` at position {position} has the fingerprint `{fingerprint}`, which credential \
         `{holder}` of the same enterprise already has"
    )]
    DuplicateFingerprint {
        /// Where the second credential is issued.
        position: Position,
        /// The second credential.
        credential: CredentialId,
        /// What both have.
        fingerprint: Fingerprint,
        /// The first.
        holder: CredentialId,
    },
    /// The lines given do not follow the position given: a mistake of the caller.
    #[error("a line for position {expected} is numbered {found}")]
    Misplaced {
        /// The position that comes next.
        expected: Position,
        /// The position that the line carries.
        found: Position,
    },
    /// What the storage holds of a stream is not what was appended to it. Other streams are not affected.
    #[error(transparent)]
    Altered(#[from] Altered),
    /// The storage failed, or did not get to it in time. The same may succeed in a moment.
    #[error("the store cannot {action}")]
    Transient {
        /// What was being done.
        action: &'static str,
        /// What the storage said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The storage failed while it committed: the append may have been kept, and may not.
    /// Whoever wants to know reads the stream's head.
    #[error("the store cannot tell whether it did {action}")]
    Unknown {
        /// What was being done.
        action: &'static str,
        /// What the storage said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The storage will go on failing until a person mends it.
    #[error("the store cannot {action}")]
    Permanent {
        /// What was being done.
        action: &'static str,
        /// What the storage said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl StoreError {
    /// A failure that may be over in a moment.
    pub fn transient(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Transient {
            action,
            source: source.into(),
        }
    }

    /// A commit whose outcome nobody knows.
    pub fn unknown(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unknown {
            action,
            source: source.into(),
        }
    }

    /// A failure that a person has to mend.
    pub fn permanent(action: &'static str, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Permanent {
            action,
            source: source.into(),
        }
    }
}

/// The error of a stream that is altered so.
pub(super) fn altered(enterprise: &EnterpriseSlug, alteration: Alteration) -> StoreError {
    let enterprise = enterprise.clone();
    StoreError::Altered(Altered { enterprise, alteration })
}

/// A stream whose lines are not those that its head commits to, or whose head is broken. Nothing is answered from it:
/// whoever cannot fold a stream cannot know who the caller is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("stream `{enterprise}` in the store is altered: {alteration}; {}", .alteration.cure())]
pub struct Altered {
    /// Which stream.
    pub enterprise: EnterpriseSlug,
    /// In which way.
    pub alteration: Alteration,
}

/// In which way a stream is altered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Alteration {
    /// There are lines, and no head.
    HeadLost,
    /// The head's row is not one that was written: its parts do not fit its checksum.
    HeadBroken,
    /// The lines that follow `position` are missing, cut short or not as many as they are said to be.
    Missing {
        /// The last position before them.
        position: Position,
    },
    /// The lines end elsewhere than the head says.
    Beyond {
        /// Where the head says that the stream ends.
        head: Position,
        /// Where its lines end.
        lines: Position,
    },
    /// The lines up to the head are other lines than those that the head commits to.
    Differs {
        /// Where the head says that the stream ends.
        position: Position,
        /// The root that the head commits to.
        head: Hash,
        /// The root of the lines.
        lines: Hash,
    },
    /// The stream ends before the position that this process has read to: it was set back.
    SetBack {
        /// Where the head says that the stream ends.
        head: Position,
        /// Where it ended before.
        before: Position,
    },
    /// The look-up names a line for a fingerprint that does not issue a credential with it.
    LookUp {
        /// The line that it names.
        position: Position,
    },
    /// The stream ends before what was sealed of it: an older copy of the store was put in its place.
    SealedBeyond {
        /// Where the head says that the stream ends.
        head: Position,
        /// How many lines were sealed.
        sealed: u64,
    },
    /// The lines are others than those that were sealed.
    SealedOtherwise {
        /// How many lines were sealed.
        size: u64,
        /// The root that was sealed.
        sealed: Hash,
        /// How many lines there are now.
        head: u64,
        /// The root of these.
        lines: Hash,
    },
    /// A witness has cosigned more lines than there are: the store and the journal of the seal went back together.
    WitnessedBeyond {
        /// Where the stream ends.
        head: Position,
        /// Where the witness is.
        witness: String,
        /// How many lines it has cosigned.
        size: u64,
    },
    /// A witness has cosigned other lines than those that the stream begins with.
    WitnessedOtherwise {
        /// Where the witness is.
        witness: String,
        /// How many lines it has cosigned.
        size: u64,
    },
}

impl Alteration {
    /// Whether the stream is whole, as far as its head goes, and does not lead on from what was signed of it.
    pub(crate) const fn is_of_seal(&self) -> bool {
        matches!(
            self,
            Self::SealedBeyond { .. }
                | Self::SealedOtherwise { .. }
                | Self::WitnessedBeyond { .. }
                | Self::WitnessedOtherwise { .. }
        )
    }

    /// What to do about it.
    pub(super) const fn cure(&self) -> &'static str {
        match self {
            _ if self.is_of_seal() => {
                "run `verify` to see whether lines are damaged; if none is, `import` a log of the stream that was \
                 exported later; if there is none, begin another seal with `seal restart`"
            }
            _ => {
                "run `verify` to see what else is damaged, and `repair --from LOG` with any log of the stream that \
                 leads to the same head"
            }
        }
    }
}

impl fmt::Display for Alteration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HeadLost => f.write_str("it has lines, and no head"),
            Self::HeadBroken => f.write_str("its head is broken, its lines may be whole"),
            Self::Missing { position } => write!(f, "lines behind position {position} are missing or cut short"),
            Self::Beyond { head, lines } => write!(f, "its head is at position {head}, and its lines end at {lines}"),
            Self::Differs { position, head, lines } => write!(
                f,
                "its head commits to the root {head} at position {position}, and its lines lead to {lines}"
            ),
            Self::SetBack { head, before } => {
                write!(
                    f,
                    "it ends at position {head}, and ended at {before} before: it was set back"
                )
            }
            Self::LookUp { position } => write!(
                f,
                "for some fingerprint the look-up names the line at position {position}, and that line does not issue \
                 it"
            ),
            Self::SealedBeyond { head, sealed } => write!(
                f,
                "it ends at position {head}, but {sealed} lines of it were sealed: an older copy of it was put in its \
                 place"
            ),
            Self::SealedOtherwise {
                size,
                sealed,
                head,
                lines,
            } => write!(
                f,
                "{size} lines of it were sealed with the root {sealed}, and they do not lead to its root {lines} at \
                 position {head}: another history was put in its place"
            ),
            Self::WitnessedBeyond { head, witness, size } => write!(
                f,
                "it ends at position {head}, but the witness `{witness}` has cosigned {size} lines of it: it was set \
                 back together with the journal of the seal"
            ),
            Self::WitnessedOtherwise { witness, size } => write!(
                f,
                "the witness `{witness}` has cosigned {size} other lines of it: it was set back together with the \
                 journal of the seal, and then went on differently"
            ),
        }
    }
}
