//! Two instances over one store: the sound toy passes, and every bad habit is caught and told.

use core::convert::Infallible;

use enterprise_credentials::{Command, RecordedEvent, Timestamp};
use enterprise_credentials_testkit::foreign::Answer;
use enterprise_credentials_testkit::hosts::toy::{Habit, Toy, Toys};
use enterprise_credentials_testkit::hosts::{Fault, Host, Hosts, Meanwhile, drive, drive_turns};

const SEED: u64 = 1;

#[test]
fn a_sound_host_passes_and_everything_has_happened_to_it() {
    let driven = drive(&mut Toys::new(Habit::Sound), SEED, 60).unwrap_or_else(|found| panic!("{found}"));
    println!("{driven}");
    assert_eq!((driven.words, driven.unanswered), (60, 0));
    for count in [driven.in_between, driven.answers_lost, driven.appends_lost] {
        assert!(count > 60, "{driven}");
    }
}

#[test]
fn every_bad_habit_is_caught_and_told_in_a_screenful() {
    let expected = [Fault::StaleAnswer, Fault::RacyAppend, Fault::RepeatedAppend];
    for (habit, fault) in Habit::BAD.into_iter().zip(expected) {
        let found = drive(&mut Toys::new(habit), SEED, 100).expect_err("it has a bad habit");
        println!("{habit:?}\n{found}\n");
        assert_eq!(found.fault, fault, "{habit:?}: {found}");
        assert!(found.to_string().lines().count() <= 30, "{found}");
        assert!(found.turns.len() <= 12, "{found}");
        let again = drive_turns(&mut Toys::new(habit), &found.turns).expect_err("the turns show it");
        assert_eq!((again.fault, &again.happened), (fault, &found.happened));
        drive_turns(&mut Toys::new(Habit::Sound), &found.turns).expect("a sound host is not blamed for them");
    }
}

#[test]
fn a_stale_answer_says_what_had_not_been_seen() {
    let found = drive(&mut Toys::new(Habit::NeverReadsAgain), SEED, 100).expect_err("it never reads again");
    let read = found.had_read.expect("it read something");
    assert_eq!(
        found.unseen.first().map(|event| event.position),
        Some(read.next()),
        "{found}"
    );
    assert!(found.instance.is_some());
}

/// A sound toy, but for what a test changes.
struct Changed {
    toys: Toys,
    panics: bool,
    loses_an_event: bool,
    is_unreachable: bool,
}

impl Changed {
    fn new() -> Self {
        Self {
            toys: Toys::new(Habit::Sound),
            panics: false,
            loses_an_event: false,
            is_unreachable: false,
        }
    }
}

struct ChangedHost {
    toy: Toy,
    panics: bool,
}

impl Hosts for Changed {
    type Error = String;
    type Host = ChangedHost;

    fn begin(&mut self) -> Result<[ChangedHost; 2], String> {
        let panics = self.panics;
        let Ok(toys) = self.toys.begin();
        Ok(toys.map(|toy| ChangedHost { toy, panics }))
    }

    fn stored(&mut self) -> Result<Vec<RecordedEvent>, String> {
        let Ok(mut stored) = self.toys.stored();
        if self.is_unreachable && stored.len() > 5 {
            return Err("connection refused".to_string());
        }
        if self.loses_an_event && stored.len() > 5 {
            stored.remove(2);
        }
        Ok(stored)
    }

    fn append(&mut self, recorded: &[RecordedEvent]) -> Result<(), String> {
        let Ok(()) = self.toys.append(recorded);
        Ok(())
    }

    fn takes(&self, command: &Command) -> bool {
        !matches!(command, Command::CreateEnterprise { .. } | Command::AddMember { .. })
    }
}

impl Host for ChangedHost {
    type Error = String;

    fn ask(
        &mut self,
        command: &Command,
        at: Timestamp,
        meanwhile: &mut Meanwhile<'_>,
    ) -> Result<Option<Answer>, String> {
        assert!(
            !(self.panics && matches!(command, Command::RevokeAll(_))),
            "no route for this"
        );
        let answer: Result<_, Infallible> = self.toy.ask(command, at, meanwhile);
        answer.map_err(|never| match never {})
    }
}

#[test]
fn what_hosts_do_not_take_comes_from_elsewhere() {
    let driven = drive(&mut Changed::new(), SEED, 20).unwrap_or_else(|found| panic!("{found}"));
    assert!(driven.asked > 0 && driven.events > 0, "{driven}");
}

#[test]
fn a_store_that_loses_an_event_is_told() {
    let mut hosts = Changed::new();
    hosts.loses_an_event = true;
    let found = drive(&mut hosts, SEED, 5).expect_err("an event is gone");
    assert_eq!(found.fault, Fault::Rewritten, "{found}");
    assert!(found.to_string().contains("the store held, as event 3"), "{found}");
}

#[test]
fn a_panic_is_told_with_its_place() {
    let mut hosts = Changed::new();
    hosts.panics = true;
    let found = drive(&mut hosts, SEED, 5).expect_err("it panics");
    assert_eq!(found.fault, Fault::Panicked, "{found}");
    assert!(
        found.said.contains("hosts.rs:") && found.said.contains("no route for this"),
        "{found}"
    );
    assert_eq!(found.turns.len(), 1, "{found}");
}

#[test]
fn a_store_that_cannot_be_asked_is_no_fault_of_the_host() {
    let mut hosts = Changed::new();
    hosts.is_unreachable = true;
    let found = drive(&mut hosts, SEED, 5).expect_err("it cannot be asked");
    assert_eq!(
        (found.fault, &*found.said),
        (Fault::Unreachable, "connection refused"),
        "{found}"
    );
}
