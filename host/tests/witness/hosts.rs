//! Hosts that seal, and the witnesses that they show it to.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::seal::{SealOptions, Sealer};
use enterprise_credentials_host::witness::WitnessOptions;
use enterprise_credentials_seal::{Checkpoint, Note, WitnessKey};

use crate::common::process::{Serve, run_well};
use crate::common::{Directory, runtime, wait_until};
use crate::process::{Witness, directory};
use crate::scene::{NAME, Scene, ask, health};

pub(crate) const SLUG: &str = "octo-corp";
pub(crate) const OTHER: &str = "other-corp";

/// The directory of a witness that knows the logs of a scene.
pub(crate) fn witness_of(scene: &Scene, name: &str) -> PathBuf {
    let key = |slug| scene.known("key", &format!("{NAME}/{slug}"));
    directory(scene.0.file(name), &[SLUG, OTHER].map(key))
}

/// A host that shows its streams to these witnesses.
pub(crate) fn serve(scene: &Scene, journal: &str, witnesses: &[(String, &WitnessKey)]) -> Serve {
    let witnesses = witnesses.iter().map(|(url, key)| (url.as_str(), key.to_string()));
    let more: Vec<String> = witnesses
        .flat_map(|(url, key)| ["--witness".to_owned(), url.to_owned(), "--witness-key".to_owned(), key])
        .collect();
    scene.serve(journal, &more.iter().map(String::as_str).collect::<Vec<_>>())
}

/// The latest checkpoint of a stream, as it is given out.
pub(crate) fn latest(scene: &Scene, slug: &str) -> Note {
    let select = "SELECT note FROM checkpoints WHERE enterprise = ?1 ORDER BY log DESC, size DESC LIMIT 1";
    let note: String = scene
        .0
        .connection()
        .query_row(select, [slug], |row| row.get(0))
        .unwrap();
    Note::parse(note.as_bytes()).unwrap()
}

/// Waits until the whole stream is cosigned, and gives the time of each witness.
fn wait_until_cosigned(scene: &Scene, slug: &str, keys: &[WitnessKey]) -> Vec<u64> {
    let times = || -> Vec<u64> {
        let cosigned = latest(scene, slug).cosigned(keys).unwrap().into_iter();
        cosigned.map(|cosigned| cosigned.time).collect()
    };
    scene.wait_until_sealed(slug);
    wait_until("it is cosigned", || times().len() == keys.len());
    assert_eq!(scene.wait_until_sealed(slug), size(&latest(scene, slug)));
    times()
}

fn size(note: &Note) -> u64 {
    note.text().parse::<Checkpoint>().unwrap().size
}

#[test]
fn what_a_host_gives_out_is_cosigned_by_each_witness_also_after_it_was_killed() {
    let scene = Scene::new(&[SLUG, OTHER]);
    let witnesses = ["w1", "w2"].map(|name| Witness::start(&witness_of(&scene, name)));
    let asked = witnesses.each_ref().map(|witness| (witness.url(), &witness.key));
    let keys = witnesses.each_ref().map(|witness| witness.key.clone());
    let host = serve(&scene, "journal", &asked);
    for slug in [SLUG, OTHER, SLUG] {
        assert_eq!(ask(host.address, slug), Some(202));
        wait_until_cosigned(&scene, slug, &keys);
    }
    host.kill();
    let host = serve(&scene, "journal", &asked);
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until_cosigned(&scene, SLUG, &keys);
    assert_eq!(health(&host).1["status"], "ok");
    assert_eq!(host.terminate(), Some(0));

    // What an auditor does with it.
    fs::write(scene.0.file("log"), scene.export(SLUG)).unwrap();
    fs::write(scene.0.file("checkpoint"), latest(&scene, SLUG).to_string()).unwrap();
    fs::write(
        scene.0.file("vkey"),
        scene.known("key", &format!("{NAME}/{SLUG}")).to_string(),
    )
    .unwrap();
    let [log, checkpoint, key] = ["log", "checkpoint", "vkey"].map(|file| scene.path(file));
    let keys = keys.map(|key| key.to_string());
    let with = [
        "--checkpoint",
        &checkpoint,
        "--key",
        &key,
        "--witness-key",
        &keys[0],
        "--witness-key",
        &keys[1],
    ];
    let said = String::from_utf8(run_well(&[&["seal", "verify", &log], &with[..]].concat())).unwrap();
    assert_eq!(said.matches("cosigned by").count(), 2, "{said}");
}

