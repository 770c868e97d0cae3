//! What a state is asked: it tells again what was recorded, in order, however its events were handed to it.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its sample has failed")]

use enterprise_credentials::{
    AuthorizationRef, CredentialId, Enterprise, Event, OrganizationId, PersonId, RecordedEvent, RevocationId,
    RevocationState, Timestamp, log,
};

const SAMPLE: &[u8] = include_bytes!("samples/v1.jsonl");

fn history() -> Vec<RecordedEvent> {
    log::read(SAMPLE).map(Result::unwrap).collect()
}

fn fold(history: &[RecordedEvent]) -> Enterprise {
    let mut enterprise = Enterprise::new();
    for recorded in history {
        enterprise.apply(recorded).unwrap();
    }
    enterprise
}

#[test]
fn an_issued_credential_is_told_as_it_was_issued_in_order_of_issue() {
    let history = history();
    let enterprise = fold(&history);
    let mut ids = Vec::new();
    for recorded in &history {
        let Event::CredentialIssued {
            credential,
            owner,
            kind,
            scopes,
            expires_at,
            ..
        } = &recorded.event
        else {
            continue;
        };
        let told = enterprise.credential(*credential).unwrap();
        assert_eq!((told.id(), told.owner(), told.kind()), (*credential, *owner, *kind));
        assert_eq!((told.scopes(), told.expires_at()), (scopes, *expires_at));
        ids.push(*credential);
    }
    assert!(ids.len() > 5);
    assert!(enterprise.credentials().any(|told| told.expires_at().is_some()));
    let told: Vec<CredentialId> = enterprise.credentials().map(|told| told.id()).collect();
    assert_eq!(told, ids);
    assert!(enterprise.credential(CredentialId::new(424_242).unwrap()).is_none());
}

#[test]
fn alive_in_the_summary_are_the_credentials_that_authenticate() {
    let history = history();
    let enterprise = fold(&history);
    let expiries = enterprise
        .credentials()
        .filter_map(|credential| credential.expires_at());
    let times: Vec<Timestamp> = expiries.chain(enterprise.last_at()).chain([Timestamp::MIN]).collect();
    for at in times {
        let summary = enterprise.summary(at);
        let alive = enterprise
            .credentials()
            .filter(|credential| enterprise.authenticates(credential.id(), at).is_ok());
        let counted: u64 = summary.credentials.iter().map(|by| by.alive).sum();
        assert_eq!(counted, alive.count() as u64, "{at}");
        for by in &summary.credentials {
            let dead = by.destroyed + by.destruction_pending + by.owner_departed + by.expired;
            assert_eq!(by.issued, by.alive + dead, "{at}: {by:?}");
        }
        assert_eq!(summary.at, at);
    }
}

#[test]
fn windows_of_every_size_fold_like_single_events() {
    let history = history();
    let whole = fold(&history);
    for size in 1..=history.len() {
        let mut enterprise = Enterprise::new();
        for window in history.chunks(size) {
            assert_eq!(enterprise.apply_all(window), Ok(()));
        }
        assert_eq!(enterprise, whole, "windows of {size}");
    }
}

#[test]
fn a_window_is_folded_up_to_what_does_not_fit() {
    let history = history();
    for at in 0..history.len() {
        let mut damaged = history.clone();
        damaged[at].position = history[at].position.next();
        let mut enterprise = Enterprise::new();
        let corrupt = enterprise.apply_all(&damaged).unwrap_err();
        assert_eq!(corrupt.position, damaged[at].position);
        assert_eq!(enterprise, fold(&history[..at]), "damaged at {at}");
    }
}

