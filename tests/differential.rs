//! The core against the reference model, which is written in another technique, on random words.
#![expect(clippy::expect_used, reason = "a difference ends the test")]

mod seeds;

use enterprise_credentials::Enterprise;
use enterprise_credentials_testkit::{Coverage, Moment, Run, explore, world};

use crate::seeds::seeds;

/// Words under each seed.
const WORDS: u32 = 1500;

#[test]
fn the_core_and_the_model_give_the_same_answers() {
    // Of all seeds together: the rarest rule may be missing under one that is taken at random.
    let mut coverage = Coverage::default();
    for seed in seeds() {
        let explored = explore(seed, WORDS, |word| {
            let run = Run::<Enterprise>::of(word);
            coverage.observe(&run);
            run.moments.iter().try_for_each(agree)
        });
        if let Err(counterexample) = explored {
            panic!("{counterexample}");
        }
    }
    println!("differential: {coverage}");
    assert_eq!(coverage.missing(), Vec::<String>::new(), "never met");
}

/// The same events or the same refusal, and the same access afterwards.
fn agree(moment: &Moment<Enterprise>) -> Result<(), String> {
    let (step, at) = (moment.step, moment.at);
    let core = moment.decided.as_ref().map_err(|refusal| refusal.rule());
    let model = moment.witness_before.decide(&moment.command, at);
    if core != model.as_ref().map_err(|rule| *rule) {
        return Err(format!("step {step}:\n  core:  {core:?}\n  model: {model:?}"));
    }
    for credential in world::credentials() {
        let core = moment.after.authenticates(credential, at);
        let model = moment.witness_after.authenticates(credential, at);
        if core != model {
            return Err(format!(
                "after step {step}, credential {credential}:\n  core:  {core:?}\n  model: {model:?}"
            ));
        }
    }
    for (credential, organization) in world::pairs() {
        let core = moment.after.may_use(credential, organization, at);
        let model = moment.witness_after.may_use(credential, organization, at);
        if core != model {
            let pair = format!("credential {credential} for organization {organization}");
            return Err(format!(
                "after step {step}, {pair}:\n  core:  {core:?}\n  model: {model:?}"
            ));
        }
    }
    Ok(())
}