#[test]
fn a_checkpoint_is_cosigned_again_while_nothing_happens() {
    let scene = Scene::new(&[SLUG]);
    let witness = Witness::start(&witness_of(&scene, "w1"));
    let keys = [witness.key.clone()];
    let runtime = runtime();
    let host = runtime.block_on(async {
        let store = scene.0.store().await;
        let options = SealOptions::new(vec![scene.key("key")], scene.0.file("journal"));
        let mut witnesses = WitnessOptions::new(vec![witness.url().parse().unwrap()], keys.to_vec());
        witnesses.again_after = Duration::from_millis(300);
        let options = HostOptions {
            sealer: Some(Arc::new(Sealer::open(&store, options).await.unwrap())),
            witnesses: Some(witnesses),
            ..HostOptions::default()
        };
        Host::start(store, "127.0.0.1:0".parse().unwrap(), options)
            .await
            .unwrap()
    });
    assert_eq!(ask(host.address(), SLUG), Some(202));
    let first = wait_until_cosigned(&scene, SLUG, &keys)[0];
    let size_then = scene.ends(SLUG);
    wait_until("its time is a later one", || {
        latest(&scene, SLUG).cosigned(&keys).unwrap()[0].time > first + 1
    });
    assert_eq!(scene.ends(SLUG), size_then, "and nothing was recorded for that");
    assert_eq!(
        latest(&scene, SLUG).signatures().len(),
        2,
        "one takes the place of the other"
    );
    runtime.block_on(host.stop());
}

#[test]
fn a_witness_that_is_away_is_waited_for_by_nobody_and_shown_everything_when_it_is_back() {
    let scene = Scene::new(&[SLUG, OTHER]);
    let home = witness_of(&scene, "w1");
    let witness = Witness::start(&home);
    let (url, key) = (witness.url(), witness.key.clone());
    let address = witness.kill();
    let host = serve(&scene, "journal", &[(url, &key)]);
    for slug in [SLUG, OTHER, SLUG] {
        assert_eq!(ask(host.address, slug), Some(202));
    }
    scene.wait_until_sealed(SLUG);
    wait_until("it is told", || host.log().contains("a witness does not answer"));
    assert_eq!(health(&host).1["status"], "ok");
    assert_eq!(latest(&scene, SLUG).signatures().len(), 1);

    let witness = Witness::start_at(&home, address);
    for slug in [SLUG, OTHER] {
        wait_until_cosigned(&scene, slug, std::slice::from_ref(&key));
    }
    wait_until("it is told", || host.log().contains("the witness answers again"));
    witness.kill();
    let witness = Witness::start_at(&home, address);
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until_cosigned(&scene, OTHER, std::slice::from_ref(&key));
    assert_eq!(host.terminate(), Some(0));
    witness.kill();

    // A host that asks nobody leaves what is cosigned as it is.
    let host = scene.serve("journal", &[]);
    wait_until("it has looked at its streams", || {
        health(&host).0 == 200 && host.log().contains("listening")
    });
    assert_eq!(host.terminate(), Some(0));
    wait_until_cosigned(&scene, OTHER, &[key]);
}

