//! The calls that change what is kept.

use alloc::vec::Vec;

use crate::event::{Actor, Event};
use crate::oracle::answer::{Decision, Ended, Reached};
use crate::oracle::decision::{Asked, Decided};
use crate::oracle::enterprises::{Enterprises, Kept};
use crate::oracle::fault::Fault;
use crate::oracle::fields::Fields;
use crate::oracle::reading;
use crate::timestamp::Timestamp;

impl Enterprises {
    /// Keeps a new enterprise: to which nothing has happened, of its events, or of a snapshot.
    pub(super) fn begin(&mut self, mut fields: Fields<'_>) -> Result<Reached, Fault> {
        let snapshot = reading::snapshot(&mut fields)?;
        let lines = reading::lines(&mut fields)?;
        fields.done()?;
        self.keep(match (snapshot, lines) {
            (None, lines) => self.of_lines(&lines.unwrap_or_default())?,
            (Some(snapshot), None) => Kept {
                core: self.sort.restore(&snapshot)?,
                history: None,
                bytes: snapshot.len(),
            },
            (Some(_), Some(_)) => {
                let message = "an enterprise begins with a snapshot or with its events, not with both";
                return Err(Fault::of_field("snapshot", message));
            }
        })
    }

    /// Keeps another that is the same.
    pub(super) fn clone_one(&mut self, mut fields: Fields<'_>) -> Result<Reached, Fault> {
        let kept = self.named(&mut fields)?;
        fields.done()?;
        let copy = kept.copied();
        self.keep(copy)
    }

    pub(super) fn end(&mut self, mut fields: Fields<'_>) -> Result<Ended, Fault> {
        let handle = fields.required("handle")?;
        fields.done()?;
        self.let_go(handle)?;
        Ok(Ended { handle })
    }

    /// Takes recorded events.
    pub(super) fn apply(&mut self, mut fields: Fields<'_>) -> Result<Reached, Fault> {
        let handle = fields.required("handle")?;
        let enterprise = self.get(handle)?.core.enterprise();
        let lines = reading::lines(&mut fields)?;
        let lines = lines.ok_or_else(|| Fault::of_field("events", "the field `events` is missing, or `lines`"))?;
        fields.done()?;
        let recorded = reading::next(enterprise, &lines)?;
        self.extend(handle, recorded, lines.len())
    }

    /// Decides, and applies what is decided.
    pub(super) fn carry_out(&mut self, mut fields: Fields<'_>) -> Result<Decision, Fault> {
        let handle = fields.required("handle")?;
        let kept = self.get(handle)?;
        let asked = Asked::read(&mut fields, kept)?;
        fields.done()?;
        let Decided {
            decision,
            recorded,
            bytes,
        } = asked.decide(kept.core.as_ref());
        if !recorded.is_empty() {
            self.extend(handle, recorded, bytes)?;
        }
        Ok(decision)
    }

    /// Records what was decided elsewhere.
    pub(super) fn record(
        &mut self,
        handle: u64,
        events: Vec<Event>,
        at: Timestamp,
        by: Option<Actor>,
    ) -> Result<(), Fault> {
        let core = &self.get(handle)?.core;
        let recorded: Vec<_> = core.enterprise().record(events, at, by).collect();
        let bytes = recorded.iter().map(|event| core.write(event).len()).sum();
        self.extend(handle, recorded, bytes).map(drop)
    }

    fn of_lines(&self, lines: &[u8]) -> Result<Kept, Fault> {
        let history = self.sort.read(lines).into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Kept {
            core: self.sort.replay(&history)?,
            history: Some(history),
            bytes: lines.len(),
        })
    }
}
