//! Two hosts on one store, each with a journal of its own, killed again and again:
//! what they may have given out never contradicts itself.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::common::process::Serve;
use crate::scene::{Scene, ask, assert_consistent};

const SLUGS: [&str; 2] = ["octo-corp", "other-corp"];
const JOURNALS: [&str; 2] = ["first", "second"];
const KILLS: u64 = 12;
/// How many of the kills must have come while something was not sealed yet, for the test to say anything.
const KILLS_UNSEALED_MIN: u64 = 2;

#[test]
fn nothing_that_was_given_out_is_ever_contradicted() {
    let seed = std::env::var("SEED").map_or(20_260_310, |seed| seed.parse().unwrap());
    println!("SEED={seed}");
    let mut chance: u64 = seed;
    let mut next = |max: u32| {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(chance >> 33).unwrap() % max
    };
    let scene = Scene::new(&SLUGS);
    let start = |host: usize| scene.serve(JOURNALS[host], &["--batch", "3", "--seal-join"]);
    let mut hosts: Vec<Serve> = (0..2).map(start).collect();
    let mut given: BTreeSet<String> = BTreeSet::new();
    let (mut accepted, mut kills_unsealed) = (0, 0);
    for _ in 0..KILLS {
        for _ in 0..=next(6) {
            let (host, slug) = (&hosts[usize::from(next(2) == 1)], SLUGS[usize::from(next(2) == 1)]);
            accepted += u32::from(ask(host.address, slug) == Some(202));
            given.extend(scene.notes(&JOURNALS));
        }
        std::thread::sleep(Duration::from_millis(next(60).into()));
        given.extend(scene.notes(&JOURNALS));
        let killed = usize::from(next(2) == 1);
        hosts.swap_remove(killed).kill();
        kills_unsealed += u64::from(SLUGS.iter().any(|slug| scene.ends(slug).0 > scene.ends(slug).1));
        // Which of them is left is the other now.
        let other = hosts.pop().unwrap();
        let started = start(killed);
        hosts = if killed == 0 {
            vec![started, other]
        } else {
            vec![other, started]
        };
    }
    for host in hosts {
        assert_eq!(host.terminate(), Some(0));
    }
    given.extend(scene.notes(&JOURNALS));
    let mut checked = 0;
    for slug in SLUGS {
        let known = [scene.known("key", &format!("{}/{slug}", crate::scene::NAME))];
        checked += assert_consistent(&given, &scene.export(slug), &known);
        let (head, sealed) = scene.ends(slug);
        assert_eq!(head, sealed, "a clean stop signs what is left of {slug}");
    }
    assert_eq!(checked, given.len());
    println!(
        "{} checkpoints over {KILLS} kills, {accepted} requests accepted, {kills_unsealed} kills before all was \
         sealed: {} pairs, none contradicts",
        given.len(),
        checked * (checked - 1) / 2
    );
    assert!(kills_unsealed >= KILLS_UNSEALED_MIN);
}
