//! Figures for callgrind, which counts the instructions inside of [`measured`]: `ci/instructions.sh` runs it.
//!
//! Named a figure, it does that work, and prints how many units of it there were. Without a name it lists the figures.
#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::hint::black_box;
use std::num::NonZeroU32;

use enterprise_credentials::log::{self, Encoder};
use enterprise_credentials::{Command, Enterprise, Event, RecordedEvent};
use enterprise_credentials_benches::history::{
    Grown, Mix, MixedLog, at, credential, owners, person, revoke_all, revoke_person, windows,
};
use enterprise_credentials_benches::yardsticks::{decode_each, not_canonical, parse_minimal};

/// Small enough for callgrind, which is fifty times slower.
const GROWN: Grown = Grown { credentials: 8_000 };
const EVENTS: u64 = 10_000;

/// Does its work, and says how many units of it there were.
type Figure = fn() -> u64;

const FIGURES: [(&str, Figure); 20] = [
    ("yardstick", yardstick),
    ("decode", decode),
    ("decode_by_parser", decode_by_parser),
    ("write_line", write_line),
    ("write_batch", write_batch),
    ("replay", replay),
    ("apply", apply),
    ("command", command),
    ("list", list),
    ("authenticates", authenticates),
    ("may_use", may_use),
    ("may_use_pending", may_use_pending),
    ("authenticates_of_100000", || {
        authenticates_of(OF_MANY, &OF_MANY.folded())
    }),
    ("authenticates_amid_10000", || {
        authenticates_of(OF_MANY, &amid_10000(true))
    }),
    ("may_use_of_100000", || may_use_of(&OF_MANY.folded())),
    ("may_use_amid_10000", || may_use_of(&amid_10000(false))),
    ("revoke_all", accept),
    ("revoke_person", accept_narrower),
    ("continue_revocation", continue_revocation),
    ("continue_10000", continue_10000),
];

fn main() {
    let named = std::env::args().nth(1);
    for (name, figure) in FIGURES {
        match &named {
            Some(named) if named == name => println!("{}", figure()),
            Some(named) if !named.starts_with("--") => {}
            _ => println!("{name}"),
        }
    }
}

/// What callgrind counts: set-up stays outside.
#[inline(never)]
fn measured<R>(work: impl FnOnce() -> R) -> R {
    black_box(work())
}

fn yardstick() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    measured(|| parse_minimal(&log.bytes));
    log.events
}

fn decode() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    assert!(measured(|| log::read(&log.bytes).all(|read| read.is_ok())));
    log.events
}

fn decode_by_parser() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    let lines = not_canonical(&log.bytes);
    assert_eq!(measured(|| decode_each(&lines)) as u64, log.events);
    log.events
}

fn write_line() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    let events: Vec<RecordedEvent> = log::read(&log.bytes).map(|read| read.expect("an event")).collect();
    let mut bytes = Vec::with_capacity(log.bytes.len());
    measured(|| events.iter().for_each(|recorded| log::write_line(recorded, &mut bytes)));
    log.events
}

/// The lines of the job's batches, in memory that has room for a batch.
fn write_batch() -> u64 {
    let batches = batches();
    let mut lines = Vec::with_capacity(1 << 20);
    measured(|| {
        for batch in &batches {
            lines.clear();
            let mut encoder = Encoder::new();
            batch.iter().for_each(|recorded| encoder.encode(recorded, &mut lines));
        }
    });
    batches.iter().map(|batch| batch.len() as u64).sum()
}

fn replay() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    measured(|| log::replay(&log.bytes).expect("a log"));
    log.events
}

fn apply() -> u64 {
    let mut enterprise = GROWN.founded();
    let events: Vec<RecordedEvent> = windows(enterprise.position(), GROWN.events()).flatten().collect();
    measured(|| apply_all(&mut enterprise, &events));
    events.len() as u64
}

fn authenticates() -> u64 {
    authenticates_of(GROWN, &GROWN.folded())
}

fn may_use() -> u64 {
    let enterprise = GROWN.folded();
    assert!(count_usable(&enterprise) > 0);
    GROWN.credentials
}

fn may_use_pending() -> u64 {
    let mut enterprise = GROWN.folded();
    carry_out(&mut enterprise, &Command::RevokeAll(revoke_all(true)));
    assert!(count_usable(&enterprise) == 0);
    GROWN.credentials
}

/// Asks for each credential and its first organization: a quarter of them has none.
fn count_usable(enterprise: &Enterprise) -> usize {
    count_usable_of(GROWN, enterprise)
}

fn count_usable_of(grown: Grown, enterprise: &Enterprise) -> usize {
    measured(|| {
        let is_usable = |number: &u64| {
            let organization = grown.organization(*number, 0);
            enterprise.may_use(credential(*number), organization, at(0)).is_ok()
        };
        grown.shuffled().filter(is_usable).count()
    })
}

/// Asks for each credential. In one place for all figures, so that the compiler makes the same of it.
fn authenticates_of(grown: Grown, enterprise: &Enterprise) -> u64 {
    let alive = measured(|| {
        let is_alive = |number: &u64| enterprise.authenticates(credential(*number), at(0)).is_ok();
        grown.shuffled().filter(is_alive).count()
    });
    assert!(alive > 0);
    grown.credentials
}