/// A scene of which a witness has seen more than its backups hold, of the store and of the journal.
fn backed_up() -> (Scene, Witness) {
    let scene = Scene::new(&[SLUG, OTHER]);
    let witness = Witness::start(&witness_of(&scene, "w1"));
    let keys = [witness.key.clone()];
    let host = serve(&scene, "journal", &[(witness.url(), &witness.key)]);
    for slug in [SLUG, OTHER] {
        assert_eq!(ask(host.address, slug), Some(202));
        wait_until_cosigned(&scene, slug, &keys);
    }
    assert_eq!(host.terminate(), Some(0));
    scene.copy_store("store.db", "backup.db");
    scene.copy_journal("journal", "journal-backup");
    let host = serve(&scene, "journal", &[(witness.url(), &witness.key)]);
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until_cosigned(&scene, SLUG, &keys);
    assert_eq!(host.terminate(), Some(0));
    fs::write(scene.0.file("later.jsonl"), scene.export(SLUG)).unwrap();
    scene.copy_store("backup.db", "store.db");
    scene.copy_journal("journal-backup", "journal");
    (scene, witness)
}

fn assert_one_is_altered(host: &Serve, said: &str) {
    // Before the witness has spoken it would answer.
    wait_until("it is told", || {
        let (status, told) = health(host);
        status == 200 && told["status"] == "degraded" && told["altered_streams"] == 1
    });
    assert_eq!(ask(host.address, SLUG), Some(503));
    assert_eq!(ask(host.address, OTHER), Some(202), "the other is served");
    let log = host.log();
    assert!(
        log.contains("ERROR") && log.contains("a stream is altered") && log.contains(said),
        "{log}"
    );
}

#[test]
fn a_store_and_a_journal_that_were_set_back_together_are_found_out_until_what_is_lost_is_imported() {
    let (scene, witness) = backed_up();
    let host = serve(&scene, "journal", &[(witness.url(), &witness.key)]);
    assert_one_is_altered(&host, "has cosigned");
    run_well(&["import", "--store", &scene.0.store_url(), &scene.path("later.jsonl")]);
    wait_until("it answers", || ask(host.address, SLUG) == Some(202));
    wait_until_cosigned(&scene, SLUG, std::slice::from_ref(&witness.key));
    wait_until("it is well", || health(&host).1["status"] == "ok");
    assert_eq!(host.terminate(), Some(0));
}

#[test]
fn a_store_that_was_set_back_and_went_on_otherwise_is_found_out() {
    let (scene, witness) = backed_up();
    let seen = latest_size_in(&scene, "later.jsonl");
    // Beyond where the witness stands, while it is not asked.
    let host = scene.serve("journal", &[]);
    while scene.ends(SLUG).0 <= seen {
        assert_eq!(ask(host.address, SLUG), Some(202));
        scene.wait_until_sealed(SLUG);
    }
    assert_eq!(host.terminate(), Some(0));
    let host = serve(&scene, "journal", &[(witness.url(), &witness.key)]);
    assert_one_is_altered(&host, "other lines of it");
    assert_eq!(host.terminate(), Some(0));
    assert_eq!(
        latest(&scene, SLUG).cosigned(std::slice::from_ref(&witness.key)),
        Ok(vec![])
    );
}

#[test]
fn without_a_later_export_another_log_is_begun_which_the_witness_has_to_know() {
    let (scene, witness) = backed_up();
    let host = serve(&scene, "journal", &[(witness.url(), &witness.key)]);
    assert_one_is_altered(&host, "has cosigned");
    assert_eq!(host.terminate(), Some(0));
    let (store, key, state) = (scene.0.store_url(), scene.path("key"), scene.path("journal"));
    let restart = [
        "seal",
        "restart",
        "--store",
        &store,
        "--enterprise",
        SLUG,
        "--seal-key",
        &key,
        "--seal-state",
        &state,
    ];
    let refused = crate::common::process::run(&restart);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        refused.status.code() == Some(1) && said.contains("--contradicted"),
        "nothing here shows it: {said}"
    );
    run_well(&[&restart, &["--contradicted"][..]].concat());

    let second = format!("{NAME}/{SLUG}/2");
    let known = [scene.known("key", &second)];
    let address = witness.kill();
    let witness = Witness::start_at(&directory(scene.0.file("w2"), &known), address);
    let host = serve(&scene, "journal", &[(witness.url(), &witness.key)]);
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until_cosigned(&scene, SLUG, std::slice::from_ref(&witness.key));
    assert!(latest(&scene, SLUG).text().starts_with(&format!("{second}\n")));
    assert_eq!(host.terminate(), Some(0));
}

