//! Every law would notice: each wrong core is caught by the law that it breaks,
//! and the real core passes the same words.

use std::collections::BTreeSet;

use enterprise_credentials::Enterprise;
use enterprise_credentials_testkit::{Coverage, Law, Run, explore, wrong};

const SEED: u64 = 1;

#[test]
fn each_wrong_core_is_caught_by_the_law_that_it_breaks() {
    let mut missed = Vec::new();
    for core in wrong::CORES {
        let mut words = 0;
        let explored = explore(SEED, wrong::WORDS_MAX, |word| {
            words += 1;
            core.judge(word)
        });
        match explored {
            Err(caught) => {
                assert_eq!(caught.reason.law, core.breaks, "{core:?}");
                let real = core.breaks.check(&Run::<Enterprise>::of(&caught.word));
                assert_eq!(real, Ok(()), "the real core breaks the same law");
                println!("{core:?}\n{caught}\n");
            }
            Ok(()) => missed.push(core.name),
        }
    }
    println!("{} wrong cores, missed: {missed:?}", wrong::CORES.len());
    assert!(missed.is_empty(), "missed: {missed:?}");
}

#[test]
fn every_law_has_a_wrong_core() {
    let broken: BTreeSet<Law> = wrong::CORES.iter().map(|core| core.breaks).collect();
    assert_eq!(broken, BTreeSet::from(Law::ALL));
}

#[test]
fn a_workload_that_meets_too_little_is_noticed() {
    let mut coverage = Coverage::default();
    let explored = explore(SEED, wrong::WORDS_MAX, |word| {
        let mut hurried = word.clone();
        hurried.0.iter_mut().for_each(|step| step.wait_ms = 0);
        coverage.observe(&Run::<Enterprise>::of(&hurried));
        Law::Access.check(&Run::<Enterprise>::of(&hurried))
    });
    assert_eq!(explored, Ok(()), "it breaks no law");
    let missing = ["rule credential_not_expired", "rule expiry_keeps_scope"];
    assert_eq!(coverage.missing(), missing, "and proves nothing about expiry");
}

#[test]
fn the_document_lists_every_law_and_every_wrong_core() {
    let document = include_str!("../../docs/testkit.md");
    let laws = Law::ALL.map(|law| format!("| {law} | {} |", law.sentence()));
    let cores = wrong::CORES.map(|core| {
        let seen = if core.is_seen_by_compare() { "yes" } else { "no" };
        format!("| {} | {} | {} | {seen} |", core.name, core.wrong, core.breaks)
    });
    let rows: Vec<String> = laws.into_iter().chain(cores).collect();
    let missing: Vec<&String> = rows.iter().filter(|row| !document.contains(*row)).collect();
    for row in &missing {
        println!("{row}");
    }
    assert!(
        missing.is_empty(),
        "docs/testkit.md lacks the rows above, or has them otherwise"
    );
}