fn may_use_of(enterprise: &Enterprise) -> u64 {
    assert!(count_usable_of(OF_MANY, enterprise) > 0);
    OF_MANY.credentials
}

/// Ten credentials for each of 10,000 people.
const OF_MANY: Grown = Grown { credentials: 100_000 };

/// 10,000 people, of whom every other is the target of two unfinished revocations.
fn amid_10000(revoke_credentials: bool) -> Enterprise {
    let mut enterprise = OF_MANY.folded();
    for number in 0..10_000 {
        let person = person(number % 5_000 * 2 + 1);
        carry_out(
            &mut enterprise,
            &Command::Revoke(revoke_person(person, revoke_credentials)),
        );
    }
    assert_eq!(enterprise.pending_revocations().count(), 10_000);
    enterprise
}

fn accept_narrower() -> u64 {
    let mut enterprise = GROWN.folded();
    let request = Command::Revoke(revoke_person(person(1), false));
    measured(|| (0..100).for_each(|_| carry_out(&mut enterprise, &request)));
    100
}

/// The jobs of 10,000 revocations about single people, all of them: a unit is one revocation.
fn continue_10000() -> u64 {
    let mut enterprise = amid_10000(true);
    let limit = NonZeroU32::new(1_000).expect("not zero");
    measured(|| {
        loop {
            let next = enterprise.pending_revocations().next();
            let Some(revocation) = next else { break };
            carry_out(&mut enterprise, &Command::ContinueRevocation { revocation, limit });
        }
    });
    10_000
}

/// Commands on single credentials, refused ones among them.
fn command() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    let mut enterprise = log::replay(&log.bytes).expect("a log");
    let mut mix = Mix::new(false);
    log::read(&log.bytes).for_each(|read| mix.note(&[read.expect("an event").event]));
    let mut rehearsed = enterprise.clone();
    let commands: Vec<Command> = (0..EVENTS)
        .map(|_| {
            let command = mix.next(owners(EVENTS));
            let events = rehearsed.decide(&command, at(EVENTS)).unwrap_or_default();
            mix.note(&events);
            record(&mut rehearsed, events);
            command
        })
        .collect();
    measured(|| {
        for command in &commands {
            let events = enterprise.decide(command, at(EVENTS)).unwrap_or_default();
            record(&mut enterprise, events);
        }
    });
    EVENTS
}

/// The same commands in lists of a hundred, without those that are refused, decided as one and applied.
fn list() -> u64 {
    let log = MixedLog::new(EVENTS, false);
    let mut enterprise = log::replay(&log.bytes).expect("a log");
    let mut mix = Mix::new(false);
    log::read(&log.bytes).for_each(|read| mix.note(&[read.expect("an event").event]));
    let mut rehearsed = enterprise.clone();
    let commands = (0..EVENTS).filter_map(|_| {
        let command = mix.next(owners(EVENTS));
        let events = rehearsed.decide(&command, at(EVENTS)).ok()?;
        mix.note(&events);
        record(&mut rehearsed, events);
        Some(command)
    });
    let commands: Vec<Command> = commands.collect();
    measured(|| {
        for list in commands.chunks(100) {
            let events = enterprise.decide_all(list, at(EVENTS)).expect("allowed commands");
            record(&mut enterprise, events);
        }
    });
    commands.len() as u64
}

fn accept() -> u64 {
    let mut enterprise = GROWN.folded();
    let request = Command::RevokeAll(revoke_all(false));
    measured(|| (0..100).for_each(|_| carry_out(&mut enterprise, &request)));
    100
}

fn continue_revocation() -> u64 {
    let (mut enterprise, batch) = requested();
    measured(|| {
        while enterprise.pending_revocations().next().is_some() {
            carry_out(&mut enterprise, &batch);
        }
    });
    GROWN.authorizations()
}

/// All that the job records, batch by batch.
fn batches() -> Vec<Vec<RecordedEvent>> {
    let (mut enterprise, batch) = requested();
    let mut batches = Vec::new();
    while enterprise.pending_revocations().next().is_some() {
        let events = enterprise.decide(&batch, at(0)).expect("an allowed command");
        let recorded: Vec<RecordedEvent> = enterprise.record(events, at(EVENTS), None).collect();
        apply_all(&mut enterprise, &recorded);
        batches.push(recorded);
    }
    batches
}

/// A state with a revocation that has all to do, and the command that goes on with it.
fn requested() -> (Enterprise, Command) {
    let mut enterprise = GROWN.folded();
    carry_out(&mut enterprise, &Command::RevokeAll(revoke_all(false)));
    let revocation = enterprise.last_cut().expect("a revocation");
    let limit = NonZeroU32::new(1_000).expect("not zero");
    (enterprise, Command::ContinueRevocation { revocation, limit })
}

fn carry_out(enterprise: &mut Enterprise, command: &Command) {
    let events = enterprise.decide(command, at(0)).expect("an allowed command");
    record(enterprise, events);
}

fn record(enterprise: &mut Enterprise, events: Vec<Event>) {
    for recorded in enterprise.record(events, at(EVENTS), None) {
        enterprise.apply(&recorded).expect("it fits");
    }
}

fn apply_all(enterprise: &mut Enterprise, recorded: &[RecordedEvent]) {
    for recorded in recorded {
        enterprise.apply(recorded).expect("it fits");
    }
}
