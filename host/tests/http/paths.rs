//! Paths and methods of the narrower operations, and the progress that stands at each Location.

use std::sync::atomic::Ordering;

use crate::common::history::{HOLDER, History, TOKEN_OWNER, TOKEN_OWNER_OAUTH};
use crate::common::http::get;
use crate::narrower::{ENTERPRISE, ORG, ORG_READ, ORGANIZATION, history};
use crate::running::Running;

/// People whose logins are words of paths, or hold what a path cannot.
const LOGINS: [&str; 8] = [
    "revocations",
    "revoke",
    "revoke-all",
    "revoke-credential-type",
    "a/b",
    "a%2Fb",
    "50%",
    "q?a#b;c",
];

fn odd_people() -> History {
    let mut history = history();
    for (id, login) in (100..).zip(LOGINS.into_iter().chain([".", ".."])) {
        history.ask(&format!(
            r#"{{"type":"AddMember","member":{id},"login":"{login}","role":"member"}}"#
        ));
    }
    history
}

fn encoded(login: &str) -> String {
    let bytes = login.bytes().map(|byte| match byte {
        byte if byte.is_ascii_alphanumeric() || byte == b'-' => char::from(byte).to_string(),
        byte => format!("%{byte:02x}"),
    });
    bytes.collect()
}

#[test]
fn whoever_is_called_as_a_word_of_a_path_or_oddly_is_revoked_all_the_same() {
    let running = Running::with(&[odd_people()]);
    let mut requests = 0;
    for (place, token) in [(ENTERPRISE, TOKEN_OWNER_OAUTH), (ORGANIZATION, ORG)] {
        for login in LOGINS {
            for (rest, body) in [
                ("revoke", ""),
                ("revoke-credential-type", r#"{"credential_type":"classic_pat"}"#),
            ] {
                let path = format!("{place}/{}/{rest}", encoded(login));
                let answer = running.send("POST", &path, token, body, &[]);
                assert_eq!(answer.status, 202, "{path}: {answer:?}");
                assert!(
                    answer
                        .message()
                        .ends_with(&format!(" for user '{login}' has been queued"))
                );
                requests += 1;
            }
        }
        for segment in [".", "..", "%2e", ".%2E", "%FF", "", "a/b", "a%252Fb/x"] {
            let authorization = format!("Authorization: Bearer {token}");
            let answer = running.raw(
                &format!("POST {place}/{segment}/revoke"),
                &["User-Agent: t", &authorization],
            );
            assert_eq!(answer.status, 404, "{segment}");
        }
    }
    assert_eq!(running.requests(), requests);
}

#[test]
fn a_path_of_several_routes_is_what_its_method_says() {
    let running = Running::with(&[odd_people()]);
    for (place, token) in [(ENTERPRISE, TOKEN_OWNER_OAUTH), (ORGANIZATION, ORG)] {
        let path = format!("{place}/revocations/revoke");
        assert_eq!(
            get(running.address, &path, token).status,
            404,
            "progress of no revocation"
        );
        let answer = running.send("PUT", &path, token, "", &[]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("POST, GET, HEAD")));
        for (method, rest, allow) in [
            ("GET", "/hubot/revoke", "POST"),
            ("DELETE", "/hubot/revoke-credential-type", "POST"),
            ("OPTIONS", "/hubot/revoke", "POST"),
            ("POST", "/revocations/7", "GET, HEAD"),
        ] {
            let answer = running.send(method, &format!("{place}{rest}"), "", "", &[]);
            assert_eq!(
                (answer.status, answer.header("allow")),
                (405, Some(allow)),
                "{method} {rest}"
            );
            assert_eq!(answer.message(), "Method Not Allowed");
        }
    }
    for (method, path, allow) in [
        ("POST", ORGANIZATION.to_string(), "GET, HEAD"),
        ("GET", format!("{ORGANIZATION}/930"), "DELETE"),
        ("GET", format!("{ORGANIZATION}/revoke-all"), "POST, DELETE"),
        ("HEAD", format!("{ORGANIZATION}/930"), "DELETE"),
    ] {
        let answer = running.send(method, &path, "", "", &[]);
        assert_eq!(
            (answer.status, answer.header("allow")),
            (405, Some(allow)),
            "{method} {path}"
        );
    }
    for path in [
        ENTERPRISE,
        "/orgs/octo-org/credential-authorizations/",
        "/orgs/octo-org",
    ] {
        assert_eq!(get(running.address, path, TOKEN_OWNER).status, 404, "{path}");
    }
    assert_eq!(running.requests(), 0);
}

#[test]
fn words_of_a_path_are_decoded_too() {
    let running = Running::with(&[history()]);
    let path = "/%6Frgs/octo%2Dorg/credential%2dauthorizations/hubot/re%76oke";
    let answer = running.send("POST", path, ORG, "", &[]);
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.header("location").unwrap().starts_with(ORGANIZATION));
}

#[test]
fn progress_is_told_where_the_location_says_and_to_those_who_may_revoke_there() {
    let running = Running::with(&[history()]);
    // As if another process worked on the jobs, and had not begun.
    running.switches.leased_elsewhere.store(true, Ordering::SeqCst);
    let post = |path: String, token: &str| {
        let answer = running.send("POST", &path, token, "", &[]);
        assert_eq!(answer.status, 202, "{answer:?}");
        answer.header("location").unwrap().to_string()
    };
    let first = post(format!("{ENTERPRISE}/hubot/revoke"), TOKEN_OWNER);
    let second = post(format!("{ORGANIZATION}/mona/revoke"), ORG);
    let id = |location: &str| location.rsplit('/').next().unwrap().parse::<u64>().unwrap();

    let ahead = get(running.address, &first, TOKEN_OWNER).json();
    assert_eq!((&ahead["state"], &ahead["person"]), (&"queued".into(), &HOLDER.into()));
    assert_eq!(ahead.get("behind"), None);
    let waiting = get(running.address, &second, ORG);
    assert_eq!(waiting.header("x-accepted-oauth-scopes"), Some("admin:org"));
    let waiting = waiting.json();
    assert_eq!(
        (&waiting["state"], &waiting["organization"]),
        (&"queued".into(), &1.into())
    );
    assert_eq!(waiting["behind"], id(&first));

    for (path, token, status) in [
        (second.clone(), "ghp_x", 401),
        (second.clone(), TOKEN_OWNER, 403),
        (second.clone(), ORG_READ, 403),
        (second.replace("octo-org", "octo-labs"), ORG, 403),
        (second.replace("octo-org", "nowhere"), ORG, 404),
        (format!("{ENTERPRISE}/revocations/{}", id(&second)), ORG, 403),
        (format!("{ENTERPRISE}/revocations/{}", id(&second)), TOKEN_OWNER, 200),
        (format!("{ORGANIZATION}/revocations/{}", id(&first)), ORG, 404),
        (format!("{ORGANIZATION}/revocations/1"), ORG, 404),
        (format!("{ORGANIZATION}/revocations/x"), ORG, 404),
    ] {
        assert_eq!(get(running.address, &path, token).status, status, "{path} {token}");
    }
    running.switches.leased_elsewhere.store(false, Ordering::SeqCst);
    assert_eq!(running.completed(&second, ORG)["authorizations_revoked"], 5);
}
