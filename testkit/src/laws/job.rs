//! The job: it makes progress, ends the same by every way, and completes once, with the totals of the plan.

use core::num::NonZeroU32;
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::String;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::exploration::differ;
use crate::laws::{Law, Violation};
use crate::model::Pair;
use crate::run::{Moment, Run};
use enterprise_credentials::{Command, CredentialId, Event, RecordedEvent, RevocationId, Timestamp};

/// What a revocation takes.
type Items = (BTreeSet<Pair>, BTreeSet<CredentialId>);

pub(crate) fn job<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let mut scopes = BTreeMap::new();
    let mut recorded: BTreeMap<RevocationId, Items> = BTreeMap::new();
    for moment in &run.moments {
        if let Command::ContinueRevocation { revocation, .. } = &moment.command {
            let completed = moment
                .witness_before
                .revocations
                .get(revocation)
                .is_some_and(|it| it.completed);
            let nothing = moment.decided.as_ref().is_ok_and(Vec::is_empty);
            Law::Job.at(moment, !completed || nothing, || {
                format!("a completed job yields {:?}", moment.decided)
            })?;
            let first = moment
                .witness_before
                .revocations
                .iter()
                .find(|(_, it)| !it.completed)
                .map(|(id, _)| id);
            let stuck = first == Some(revocation) && (nothing || moment.decided.is_err());
            Law::Job.at(moment, !stuck, || {
                format!("an unfinished job makes no progress: {:?}", moment.decided)
            })?;
        }
        for event in moment.decided.iter().flatten() {
            let checked = record(event, &scopes, &mut recorded);
            Law::Job.at(moment, checked.is_ok(), || checked.err().unwrap_or_default())?;
        }
        scopes.extend(planned(moment)?);
    }
    same_end_for_all_batch_sizes(run)?;
    same_totals_after_a_crash_anywhere(run, &scopes)
}

/// The scope of the request that was recorded at this step; the plan has to count the same.
fn planned<C: Candidate>(moment: &Moment<C>) -> Result<Option<(RevocationId, Items)>, Violation> {
    let (Some(request), [recorded]) = (moment.command.requested(), moment.recorded.as_slice()) else {
        return Ok(None);
    };
    let Ok(id) = RevocationId::new(recorded.position.value()) else {
        return Ok(None);
    };
    let scope = moment.witness_after.pending_in(id);
    let plan = moment.before.plan(request, moment.at);
    let planned = (plan.authorizations_revoked, plan.credentials_destroyed);
    Law::Job.at(moment, planned == sizes(&scope), || {
        differ("the plan counts another scope", &sizes(&scope), &planned)
    })?;
    Ok(Some((id, scope)))
}

/// Each item once and in its own revocation; the completion when nothing is left, with the totals.
fn record(
    event: &Event,
    scopes: &BTreeMap<RevocationId, Items>,
    recorded: &mut BTreeMap<RevocationId, Items>,
) -> Result<(), String> {
    match event {
        Event::AuthorizationRevoked {
            credential,
            organization,
            revocation: Some(id),
        } => {
            let pair = (*credential, *organization);
            let in_scope = scopes.get(id).is_some_and(|scope| scope.0.contains(&pair));
            let first = recorded.entry(*id).or_default().0.insert(pair);
            (in_scope && first)
                .then_some(())
                .ok_or_else(|| format!("in scope: {in_scope}, first time: {first}: {event:?}"))
        }
        Event::CredentialDestroyed {
            credential,
            revocation: Some(id),
        } => {
            let in_scope = scopes.get(id).is_some_and(|scope| scope.1.contains(credential));
            let first = recorded.entry(*id).or_default().1.insert(*credential);
            (in_scope && first)
                .then_some(())
                .ok_or_else(|| format!("in scope: {in_scope}, first time: {first}: {event:?}"))
        }
        Event::RevocationCompleted {
            revocation,
            authorizations_revoked,
            credentials_destroyed,
        } => {
            let done = recorded.get(revocation).cloned().unwrap_or_default();
            let scope = scopes.get(revocation).cloned().unwrap_or_default();
            let totals = (*authorizations_revoked, *credentials_destroyed);
            if done == scope && totals == sizes(&scope) {
                return Ok(());
            }
            Err(format!(
                "completed with totals {totals:?}\n  in scope: {scope:?}\n  recorded: {done:?}"
            ))
        }
        _ => Ok(()),
    }
}

