//! Judging random words under a seed, and shrinking what fails.

use core::fmt;
use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec::Vec;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::strategy;
use crate::word::Word;

/// How often a failing word is made smaller, at most.
const SHRINKS_MAX: u32 = 4000;

/// A word that fails, as small as shrinking could make it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counterexample<E> {
    /// The seed that found it.
    pub seed: u64,
    /// The word.
    pub word: Word,
    /// What its judge says.
    pub reason: E,
}

impl<E: fmt::Display> fmt::Display for Counterexample<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}\n\nthe smallest word found (seed {}):\n{}",
            self.reason, self.seed, self.word
        )
    }
}

impl<E: fmt::Display + fmt::Debug> core::error::Error for Counterexample<E> {}

/// Judges `cases` random words. The same seed gives the same words.
///
/// # Errors
/// The first word that fails, shrunken.
pub fn explore<E>(
    seed: u64,
    cases: u32,
    mut judge: impl FnMut(&Word) -> Result<(), E>,
) -> Result<(), Box<Counterexample<E>>> {
    let bytes: Vec<u8> = seed.to_le_bytes().into_iter().cycle().take(32).collect();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    for _ in 0..cases {
        // The strategy rejects nothing; a word less would show in the coverage.
        let Ok(tree) = strategy::words().new_tree(&mut runner) else {
            continue;
        };
        let word = tree.current();
        if let Err(reason) = judge(&word) {
            return Err(Box::new(shrink(tree, Counterexample { seed, word, reason }, judge)));
        }
    }
    Ok(())
}

/// Takes parts of a failing word away, as long as the rest fails.
fn shrink<E>(
    mut tree: impl ValueTree<Value = Word>,
    mut smallest: Counterexample<E>,
    mut judge: impl FnMut(&Word) -> Result<(), E>,
) -> Counterexample<E> {
    let mut simpler = tree.simplify();
    for _ in 0..SHRINKS_MAX {
        if !simpler {
            break;
        }
        let word = tree.current();
        simpler = match judge(&word) {
            Err(reason) => {
                smallest = Counterexample {
                    word,
                    reason,
                    ..smallest
                };
                tree.simplify()
            }
            Ok(()) => tree.complicate(),
        };
    }
    smallest
}

/// A judge's words for two values that should be the same.
pub(crate) fn differ(what: &str, expected: &impl fmt::Debug, found: &impl fmt::Debug) -> String {
    format!("{what}\n  expected: {expected:?}\n  found:    {found:?}")
}
