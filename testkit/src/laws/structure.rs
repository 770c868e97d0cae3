//! What `apply` accepts: structure, and nothing but structure.

use std::format;
use std::string::String;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::laws::tampering::{Tampered, tamper};
use crate::laws::{Law, Violation};
use crate::run::Run;
use crate::world;
use enterprise_credentials::{Actor, Authority, Corruption, Event, RecordedEvent, RevocationId, Timestamp};

/// A history can be tampered with in hundreds of ways: a part of them will do.
const TAMPERED_EVERY: usize = 11;

pub(crate) fn structure<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let mut state = C::default();
    for recorded in &run.history {
        for (misfit, is_named) in misfits(&state, recorded) {
            refused(&state, &misfit, is_named)?;
        }
        for (what, accepted) in against_policy_only(&state, recorded) {
            let applied = state.clone().apply(&accepted);
            Law::Structure.of(applied.is_ok(), || {
                format!("{what} is no matter of structure: {applied:?}, {accepted:?}")
            })?;
        }
        let applied = state.apply(recorded);
        Law::Structure.of(applied.is_ok(), || {
            format!("what was recorded does not fit: {applied:?}")
        })?;
        // Every event but a request is a change: none comes twice in a row.
        if !recorded.event.is_request() {
            let position = recorded.position.next();
            refused(
                &state,
                &RecordedEvent {
                    position,
                    ..recorded.clone()
                },
                |_| true,
            )?;
        }
    }
    all_or_nothing::<C>(run)
}

/// Of a history that was tampered with, what does not fit leaves the state as the events before it have made it.
fn all_or_nothing<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for Tampered { how, history } in tamper(&run.history).step_by(TAMPERED_EVERY) {
        let mut state = C::default();
        let Some(misfit) = history.iter().position(|recorded| state.apply(recorded).is_err()) else {
            continue;
        };
        let before: Vec<RecordedEvent> = history.into_iter().take(misfit).collect();
        Law::Structure.of(C::replay(&before).as_ref() == Ok(&state), || {
            format!("{how}: refused, and yet the state changed")
        })?;
    }
    Ok(())
}

/// Refused for the right reason, and the state is as it was.
fn refused<C: Candidate>(state: &C, misfit: &RecordedEvent, is_named: Named) -> Result<(), Violation> {
    let mut tried = state.clone();
    let named = match tried.apply(misfit) {
        Ok(()) => Err(String::from("is accepted")),
        Err(corrupt) if corrupt.position == misfit.position && is_named(&corrupt.reason) => Ok(()),
        Err(corrupt) => Err(format!("is refused otherwise: {corrupt}")),
    };
    Law::Structure.of(named.is_ok(), || {
        format!("what does not fit {}: {misfit:?}", named.err().unwrap_or_default())
    })?;
    Law::Structure.of(tried == *state, || {
        format!("refused, and yet the state changed: {misfit:?}")
    })
}

/// Whether a refusal names what is wrong.
type Named = fn(&Corruption) -> bool;

/// The event as it does not fit: misplaced, too early, or miscounted.
fn misfits<C: Candidate>(state: &C, recorded: &RecordedEvent) -> Vec<(RecordedEvent, Named)> {
    let misplaced: Named = |reason| matches!(reason, Corruption::Position { .. });
    let same = |position| RecordedEvent {
        position,
        ..recorded.clone()
    };
    let mut misfits = Vec::from([(same(recorded.position.next()), misplaced)]);
    misfits.extend(
        state
            .enterprise()
            .last_at()
            .map(|_| (same(state.enterprise().position()), misplaced)),
    );
    let earlier = state
        .enterprise()
        .last_at()
        .and_then(|last| Timestamp::from_milliseconds(last.milliseconds() - 1).ok());
    let backwards: Named = |reason| matches!(reason, Corruption::Time { .. });
    misfits.extend(earlier.map(|at| (RecordedEvent { at, ..recorded.clone() }, backwards)));
    let events = miscounted(&recorded.event)
        .into_iter()
        .chain(completed_early(state, &recorded.event));
    misfits.extend(events.map(|(event, is_named)| {
        (
            RecordedEvent {
                event,
                ..recorded.clone()
            },
            is_named,
        )
    }));
    misfits
}

fn miscounted(event: &Event) -> Vec<(Event, Named)> {
    let of_another: Named = |reason| matches!(reason, Corruption::Revocation { .. });
    let totals: Named = |reason| matches!(reason, Corruption::Totals { .. });
    let other = |revocation: &Option<RevocationId>| match revocation {
        Some(_) => None,
        None => RevocationId::new(1).ok(),
    };
    let mut altered = event.clone();
    match &mut altered {
        Event::AuthorizationRevoked { revocation, .. } | Event::CredentialDestroyed { revocation, .. } => {
            *revocation = other(revocation);
            Vec::from([(altered, of_another)])
        }
        Event::RevocationCompleted {
            authorizations_revoked, ..
        } => {
            *authorizations_revoked += 1;
            let mut other = event.clone();
            if let Event::RevocationCompleted {
                credentials_destroyed, ..
            } = &mut other
            {
                *credentials_destroyed += 1;
            }
            Vec::from([(altered, totals), (other, totals)])
        }
        _ => Vec::new(),
    }
}

/// A completion in the place of an item that it should wait for, with the counts so far.
fn completed_early<C: Candidate>(state: &C, event: &Event) -> Option<(Event, Named)> {
    let revocation = match event {
        Event::AuthorizationRevoked { revocation, .. } | Event::CredentialDestroyed { revocation, .. } => {
            (*revocation)?
        }
        _ => return None,
    };
    let progress = state.enterprise().progress(revocation)?;
    let completed = Event::RevocationCompleted {
        revocation,
        authorizations_revoked: progress.authorizations_revoked,
        credentials_destroyed: progress.credentials_destroyed,
    };
    Some((completed, |reason| matches!(reason, Corruption::Transition(_))))
}

/// Events that decide would not have recorded, and that fit: when policy changes, an old stream stays readable.
fn against_policy_only<C: Candidate>(state: &C, recorded: &RecordedEvent) -> Vec<(&'static str, RecordedEvent)> {
    if !recorded.event.is_request() {
        return Vec::new();
    }
    let mut other = recorded.event.clone();
    if let Event::RevokeAllRequested { authority, .. } | Event::RevocationRequested { authority, .. } = &mut other {
        *authority = Authority::ALL
            .into_iter()
            .find(|it| it != authority)
            .unwrap_or(*authority);
    }
    let by_other_authority = RecordedEvent {
        event: other,
        by: world::people().next().map(|person| Actor::Person {
            person,
            credential: None,
        }),
        ..recorded.clone()
    };
    let requests = state.enterprise().people().map(|(person, ..)| {
        let event = Event::RevokeAllRequested {
            requested_by: Actor::Person {
                person,
                credential: None,
            },
            authority: Authority::Permission,
            revoke_credentials: true,
            idempotency_key: None,
        };
        (
            "who asked, by what authority, and for what kind of enterprise",
            RecordedEvent {
                event,
                ..recorded.clone()
            },
        )
    });
    requests
        .chain([("another authority, and a cause in the envelope", by_other_authority)])
        .collect()
}
