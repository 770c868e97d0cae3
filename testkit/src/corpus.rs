//! The corpus: histories with what must be answered, as JSON lines, for suites in any language.
//!
//! It is made of steps that an [`Oracle`](enterprise_credentials::oracle::Oracle) carries out. Steps are drawn under
//! fixed seeds, by a chance of this module's own. Those stay that show something new, a rule at work for an operation,
//! its filters and a role, or that a wrong core answers otherwise; and of the steps before them those without which it
//! would not show. So the same rules give the same bytes, on every machine.
//!
//! The repository holds it as `corpus/corpus.jsonl`. Its `docs/oracle.md` describes the format.

mod asked;
mod chance;
mod points;
mod selection;
mod walk;
mod written;

use std::string::String;

use crate::wrong::WrongCore;

pub use points::Shown;

/// The wrong cores whose fault shows only after a new start, which the corpus does not ask for.
const AFTER_A_START: [&str; 2] = ["ForgetsKeysInReplay", "SnapshotsTooLate"];

/// Whether the corpus has a case that this wrong core answers otherwise: one whose fault answers and access show.
pub fn is_shown(core: &WrongCore) -> bool {
    core.is_seen_by_compare() && !AFTER_A_START.contains(&core.name)
}

/// The whole corpus, and what it shows. Takes some seconds.
pub fn generate() -> (String, Shown) {
    let worlds = asked::worlds();
    let selected = selection::select(&worlds);
    (written::write(&worlds, &selected), selected.shown)
}