fn latest_size_in(scene: &Scene, log: &str) -> u64 {
    fs::read_to_string(scene.0.file(log)).unwrap().lines().count() as u64
}

#[test]
fn of_two_stores_with_one_key_a_witness_cosigns_one() {
    let (first, second) = (Scene::new(&[SLUG, OTHER]), Scene::new(&[SLUG, OTHER]));
    fs::copy(first.0.file("key"), second.0.file("key")).unwrap();
    let witness = Witness::start(&witness_of(&first, "w1"));
    let keys = [witness.key.clone()];
    let asked = [(witness.url(), &witness.key)];
    let host = serve(&first, "journal", &asked);
    assert_eq!(ask(host.address, SLUG), Some(202));
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until_cosigned(&first, SLUG, &keys);

    // The times of its events are others, so it is another history.
    let other_host = serve(&second, "journal", &asked);
    assert_eq!(
        ask(other_host.address, OTHER),
        Some(202),
        "of that the witness knows nothing yet"
    );
    wait_until_cosigned(&second, OTHER, &keys);
    ask(other_host.address, SLUG);
    assert_one_is_altered_of(&other_host);
    let notes = second.notes(&[]);
    let of_slug = notes
        .iter()
        .filter(|note| note.starts_with(&format!("{NAME}/{SLUG}\n")));
    let of_slug: Vec<Note> = of_slug.map(|note| Note::parse(note.as_bytes()).unwrap()).collect();
    assert!(!of_slug.is_empty());
    for note in of_slug {
        assert_eq!(note.cosigned(&keys), Ok(vec![]), "{note}");
    }
    // The first one goes on.
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until_cosigned(&first, SLUG, &keys);
    assert_eq!(other_host.terminate(), Some(0));
    assert_eq!(host.terminate(), Some(0));
}

fn assert_one_is_altered_of(host: &Serve) {
    wait_until("nothing is answered from it", || ask(host.address, SLUG) == Some(503));
    assert_eq!(health(host).1["status"], "degraded");
}

#[test]
fn witnesses_need_keys_a_seal_and_a_way_that_nobody_else_is_on() {
    let scene = Scene::new(&[]);
    let files = Directory::new();
    let witness = Witness::start(&directory(files.file("w1"), &[]));
    let (key, store) = (witness.key.to_string(), scene.0.store_url());
    let url = witness.url();
    let seal = scene.path("key");
    for (arguments, said) in [
        (vec!["--witness", &url, "--witness-key", &key], "--seal-key"),
        (vec!["--seal-key", &seal, "--witness", &url], "--witness-key"),
        (vec!["--seal-key", &seal, "--witness-key", &key], "--witness"),
        (
            vec![
                "--seal-key",
                &seal,
                "--witness-key",
                &key,
                "--witness",
                "http://witness.example.com",
            ],
            "whoever is on the way can answer in its place",
        ),
        (
            vec![
                "--seal-key",
                &seal,
                "--witness-key",
                &key,
                "--witness",
                "http://user@127.0.0.1",
            ],
            "write the witness's submission prefix",
        ),
        (
            vec!["--seal-key", &seal, "--witness-key", &key, "--witness", "127.0.0.1:80"],
            "write the witness's submission prefix",
        ),
    ] {
        let refused = crate::common::process::run(&[&["serve", "--store", &store], &arguments[..]].concat());
        let stderr = String::from_utf8(refused.stderr).unwrap();
        assert!(
            refused.status.code() == Some(2) && stderr.contains(said),
            "{arguments:?}: {stderr}"
        );
    }
}
