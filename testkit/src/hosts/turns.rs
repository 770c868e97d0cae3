//! Whose turn it is, and what goes wrong.

use core::fmt;
use std::vec::Vec;

use crate::word::{Step, Word};

/// A step, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// What is asked, and after how long.
    pub step: Step,
    /// Which instance is asked: 0, or any other number for the second.
    pub instance: usize,
    /// What happens meanwhile.
    pub how: How,
}

/// How a step is asked.
///
/// Exhaustive: whoever writes turns by hand must know them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Nothing else happens.
    Alone,
    /// The next turn's step is asked of the other instance, between this one's read and its append.
    Between,
    /// The caller does not hear the answer, and asks the other instance the same.
    AnswerLost,
    /// The host does not hear that its store has appended.
    AppendLost,
}

/// The turns of a word. The same seed gives the same turns.
pub(super) fn turns(word: &Word, seed: u64) -> Vec<Turn> {
    let mut random = seed;
    let turns = word.0.iter().map(|step| {
        let drawn = next(&mut random);
        let how = match drawn >> 1 & 15 {
            0..=7 => How::Alone,
            8..=11 => How::Between,
            12 | 13 => How::AnswerLost,
            _ => How::AppendLost,
        };
        Turn {
            step: step.clone(),
            instance: usize::from(drawn & 1 == 1),
            how,
        }
    });
    turns.collect()
}

/// SplitMix64: any seed will do, zero too.
const fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alone => "",
            Self::Between => ", while the other appends",
            Self::AnswerLost => ", whose answer is lost",
            Self::AppendLost => ", whose append is not confirmed",
        })
    }
}
