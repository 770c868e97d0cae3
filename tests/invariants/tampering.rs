//! A whole history with one event altered, dropped, repeated or swapped: refused where the structure is broken, never a
//! panic, and the state stays as it was.

use enterprise_credentials::{CorruptHistory, Corruption, Enterprise, Event, Position, RecordedEvent, RevocationId};

/// Tampers with the event at `place` in every way there is.
pub(crate) fn check(history: &[RecordedEvent], place: usize) {
    if history.is_empty() {
        return;
    }
    let last = history.len() - 1;
    let dropped = without(history, place);
    if place < last {
        assert!(matches!(fold(&dropped), Err(Corruption::Position { .. })), "a gap");
        assert!(
            matches!(fold(&swapped(history, place)), Err(Corruption::Position { .. })),
            "two swapped"
        );
    }
    let repeated = with(history, place, history[place].clone());
    assert!(
        matches!(fold(&repeated), Err(Corruption::Position { .. })),
        "a repetition"
    );
    check_renumbered_repetition(history, place);
    // What is whole again once renumbered may be harmless; it must not panic, nor change the state where it is refused.
    fold(&renumbered(dropped)).ok();
    fold(&renumbered(swapped(history, place.min(last.saturating_sub(1))))).ok();
    check_time(history, place);
    for (at, recorded) in history.iter().enumerate() {
        check_item(history, at, recorded);
    }
}

/// Every event but a request is a change, so that none can come twice in a row.
fn check_renumbered_repetition(history: &[RecordedEvent], place: usize) {
    let repeated = renumbered(with(history, place, history[place].clone()));
    let outcome = fold(&repeated[..place + 2]);
    if matches!(history[place].event, Event::RevokeAllRequested { .. }) {
        assert_eq!(outcome, Ok(()));
    } else {
        assert!(outcome.is_err(), "twice: {:?}", history[place].event);
    }
}

fn check_time(history: &[RecordedEvent], place: usize) {
    let mut backwards = history.to_vec();
    let earliest = enterprise_credentials::Timestamp::MIN;
    backwards[place].at = earliest;
    let outcome = fold(&backwards);
    assert_eq!(
        outcome.is_err(),
        place > 0,
        "time runs backwards after the first event only"
    );
}

fn check_item(history: &[RecordedEvent], at: usize, recorded: &RecordedEvent) {
    let wrong = |event: Event| fold(&altered(history, at, event));
    match recorded.event.clone() {
        Event::AuthorizationRevoked {
            credential,
            organization,
            revocation,
        } => {
            let revocation = other(revocation);
            let outcome = wrong(Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            });
            assert!(
                matches!(outcome, Err(Corruption::Revocation { .. })),
                "an item of another revocation"
            );
        }
        Event::CredentialDestroyed { credential, revocation } => {
            let revocation = other(revocation);
            let outcome = wrong(Event::CredentialDestroyed { credential, revocation });
            assert!(
                matches!(outcome, Err(Corruption::Revocation { .. })),
                "an item of another revocation"
            );
        }
        Event::RevocationCompleted {
            revocation,
            authorizations_revoked,
            credentials_destroyed,
        } => {
            let (authorizations, credentials) = (authorizations_revoked, credentials_destroyed);
            for (authorizations_revoked, credentials_destroyed) in
                [(authorizations + 1, credentials), (authorizations, credentials + 1)]
            {
                let outcome = wrong(Event::RevocationCompleted {
                    revocation,
                    authorizations_revoked,
                    credentials_destroyed,
                });
                assert!(matches!(outcome, Err(Corruption::Totals { .. })), "other totals");
            }
            check_early_completion(history, at, revocation);
        }
        _ => {}
    }
}

/// A completion instead of the last item it counts comes too early.
fn check_early_completion(history: &[RecordedEvent], at: usize, id: RevocationId) {
    let is_item = |recorded: &RecordedEvent| match &recorded.event {
        Event::AuthorizationRevoked { revocation, .. } | Event::CredentialDestroyed { revocation, .. } => {
            *revocation == Some(id)
        }
        _ => false,
    };
    if let Some(item) = history[..at].iter().rposition(is_item) {
        let outcome = fold(&altered(history, item, history[at].event.clone()));
        assert_eq!(
            outcome,
            Err(Corruption::Transition("the revocation has something left"))
        );
    }
}

/// Folds until an event does not fit, and asks that this one has left the state unchanged.
fn fold(history: &[RecordedEvent]) -> Result<(), Corruption> {
    let mut enterprise = Enterprise::new();
    for (applied, recorded) in history.iter().enumerate() {
        if let Err(CorruptHistory { position, reason }) = enterprise.apply(recorded) {
            assert_eq!(position, recorded.position);
            let mut before = Enterprise::new();
            history[..applied]
                .iter()
                .for_each(|recorded| before.apply(recorded).unwrap());
            assert_eq!(enterprise, before, "a refused event changes nothing: {reason}");
            return Err(reason);
        }
    }
    Ok(())
}

fn other(revocation: Option<RevocationId>) -> Option<RevocationId> {
    match revocation {
        None => RevocationId::new(1).ok(),
        Some(_) => None,
    }
}

fn altered(history: &[RecordedEvent], place: usize, event: Event) -> Vec<RecordedEvent> {
    let mut altered = history[..=place].to_vec();
    altered[place].event = event;
    altered
}

fn without(history: &[RecordedEvent], place: usize) -> Vec<RecordedEvent> {
    let mut without = history.to_vec();
    without.remove(place);
    without
}

fn with(history: &[RecordedEvent], place: usize, again: RecordedEvent) -> Vec<RecordedEvent> {
    let mut with = history.to_vec();
    with.insert(place + 1, again);
    with
}

fn swapped(history: &[RecordedEvent], place: usize) -> Vec<RecordedEvent> {
    let mut swapped = history.to_vec();
    if place + 1 < swapped.len() {
        swapped.swap(place, place + 1);
    }
    swapped
}

fn renumbered(mut history: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
    for (position, recorded) in (1..).zip(&mut history) {
        recorded.position = Position::new(position).unwrap();
    }
    history
}
