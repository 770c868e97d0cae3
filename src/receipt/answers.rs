//! What `decide` answers, and the rule that makes the difference between two answers.

use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::audit::redecide;
use crate::event::Event;
use crate::refusal::Refusal;
use crate::rule::Rule;

pub(super) type Decided = Result<Vec<Event>, Refusal>;

/// The rule that stands between two answers: the one that refuses instead, or no longer; else the one that an audit
/// would name if the one had been recorded and the other decided.
pub(super) fn rule_between(answer: &Decided, other: &Decided) -> Rule {
    match (answer, other) {
        (Err(refusal), Err(other)) => refusal.rule().min(other.rule()),
        (Err(refusal), Ok(_)) | (Ok(_), Err(refusal)) => refusal.rule(),
        (Ok(events), Ok(others)) => {
            let (event, decided) = match events.last() {
                Some(event) => (Some(event), others.last()),
                None => (others.last(), None),
            };
            let rule = event.and_then(|event| redecide::difference(event, decided).0);
            // What else differs is to which revocation an item belongs.
            rule.unwrap_or(Rule::EarliestRevocationOwnsItem)
        }
    }
}

/// Whether a rule let pass what was answered so. None where an earlier one refused it: then it was not asked.
pub(super) fn passes(answer: &Decided, rule: Rule) -> Option<bool> {
    let Err(refusal) = answer else {
        return Some(true);
    };
    match refusal.rule().cmp(&rule) {
        Ordering::Less => None,
        Ordering::Equal => Some(false),
        Ordering::Greater => Some(true),
    }
}