fn same_end_for_all_batch_sizes<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let Some(at) = run.end.enterprise().last_at() else {
        return Ok(());
    };
    let whole = finish(&run.end, u32::MAX, at);
    for limit in [1, 2, 3] {
        let batches = finish(&run.end, limit, at);
        Law::Job.of(batches == whole, || {
            differ(
                &format!("batches of {limit} end otherwise than one batch"),
                &whole,
                &batches,
            )
        })?;
    }
    Law::Job.of(whole.is_ok(), || format!("the jobs do not end: {whole:?}"))?;
    let mut state = run.end.clone();
    let mut left = whole.map(|(events, _)| events).unwrap_or_default();
    while !left.is_empty() {
        let mut recorded = state.enterprise().record(Vec::from_iter(left.drain(..1)), at, None);
        let applied = recorded.try_for_each(|recorded| state.apply(&recorded));
        let resumed = finish(&state, 2, at).map(|(events, _)| events);
        Law::Job.of(applied.is_ok() && resumed.as_ref() == Ok(&left), || {
            differ(
                "a job that is resumed within a batch records otherwise",
                &left,
                &resumed,
            )
        })?;
    }
    Ok(())
}

/// The process dies after any event, within a batch, too; what is left is found from the stream alone.
fn same_totals_after_a_crash_anywhere<C: Candidate>(
    run: &Run<C>,
    scopes: &BTreeMap<RevocationId, Items>,
) -> Result<(), Violation> {
    let mut history: Vec<RecordedEvent> = Vec::new();
    for recorded in &run.history {
        history.push(recorded.clone());
        let requested = scopes.range(..=RevocationId::new(recorded.position.value()).unwrap_or(world_end()));
        let touched = matches!(
            recorded.event,
            Event::AuthorizationRevoked { .. } | Event::CredentialDestroyed { .. }
        );
        if !touched && !recorded.event.is_request() {
            continue;
        }
        let position = recorded.position;
        let rebuilt = C::replay(&history);
        let finished = rebuilt
            .map_err(|corrupt| format!("{corrupt}"))
            .and_then(|state| finish(&state, 1, recorded.at));
        let (_, totals) = match finished {
            Ok(finished) => finished,
            Err(what) => return Law::Job.of(false, || format!("after a crash at position {position}: {what}")),
        };
        for (id, scope) in requested {
            let total = totals.get(id);
            Law::Job.of(total == Some(&sizes(scope)), || {
                differ(
                    &format!("the totals of revocation {id}, after a crash at position {position}"),
                    &sizes(scope),
                    &total,
                )
            })?;
        }
    }
    Ok(())
}

fn world_end() -> RevocationId {
    crate::world::revocation_never_requested()
}

type Totals = BTreeMap<RevocationId, (u64, u64)>;

/// Continues every job to its end: the events of that, and the totals of every revocation.
fn finish<C: Candidate>(state: &C, limit: u32, at: Timestamp) -> Result<(Vec<Event>, Totals), String> {
    let mut state = state.clone();
    let mut events = Vec::new();
    let limit = NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN);
    loop {
        let Some(revocation) = state.enterprise().pending_revocations().next() else {
            break;
        };
        let decided = state.decide(&Command::ContinueRevocation { revocation, limit }, at);
        let decided = decided.map_err(|refusal| format!("continuing {revocation} is refused: {refusal}"))?;
        if decided.is_empty() {
            return Err(format!("continuing {revocation} yields nothing"));
        }
        for recorded in state.enterprise().record(decided, at, None) {
            state.apply(&recorded).map_err(|corrupt| format!("{corrupt}"))?;
            events.push(recorded.event);
        }
    }
    let all = state.enterprise().revocations();
    let totals = all
        .map(|it| (it.id, (it.authorizations_revoked, it.credentials_destroyed)))
        .collect();
    Ok((events, totals))
}

fn sizes((pairs, credentials): &Items) -> (u64, u64) {
    let size = |length| u64::try_from(length).unwrap_or(u64::MAX);
    (size(pairs.len()), size(credentials.len()))
}
