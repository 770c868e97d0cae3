//! Which keys sign, and which do not.

use crate::common::http::get;
use crate::common::process::Serve;
use crate::scene::{NAME, Scene, ask, assert_consistent};

const SLUG: &str = "octo-corp";

#[test]
fn while_keys_change_both_sign_and_each_is_enough() {
    let scene = Scene::new(&[SLUG]);
    let origin = format!("{NAME}/{SLUG}");
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
    let before = scene.notes(&[]);

    scene.make_key("new-key", NAME);
    let serve = scene.serve("journal", &["--seal-key", &scene.path("new-key")]);
    let size = scene.ends(SLUG).1;
    crate::common::wait_until("what was signed last is signed with the new key too", || {
        let notes = scene.notes(&[]);
        notes.len() == before.len() && notes != before
    });
    assert_eq!(scene.ends(SLUG).1, size);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
    let (notes, log) = (scene.notes(&["journal"]), scene.export(SLUG));
    let by_old = assert_consistent(&notes, &log, &[scene.known("key", &origin)]);
    let latest = notes.difference(&before).cloned().collect();
    let by_new = assert_consistent(&latest, &log, &[scene.known("new-key", &origin)]);
    assert!(by_old > by_new && by_new >= 2, "{by_old} {by_new}");

    let state = scene.path("journal");
    let alone = ["--seal-key", &scene.path("new-key"), "--seal-state", &state];
    let serve = Serve::start(&scene.0.store_url(), &scene.0.file("alone.log"), &alone);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
    let last: std::collections::BTreeSet<String> = scene.notes(&["journal"]).difference(&notes).cloned().collect();
    assert!(assert_consistent(&last, &scene.export(SLUG), &[scene.known("new-key", &origin)]) >= 1);
}

#[test]
fn a_log_has_one_name() {
    let scene = Scene::new(&[SLUG]);
    let serve = scene.serve("journal", &[]);
    assert_eq!(serve.terminate(), Some(0));
    scene.make_key("other-key", "other.example.com");
    let (key, other) = (scene.path("key"), scene.path("other-key"));
    for state in ["journal", "another"].map(|state| scene.path(state)) {
        let said = scene.refused(&["--seal-key", &other, "--seal-state", &state, "--seal-join"]);
        assert!(said.contains(NAME) && said.contains("other.example.com"), "{said}");
    }
    let said = scene.refused(&["--seal-key", &key, "--seal-key", &other]);
    assert!(said.contains("the keys have two names"), "{said}");
}

#[test]
fn a_key_that_others_can_read_signs_nothing_and_is_never_shown() {
    use std::os::unix::fs::PermissionsExt;
    let scene = Scene::new(&[SLUG]);
    let key = scene.path("key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let said = scene.refused(&["--seal-key", &key]);
    assert!(said.contains("others can read the key"), "{said}");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    let log = serve.log();
    assert_eq!(serve.terminate(), Some(0));
    let secret = std::fs::read_to_string(&key).unwrap();
    // `PRIVATE+KEY+name+hash+base64`: base64 has a `+` of its own, so the parts are counted from the left.
    let secret = secret.trim().splitn(5, '+').nth(4).unwrap();
    assert!(secret.len() >= 44, "32 bytes and an algorithm: {}", secret.len());
    assert!(!log.contains(secret) && !log.contains("PRIVATE+KEY"), "{log}");
}

#[test]
fn two_processes_do_not_share_a_journal() {
    let scene = Scene::new(&[SLUG]);
    let serve = scene.serve("journal", &[]);
    let said = scene.refused(&["--seal-key", &scene.path("key"), "--seal-state", &scene.path("journal")]);
    assert!(said.contains("in use by another process"), "{said}");
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn without_a_key_everything_works_and_it_is_said_once() {
    let scene = Scene::new(&[SLUG]);
    let serve = Serve::start(&scene.0.store_url(), &scene.0.file("unsealed.log"), &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(get(serve.address, "/healthz", "").json()["status"], "ok");
    let log = serve.log();
    assert_eq!(serve.terminate(), Some(0));
    assert_eq!(log.matches("streams are not sealed").count(), 1, "{log}");
    assert_eq!(scene.ends(SLUG).1, 0);
}
