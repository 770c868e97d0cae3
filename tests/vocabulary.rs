//! The words of the domain: on the wire, in a sentence and in a table they are the same,
//! and each kind is what its row says.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

use core::fmt::Display;
use std::path::Path;

use enterprise_credentials::{
    ADMIN_ENTERPRISE_SCOPE, ADMIN_ORG_SCOPE, Authority, CallRequirement, CredentialKind, CredentialType,
    ENTERPRISE_CREDENTIALS_WRITE, EnterpriseKind, Event, ORGANIZATION_ADMINISTRATION_WRITE, Permission, Position, Role,
    Timestamp, limits, log,
};
use serde_json::Value;

/// The word that a value has in JSON.
fn wire(value: impl serde::Serialize) -> String {
    let json = serde_json::to_value(value).unwrap();
    json.as_str().unwrap().to_owned()
}

/// Displayed as `word`, and padded like a text, so that tables line up.
fn shown(value: impl Display, word: &str) {
    assert_eq!(value.to_string(), word);
    assert_eq!(format!("{value:>40}"), format!("{word:>40}"));
}

#[test]
fn each_kind_of_credential_is_what_the_table_of_kinds_says() {
    use CredentialKind::{ClassicPat, FineGrainedPat, GithubAppUserToken, OauthAppUserToken, SshKey};
    let scope = CallRequirement::Scope(ADMIN_ENTERPRISE_SCOPE);
    let app = CallRequirement::Scope(ENTERPRISE_CREDENTIALS_WRITE);
    let (never, key) = (CallRequirement::NotSupported, CallRequirement::NotAnApiCredential);
    let rows = [
        (ClassicPat, "classic_pat", Some("ghp_"), true, false, scope),
        (
            FineGrainedPat,
            "fine_grained_pat",
            Some("github_pat_"),
            true,
            true,
            never,
        ),
        (SshKey, "ssh_key", None, true, false, key),
        (
            OauthAppUserToken,
            "oauth_app_user_token",
            Some("gho_"),
            false,
            false,
            scope,
        ),
        (
            GithubAppUserToken,
            "github_app_user_token",
            Some("ghu_"),
            false,
            false,
            app,
        ),
    ];
    assert_eq!(rows.map(|row| row.0), CredentialKind::ALL);
    for (kind, word, prefix, destroyed, again, requirement) in rows {
        shown(kind, word);
        assert_eq!((wire(kind), kind.as_str()), (word.to_owned(), word));
        assert_eq!(kind.token_prefix(), prefix, "{kind}");
        assert_eq!(kind.is_destroyed_by_revoke_all(), destroyed, "{kind}");
        assert_eq!(kind.may_be_authorized_again(), again, "{kind}");
        assert_eq!(kind.call_requirement(), requirement, "{kind}");
    }
}

#[test]
fn each_role_is_a_member_or_not_and_exists_where_it_may() {
    let rows = [
        (Role::Owner, "owner", true, true, true),
        (Role::Member, "member", true, true, true),
        (Role::BillingManager, "billing_manager", true, true, true),
        (Role::GuestCollaborator, "guest_collaborator", false, true, false),
        (
            Role::RepositoryCollaborator,
            "repository_collaborator",
            false,
            true,
            false,
        ),
        (Role::OutsideCollaborator, "outside_collaborator", false, false, true),
    ];
    assert_eq!(rows.map(|row| row.0), Role::ALL);
    for (role, word, is_member, managed, personal) in rows {
        shown(role, word);
        assert_eq!((wire(role), role.as_str()), (word.to_owned(), word));
        assert_eq!(role.is_enterprise_member(), is_member, "{role}");
        assert_eq!(role.exists_in(EnterpriseKind::ManagedUsers), managed, "{role}");
        assert_eq!(role.exists_in(EnterpriseKind::PersonalAccounts), personal, "{role}");
    }
}

#[test]
fn kinds_of_enterprise_the_permission_and_authorities_have_one_word_each() {
    for (kind, word) in EnterpriseKind::ALL
        .into_iter()
        .zip(["managed_users", "personal_accounts"])
    {
        shown(kind, word);
        assert_eq!((wire(kind), kind.as_str()), (word.to_owned(), word));
    }
    let (permission, word) = (Permission::WriteEnterpriseCredentials, "write_enterprise_credentials");
    shown(permission, word);
    assert_eq!((wire(permission), permission.as_str()), (word.to_owned(), word));
    let words = ["owner", "permission", "installation", "organization_owner"];
    for (authority, word) in Authority::ALL.into_iter().zip(words) {
        assert_eq!((wire(authority), authority.as_str()), (word.to_owned(), word));
    }
}

