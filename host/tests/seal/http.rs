//! Checkpoints and proofs over HTTP: who gets them, and that they are what they should be.

use std::collections::BTreeSet;

use enterprise_credentials_seal::{Checkpoint, Note, SealedGrowth};

use crate::common::history::{TOKEN_MEMBER, TOKEN_OWNER_OAUTH};
use crate::common::http::{Answer, get, raw};
use crate::common::process::{Serve, run_well};
use crate::common::wait_until;
use crate::scene::{NAME, Scene, ask, assert_consistent};

const SLUG: &str = "octo-corp";
const OTHER: &str = "other-corp";

fn path(slug: &str, of: &str) -> String {
    format!("/enterprises/{slug}/credential-authorizations/checkpoint{of}")
}

fn owner(slug: &str) -> String {
    format!("{TOKEN_OWNER_OAUTH}{slug}")
}

fn checkpoint(serve: &Serve, slug: &str, token: &str) -> Answer {
    get(serve.address, &path(slug, ""), token)
}

fn auditor(scene: &Scene, slug: &str) -> String {
    let token = run_well(&["seal", "auditor", &scene.path("auditors"), "--enterprise", slug]);
    String::from_utf8(token).unwrap().trim().to_owned()
}

/// A host that seals, and has sealed both streams.
fn sealing() -> (Scene, Serve, String) {
    let scene = Scene::new(&[SLUG, OTHER]);
    let token = auditor(&scene, SLUG);
    let serve = scene.serve("journal", &["--auditor-token-file", &scene.path("auditors")]);
    for slug in [SLUG, OTHER] {
        assert_eq!(ask(serve.address, slug), Some(202));
        scene.wait_until_sealed(slug);
    }
    (scene, serve, token)
}

#[test]
fn whoever_may_revoke_and_auditors_get_what_they_can_check_and_nobody_else() {
    let (scene, serve, token) = sealing();
    let member = format!("{TOKEN_MEMBER}{SLUG}");
    for (slug, token, status) in [
        (SLUG, owner(SLUG), 200),
        (SLUG, token.clone(), 200),
        (SLUG, member, 403),
        (SLUG, "ghp_nobodys".to_owned(), 401),
        (SLUG, String::new(), 401),
        (SLUG, owner(OTHER), 404),
        (OTHER, token.clone(), 404),
        ("nobody", token.clone(), 404),
        ("nobody", owner(SLUG), 404),
        ("No%20slug", token.clone(), 404),
    ] {
        // Of so many lines a checkpoint was given out.
        for of in [String::new(), format!("/consistency/{}", scene.ends(SLUG).1)] {
            let answer = get(serve.address, &path(slug, &of), &token);
            assert_eq!(answer.status, status, "{slug} {of}: {answer:?}");
            let content_type = if status == 200 {
                "text/plain"
            } else {
                "application/json"
            };
            assert!(answer.header("content-type").unwrap().starts_with(content_type));
            assert!(answer.header("x-github-request-id").is_some());
            if status != 200 {
                assert_eq!(answer.json()["status"], status.to_string());
            }
        }
    }
    // An auditor's token opens nothing else.
    assert_eq!(ask_with(&serve, &token), 401);
    let without_agent = format!(
        "GET {} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n",
        path(SLUG, "")
    );
    assert_eq!(raw(serve.address, without_agent.as_bytes()).status, 403);
    let posted = format!(
        "POST {} HTTP/1.1\r\nHost: h\r\nUser-Agent: t\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        path(SLUG, "")
    );
    let posted = raw(serve.address, posted.as_bytes());
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")));

    let note = checkpoint(&serve, SLUG, &token).body;
    let known = [scene.known("key", &format!("{NAME}/{SLUG}"))];
    let checked = assert_consistent(&BTreeSet::from([note]), &scene.export(SLUG), &known);
    assert_eq!(checked, 1);
    let log = serve.log();
    assert!(!log.contains(&token), "{log}");
    assert_eq!(serve.terminate(), Some(0));
}

fn ask_with(serve: &Serve, token: &str) -> u16 {
    crate::common::http::revoke_all(serve.address, SLUG, token, "", &[]).status
}

