//! The enterprises that are kept, by handle.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::event::RecordedEvent;
use crate::limits::ID_MAX;
use crate::oracle::answer::Reached;
use crate::oracle::bounds::{HANDLES_MAX, KEPT_BYTES_MAX};
use crate::oracle::cores::Core;
use crate::oracle::fault::Fault;
use crate::oracle::fields::Fields;
use crate::sorted::Sorted;
use crate::timestamp::Timestamp;

/// One enterprise.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) core: Box<dyn Core>,
    /// All its events; nothing where it began with a snapshot.
    pub(super) history: Option<Vec<RecordedEvent>>,
    /// What it was made of.
    pub(super) bytes: usize,
}

impl Kept {
    /// When a question is asked: the time that it names, or that of the last event.
    pub(super) fn time(&self, fields: &mut Fields<'_>) -> Result<Timestamp, Fault> {
        let at: Option<Timestamp> = fields.optional("at")?;
        match (at, self.core.enterprise().last_at()) {
            (Some(at), Some(last_at)) if at < last_at => Err(Fault::time_backwards(at, last_at)),
            (Some(at), _) | (None, Some(at)) => Ok(at),
            (None, None) => fields.required("at"),
        }
    }

    /// Another that is the same.
    pub(super) fn copied(&self) -> Self {
        Self {
            core: self.core.copied(),
            history: self.history.clone(),
            bytes: self.bytes,
        }
    }

    pub(super) fn history(&self) -> Result<&[RecordedEvent], Fault> {
        self.history.as_deref().ok_or_else(Fault::no_history)
    }

    /// Takes the next events, all or none.
    pub(super) fn apply(&mut self, recorded: Vec<RecordedEvent>) -> Result<(), Fault> {
        // One event changes nothing where it does not fit.
        let before = (recorded.len() > 1).then(|| self.core.copied());
        let applied = recorded.iter().try_for_each(|event| self.core.apply(event));
        if let Err(corrupt) = applied {
            if let Some(before) = before {
                self.core = before;
            }
            return Err(corrupt.into());
        }
        if let Some(history) = &mut self.history {
            history.extend(recorded);
        }
        Ok(())
    }
}

/// All that are kept.
#[derive(Debug)]
pub(super) struct Enterprises {
    /// One of the sort that speaks, to which nothing has happened.
    pub(super) sort: Box<dyn Core>,
    kept: Sorted<u64, Kept>,
    last: u64,
    bytes: usize,
}

impl Enterprises {
    pub(super) const fn of(sort: Box<dyn Core>, last: u64) -> Self {
        Self {
            sort,
            kept: Sorted::new(),
            last,
            bytes: 0,
        }
    }

    /// The last handle that was given out.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    pub(super) fn get(&self, handle: u64) -> Result<&Kept, Fault> {
        self.kept.get(handle).ok_or_else(|| Fault::unknown_handle(handle))
    }

    /// The enterprise that a request names.
    pub(super) fn named(&self, fields: &mut Fields<'_>) -> Result<&Kept, Fault> {
        self.get(fields.required("handle")?)
    }

    /// Keeps another.
    pub(super) fn keep(&mut self, kept: Kept) -> Result<Reached, Fault> {
        if self.kept.len() >= HANDLES_MAX || self.last >= ID_MAX {
            return Err(Fault::too_many_handles());
        }
        self.bytes = self.with(kept.bytes)?;
        self.last += 1;
        let reached = reached(self.last, &kept);
        self.kept.add(self.last, kept);
        Ok(reached)
    }

    /// Keeps one no longer.
    pub(super) fn let_go(&mut self, handle: u64) -> Result<(), Fault> {
        let kept = self.kept.remove(handle).ok_or_else(|| Fault::unknown_handle(handle))?;
        self.bytes -= kept.bytes;
        Ok(())
    }

    /// Gives the next events, of so many bytes, to an enterprise: all or none.
    pub(super) fn extend(&mut self, handle: u64, recorded: Vec<RecordedEvent>, bytes: usize) -> Result<Reached, Fault> {
        let bytes_then = self.with(bytes)?;
        let kept = self.kept.get_mut(handle).ok_or_else(|| Fault::unknown_handle(handle))?;
        kept.apply(recorded)?;
        kept.bytes += bytes;
        self.bytes = bytes_then;
        Ok(reached(handle, kept))
    }

    fn with(&self, bytes: usize) -> Result<usize, Fault> {
        let bytes = self.bytes.saturating_add(bytes);
        if bytes > KEPT_BYTES_MAX {
            Err(Fault::too_much_kept())
        } else {
            Ok(bytes)
        }
    }
}

fn reached(handle: u64, kept: &Kept) -> Reached {
    let enterprise = kept.core.enterprise();
    Reached {
        handle,
        position: enterprise.position(),
        last_at: enterprise.last_at(),
    }
}
