//! A store that was set back, replaced or copied.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal::Journal;

use crate::common::process::{run, run_well};
use crate::common::wait_until;
use crate::scene::{NAME, Scene, ask, assert_consistent, health};

const SLUG: &str = "octo-corp";
const OTHER: &str = "other-corp";

/// A store that was sealed, backed up, and sealed again behind the backup.
fn backed_up() -> Scene {
    let scene = Scene::new(&[SLUG, OTHER]);
    let serve = scene.serve("journal", &[]);
    assert_eq!([SLUG, OTHER].map(|slug| ask(serve.address, slug)), [Some(202); 2]);
    scene.wait_until_sealed(OTHER);
    assert_eq!(serve.terminate(), Some(0));
    scene.copy_store("store.db", "backup.db");
    scene.copy_journal("journal", "journal-backup");
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
    std::fs::write(scene.0.file("later.jsonl"), scene.export(SLUG)).unwrap();
    scene
}

#[test]
fn a_stream_of_a_restored_store_is_not_served_until_what_is_lost_is_imported() {
    let scene = backed_up();
    let known = [scene.known("key", &format!("{NAME}/{SLUG}"))];
    let given = scene.notes(&["journal"]);
    scene.copy_store("backup.db", "store.db");
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(503));
    assert_eq!(ask(serve.address, OTHER), Some(202), "the other is served");
    wait_until("it is told", || {
        let (status, told) = health(&serve);
        status == 200 && told["status"] == "degraded" && told["altered_streams"] == 1 && told["unsealed_streams"] == 1
    });
    assert!(
        serve.log().contains("an older copy of it was put in its place"),
        "{}",
        serve.log()
    );

    run_well(&["import", "--store", &scene.0.store_url(), &scene.path("later.jsonl")]);
    assert_eq!(ask(serve.address, SLUG), Some(202), "nobody has to start anything");
    wait_until("it is well", || health(&serve).1["status"] == "ok");
    assert_eq!(serve.terminate(), Some(0));
    let mut notes = scene.notes(&["journal"]);
    notes.extend(given);
    let checked = assert_consistent(&notes, &scene.export(SLUG), &known);
    assert!(checked >= 3, "{checked}");
}

