//! A log compared with a checkpoint, and what is said about it.

use anyhow::{Context, Result};
use enterprise_credentials_host::mark::Mark;
use enterprise_credentials_seal::{Checkpoint, KeyId, LogCheck, NotTheLog, Note, VerifierKey};
use serde::Serialize;

use super::Keys;
use super::witnessed::{Cosignature, CosignatureDocument};
use crate::cli::table::count;

/// The checkpoint in a note, if one of these keys has signed it.
pub(in crate::cli) fn open(note: &Note, keys: &[Keys]) -> Result<Seal> {
    let keys: Vec<VerifierKey> = keys.iter().flat_map(|keys| keys.0.iter().cloned()).collect();
    let checkpoint = Checkpoint::open(note, &keys).context("the checkpoint is not genuine")?;
    let signers = note.verify(&keys).context("the checkpoint is not genuine")?;
    let signers = signers.into_iter().map(VerifierKey::id).collect();
    let cosignatures = Vec::new();
    Ok(Seal {
        checkpoint,
        signers,
        cosignatures,
    })
}

/// A checkpoint that is genuine, and by which keys.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Seal {
    pub(super) checkpoint: Checkpoint,
    signers: Vec<KeyId>,
    cosignatures: Vec<Cosignature>,
}

impl Seal {
    /// A comparison with a log, from its first line on.
    pub(in crate::cli) const fn check(&self) -> LogCheck {
        LogCheck::new(self.checkpoint.size, self.checkpoint.root)
    }

    /// With what witnesses say of it.
    pub(in crate::cli) fn cosigned(self, cosignatures: Vec<Cosignature>) -> Self {
        Self { cosignatures, ..self }
    }

    /// What the comparison with a log came to, and how old the checkpoint is.
    pub(in crate::cli) fn facts_of_check(&self, checked: &Result<u64, NotTheLog>) -> Vec<(&'static str, String)> {
        let cosigned = self.cosignatures.iter().map(|it| ("cosigned by", it.in_words()));
        cosigned.chain([("seal", self.in_words(checked))]).collect()
    }

    /// The same size and root, for what compares a log with a mark.
    pub(in crate::cli) const fn mark(&self) -> Mark {
        Mark::new(self.checkpoint.size, self.checkpoint.root)
    }

    /// Of which log, at which size, signed with which keys.
    pub(super) fn facts(&self) -> Vec<(&'static str, String)> {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        let signers: Vec<String> = self.signers.iter().map(|id| format!("{origin}+{id}")).collect();
        vec![
            ("log", origin.to_string()),
            ("sealed at", format!("{} lines", count(*size))),
            ("root", root.to_base64()),
            ("signed by", signers.join(", ")),
        ]
    }

    /// What the comparison with a log came to, in a line.
    pub(in crate::cli) fn in_words(&self, checked: &Result<u64, NotTheLog>) -> String {
        let Checkpoint { origin, size, .. } = &self.checkpoint;
        match checked {
            Err(error) => format!("BROKEN: {error}"),
            Ok(behind) => {
                let holds = format!("HOLDS for lines 1 to {}, as `{origin}` was sealed", count(*size));
                match behind {
                    0 => format!("{holds}; that is the whole log"),
                    1 => format!("{holds}; 1 line behind them is NOT COVERED"),
                    behind => format!("{holds}; {} lines behind them are NOT COVERED", count(*behind)),
                }
            }
        }
    }

    /// The same for machines.
    pub(in crate::cli) fn document(&self, checked: &Result<u64, NotTheLog>) -> Document {
        let Checkpoint { origin, size, root } = &self.checkpoint;
        Document {
            origin: origin.to_string(),
            size: *size,
            root: root.to_base64(),
            signed_by: self.signers.iter().map(ToString::to_string).collect(),
            cosigned_by: self.cosignatures.iter().map(Cosignature::document).collect(),
            holds: checked.is_ok(),
            not_covered: checked.as_ref().ok().copied(),
            fault: checked.as_ref().err().map(ToString::to_string),
        }
    }
}

/// What a machine gets of a seal.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct Document {
    origin: String,
    size: u64,
    root: String,
    /// The ids of the keys.
    signed_by: Vec<String>,
    /// Those witnesses that were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cosigned_by: Vec<CosignatureDocument>,
    /// Whether the first `size` lines of the log are those that were sealed.
    holds: bool,
    /// How many lines are behind them.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_covered: Option<u64>,
    /// Why it does not hold.
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<String>,
}