#[test]
fn who_and_what_is_there_now_is_told_with_its_name() {
    let history = history();
    for length in 0..=history.len() {
        let (enterprise, events) = (fold(&history[..length]), &history[..length]);
        let last_of_person = |id: PersonId| {
            events.iter().rev().find_map(|recorded| match &recorded.event {
                Event::MemberAdded { member, login, .. } if *member == id => Some(Some(login.clone())),
                Event::MemberRemoved { member } if *member == id => Some(None),
                _ => None,
            })
        };
        for (id, login, role) in enterprise.people() {
            assert_eq!(last_of_person(id), Some(Some(login.clone())));
            assert_eq!(enterprise.role(id), Some(role));
        }
        let last_of_organization = |id: OrganizationId| {
            events.iter().rev().find_map(|recorded| match &recorded.event {
                Event::OrganizationAdded { organization, login } if *organization == id => Some(Some(login.clone())),
                Event::OrganizationRemoved { organization } if *organization == id => Some(None),
                _ => None,
            })
        };
        for (id, login) in enterprise.organizations() {
            assert_eq!(last_of_organization(id), Some(Some(login.clone())));
        }
        let count = |came: fn(&Event) -> bool, went: fn(&Event) -> bool| {
            let number = |of: fn(&Event) -> bool| events.iter().filter(|recorded| of(&recorded.event)).count();
            number(came) - number(went)
        };
        let people = count(
            |event| matches!(event, Event::MemberAdded { .. }),
            |event| matches!(event, Event::MemberRemoved { .. }),
        );
        let organizations = count(
            |event| matches!(event, Event::OrganizationAdded { .. }),
            |event| matches!(event, Event::OrganizationRemoved { .. }),
        );
        let revocations = count(
            |event| matches!(event, Event::RevokeAllRequested { .. }),
            |event| matches!(event, Event::RevocationCompleted { .. }),
        );
        assert_eq!(enterprise.people().count(), people);
        assert_eq!(enterprise.organizations().count(), organizations);
        assert_eq!(enterprise.pending_revocations().count(), revocations);
        let running: Vec<RevocationId> = enterprise
            .revocations()
            .filter(|progress| progress.state != RevocationState::Completed)
            .map(|progress| progress.id)
            .collect();
        assert_eq!(enterprise.pending_revocations().collect::<Vec<_>>(), running);
    }
}

/// The pairs that a history ever authorized, in order of the last grant of each.
fn pairs(history: &[RecordedEvent]) -> Vec<(CredentialId, OrganizationId)> {
    let mut pairs = Vec::new();
    for recorded in history {
        if let Event::CredentialAuthorized {
            credential,
            organization,
        } = recorded.event
        {
            pairs.retain(|pair| *pair != (credential, organization));
            pairs.push((credential, organization));
        }
    }
    pairs
}

#[test]
fn every_authorization_is_told_by_its_credential_and_by_its_organization() {
    let history = history();
    for length in 0..=history.len() {
        let enterprise = fold(&history[..length]);
        let pairs = pairs(&history[..length]);
        let at = enterprise.last_at().unwrap_or(Timestamp::MIN);
        let told = |held: AuthorizationRef| {
            let pair = (held.credential(), held.organization());
            assert_eq!(held.usable(), enterprise.may_use(pair.0, pair.1, at), "{pair:?}");
            pair
        };
        for credential in enterprise.credentials().map(|credential| credential.id()) {
            let expected: Vec<_> = pairs.iter().copied().filter(|pair| pair.0 == credential).collect();
            let found: Vec<_> = enterprise.authorizations_of(credential, at).map(told).collect();
            assert_eq!(found, expected, "after {length} events");
        }
        for id in [3, 4, 9_007_199_254_740_991] {
            let organization = OrganizationId::new(id).unwrap();
            let mut expected: Vec<_> = pairs.iter().copied().filter(|pair| pair.1 == organization).collect();
            expected.sort();
            let found: Vec<_> = enterprise.authorizations_for(organization, at).map(told).collect();
            assert_eq!(found, expected, "in order of issue, which in the sample is that of ids");
        }
    }
    let enterprise = fold(&history);
    let unknown = CredentialId::new(424_242).unwrap();
    assert_eq!(enterprise.authorizations_of(unknown, Timestamp::MIN).count(), 0);
}

#[test]
fn a_persons_credentials_are_told_also_after_they_left() {
    let enterprise = fold(&history());
    for (person, expected) in [
        (7, vec![901]),
        (12, vec![902, 903, 908]),
        (15, vec![907]),
        (16, vec![909]),
        (99, vec![]),
    ] {
        let credentials = enterprise.credentials_of(PersonId::new(person).unwrap());
        let ids: Vec<u64> = credentials.map(|credential| credential.id().value()).collect();
        assert_eq!(ids, expected, "{person}");
    }
}
