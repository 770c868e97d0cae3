//! What holds in every reachable state: random histories on a small world, checked at every step against a naive model.
//!
//! Fixed seeds and a fresh one, which is printed: `INVARIANTS_SEED=… cargo test --test invariants` runs it alone.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a broken promise ends the test"
)]

#[path = "invariants/naive.rs"]
mod naive;
#[path = "invariants/run.rs"]
mod run;
#[path = "invariants/tampering.rs"]
mod tampering;
#[path = "invariants/words.rs"]
mod words;

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use enterprise_credentials::{Enterprise, Event, RecordedEvent, Rule};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::run::{Met, Run};
use crate::words::{Script, scripts};

const FIXED_SEEDS: [u64; 2] = [1, 2];
/// Histories for each seed and test; more by `INVARIANTS_CASES`.
const CASES: u32 = 250;

#[test]
fn every_step_agrees_with_the_naive_model_and_every_total_with_its_plan() {
    for_every_seed(|script, met| {
        let mut run = Run::watched(script, met);
        run.finish(2, met);
        run.check_totals();
    });
}

#[test]
fn the_live_state_is_the_replay_split_anywhere() {
    for_every_seed(|script, met| {
        let mut run = Run::of(script, met);
        run.finish(3, met);
        let split = script.split.index(run.history.len() + 1);
        let (first, rest) = run.history.split_at(split);
        let resumed = replay(&mut Enterprise::new(), first);
        assert_eq!(replay(&mut resumed.clone(), rest), run.enterprise);
        assert_eq!(replay(&mut Enterprise::new(), &run.history), run.enterprise);
    });
}

#[test]
fn every_batch_size_records_the_same_events() {
    for_every_seed(|script, met| {
        let run = Run::of(script, met);
        let at_once = run.clone().finish(u32::MAX, met);
        for limit in [1, 2, 3] {
            assert_eq!(run.clone().finish(limit, met), at_once, "in batches of {limit}");
        }
    });
}

#[test]
fn a_job_resumes_from_any_prefix_of_its_events_and_repeats_nothing() {
    for_every_seed(|script, met| {
        let unfinished = Run::of(script, met);
        let mut finished = unfinished.clone();
        let events = finished.finish(u32::MAX, met);
        let recorded = script.split.index(events.len() + 1);
        let mut resumed = unfinished;
        resumed.record(events[..recorded].to_vec(), met);
        assert_eq!(resumed.finish(2, met), events[recorded..]);
    });
}

#[test]
fn tampered_histories_are_refused_or_harmless_and_never_panic() {
    for_every_seed(|script, met| {
        let mut run = Run::of(script, met);
        run.finish(2, met);
        let place = script.split.index(run.history.len().max(1));
        tampering::check(&run.history, place);
    });
}

/// Runs scripts from the fixed seeds and a fresh one, and asks that together they met everything.
fn for_every_seed(check: impl Fn(&Script, &mut Met)) {
    for seed in seeds() {
        println!("INVARIANTS_SEED={seed}");
        let met = RefCell::new(Met::default());
        let config = Config {
            cases: from_environment("INVARIANTS_CASES").unwrap_or(CASES),
            max_shrink_iters: 20_000,
            ..Config::default()
        };
        let mut runner = TestRunner::new_with_rng(config, random(seed));
        let outcome = runner.run(&scripts(), |script| {
            check(&script, &mut met.borrow_mut());
            Ok(())
        });
        outcome.unwrap_or_else(|failure| panic!("INVARIANTS_SEED={seed}\n{failure}"));
        not_vacuous(&met.borrow());
    }
}

fn seeds() -> Vec<u64> {
    if let Some(seed) = from_environment("INVARIANTS_SEED") {
        return vec![seed];
    }
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    let fresh = u64::try_from(since_1970.as_nanos() % u128::from(u64::MAX)).expect("reduced to 64 bits");
    FIXED_SEEDS.into_iter().chain([fresh]).collect()
}

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let value = std::env::var(name).ok()?;
    Some(
        value
            .parse()
            .unwrap_or_else(|_| panic!("{name} is no number: `{value}`")),
    )
}

/// Proptest seeds a generator for every part of a value: this one does it quickly.
fn random(seed: u64) -> TestRng {
    let spread = (u128::from(seed) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    TestRng::from_seed(RngAlgorithm::XorShift, &spread.to_le_bytes())
}

/// Every event was emitted, every refusal of the core produced, several revocations overlapped, and keys were repeated.
fn not_vacuous(met: &Met) {
    assert_eq!(met.events.len(), Event::NAMES.len(), "events emitted: {:?}", met.events);
    let missing: Vec<&Rule> = REFUSING.iter().filter(|rule| !met.refusals.contains(rule)).collect();
    assert!(missing.is_empty(), "rules that refused nothing: {missing:?}");
    assert!(
        met.overlapping >= 3,
        "at most {} revocations ran at once",
        met.overlapping
    );
    assert!(met.repeats > 0, "no idempotency key was repeated");
}

/// The rules by which the core refuses commands.
const REFUSING: [Rule; 27] = [
    Rule::CredentialKnown,
    Rule::CredentialOfCaller,
    Rule::CredentialOwnerPresent,
    Rule::CredentialNotDestroyed,
    Rule::CredentialNotDestructionPending,
    Rule::CredentialNotExpired,
    Rule::SshKeyIsNoApiCredential,
    Rule::EnterpriseExists,
    Rule::StrangerSeesNothing,
    Rule::FineGrainedPatCannotCall,
    Rule::AdminEnterpriseScope,
    Rule::EnterpriseCredentialsWrite,
    Rule::OwnerOrPermission,
    Rule::ManagedUsersOnly,
    Rule::IdempotencyKeyForOneRequest,
    Rule::EnterpriseCreatedOnce,
    Rule::OrganizationKnown,
    Rule::OrganizationPresent,
    Rule::OrganizationDataUnchanged,
    Rule::MemberKnown,
    Rule::MemberPresent,
    Rule::MemberDataUnchanged,
    Rule::RoleFitsEnterpriseKind,
    Rule::CredentialIdNeverReused,
    Rule::RevokedPairIsTombstone,
    Rule::RevocationKnown,
    Rule::RevocationsInOrder,
];

fn replay(enterprise: &mut Enterprise, history: &[RecordedEvent]) -> Enterprise {
    for recorded in history {
        enterprise.apply(recorded).expect("a recorded history is whole");
    }
    enterprise.clone()
}
