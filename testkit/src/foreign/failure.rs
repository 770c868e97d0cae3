//! How a comparison fails.

use core::fmt;
use std::string::String;
use std::vec::Vec;

use enterprise_credentials::{Rule, Timestamp};

use crate::excerpt::excerpt;

/// Why a comparison ends before its words do.
///
/// Exhaustive: only the first says how the implementation decides, and whoever counts failures must tell them apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It answers otherwise than the core.
    Differs(Divergence),
    /// It panicked.
    Panicked(Interruption),
    /// It could not be asked: a connection that broke, a store that was full. The word is as it was drawn, for what
    /// fails so may not fail again.
    Unreachable(Interruption),
}

impl Failure {
    /// The difference, if it is one.
    pub const fn divergence(&self) -> Option<&Divergence> {
        match self {
            Self::Differs(divergence) => Some(divergence),
            Self::Panicked(_) | Self::Unreachable(_) => None,
        }
    }

    /// The step of the word, from 1; nothing where the implementation could not begin.
    pub const fn step(&self) -> Option<usize> {
        match self {
            Self::Differs(divergence) => Some(divergence.step),
            Self::Panicked(interruption) | Self::Unreachable(interruption) => interruption.step,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Differs(divergence) => divergence.fmt(f),
            Self::Panicked(at) => write!(f, "{at}\n  the implementation {}", excerpt(&at.why)),
            Self::Unreachable(at) => {
                writeln!(f, "{at}\n  the implementation could not be asked: {}", excerpt(&at.why))?;
                write!(
                    f,
                    "  This is no difference: nothing was compared here, and the word was not made smaller."
                )
            }
        }
    }
}

impl core::error::Error for Failure {}

/// Where an implementation first differs from the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Divergence {
    /// The step of the word, from 1.
    pub step: usize,
    /// What was asked, as JSON or in words.
    pub asked: String,
    /// When.
    pub at: Timestamp,
    /// What the core answers.
    pub core: String,
    /// What the implementation answers.
    pub other: String,
    /// The rules by which the core answers so.
    pub rules: Vec<Rule>,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "at step {}, {}: {}", self.step, self.at, self.asked)?;
        writeln!(f, "  the core:           {}", excerpt(&self.core))?;
        write!(f, "  the implementation: {}", excerpt(&self.other))?;
        self.rules
            .iter()
            .try_for_each(|rule| write!(f, "\n  rule {rule}: {}", rule.sentence()))
    }
}

impl core::error::Error for Divergence {}

/// Where an implementation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interruption {
    /// The step of the word, from 1; nothing where it could not begin.
    pub step: Option<usize>,
    /// What was asked, as JSON or in words.
    pub asked: String,
    /// When.
    pub at: Timestamp,
    /// What its error says, or its panic with the place in the source.
    pub why: String,
}

impl fmt::Display for Interruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.step {
            Some(step) => write!(f, "at step {step}, {}: {}", self.at, self.asked),
            None => write!(f, "before the first step: {}", self.asked),
        }
    }
}
