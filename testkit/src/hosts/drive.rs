//! Driving two instances, turn by turn.

use core::fmt;
use std::boxed::Box;

use crate::exploration::find;
use crate::hosts::stage::take;
use crate::hosts::turns::turns;
use crate::hosts::{Fault, Finding, Hosts, How, Turn};

/// How often failing turns are made fewer, at most.
const SHRINKS_MAX: u32 = 400;

/// How much was driven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Driven {
    /// Words.
    pub words: u64,
    /// Commands that instances were asked.
    pub asked: u64,
    /// How often one instance appended between the other's read and its append: only where the host says when.
    pub in_between: u64,
    /// Answers that callers did not hear.
    pub answers_lost: u64,
    /// Appends that were not confirmed to the host: only where it asks.
    pub appends_lost: u64,
    /// Commands that a host gave no answer to.
    pub unanswered: u64,
    /// Events that hosts recorded.
    pub events: u64,
}

impl fmt::Display for Driven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} words, {} commands asked, {} events",
            self.words, self.asked, self.events
        )?;
        write!(f, ", {} times one appended in between", self.in_between)?;
        write!(
            f,
            ", {} answers and {} confirmations lost",
            self.answers_lost, self.appends_lost
        )?;
        write!(f, ", {} commands unanswered", self.unanswered)
    }
}

/// Drives two instances with random words in random turns. The same seed gives the same turns.
///
/// # Errors
/// The first finding, with the fewest turns that were found to show it.
pub fn drive<H: Hosts>(hosts: &mut H, seed: u64, words: u32) -> Result<Driven, Box<Finding>> {
    let mut driven = Driven::default();
    let mut number = seed;
    let mut found = None;
    let _ = find(seed, words, |word| {
        driven.words += 1;
        number = number.wrapping_add(1);
        take(hosts, &turns(word, number), seed, &mut driven).map_err(|finding| found = Some(finding))
    });
    match found {
        None => Ok(driven),
        Some(found) => Err(shrink(hosts, found)),
    }
}

/// Takes these turns, as a [`Finding`] has them.
///
/// # Errors
/// What they show.
pub fn drive_turns<H: Hosts>(hosts: &mut H, turns: &[Turn]) -> Result<Driven, Box<Finding>> {
    let mut driven = Driven {
        words: 1,
        ..Driven::default()
    };
    take(hosts, turns, 0, &mut driven)?;
    Ok(driven)
}

/// Leaves turns out, and has nothing happen meanwhile, as long as the rest shows the same fault.
fn shrink<H: Hosts>(hosts: &mut H, mut smallest: Box<Finding>) -> Box<Finding> {
    let mut tries = 0;
    let mut shows = |turns: &[Turn], smallest: &mut Box<Finding>| {
        tries += 1;
        if tries > SHRINKS_MAX || smallest.fault == Fault::Unreachable {
            return false;
        }
        match take(hosts, turns, smallest.seed, &mut Driven::default()) {
            Err(finding) if finding.fault == smallest.fault => {
                *smallest = finding;
                true
            }
            Err(finding) if finding.fault == Fault::Unreachable => {
                tries = SHRINKS_MAX;
                false
            }
            _ => false,
        }
    };
    let mut chunk = smallest.turns.len() / 2;
    while chunk > 0 {
        let mut start = 0;
        while start < smallest.turns.len() {
            let (before, rest) = smallest.turns.split_at(start);
            let fewer = [before, rest.get(chunk..).unwrap_or_default()].concat();
            if !shows(&fewer, &mut smallest) {
                start += chunk;
            }
        }
        chunk /= 2;
    }
    for place in 0..smallest.turns.len() {
        let mut calmer = smallest.turns.clone();
        calmer
            .iter_mut()
            .skip(place)
            .take(1)
            .for_each(|turn| turn.how = How::Alone);
        if calmer != smallest.turns {
            shows(&calmer, &mut smallest);
        }
    }
    smallest
}