#[test]
fn each_type_of_credential_has_the_word_that_requests_name_it_by_and_its_kinds() {
    use CredentialKind::{ClassicPat, FineGrainedPat, GithubAppUserToken, OauthAppUserToken, SshKey};
    let table: [(CredentialType, &str, &[CredentialKind]); 4] = [
        (CredentialType::ClassicPat, "classic_pat", &[ClassicPat]),
        (CredentialType::FineGrainedPat, "fine_grained_pat", &[FineGrainedPat]),
        (CredentialType::SshKey, "ssh_key", &[SshKey]),
        (
            CredentialType::OauthAppToken,
            "oauth_app_token",
            &[OauthAppUserToken, GithubAppUserToken],
        ),
    ];
    assert_eq!(table.map(|(of, ..)| of), CredentialType::ALL);
    for (of, word, kinds) in table {
        shown(of, word);
        assert_eq!((wire(of), of.as_str()), (word.to_owned(), word));
        for kind in CredentialKind::ALL {
            assert_eq!(of.has(kind), kinds.contains(&kind), "{kind} of {of}");
            assert_eq!(of.has(kind), kind.credential_type() == of);
        }
    }
    assert_eq!(
        (ADMIN_ORG_SCOPE, ORGANIZATION_ADMINISTRATION_WRITE),
        ("admin:org", "organization_administration=write")
    );
}

#[test]
fn an_event_is_named_as_on_its_line() {
    let samples: [&[u8]; 2] = [
        include_bytes!("samples/v1.jsonl"),
        include_bytes!("samples/v1-narrow.jsonl"),
    ];
    let mut names: Vec<&str> = Vec::new();
    for sample in samples {
        for (recorded, line) in log::read(sample).zip(sample.split(|byte| *byte == b'\n')) {
            let fields: Value = serde_json::from_slice(line).unwrap();
            let event = recorded.unwrap().event;
            assert_eq!(fields["type"], event.name());
            names.push(event.name());
        }
    }
    let missing: Vec<&&str> = Event::NAMES.iter().filter(|name| !names.contains(name)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn positions_and_times_stay_within_what_can_be_written() {
    let last = Position::new(limits::ID_MAX).unwrap();
    assert_eq!(last.next(), last, "the last position there is has no next");
    let before_last = Position::new(limits::ID_MAX - 1).unwrap();
    assert_eq!(before_last.next(), last);
    assert_eq!(Position::START.next().value(), 1);
    assert_eq!(
        serde_json::from_str::<Position>("7").unwrap(),
        Position::new(7).unwrap()
    );
    assert!(serde_json::from_str::<Position>("9007199254740992").is_err());

    let (first, last) = (Timestamp::MIN, Timestamp::parse("9999-12-31T23:59:59.999Z").unwrap());
    assert_eq!(first.to_string(), "0000-01-01T00:00:00.000Z");
    assert!(Timestamp::from_milliseconds(first.milliseconds() - 1).is_err());
    assert!(Timestamp::from_milliseconds(last.milliseconds() + 1).is_err());
    for inside in [first.milliseconds(), 0, last.milliseconds()] {
        assert_eq!(Timestamp::from_milliseconds(inside).unwrap().milliseconds(), inside);
    }
}

/// A new variant must break those who have to think of it, and nobody else.
#[test]
fn every_public_enum_says_whether_it_may_grow() {
    let mut folders =
        Vec::from(["src", "testkit/src"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)));
    let mut enums = 0;
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                enums += check_enums(&path);
            }
        }
    }
    assert!(enums > 20, "{enums} public enums");
}

fn check_enums(path: &Path) -> usize {
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let mut enums = 0;
    for (place, line) in lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.starts_with("pub enum "))
    {
        let mut above = lines[..place]
            .iter()
            .rev()
            .take_while(|line| line.starts_with(['#', '/']));
        let says = above.any(|line| *line == "#[non_exhaustive]" || line.starts_with("/// Exhaustive: "));
        assert!(
            says,
            "{}: `{line}` is neither non-exhaustive nor says why not",
            path.display()
        );
        enums += 1;
    }
    enums
}
