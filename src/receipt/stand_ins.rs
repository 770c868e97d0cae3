//! Events that stand in for each other. Each is enough for a rule, so none of them matters to it by itself.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::enterprise::Enterprise;
use crate::id::Position;
use crate::receipt::answers::{Decided, passes, rule_between};
use crate::receipt::excerpt::Excerpt;
use crate::rule::Rule;

/// Asks about parts of an excerpt, of which the whole has an answer.
pub(super) struct StandIns<'a> {
    pub(super) excerpt: &'a Excerpt,
    pub(super) answer: &'a Decided,
    pub(super) ask: &'a dyn Fn(&Enterprise) -> Decided,
}

/// A rule, and the events of which each is enough for it, in order.
pub(super) type Either = (Rule, Vec<Position>);

impl StandIns<'_> {
    /// Leaves out together whatever is not named. Then the same beside each event that is named: what it stands in for
    /// may matter to one rule, while by itself it matters to another.
    pub(super) fn all(&self, named: &BTreeSet<Position>) -> Vec<Either> {
        let mut kept = named.clone();
        let mut all = self.beside(None, &mut kept);
        for &position in named {
            all.extend(self.beside(Some(position), &mut kept.clone()));
        }
        all
    }

    /// Leaves out an event, and all those that are not kept. Where that is another answer than without the event alone,
    /// those of which one is enough are found and kept.
    fn beside(&self, left_out: Option<Position>, kept: &mut BTreeSet<Position>) -> Vec<Either> {
        let mut found = Vec::new();
        let alone = self.asked(&|position| Some(position) != left_out);
        loop {
            let without = self.asked(&|position| Some(position) != left_out && kept.contains(&position));
            if without == alone {
                return found;
            }
            let Some((rule, either)) = self.either(left_out, kept, &without) else {
                return found;
            };
            kept.extend(&either);
            found.push((rule, either));
        }
    }

    fn either(&self, left_out: Option<Position>, kept: &BTreeSet<Position>, without: &Decided) -> Option<Either> {
        let rule = rule_between(self.answer, without);
        let (passed, passes_without) = (passes(self.answer, rule), passes(without, rule));
        // Where the rule says the same, it is the answer that has to come back; without a named event it cannot.
        let is_turned = passes_without != passed;
        if left_out.is_some() && !is_turned {
            return None;
        }
        let is_back = |other: &Decided| match is_turned {
            true => passes(other, rule) == passed,
            false => other == self.answer,
        };
        let is_enough = |one: Position| {
            let is_kept = |position| position == one || Some(position) != left_out && kept.contains(&position);
            is_back(&self.asked(&is_kept))
        };
        let positions = self.excerpt.0.iter().map(|kept| kept.recorded.position);
        let others = positions.filter(|position| !kept.contains(position));
        let mut either: Vec<Position> = others.filter(|one| is_enough(*one)).collect();
        if either.is_empty() || left_out.is_some_and(|left_out| !is_enough(left_out)) {
            return None;
        }
        either.extend(left_out);
        either.sort_unstable();
        let without = self.asked(&|position| !either.contains(&position));
        let matters = match is_turned {
            true => passes(&without, rule) == passes_without,
            false => without != *self.answer,
        };
        // With everything else there it may not be: an earlier request of an organization lets a grant be renewed.
        let is_still_enough =
            |one: &Position| is_back(&self.asked(&|position| position == *one || !either.contains(&position)));
        (matters && either.iter().all(is_still_enough)).then_some((rule, either))
    }

    fn asked(&self, is_kept: &dyn Fn(Position) -> bool) -> Decided {
        (self.ask)(&self.excerpt.state_of(is_kept))
    }
}