#[test]
fn between_what_was_given_out_growth_is_proven_and_nothing_else() {
    let (scene, serve, token) = sealing();
    let known = [scene.known("key", &format!("{NAME}/{SLUG}"))];
    let opened = |answer: &Answer| Checkpoint::open(&Note::parse(answer.body.as_bytes()).unwrap(), &known).unwrap();
    let older = opened(&checkpoint(&serve, SLUG, &token));
    assert_eq!(ask(serve.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    let newer = opened(&checkpoint(&serve, SLUG, &token));
    assert!(newer.size > older.size);
    let proof = |old: &str| get(serve.address, &path(SLUG, &format!("/consistency/{old}")), &token);
    let growth = SealedGrowth::parse(proof(&older.size.to_string()).body.as_bytes()).unwrap();
    assert_eq!(growth.open(&older, &known).unwrap(), newer);
    let same = SealedGrowth::parse(proof(&newer.size.to_string()).body.as_bytes()).unwrap();
    assert_eq!(same.open(&newer, &known).unwrap(), newer);
    let given: Vec<u64> = {
        let connection = scene.0.connection();
        let mut select = connection
            .prepare("SELECT size FROM checkpoints WHERE enterprise = ?")
            .unwrap();
        let sizes = select.query_map([SLUG], |row| row.get::<_, i64>(0)).unwrap();
        sizes.map(|size| size.unwrap().try_into().unwrap()).collect()
    };
    let mut refused = 0;
    for size in 1..newer.size + 10 {
        let status = proof(&size.to_string()).status;
        assert_eq!(status, if given.contains(&size) { 200 } else { 404 }, "{size}");
        refused += u64::from(status == 404);
    }
    assert!(refused > 20);
    for none in ["0", "-1", "+1", "01", "1.0", "x", "18446744073709551616"] {
        assert_eq!(proof(none).status, 404, "{none}");
    }
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn an_auditor_comes_and_goes_with_the_file() {
    let (scene, serve, token) = sealing();
    let second = auditor(&scene, SLUG);
    assert_eq!(
        checkpoint(&serve, SLUG, &second).status,
        401,
        "the file is read at the start"
    );
    serve.signal("-HUP");
    wait_until("the second is known", || {
        checkpoint(&serve, SLUG, &second).status == 200
    });
    assert_eq!(checkpoint(&serve, SLUG, &token).status, 200);
    std::fs::write(scene.0.file("auditors"), "no line\n").unwrap();
    serve.signal("-HUP");
    wait_until("it is told", || serve.log().contains("cannot read the auditors again"));
    assert_eq!(checkpoint(&serve, SLUG, &token).status, 200);
    std::fs::write(scene.0.file("auditors"), "").unwrap();
    serve.signal("-HUP");
    wait_until("nobody is known", || checkpoint(&serve, SLUG, &token).status == 401);
    assert_eq!(serve.terminate(), Some(0));
}

/// Else the two would be one line that nobody can read.
#[test]
fn an_auditor_is_added_behind_a_line_that_somebody_left_without_its_end() {
    let scene = Scene::new(&[]);
    auditor(&scene, SLUG);
    let first = std::fs::read_to_string(scene.0.file("auditors")).unwrap();
    std::fs::write(scene.0.file("auditors"), first.trim_end()).unwrap();
    auditor(&scene, OTHER);
    let both = std::fs::read_to_string(scene.0.file("auditors")).unwrap();
    assert!(
        both.starts_with(&first) && both.ends_with(&format!("{OTHER}\n")),
        "{both}"
    );
    assert_eq!(both.lines().count(), 2, "{both}");
}

#[test]
fn what_is_not_sealed_has_no_checkpoint_and_what_was_set_back_gives_none() {
    let scene = Scene::new(&[SLUG]);
    let serve = Serve::start(&scene.0.store_url(), &scene.0.file("unsealed.log"), &[]);
    assert_eq!(checkpoint(&serve, SLUG, &owner(SLUG)).status, 404);
    assert_eq!(serve.terminate(), Some(0));

    let (scene, serve, token) = sealing();
    assert_eq!(serve.terminate(), Some(0));
    scene.copy_store("store.db", "backup.db");
    let start = || scene.serve("journal", &["--auditor-token-file", &scene.path("auditors")]);
    let serve = start();
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
    scene.copy_store("backup.db", "store.db");
    let serve = start();
    assert_eq!(checkpoint(&serve, SLUG, &token).status, 503);
    assert_eq!(checkpoint(&serve, OTHER, &owner(OTHER)).status, 200);
    assert_eq!(serve.terminate(), Some(0));
}
