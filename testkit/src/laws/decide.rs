//! Deciding and folding: replay, honest decide, determinism.

use std::format;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::exploration::differ;
use crate::laws::{Law, Violation};
use crate::run::Run;
use enterprise_credentials::{Command, Enterprise, Event};

/// At every how many steps a word goes through a snapshot: each costs a fingerprint, and words differ in where they do.
const SNAPSHOT_EVERY: usize = 8;

pub(crate) fn replay<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let mut length = 0;
    for moment in &run.moments {
        length += moment.recorded.len();
        let prefix: Vec<_> = run.history.iter().take(length).cloned().collect();
        let replayed = C::replay(&prefix);
        let same = replayed.as_ref() == Ok(&moment.after);
        Law::Replay.at(moment, same, || {
            differ("the replayed state is another", &moment.after, &replayed)
        })?;
        let mut split = moment.after.clone();
        if moment.step % SNAPSHOT_EVERY == run.history.len() % SNAPSHOT_EVERY {
            // Behaviour may depend on what equality of states leaves out, so the rest is folded into what is read back.
            let restored = moment.after.through_snapshot();
            let same = restored.as_ref() == Ok(&moment.after);
            Law::Replay.at(moment, same, || {
                differ(
                    "the state read back from its snapshot is another",
                    &moment.after,
                    &restored,
                )
            })?;
            split = restored.unwrap_or(split);
        }
        let rest = run.history.iter().skip(length);
        let applied = rest.clone().try_for_each(|recorded| split.apply(recorded));
        let same = applied.is_ok() && split == run.end;
        Law::Replay.at(moment, same, || {
            differ("the rest, folded into a copy, gives another state", &run.end, &split)
        })?;
    }
    Ok(())
}

pub(crate) fn honest_decide<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for moment in &run.moments {
        let recorded = moment.decided.as_ref().map_or(0, Vec::len) == moment.recorded.len();
        Law::HonestDecide.at(moment, recorded, || {
            let misfit = run.misfit.as_ref().map(|misfit| format!("{misfit}"));
            format!(
                "apply does not accept what decide returned: {misfit:?}\n  decided: {:?}",
                moment.decided
            )
        })?;
        let changed = moment.recorded.is_empty() && moment.after != moment.before;
        Law::HonestDecide.at(moment, !changed, || {
            differ("the state changed without an event", &moment.before, &moment.after)
        })?;
        let repeatable = match &moment.command {
            Command::ContinueRevocation { .. } => false,
            command => (command.requested()).is_none_or(|request| request.idempotency_key.is_some()),
        };
        if repeatable {
            let again = moment.after.decide(&moment.command, moment.at);
            let nothing = again.as_ref().map_or(true, Vec::is_empty);
            Law::HonestDecide.at(moment, moment.decided.is_err() || nothing, || {
                format!("the same again yields {again:?}")
            })?;
        }
    }
    Ok(())
}

pub(crate) fn determinism<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let mut history = Vec::new();
    for moment in &run.moments {
        let rebuilt = C::replay(&history).unwrap_or_default();
        for state in [&moment.before, &moment.before.clone(), &rebuilt] {
            let again = state.decide(&moment.command, moment.at);
            let same = again == moment.decided && bytes::<C>(&again, run) == bytes::<C>(&moment.decided, run);
            Law::Determinism.at(moment, same, || {
                differ("the same question gets another answer", &moment.decided, &again)
            })?;
        }
        history.extend(moment.recorded.iter().cloned());
    }
    Ok(())
}

fn bytes<C: Candidate>(decided: &Result<Vec<Event>, enterprise_credentials::Refusal>, run: &Run<C>) -> Vec<u8> {
    let at = run
        .moments
        .first()
        .map_or(enterprise_credentials::Timestamp::MIN, |moment| moment.at);
    let events = decided.iter().flatten().cloned().collect();
    Enterprise::new()
        .record(events, at, None)
        .flat_map(|recorded| C::write(&recorded))
        .collect()
}
