//! Steps, taken one after the other by the core and by the reference model.

use std::vec::Vec;

use enterprise_credentials::{Command, Enterprise, Timestamp};

use crate::model::Model;
use crate::run::{Moment, later, resolve};
use crate::word::Step;
use crate::world::{self, valid};

/// Where a walk has come to.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    enterprise: Enterprise,
    witness: Model,
    at: Timestamp,
    asked: Vec<Command>,
}

impl Walk {
    pub(super) fn new() -> Self {
        Self {
            enterprise: Enterprise::new(),
            witness: Model::new(),
            at: world::start(),
            asked: Vec::new(),
        }
    }

    /// Takes a step; nothing where it refers to what is not there.
    pub(super) fn take(&mut self, step: &Step) -> Option<Moment<Enterprise>> {
        self.at = later(self.at, step.wait_ms);
        let command = resolve(&step.ask, self.asked.iter(), &self.enterprise)?;
        let (before, witness_before) = (self.enterprise.clone(), self.witness.clone());
        let decided = before.decide(&command, self.at);
        let events = decided.iter().flatten().cloned().collect();
        let recorded: Vec<_> = before.record(events, self.at, None).collect();
        valid(self.enterprise.apply_all(&recorded));
        recorded
            .iter()
            .for_each(|event| self.witness.apply(&event.event, event.at));
        self.asked.push(command.clone());
        Some(Moment {
            step: self.asked.len(),
            at: self.at,
            command,
            before,
            witness_before,
            decided,
            recorded,
            after: self.enterprise.clone(),
            witness_after: self.witness.clone(),
        })
    }
}
