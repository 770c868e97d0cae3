//! Streams whose lines, heads or look-up are not what was written: nothing is answered from them,
//! and everything from others.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod common;

use common::Directory;
use common::history::{History, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_OAUTH, completions};
use common::http::{get, revoke_all};
use common::lines::{append, head_of, lines};
use common::process::{Serve, export, run};
use common::wait_until;
use enterprise_credentials_host::store::{Alteration, Altered, Head, Store, StoreError, Streams};
use enterprise_credentials_host::token::fingerprint;
use rusqlite::Connection;

const SLUG: &str = "octo-corp";
const OTHER: &str = "other-corp";
const SALT: &str = "-other";

/// Other bytes, as many, in a line that issues nothing.
const OTHER_LOGIN: &str = r#"UPDATE segments SET lines =
    CAST(replace(CAST(lines AS TEXT), '"login":"lisa"', '"login":"lasi"') AS BLOB) WHERE enterprise = 'octo-corp'"#;
const RIGHT_LOGIN: &str = r#"UPDATE segments SET lines =
    CAST(replace(CAST(lines AS TEXT), '"login":"lasi"', '"login":"lisa"') AS BLOB) WHERE enterprise = 'octo-corp'"#;

/// A store of two streams, which nobody has open, and a connection to it.
struct Stored {
    directory: Directory,
    history: History,
    /// Kept open: whoever closes the last one folds the log into the file.
    connection: Connection,
}

impl Stored {
    async fn new() -> Self {
        let directory = Directory::new();
        let history = History::sample(SLUG, "");
        let store = directory.store().await;
        history.import(&store).await;
        History::sample(OTHER, SALT).import(&store).await;
        store.close().await;
        let connection = directory.connection();
        Self {
            directory,
            history,
            connection,
        }
    }

    /// Changes rows, at least one.
    fn alter(&self, statement: &str) {
        assert!(self.connection.execute(statement, []).unwrap() > 0, "{statement}");
    }

    fn serve(&self) -> Serve {
        Serve::start(&self.directory.store_url(), &self.directory.file("serve.log"), &[])
    }
}

fn stored() -> Stored {
    common::runtime().block_on(Stored::new())
}

fn status(serve: &Serve, token: &str) -> u16 {
    revoke_all(serve.address, SLUG, token, "", &[]).status
}

fn status_of_other(serve: &Serve) -> u16 {
    revoke_all(serve.address, OTHER, &format!("{TOKEN_OWNER_OAUTH}{SALT}"), "", &[]).status
}

/// The state of the host, and of how many streams it says that they are altered.
fn health(serve: &Serve) -> (u16, String, u64) {
    let answer = get(serve.address, "/healthz", "");
    let body = answer.json();
    let altered = body["altered_streams"].as_u64().unwrap_or_default();
    (answer.status, body["status"].as_str().unwrap().to_owned(), altered)
}

fn told(serve: &Serve) -> usize {
    let log = serve.log();
    log.lines()
        .filter(|line| line.contains("ERROR") && line.contains("altered"))
        .count()
}

