//! Two real `serve` processes on one store: neither ever honours a token that the other has seen die.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::net::SocketAddr;

use common::history::{
    HOLDER, History, MEMBER, TOKEN_HOLDER, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_OAUTH, completions, token_of_many,
};
use common::http::{get, revoke_all, send};
use common::process::{Serve, export, run_well};
use common::{Directory, wait_until};

const SLUG: &str = "octo-corp";
const CREDENTIALS: u64 = 60;

struct Two {
    first: Serve,
    second: Serve,
    history: History,
    directory: Directory,
}

impl Two {
    /// Both are asked once, so that both hold the state in memory.
    fn start() -> Self {
        let directory = Directory::new();
        let history = History::sample(SLUG, "").with_credentials(CREDENTIALS, "");
        let two = Self {
            first: {
                import(&directory, &history);
                serve(&directory, "first.log")
            },
            second: serve(&directory, "second.log"),
            history,
            directory,
        };
        for address in [two.first.address, two.second.address] {
            assert_eq!(status(address, TOKEN_MEMBER), 403);
        }
        two
    }
}

fn serve(directory: &Directory, log: &str) -> Serve {
    // A batch of one: most of the job is still to do while the test asks.
    Serve::start(&directory.store_url(), &directory.file(log), &["--batch", "1"])
}

fn import(directory: &Directory, history: &History) {
    let file = directory.file("history.jsonl");
    std::fs::write(&file, &history.log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &file.display().to_string()]);
}

fn status(address: SocketAddr, token: &str) -> u16 {
    revoke_all(address, SLUG, token, "", &[]).status
}

#[test]
fn a_token_destroyed_through_one_is_refused_by_the_other_at_once() {
    let two = Two::start();
    let plan = two.history.plan(true);
    let body = r#"{"revoke_credentials":true}"#;
    let accepted = revoke_all(two.first.address, SLUG, TOKEN_OWNER, body, &[]);
    assert_eq!(accepted.status, 202, "{accepted:?}");

    for number in 0..CREDENTIALS {
        assert_eq!(
            status(two.second.address, &token_of_many(number, "")),
            401,
            "token {number}"
        );
    }
    for token in [TOKEN_OWNER, TOKEN_HOLDER, TOKEN_MEMBER] {
        assert_eq!(status(two.second.address, token), 401);
        assert_eq!(status(two.first.address, token), 401);
    }

    let location = accepted.header("location").unwrap();
    wait_until("completed", || {
        get(two.second.address, location, TOKEN_OWNER_OAUTH).json()["state"] == "completed"
    });
    let log = export(&two.directory.store_url(), SLUG);
    assert_eq!(
        completions(&log),
        [(
            plan.cut.value(),
            plan.authorizations_revoked,
            plan.credentials_destroyed
        )]
    );
}

/// The one that is asked holds a state from before.
#[test]
fn what_one_revokes_for_an_organization_is_dead_for_the_other_at_once() {
    let directory = Directory::new();
    let mut history = History::sample(SLUG, "");
    history.ask(&format!(
        r#"{{"type":"AddOrganizationOwner","organization":1,"member":{MEMBER}}}"#
    ));
    for (id, token) in [(920, "gho_one"), (921, "gho_other")] {
        history.issue(id, MEMBER, "oauth_app_user_token", r#"["admin:org"]"#, token, "");
        history.authorize(id, 1);
    }
    import(&directory, &history);
    let (first, second) = (serve(&directory, "first.log"), serve(&directory, "second.log"));
    let path = "/orgs/octo-org/credential-authorizations";
    let ask = |serve: &Serve, method: &str, rest: &str, token: &str| {
        send(serve.address, method, &format!("{path}{rest}"), token, "", &[])
    };
    for serve in [&first, &second] {
        assert_eq!(ask(serve, "GET", "", "gho_other").status, 200);
    }
    assert_eq!(ask(&first, "DELETE", "/908", "gho_one").status, 204);
    assert_eq!(ask(&second, "DELETE", "/908", "gho_other").status, 404);
    let listed = ask(&second, "GET", "", "gho_other");
    assert!(!listed.body.contains("908"), "{listed:?}");

    let accepted = ask(&first, "POST", "/lisa/revoke-credential-type", "gho_one");
    assert_eq!(accepted.status, 422, "it names no type");
    let body = r#"{"credential_type":"oauth_app_token"}"#;
    let accepted = send(
        first.address,
        "POST",
        &format!("{path}/lisa/revoke-credential-type"),
        "gho_one",
        body,
        &[],
    );
    assert_eq!(accepted.status, 202, "{accepted:?}");
    for serve in [&second, &first] {
        for (method, rest) in [("GET", ""), ("DELETE", "/906"), ("POST", "/revoke-all")] {
            assert_eq!(ask(serve, method, rest, "gho_other").status, 403, "{method}");
        }
    }
}

#[test]
fn authority_lost_in_the_store_is_lost_in_both_at_once() {
    let mut two = Two::start();
    two.history.ask(&format!(
        r#"{{"type":"WithdrawPermission","member":{HOLDER},"permission":"write_enterprise_credentials"}}"#
    ));
    import(&two.directory, &two.history);
    for address in [two.first.address, two.second.address] {
        assert_eq!(status(address, TOKEN_HOLDER), 403);
    }

    two.history
        .ask(&format!(r#"{{"type":"RemoveMember","member":{HOLDER}}}"#));
    import(&two.directory, &two.history);
    for address in [two.first.address, two.second.address] {
        assert_eq!(status(address, TOKEN_HOLDER), 401);
    }
}

#[test]
fn a_repeated_key_is_one_request_whichever_process_it_reaches() {
    let two = Two::start();
    let (first, second) = (two.first.address, two.second.address);
    let ask = |address| {
        revoke_all(
            address,
            SLUG,
            TOKEN_OWNER_OAUTH,
            "",
            &[("Idempotency-Key", "incident-1")],
        )
    };
    let threads: Vec<_> = [first, second, first, second]
        .map(|address| std::thread::spawn(move || ask(address)))
        .into();
    let answers: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    for answer in &answers {
        assert_eq!(answer.status, 202, "{answer:?}");
        assert_eq!(answer.header("location"), answers[0].header("location"));
    }
}

#[test]
fn sigterm_ends_the_process_cleanly_and_no_log_holds_a_token() {
    let two = Two::start();
    assert_eq!(revoke_all(two.first.address, SLUG, TOKEN_OWNER, "", &[]).status, 202);
    // A token where none belongs.
    get(
        two.first.address,
        &format!("/{TOKEN_OWNER}?token={TOKEN_OWNER}"),
        TOKEN_OWNER,
    );
    get(
        two.first.address,
        &format!("/enterprises/{TOKEN_OWNER}/credential-authorizations/revocations/{TOKEN_OWNER}"),
        TOKEN_OWNER,
    );
    let logs = [two.first.log(), two.second.log()];
    assert_eq!(two.first.terminate(), Some(0));
    assert_eq!(two.second.terminate(), Some(0));
    for log in logs {
        assert!(log.contains("request_id") && log.contains("status=403"), "{log}");
        for secret in [TOKEN_OWNER, TOKEN_MEMBER, "Bearer"] {
            assert!(!log.contains(secret), "{log}");
        }
    }
}