#[test]
fn without_a_later_export_another_seal_is_begun_and_the_old_one_never_signed_again() {
    let scene = backed_up();
    let given = scene.notes(&["journal"]);
    scene.copy_store("backup.db", "store.db");
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(503));
    let (store, key, state) = (scene.0.store_url(), scene.path("key"), scene.path("journal"));
    let restart = |slug| {
        run(&[
            "seal",
            "restart",
            "--store",
            &store,
            "--enterprise",
            slug,
            "--seal-key",
            &key,
            "--seal-state",
            &state,
        ])
    };
    let holds = restart(OTHER);
    assert_eq!(holds.status.code(), Some(1), "what holds is not begun anew: {holds:?}");
    let restarted = restart(SLUG);
    assert!(restarted.status.success(), "{restarted:?}");
    let second = format!("{NAME}/{SLUG}/2");
    assert!(String::from_utf8(restarted.stdout).unwrap().contains(&second));

    assert_eq!(ask(serve.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    assert_eq!(serve.terminate(), Some(0));
    let origins = String::from_utf8(run_well(&["seal", "origins", "--store", &store])).unwrap();
    assert_eq!(origins, format!("{second}\n{NAME}/{OTHER}\n"));
    let notes = scene.notes(&["journal"]);
    let log = scene.export(SLUG);
    assert!(assert_consistent(&notes, &log, &[scene.known("key", &second)]) >= 2);
    let of_the_first = |notes: &std::collections::BTreeSet<String>| {
        let first = format!("{NAME}/{SLUG}\n");
        notes.iter().filter(|note| note.starts_with(&first)).cloned().collect()
    };
    let (before, after): (Vec<String>, Vec<String>) = (of_the_first(&given), of_the_first(&notes));
    assert!(after.iter().all(|note| before.contains(note)), "{after:?}");
}

/// Nothing here can know: a witness does, or whoever holds a checkpoint.
#[test]
fn a_store_and_a_journal_that_were_restored_together_are_taken_for_right() {
    let scene = backed_up();
    scene.copy_store("backup.db", "store.db");
    scene.copy_journal("journal-backup", "journal");
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn another_history_in_the_place_of_the_sealed_one_is_not_served() {
    let scene = backed_up();
    std::fs::remove_file(scene.0.file("store.db")).unwrap();
    // As long, and longer; but one of its people has another name.
    let other = std::fs::read_to_string(scene.0.file("later.jsonl")).unwrap();
    std::fs::write(scene.0.file("other.jsonl"), other.replace("\"lisa\"", "\"lise\"")).unwrap();
    run_well(&["import", "--store", &scene.0.store_url(), &scene.path("other.jsonl")]);
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(503));
    assert!(
        serve.log().contains("another history was put in its place"),
        "{}",
        serve.log()
    );
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn a_copy_of_a_store_with_an_empty_journal_signs_nothing_unless_it_joins() {
    let scene = backed_up();
    let (key, state) = (scene.path("key"), scene.path("other"));
    let said = scene.refused(&["--seal-key", &key, "--seal-state", &state]);
    assert!(said.contains("--seal-join"), "{said}");
    let again = scene.refused(&["--seal-key", &key, "--seal-state", &state]);
    assert!(again.contains("--seal-join"), "the refusal begins no journal: {again}");
    let serve = scene.serve("other", &["--seal-join"]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    assert_eq!(serve.terminate(), Some(0));
    let known = [scene.known("key", &format!("{NAME}/{SLUG}"))];
    assert_consistent(&scene.notes(&["journal", "other"]), &scene.export(SLUG), &known);
}

/// What another host has signed of a stream is held in the journal of one that was never asked for it.
#[test]
fn a_further_host_finds_out_what_was_set_back_though_it_was_never_asked() {
    let scene = backed_up();
    let second = scene.serve("second", &["--seal-join"]);
    let journal = Journal::open_to_read(&scene.0.file("second"));
    let slug = EnterpriseSlug::new(SLUG).unwrap();
    let size = scene.ends(SLUG).1;
    wait_until("it is in its journal", || {
        journal.last(&slug).unwrap().is_some_and(|last| last.size() == size)
    });
    assert_eq!(second.terminate(), Some(0));
    scene.copy_store("backup.db", "store.db");
    let second = scene.serve("second", &[]);
    assert_eq!(ask(second.address, SLUG), Some(503));
    assert_eq!(ask(second.address, OTHER), Some(202));
    assert_eq!(second.terminate(), Some(0));
}

#[test]
fn a_seal_is_not_begun_anew_by_a_directory_that_holds_no_journal() {
    let scene = backed_up();
    scene.copy_store("backup.db", "store.db");
    let (store, key, wrong) = (scene.0.store_url(), scene.path("key"), scene.path("elsewhere"));
    let mut arguments = vec!["seal", "restart", "--store", &store, "--enterprise", SLUG];
    arguments.extend(["--seal-key", &key, "--seal-state", &wrong, "--contradicted"]);
    let refused = run(&arguments);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(said.contains(&wrong) && said.contains("--journal-lost"), "{said}");
    arguments.push("--journal-lost");
    let begun = String::from_utf8(run_well(&arguments)).unwrap();
    assert!(begun.contains(&format!("{NAME}/{SLUG}/2")), "{begun}");
}

#[test]
fn a_journal_that_cannot_be_written_stops_nobody_and_is_told() {
    let scene = Scene::new(&[SLUG, OTHER]);
    let serve = scene.serve("journal", &[]);
    assert_eq!(ask(serve.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    // Where a directory stands no file can be put.
    let file = scene.0.file("journal").join(OTHER);
    std::fs::create_dir_all(file.join("in-the-way")).unwrap();
    assert_eq!(ask(serve.address, OTHER), Some(202));
    wait_until("it is told", || {
        let (status, told) = health(&serve);
        status == 200 && told["status"] == "degraded" && told["unsealed_streams"] == 1 && told["altered_streams"] == 0
    });
    assert_eq!(
        scene.ends(OTHER).1,
        0,
        "nothing is given out that is not in the journal"
    );
    assert_eq!(ask(serve.address, SLUG), Some(202), "others are sealed");
    scene.wait_until_sealed(SLUG);
    std::fs::remove_dir_all(&file).unwrap();
    scene.wait_until_sealed(OTHER);
    wait_until("it is well", || health(&serve).1["status"] == "ok");
    assert_eq!(serve.terminate(), Some(0));
}
