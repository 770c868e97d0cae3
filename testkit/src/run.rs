//! A word that a candidate takes step by step: what was asked, answered and recorded, with the states before and after.

use std::vec::Vec;

use crate::candidate::Candidate;
use crate::model::Model;
use crate::word::{Ask, Word};
use crate::world;
use enterprise_credentials::{
    Actor, Command, CorruptHistory, CredentialType, Enterprise, Event, Progress, RecordedEvent, Refusal, Requested,
    RevocationId, RevocationState, Timestamp,
};

/// What came of a word.
#[derive(Debug, Clone)]
pub struct Run<C> {
    /// Each step that was taken.
    pub moments: Vec<Moment<C>>,
    /// Everything that was recorded.
    pub history: Vec<RecordedEvent>,
    /// The state at the end.
    pub end: C,
    /// What its reference model says at the end.
    pub end_witness: Model,
    /// What the candidate decided and then did not accept. The run ends there.
    pub misfit: Option<CorruptHistory>,
}

/// One step of a run.
#[derive(Debug, Clone)]
pub struct Moment<C> {
    /// The number of the step in its word, from 1.
    pub step: usize,
    /// When.
    pub at: Timestamp,
    /// What was asked.
    pub command: Command,
    /// The state before.
    pub before: C,
    /// The reference model, as the recorded events have made it, before.
    pub witness_before: Model,
    /// What was decided.
    pub decided: Result<Vec<Event>, Refusal>,
    /// What was recorded of that.
    pub recorded: Vec<RecordedEvent>,
    /// The state after.
    pub after: C,
    /// The reference model after.
    pub witness_after: Model,
}

impl<C: Candidate> Run<C> {
    /// Takes every step of a word, until the candidate decides what it does not accept itself.
    pub fn of(word: &Word) -> Self {
        let mut run = Self {
            moments: Vec::new(),
            history: Vec::new(),
            end: C::default(),
            end_witness: Model::new(),
            misfit: None,
        };
        let mut at = world::start();
        for (step, number) in word.0.iter().zip(1..) {
            at = later(at, step.wait_ms);
            let asked = run.moments.iter().map(|moment| &moment.command);
            if let Some(command) = resolve(&step.ask, asked, run.end.enterprise()) {
                run.take(number, command, at);
            }
            if run.misfit.is_some() {
                break;
            }
        }
        run
    }

    /// The moments at which a request to revoke was accepted and recorded, with the request.
    pub fn requests(&self) -> impl Iterator<Item = (&Moment<C>, Requested<'_>)> {
        let recorded = self.moments.iter().filter(|moment| !moment.recorded.is_empty());
        recorded.filter_map(|moment| Some((moment, moment.command.requested()?)))
    }

    fn take(&mut self, step: usize, command: Command, at: Timestamp) {
        let before = self.end.clone();
        let witness_before = self.end_witness.clone();
        let decided = before.decide(&command, at);
        let mut recorded = Vec::new();
        let events = decided.iter().flatten().cloned().collect();
        for event in before.enterprise().record(events, at, cause(step)) {
            match self.end.apply(&event) {
                Ok(()) => self.end_witness.apply(&event.event, event.at),
                Err(misfit) => {
                    self.misfit = Some(misfit);
                    break;
                }
            }
            recorded.push(event);
        }
        self.history.extend(recorded.iter().cloned());
        self.moments.push(Moment {
            step,
            at,
            command,
            before,
            witness_before,
            decided,
            recorded,
            after: self.end.clone(),
            witness_after: self.end_witness.clone(),
        });
    }
}

/// The command that a step means, after these commands and in this state; nothing where it refers to what is not there.
pub(crate) fn resolve<'a>(
    ask: &Ask,
    asked: impl DoubleEndedIterator<Item = &'a Command>,
    enterprise: &Enterprise,
) -> Option<Command> {
    match ask {
        Ask::Command(command) => Some(command.clone()),
        Ask::Continue { nth, limit } => {
            let (revocation, limit) = (nth_revocation(enterprise, *nth)?, *limit);
            Some(Command::ContinueRevocation { revocation, limit })
        }
        Ask::Retry { nth, altered } => {
            let mut keyed = asked.rev().filter(|command| {
                let request = command.requested();
                request.is_some_and(|request| request.idempotency_key.is_some())
            });
            let command = keyed.nth(*nth)?.clone();
            Some(if *altered {
                with_other_parameters(command)
            } else {
                command
            })
        }
    }
}

fn nth_revocation(enterprise: &Enterprise, nth: usize) -> Option<RevocationId> {
    let all: Vec<Progress> = enterprise.revocations().collect();
    let (done, unfinished): (Vec<_>, Vec<_>) = all
        .iter()
        .partition(|progress| progress.state == RevocationState::Completed);
    unfinished.into_iter().chain(done).map(|progress| progress.id).nth(nth)
}

/// The same request with another parameter: whether credentials are destroyed,
/// or for an organization the type of credential.
fn with_other_parameters(mut command: Command) -> Command {
    match &mut command {
        Command::RevokeAll(request) => request.revoke_credentials ^= true,
        Command::Revoke(request) if request.organization.is_none() => request.revoke_credentials ^= true,
        Command::Revoke(request) => {
            request.credential_type = match request.credential_type {
                None => Some(CredentialType::SshKey),
                Some(_) => None,
            };
        }
        _ => {}
    }
    command
}

/// Every other step names a cause: metadata that no rule reads.
fn cause(step: usize) -> Option<Actor> {
    let person = world::people().next()?;
    let credential = None;
    step.is_multiple_of(2).then_some(Actor::Person { person, credential })
}

pub(crate) fn later(at: Timestamp, wait_ms: u64) -> Timestamp {
    let wait_ms = i64::try_from(wait_ms).unwrap_or(i64::MAX);
    Timestamp::from_milliseconds(at.milliseconds().saturating_add(wait_ms)).unwrap_or(at)
}
