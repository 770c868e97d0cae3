//! What no stream can hold, `apply` refuses in plain words, and the state stays what it was.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a test whose history does not fit has failed"
)]

use enterprise_credentials::{
    Actor, Authority, CorruptHistory, Corruption, Enterprise, Event, OrganizationId, PersonId, RecordedEvent, Timestamp,
};

/// Revocation 11 has the authorizations of 901 and 902 pending. Credential 903 was authorized after it,
/// 904 is destroyed.
const HISTORY: &str = r#"
{"type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"type":"MemberAdded","member":8,"login":"hubot","role":"member"}
{"type":"PermissionGranted","member":8,"permission":"write_enterprise_credentials"}
{"type":"CredentialIssued","credential":901,"owner":7,"kind":"classic_pat","scopes":[]}
{"type":"CredentialIssued","credential":902,"owner":8,"kind":"ssh_key","scopes":[]}
{"type":"CredentialIssued","credential":903,"owner":8,"kind":"oauth_app_user_token","scopes":[]}
{"type":"CredentialAuthorized","credential":901,"organization":3}
{"type":"CredentialAuthorized","credential":902,"organization":3}
{"type":"RevokeAllRequested","requested_by":{"person":7,"credential":901},"authority":"owner","revoke_credentials":false}
{"type":"CredentialAuthorized","credential":903,"organization":3}
{"type":"CredentialIssued","credential":904,"owner":8,"kind":"ssh_key","scopes":[]}
{"type":"CredentialDestroyed","credential":904}
"#;

/// Folds bare events, one second apart, of which the last must not fit.
fn refused(events: &str) -> CorruptHistory {
    let events: Vec<&str> = events.lines().filter(|line| !line.is_empty()).collect();
    let (last, before) = events.split_last().unwrap();
    let mut enterprise = Enterprise::new();
    for event in before {
        let recorded = next(&enterprise, event);
        enterprise.apply(&recorded).expect("all but the last event fit");
    }
    let misfit = next(&enterprise, last);
    let unchanged = enterprise.clone();
    let corrupt = enterprise.apply(&misfit).expect_err(last);
    assert_eq!(enterprise, unchanged, "{last}");
    assert_eq!(corrupt.position, misfit.position);
    corrupt
}

fn next(enterprise: &Enterprise, event: &str) -> RecordedEvent {
    let position = enterprise.position().next();
    let at = format!("2026-03-10T09:00:{:02}.000Z", position.value());
    let envelope = format!(r#"{{"position":{position},"at":"{at}","#);
    serde_json::from_str(&event.replacen('{', &envelope, 1)).expect("a recorded event")
}

/// What `apply` says of the last of these events, behind the history above.
fn says(events: &str) -> String {
    refused(&format!("{HISTORY}{events}")).reason.to_string()
}

#[test]
fn what_is_there_comes_no_second_time() {
    for (event, said) in [
        (
            r#"{"type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}"#,
            "the enterprise is created already",
        ),
        (
            r#"{"type":"OrganizationAdded","organization":3,"login":"octo-org"}"#,
            "the organization is present already",
        ),
        (
            r#"{"type":"MemberAdded","member":7,"login":"mona","role":"owner"}"#,
            "the person is present already",
        ),
        (
            r#"{"type":"MemberRoleChanged","member":7,"role":"owner"}"#,
            "the person has this role already",
        ),
        (
            r#"{"type":"PermissionGranted","member":8,"permission":"write_enterprise_credentials"}"#,
            "the person holds the permission already",
        ),
        (
            r#"{"type":"PermissionWithdrawn","member":7,"permission":"write_enterprise_credentials"}"#,
            "the person does not hold the permission",
        ),
        (
            r#"{"type":"CredentialIssued","credential":904,"owner":7,"kind":"ssh_key","scopes":[]}"#,
            "the credential id was issued before",
        ),
        (
            r#"{"type":"CredentialAuthorized","credential":903,"organization":3}"#,
            "the authorization is live already",
        ),
        (
            r#"{"type":"CredentialDestroyed","credential":904}"#,
            "the credential is destroyed already",
        ),
    ] {
        assert_eq!(says(event), said);
    }
}

#[test]
fn what_was_never_there_is_unknown() {
    for (event, said) in [
        (
            r#"{"type":"OrganizationRemoved","organization":4}"#,
            "organization `4` is unknown here",
        ),
        (r#"{"type":"MemberRemoved","member":9}"#, "person `9` is unknown here"),
        (
            r#"{"type":"MemberRoleChanged","member":9,"role":"owner"}"#,
            "person `9` is unknown here",
        ),
        (
            r#"{"type":"CredentialIssued","credential":905,"owner":9,"kind":"ssh_key","scopes":[]}"#,
            "person `9` is unknown here",
        ),
        (
            r#"{"type":"CredentialAuthorized","credential":901,"organization":4}"#,
            "organization `4` is unknown here",
        ),
        (
            r#"{"type":"CredentialAuthorized","credential":999,"organization":3}"#,
            "credential `999` is unknown here",
        ),
        (
            r#"{"type":"AuthorizationRevoked","credential":904,"organization":3}"#,
            "the authorization was never granted",
        ),
        (
            r#"{"type":"RevokeAllRequested","requested_by":{"person":9},"authority":"owner","revoke_credentials":false}"#,
            "person `9` is unknown here",
        ),
        (
            r#"{"type":"RevokeAllRequested","requested_by":{"person":7,"credential":999},"authority":"owner","revoke_credentials":false}"#,
            "credential `999` is unknown here",
        ),
        (
            r#"{"type":"RevocationCompleted","revocation":12,"authorizations_revoked":0,"credentials_destroyed":0}"#,
            "revocation `12` is unknown here",
        ),
    ] {
        assert_eq!(says(event), said);
    }
    let first = refused(r#"{"type":"OrganizationAdded","organization":3,"login":"octo-org"}"#);
    let said = "event 1 does not fit the stream: the enterprise is not created yet";
    assert_eq!(first.to_string(), said);
}

#[test]
fn nothing_is_granted_to_what_is_dead_or_pending() {
    let pending = r#"{"type":"CredentialAuthorized","credential":901,"organization":3}"#;
    assert_eq!(says(pending), "the authorization is pending in a revocation");
    let destroyed = r#"{"type":"CredentialAuthorized","credential":904,"organization":3}"#;
    assert_eq!(says(destroyed), "the credential is destroyed");
    let departed = r#"{"type":"MemberRemoved","member":8}
{"type":"CredentialAuthorized","credential":903,"organization":3}"#;
    assert_eq!(says(departed), "the credential's owner left");
    let gone = r#"{"type":"MemberRemoved","member":8}
{"type":"CredentialDestroyed","credential":903}"#;
    assert_eq!(says(gone), "the credential left with its owner and is not pending");
    let twice = r#"{"type":"AuthorizationRevoked","credential":903,"organization":3}
{"type":"AuthorizationRevoked","credential":903,"organization":3}"#;
    assert_eq!(says(twice), "the authorization is neither live nor pending");
}

#[test]
fn an_item_is_recorded_for_the_revocation_it_is_pending_in() {
    let for_none = r#"{"type":"AuthorizationRevoked","credential":901,"organization":3}"#;
    let said = "the item is pending in revocation 11, but recorded for no revocation";
    assert_eq!(says(for_none), said);
    let for_some = r#"{"type":"AuthorizationRevoked","credential":903,"organization":3,"revocation":11}"#;
    let said = "the item is pending in no revocation, but recorded for revocation 11";
    assert_eq!(says(for_some), said);
}

#[test]
fn a_completion_comes_once_when_nothing_is_left_with_the_totals() {
    let items = r#"{"type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":11}
{"type":"AuthorizationRevoked","credential":902,"organization":3,"revocation":11}"#;
    let completed = |authorizations, credentials| {
        format!(
            r#"{{"type":"RevocationCompleted","revocation":11,"authorizations_revoked":{authorizations},"credentials_destroyed":{credentials}}}"#
        )
    };
    assert_eq!(says(&completed(0, 0)), "the revocation has something left");
    let said = "2 authorizations and 0 credentials were recorded, the completion says otherwise";
    for (authorizations, credentials) in [(1, 0), (3, 0), (2, 1)] {
        assert_eq!(
            says(&format!("{items}\n{}", completed(authorizations, credentials))),
            said
        );
    }
    let twice = format!("{items}\n{}\n{}", completed(2, 0), completed(2, 0));
    assert_eq!(says(&twice), "the revocation is completed already");
}

#[test]
fn positions_follow_and_time_does_not_run_backwards() {
    let mut enterprise = Enterprise::new();
    for event in HISTORY.lines().filter(|line| !line.is_empty()) {
        enterprise.apply(&next(&enterprise, event)).unwrap();
    }
    let fits = next(&enterprise, r#"{"type":"MemberRemoved","member":8}"#);
    let expected = fits.position;
    for position in [enterprise.position(), expected.next()] {
        let misplaced = RecordedEvent {
            position,
            ..fits.clone()
        };
        let corrupt = enterprise.apply(&misplaced).unwrap_err();
        let reason = Corruption::Position { expected };
        assert_eq!(corrupt, CorruptHistory { position, reason });
        assert!(corrupt.to_string().ends_with("expected position 15"), "{corrupt}");
    }
    let last_at = enterprise.last_at().unwrap();
    let at = Timestamp::from_milliseconds(last_at.milliseconds() - 1).unwrap();
    let corrupt = enterprise.apply(&RecordedEvent { at, ..fits.clone() }).unwrap_err();
    assert_eq!(corrupt.reason, Corruption::Time { at, last_at });
    let at_the_same_time = RecordedEvent { at: last_at, ..fits };
    assert_eq!(enterprise.apply(&at_the_same_time), Ok(()));
}

#[test]
fn an_ownership_is_added_and_removed_once_by_those_present() {
    let added = r#"{"type":"OrganizationOwnerAdded","organization":3,"member":8}"#;
    let removed = r#"{"type":"OrganizationOwnerRemoved","organization":3,"member":8}"#;
    assert_eq!(
        says(&format!("{added}\n{added}")),
        "the person owns the organization already"
    );
    assert_eq!(says(removed), "the person does not own the organization");
    assert_eq!(
        says(&format!("{added}\n{removed}\n{removed}")),
        "the person does not own the organization"
    );
    for ended in [
        r#"{"type":"MemberRoleChanged","member":8,"role":"guest_collaborator"}"#,
        r#"{"type":"MemberRemoved","member":8}
{"type":"MemberAdded","member":8,"login":"hubot","role":"member"}"#,
        r#"{"type":"OrganizationRemoved","organization":3}
{"type":"OrganizationAdded","organization":3,"login":"octo-org"}"#,
    ] {
        let said = says(&format!("{added}\n{ended}\n{removed}"));
        assert_eq!(said, "the person does not own the organization", "{ended}");
    }
    let of_the_departed = format!("{{\"type\":\"MemberRemoved\",\"member\":8}}\n{added}");
    assert_eq!(says(&of_the_departed), "person `8` is unknown here");
    let unknown = added.replace(":3,", ":4,");
    assert_eq!(says(&unknown), "organization `4` is unknown here");
}

/// A target that is absent is policy: the request covers nothing. One that never was is no target.
#[test]
fn a_request_names_who_and_what_the_stream_has_seen() {
    let request = |filter: &str| {
        format!(
            r#"{{"type":"RevocationRequested","requested_by":{{"person":7}},"authority":"owner",{filter},"revoke_credentials":false}}"#
        )
    };
    assert_eq!(says(&request(r#""person":9"#)), "person `9` is unknown here");
    assert_eq!(
        says(&request(r#""organization":4"#)),
        "organization `4` is unknown here"
    );
    let absent = format!(
        "{HISTORY}{{\"type\":\"MemberRemoved\",\"member\":8}}\n{}",
        request(r#""person":8"#)
    );
    let mut enterprise = Enterprise::new();
    for event in absent.lines().filter(|line| !line.is_empty()) {
        enterprise.apply(&next(&enterprise, event)).unwrap();
    }
    let completed =
        r#"{"type":"RevocationCompleted","revocation":16,"authorizations_revoked":0,"credentials_destroyed":0}"#;
    let completed = next(&enterprise, completed);
    assert_eq!(enterprise.apply(&completed), Ok(()));
}

/// What a reader refuses, a host that makes events itself cannot apply either.
#[test]
fn a_request_that_contradicts_itself_is_none() {
    for (organization, person, said) in [
        (None, None, "it names no organization"),
        (Some(3), Some(7), "it asks to destroy credentials for an organization"),
    ] {
        let mut enterprise = Enterprise::new();
        for event in HISTORY.lines().filter(|line| !line.is_empty()) {
            enterprise.apply(&next(&enterprise, event)).unwrap();
        }
        let fits = next(&enterprise, r#"{"type":"MemberRemoved","member":8}"#);
        let event = Event::RevocationRequested {
            requested_by: Actor::Person {
                person: PersonId::new(7).unwrap(),
                credential: None,
            },
            authority: Authority::Owner,
            organization: organization.map(|id| OrganizationId::new(id).unwrap()),
            person: person.map(|id| PersonId::new(id).unwrap()),
            credential_type: None,
            revoke_credentials: true,
            idempotency_key: None,
        };
        let corrupt = enterprise.apply(&RecordedEvent { event, ..fits }).unwrap_err();
        assert!(corrupt.reason.to_string().starts_with(said), "{corrupt}");
    }
}
