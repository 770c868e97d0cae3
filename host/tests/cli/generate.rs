//! `generate` gives the same bytes for ever, of an enterprise that has a bit of everything.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use enterprise_credentials::log::{read, replay};
use enterprise_credentials::{CredentialKind, Event, Role, Timestamp};
use enterprise_credentials_host::token::fingerprint;
use sha2::{Digest, Sha256};

use crate::{path, run, sample};

fn sha256(bytes: impl AsRef<[u8]>) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whoever changes these has changed what everybody's rehearsals show: that is not done.
#[test]
fn the_same_arguments_give_the_same_bytes_in_every_version() {
    assert_eq!(
        sha256(sample("managed_users")),
        "4f1ddaa4f15d9d11e6ebf6287cf194ec617eab960289877511b1abb5324ff2e7"
    );
    assert_eq!(
        sha256(sample("personal_accounts")),
        "2af655e235a19fa96e79c9617feb6f983cee436d429d2eaed71d90980fa85fd2"
    );
}

#[test]
fn another_seed_gives_another_history_of_the_same_size() {
    let of = |seed| run(&["generate", "--members", "20", "--credentials", "50", "--seed", seed]).output();
    let (one, two) = (of("1"), of("2"));
    assert_ne!(one, two);
    for log in [one, two] {
        let summary = replay(log.as_bytes()).unwrap().summary(Timestamp::MIN);
        assert_eq!(summary.credentials.iter().map(|by| by.issued).sum::<u64>(), 50);
    }
}

#[test]
fn the_smallest_sample_is_one_owner_with_one_token() {
    let log = run(&["generate", "--members", "1", "--credentials", "1"]).output();
    let enterprise = replay(log.as_bytes()).unwrap();
    let (people, credentials) = (enterprise.people().count(), enterprise.credentials().count());
    assert_eq!((people, credentials), (1, 1));
    assert_eq!(run(&["generate", "--members", "0"]).code, 2);
    assert_eq!(run(&["generate", "--credentials", "0"]).code, 2);
    assert_eq!(run(&["generate", "--kind", "neither"]).code, 2);
}

#[test]
fn a_sample_has_every_role_and_every_kind_of_credential_and_every_way_in_which_things_end() {
    for kind in ["managed_users", "personal_accounts"] {
        let log = run(&["generate", "--members", "800", "--credentials", "5000", "--kind", kind]).output();
        let events: BTreeSet<&str> = read(log.as_bytes())
            .map(|recorded| recorded.unwrap().event.name())
            .collect();
        let missing: Vec<_> = Event::NAMES.into_iter().filter(|name| !events.contains(name)).collect();
        let of_revocations = ["RevokeAllRequested", "RevocationRequested", "RevocationCompleted"];
        assert_eq!(missing, of_revocations, "{kind}");

        let enterprise = replay(log.as_bytes()).unwrap();
        let end = enterprise.last_at().unwrap();
        let summary = enterprise.summary(end);
        for by in &summary.people {
            assert_eq!(
                by.people > 0,
                by.role.exists_in(enterprise.kind().unwrap()),
                "{kind}: {by:?}"
            );
        }
        assert!(summary.people.iter().any(|by| by.role == Role::Owner && by.people >= 4));
        assert!(summary.permission_holders >= 2);
        for by in &summary.credentials {
            assert!(
                by.alive > 0 && by.destroyed > 0 && by.owner_departed > 0 && by.authorizations_live > 0,
                "{by:?}"
            );
        }
        for (organization, login) in enterprise.organizations() {
            let mut owners = enterprise.organization_owners();
            assert!(owners.any(|(of, _)| of == organization), "{kind}: nobody owns {login}");
        }
        let expired = |kind| summary.credentials.iter().any(|by| by.kind == kind && by.expired > 0);
        assert!(expired(CredentialKind::ClassicPat) && expired(CredentialKind::GithubAppUserToken));

        let granted = log.matches("CredentialAuthorized").count();
        assert!(
            (6_500..8_500).contains(&granted),
            "about 1.5 to a credential, not {granted} to 5,000"
        );
    }
}

#[test]
fn tokens_are_those_of_living_credentials_and_readable_by_nobody_else() {
    let path = path("tokens.csv");
    // A file that others can read already is taken from them before anything is written.
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
    let tokens = path.to_str().unwrap();
    let log = run(&[
        "generate",
        "--members",
        "40",
        "--credentials",
        "300",
        "--seed",
        "7",
        "--tokens",
        tokens,
        "--force",
    ])
    .output();
    assert_eq!(log, sample("managed_users"), "tokens change nothing in the history");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let csv = std::fs::read_to_string(&path).unwrap();
    let enterprise = replay(log.as_bytes()).unwrap();
    let mut rows = csv.lines();
    assert_eq!(rows.next(), Some("token,credential,owner,role,kind"));
    let mut count = 0;
    for row in rows {
        let [token, credential, owner, role, kind] = row.split(',').collect::<Vec<_>>().try_into().unwrap();
        assert!(!log.contains(token), "a token stands in the history");
        assert!(log.contains(fingerprint(token).unwrap().as_str()), "{row}");
        let credential = enterprise_credentials::CredentialId::new(credential.parse().unwrap()).unwrap();
        let person = enterprise
            .authenticates(credential, enterprise.last_at().unwrap())
            .unwrap();
        assert_eq!(
            (person.to_string(), enterprise.role(person).unwrap().to_string()),
            (owner.into(), role.into())
        );
        let issued = enterprise.credential(credential).unwrap().kind();
        assert_eq!(issued.as_str(), kind);
        assert!(token.starts_with(issued.token_prefix().unwrap()));
        count += 1;
    }
    let end = enterprise.last_at().unwrap();
    let alive = enterprise
        .credentials()
        .filter(|credential| credential.kind() != CredentialKind::SshKey);
    assert_eq!(
        count,
        alive
            .filter(|credential| enterprise.authenticates(credential.id(), end).is_ok())
            .count()
    );
    std::fs::remove_file(path).unwrap();
}

#[test]
fn tokens_go_to_a_file_not_to_standard_output() {
    let run = run(&["generate", "--members", "1", "--credentials", "1", "--tokens", "-"]);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("name a file"), "{}", run.stderr);
    assert!(!std::path::Path::new("-").exists());
}

#[test]
fn a_file_or_a_link_is_not_overwritten_with_tokens_unless_forced() {
    let (file, link, dangling) = (path("taken.csv"), path("link.csv"), path("dangling.csv"));
    for path in [&file, &link, &dangling, &path("nothing")] {
        let _ = std::fs::remove_file(path);
    }
    std::fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink(&file, &link).unwrap();
    std::os::unix::fs::symlink(path("nothing"), &dangling).unwrap();
    for path in [&file, &link, &dangling] {
        let arguments = ["generate", "--members", "1", "--credentials", "1", "--tokens"];
        let run = run(&[arguments.as_slice(), &[path.to_str().unwrap()]].concat());
        assert_eq!((run.code, run.stdout.as_str()), (1, ""));
        assert!(run.stderr.contains("give `--force` to overwrite it"), "{}", run.stderr);
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    assert!(!path("nothing").exists());
}