#[test]
fn an_altered_stream_is_503_and_others_are_served_until_it_is_mended() {
    let stored = stored();
    stored.alter(OTHER_LOGIN);
    let serve = stored.serve();
    for token in [TOKEN_OWNER, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_OAUTH] {
        assert_eq!(status(&serve, token), 503, "{token}");
    }
    assert_eq!(status_of_other(&serve), 202);
    assert_eq!(health(&serve), (200, "degraded".to_owned(), 1));
    assert_eq!(told(&serve), 1, "{}", serve.log());
    let log = serve.log();
    let root = head_of(&lines(&stored.history.log)).root().to_string();
    for expected in [SLUG, "repair --", root.as_str()] {
        assert!(log.contains(expected), "{expected}: {log}");
    }
    let output = run(&["export", "--store", &stored.directory.store_url(), "--enterprise", SLUG]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");

    stored.alter(RIGHT_LOGIN);
    assert_eq!(status(&serve, TOKEN_OWNER), 202, "it is mended, without a start anew");
    assert_eq!(health(&serve), (200, "ok".to_owned(), 0));
    assert_eq!(serve.terminate(), Some(0));
}

/// What is in memory was compared with the head when it was folded.
#[test]
fn a_state_in_memory_that_equals_the_head_goes_on_serving() {
    let stored = stored();
    let serve = stored.serve();
    assert_eq!(status(&serve, TOKEN_MEMBER), 403);
    stored.alter(OTHER_LOGIN);
    let answer = revoke_all(
        serve.address,
        SLUG,
        TOKEN_OWNER_OAUTH,
        r#"{"revoke_credentials":true}"#,
        &[],
    );
    assert_eq!(answer.status, 202, "{answer:?}");
    let location = answer.header("location").unwrap();
    wait_until("the job is done", || {
        get(serve.address, location, TOKEN_OWNER_OAUTH).json()["state"] == "completed"
    });
    assert_eq!(status(&serve, TOKEN_OWNER), 401, "a destroyed token");
    assert_eq!(health(&serve), (200, "ok".to_owned(), 0));
    assert_eq!(serve.terminate(), Some(0));

    let serve = stored.serve();
    assert_eq!(status(&serve, TOKEN_OWNER_OAUTH), 503, "nothing is in memory");
    assert_eq!(serve.terminate(), Some(0));
    stored.alter(RIGHT_LOGIN);
    let log = export(&stored.directory.store_url(), SLUG);
    assert!(log.starts_with(&stored.history.log));
    assert_eq!(completions(&log).len(), 1, "what was appended fits the head");
}

/// The look-up says no more than where a line is: that says whose the token is, and it must be that very token's.
#[test]
fn a_look_up_that_names_another_credentials_line_gives_nobody_its_authority() {
    let [owner, member] = [TOKEN_OWNER, TOKEN_MEMBER].map(|token| fingerprint(token).unwrap());
    for columns in ["position", "(position, leaf)"] {
        let stored = stored();
        let source = columns.trim_matches(['(', ')']);
        stored.alter(&format!(
            "UPDATE look_up SET {columns} = (SELECT {source} FROM look_up WHERE fingerprint = '{owner}') \
             WHERE fingerprint = '{member}'"
        ));
        let serve = stored.serve();
        for _ in 0..3 {
            assert_eq!(status(&serve, TOKEN_MEMBER), 503, "{columns}");
        }
        assert_eq!(status(&serve, TOKEN_OWNER), 202);
        assert_eq!(status_of_other(&serve), 202);
        let (code, word, altered) = health(&serve);
        assert_eq!((code, word.as_str()), (200, "degraded"));
        assert_eq!(altered, 1);
        assert_eq!(told(&serve), 1, "{}", serve.log());
        assert_eq!(serve.terminate(), Some(0));
    }
}

/// The line that a row names may be gone, or none at all.
#[tokio::test]
async fn a_look_up_that_names_no_line_is_altered() {
    let stored = Stored::new().await;
    let store = stored.directory.store().await;
    let member = fingerprint(TOKEN_MEMBER).unwrap();
    assert_eq!(store.holders(&member).await.unwrap().len(), 1);
    for position in [0, -1, 1_000_000, i64::MAX, i64::MIN] {
        stored.alter(&format!(
            "UPDATE look_up SET position = {position} WHERE fingerprint = '{member}'"
        ));
        match store.holders(&member).await {
            Err(StoreError::Altered(Altered { enterprise, alteration })) => {
                assert_eq!(enterprise.as_str(), SLUG);
                assert!(matches!(alteration, Alteration::LookUp { .. }), "{alteration:?}");
            }
            other => panic!("{position}: {other:?}"),
        }
    }
}

#[test]
fn a_token_whose_look_up_is_lost_is_401() {
    let stored = stored();
    let owner = fingerprint(TOKEN_OWNER).unwrap();
    stored.alter(&format!("DELETE FROM look_up WHERE fingerprint = '{owner}'"));
    let serve = stored.serve();
    assert_eq!(status(&serve, TOKEN_OWNER), 401);
    assert_eq!(status(&serve, TOKEN_OWNER_OAUTH), 202, "the others are what they were");
    assert_eq!(serve.terminate(), Some(0));
}

/// A lost row is noticed, and not taken for a stream that was never begun, nor a broken one for cut lines.
#[tokio::test]
async fn a_lost_or_broken_head_and_cut_lines_are_told_apart() {
    for (statement, expected) in [
        (
            "DELETE FROM heads WHERE enterprise = 'octo-corp'",
            "it has lines, and no head",
        ),
        (
            "UPDATE heads SET running = 1 WHERE enterprise = 'octo-corp'",
            "its head is broken",
        ),
        (
            "UPDATE heads SET size = size - 1 WHERE enterprise = 'octo-corp'",
            "its head is broken",
        ),
        (
            "UPDATE heads SET frontier = zeroblob(length(frontier)) WHERE enterprise = 'octo-corp'",
            "its head is broken",
        ),
        (
            "UPDATE heads SET (size, frontier, last_at, running, checksum) = \
             (SELECT size, frontier, last_at, running, checksum FROM heads WHERE enterprise = 'other-corp') \
             WHERE enterprise = 'octo-corp'",
            "its head is broken",
        ),
    ] {
        let stored = Stored::new().await;
        let store = stored.directory.store().await;
        let (slug, lines) = (stored.history.slug(), lines(&stored.history.log));
        stored.alter(statement);
        let mut more = stored.history.clone();
        more.revoke_all(true);
        let more = common::lines::lines(&more.log);
        for found in [
            store.head(&slug).await.map(drop),
            append(&store, &slug, &Head::EMPTY, &lines).await.map(drop),
            append(&store, &slug, &head_of(&lines), &more[lines.len()..])
                .await
                .map(drop),
            store.begin(&slug, &head_of(&lines)).await.map(drop),
        ] {
            match found {
                Err(StoreError::Altered(altered)) => {
                    assert!(altered.to_string().contains(expected), "{statement}: {altered}");
                }
                other => panic!("{statement}: {other:?}"),
            }
        }
        let page = store.read(&slug, Default::default(), 1_000).await.unwrap();
        assert_eq!(page.bytes(), stored.history.log, "{statement}: nothing was appended");
    }
}

#[test]
fn whatever_is_cut_out_of_a_stream_is_503_and_others_are_served() {
    for (statement, is_listed) in [
        ("DELETE FROM heads WHERE enterprise = 'octo-corp'", true),
        (
            "UPDATE heads SET last_at = last_at + 1 WHERE enterprise = 'octo-corp'",
            true,
        ),
        ("DELETE FROM segments WHERE enterprise = 'octo-corp'", false),
        (
            "UPDATE segments SET last = last - 1 WHERE enterprise = 'octo-corp'",
            false,
        ),
        ("UPDATE segments SET first = 2 WHERE enterprise = 'octo-corp'", false),
        (
            "UPDATE segments SET lines = substr(lines, 1, length(lines) - 1) WHERE enterprise = 'octo-corp'",
            false,
        ),
    ] {
        let stored = stored();
        stored.alter(statement);
        let serve = stored.serve();
        assert_eq!(status(&serve, TOKEN_OWNER), 503, "{statement}");
        assert_eq!(status_of_other(&serve), 202, "{statement}");
        if is_listed {
            // Nobody can tell whether it has a job: the worker asks, and puts it off.
            wait_until("the worker asked", || told(&serve) > 0);
        }
        let (code, word, altered) = health(&serve);
        assert_eq!((code, word.as_str(), altered), (200, "degraded", 1), "{statement}");
        assert_eq!(serve.terminate(), Some(0), "{statement}");
    }
}
