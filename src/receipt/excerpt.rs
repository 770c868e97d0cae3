//! The part of a history that a command is about, and what becomes of it if something in it is different.

use alloc::vec::Vec;

use crate::enterprise::Enterprise;
use crate::event::{Event, RecordedEvent};
use crate::id::{Position, RevocationId};
use crate::receipt::subjects::{Concern, Met, Subjects};

/// Events of a history, in order. Each keeps its position, and so the revocations keep their ids.
#[derive(Debug, Clone, Default)]
pub(super) struct Excerpt(pub(super) Vec<Kept>);

/// An event of an excerpt.
#[derive(Debug, Clone)]
pub(super) struct Kept {
    /// As it was recorded.
    pub(super) recorded: RecordedEvent,
    /// What of it is folded, where that is not all of it.
    part: Option<RecordedEvent>,
}

impl Kept {
    /// What is folded.
    pub(super) fn folded(&self) -> &RecordedEvent {
        self.part.as_ref().unwrap_or(&self.recorded)
    }
}

impl Excerpt {
    /// What a history up to a position says about the subjects.
    /// Where it shows more of them than were known it is read again.
    pub(super) fn read<I, E>(
        mut open: impl FnMut() -> Result<I, E>,
        until: Position,
        subjects: &mut Subjects,
    ) -> Result<Self, E>
    where
        I: Iterator<Item = Result<RecordedEvent, E>>,
    {
        loop {
            let (known, mut excerpt, mut met) = (subjects.count(), Self::default(), Met::default());
            for recorded in open()? {
                let recorded = recorded?;
                let position = recorded.position;
                if position <= until {
                    excerpt.take(recorded, subjects, &mut met);
                }
                if position >= until {
                    break;
                }
            }
            if subjects.count() == known {
                return Ok(excerpt);
            }
        }
    }

    fn take(&mut self, recorded: RecordedEvent, subjects: &mut Subjects, met: &mut Met) {
        let id = RevocationId::new(recorded.position.value()).ok();
        let part = match subjects.concern(id, &recorded.event, met) {
            Concern::None => return,
            Concern::Whole => None,
            Concern::Part(event) => Some(RecordedEvent {
                event,
                by: None,
                ..recorded
            }),
        };
        self.0.push(Kept { recorded, part });
    }

    /// The state that the whole excerpt leads to.
    pub(super) fn state(&self) -> Enterprise {
        self.state_of(&|_| true)
    }

    /// The state that the events at these positions lead to.
    pub(super) fn state_of(&self, is_kept: &dyn Fn(Position) -> bool) -> Enterprise {
        let mut state = Enterprise::new();
        let kept = self.0.iter().filter(|kept| is_kept(kept.recorded.position));
        kept.for_each(|kept| fold(&mut state, kept.folded()));
        state
    }

    /// Calls for each event, with the state before it and the events after it.
    pub(super) fn each(&self, mut ask: impl FnMut(&Kept, &Enterprise, &[Kept])) {
        let mut before = Enterprise::new();
        let mut rest = self.0.as_slice();
        while let Some((kept, after)) = rest.split_first() {
            ask(kept, &before, after);
            fold(&mut before, kept.folded());
            rest = after;
        }
    }
}

/// The state that other events lead to, and those after them.
pub(super) fn varied(before: &Enterprise, others: &[RecordedEvent], after: &[Kept]) -> Enterprise {
    let mut state = before.clone();
    others.iter().for_each(|recorded| fold(&mut state, recorded));
    after.iter().for_each(|kept| fold(&mut state, kept.folded()));
    state
}

/// Folds an event wherever it fits: without what an event needs, that one did not happen either. The totals of a
/// completion are those of the part of its revocation that is here.
pub(super) fn fold(state: &mut Enterprise, recorded: &RecordedEvent) {
    let counted = counted(state, recorded);
    let _ = state.apply_after_gap(counted.as_ref().unwrap_or(recorded));
}

fn counted(state: &Enterprise, recorded: &RecordedEvent) -> Option<RecordedEvent> {
    let Event::RevocationCompleted { revocation, .. } = recorded.event else {
        return None;
    };
    let progress = state.progress(revocation)?;
    Some(RecordedEvent {
        event: Event::RevocationCompleted {
            revocation,
            authorizations_revoked: progress.authorizations_revoked,
            credentials_destroyed: progress.credentials_destroyed,
        },
        ..*recorded
    })
}
