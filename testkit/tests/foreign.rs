//! The comparison with a foreign implementation: one that agrees passes, one that differs is told where,
//! and by which rule.

use enterprise_credentials::{CorruptHistory, CredentialId, Enterprise, OrganizationId, Refusal, Rule, Timestamp};
use enterprise_credentials_testkit::foreign::{
    Answer, Asked, Behind, Failure, Implementation, Interruption, compare, compare_word,
};
use enterprise_credentials_testkit::{Counterexample, Word, explore, wrong};

/// Within how many words `compare` sees every wrong core that it can see.
const WORDS_TO_SEE: u32 = 200;

/// The core again, as a stranger would wrap it: behind answers of its own.
#[derive(Default)]
struct Service {
    enterprise: Enterprise,
    /// The one rule that it does not know.
    forgotten: Option<Rule>,
}

impl Implementation for Service {
    type Error = CorruptHistory;

    fn begin(&mut self) -> Result<(), CorruptHistory> {
        self.enterprise = Enterprise::new();
        Ok(())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, CorruptHistory> {
        match self.enterprise.decide(asked.command, asked.at) {
            Ok(events) => {
                for recorded in self.enterprise.record(events.clone(), asked.at, None) {
                    self.enterprise.apply(&recorded)?;
                }
                Ok(Answer::accepted(Some(events), None))
            }
            Err(refusal) if Some(refusal.rule()) == self.forgotten => Ok(Answer::accepted(None, None)),
            Err(refusal) => Ok(refused(&refusal)),
        }
    }

    fn authenticates(&mut self, credential: CredentialId, at: Timestamp) -> Result<Option<bool>, CorruptHistory> {
        Ok(Some(self.enterprise.authenticates(credential, at).is_ok()))
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        at: Timestamp,
    ) -> Result<Option<bool>, CorruptHistory> {
        Ok(Some(self.enterprise.may_use(credential, organization, at).is_ok()))
    }
}

fn refused(refusal: &Refusal) -> Answer {
    Answer::refused(Some(refusal.rule()), refusal.rule().http().map(|http| http.status))
}

#[test]
fn an_implementation_that_agrees_passes_and_has_met_every_rule() {
    let coverage = compare(&mut Service::default(), 1, 400).unwrap_or_else(|divergence| panic!("{divergence}"));
    assert_eq!(coverage.missing(), Vec::<String>::new());
}

#[test]
fn whichever_rule_an_implementation_forgets_the_divergence_names_it() {
    let forgotten = [
        Rule::OwnerOrPermission,
        Rule::RevokedPairIsTombstone,
        Rule::ManagedUsersOnly,
        Rule::CredentialIdNeverReused,
        Rule::RevocationsInOrder,
    ];
    for rule in forgotten {
        let mut service = Service {
            forgotten: Some(rule),
            ..Service::default()
        };
        let found = compare(&mut service, 1, 400).expect_err("it forgets a rule");
        assert_eq!(found.reason.divergence().map(|it| &*it.rules), Some(&[rule][..]));
        assert!(found.to_string().contains(rule.sentence()), "{found}");
        println!("{found}");
    }
}

/// A service with a fault of its own, once it has accepted a revoke-all.
struct Faulty {
    service: Service,
    fault: fn() -> Result<(), String>,
    asked: usize,
}

impl Faulty {
    fn new(fault: fn() -> Result<(), String>) -> Self {
        let service = Service::default();
        Self {
            service,
            fault,
            asked: 0,
        }
    }
}

impl Implementation for Faulty {
    type Error = String;

    fn begin(&mut self) -> Result<(), String> {
        self.service.begin().map_err(|error| error.to_string())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, String> {
        self.asked += 1;
        let answer = self.service.ask(asked).map_err(|error| error.to_string())?;
        let is_accepted = matches!(answer, Answer::Accepted { .. });
        if matches!(asked.command, enterprise_credentials::Command::RevokeAll(_)) && is_accepted {
            (self.fault)()?;
        }
        Ok(answer)
    }
}

#[test]
fn a_panic_is_told_with_its_place_and_the_smallest_word_that_shows_it() {
    let mut faulty = Faulty::new(|| panic!("the shard map has no entry"));
    let found = compare(&mut faulty, 7, 400).expect_err("it panics");
    let Failure::Panicked(Interruption { step, why, .. }) = &found.reason else {
        panic!("{found}");
    };
    assert_eq!((found.seed, *step), (7, Some(found.word.0.len())), "{found}");
    assert!(found.word.0.len() <= 4, "{found}");
    assert!(
        why.contains("foreign.rs:") && why.contains("the shard map has no entry"),
        "{why}"
    );
    println!("{found}");
}

#[test]
fn a_connection_that_breaks_is_no_difference_and_is_not_asked_again() {
    let mut faulty = Faulty::new(|| Err("connection refused (os error 111)".to_string()));
    let found = compare(&mut faulty, 1, 400).expect_err("it cannot be asked");
    let Failure::Unreachable(Interruption { step, why, .. }) = &found.reason else {
        panic!("{found}");
    };
    assert_eq!(why, "connection refused (os error 111)");
    assert!(step.is_some());
    let asked = faulty.asked;
    let again = compare_word(&mut faulty, &found.word).expect_err("the word is the one");
    assert_eq!(again, found.reason);
    assert!(faulty.asked - asked <= asked, "no smaller word was tried");
    assert_eq!(*step, Some(found.word.0.len()), "what was never asked is left out");
    println!("{found}");
}

#[test]
fn a_panic_while_beginning_has_no_step() {
    struct NeverBegins;
    impl Implementation for NeverBegins {
        type Error = String;

        fn begin(&mut self) -> Result<(), String> {
            panic!("no database")
        }

        fn ask(&mut self, _: &Asked<'_>) -> Result<Answer, String> {
            Ok(Answer::Unasked)
        }
    }
    let found = compare(&mut NeverBegins, 1, 1).expect_err("it panics");
    assert_eq!(found.reason.step(), None);
    assert!(found.to_string().contains("before the first step"), "{found}");
}

#[test]
fn a_counterexample_is_kept_as_lines_and_read_again() {
    let mut service = Service {
        forgotten: Some(Rule::RevokedPairIsTombstone),
        ..Service::default()
    };
    let found = compare(&mut service, 1, 400).expect_err("it forgets a rule");
    let kept = found.word.to_lines();
    let word: Word = kept.parse().expect("its own lines");
    assert_eq!(word, found.word);
    assert_eq!(compare_word(&mut service, &word), Err(found.reason));
    assert_eq!(compare_word(&mut Service::default(), &word), Ok(()));
    println!("{kept}");
}

#[test]
fn every_word_is_read_as_it_was_written() {
    explore(3, 200, |word| match word.to_lines().parse::<Word>() {
        Ok(read) if read == *word => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .unwrap_or_else(|found| panic!("{found}"));
    let json = serde_json::to_string(&Word::default()).expect("JSON");
    assert_eq!(json, "[]");
}

#[test]
fn a_line_that_is_no_step_is_named() {
    let error = "{\"command\":{\"type\":\"AddOrganization\",\"organization\":1,\"login\":\"o\"}}\n\n{\"order\":{}}\n"
        .parse::<Word>()
        .expect_err("the second is no step");
    assert_eq!(error.line, 3);
    assert!(error.to_string().contains("`{\"command\":{…}}`"), "{error}");
}

#[test]
fn a_long_word_is_shown_without_its_middle() {
    let mut longest = Word::default();
    let explored = explore(1, 50, |word| {
        if word.0.len() > longest.0.len() {
            longest = word.clone();
        }
        Ok::<(), String>(())
    });
    assert_eq!(explored, Ok(()));
    let steps = longest.0.len();
    assert!(steps > 30, "{steps}");
    let shown = Counterexample {
        seed: 1,
        word: longest.clone(),
        reason: "why",
    }
    .to_string();
    assert!(shown.lines().count() <= 30, "{shown}");
    assert!(
        shown.contains(&format!("{} of {steps} steps left out", steps - 24)),
        "{shown}"
    );
    assert_eq!(format!("{longest:#}").lines().count(), steps);
}

#[test]
fn the_real_core_behind_an_implementation_passes() {
    let compared = compare(&mut Behind::<Enterprise>::default(), 1, 60);
    compared.unwrap_or_else(|found| panic!("{found}"));
}

/// The kit's own suite, put to the test that it offers to others.
#[test]
fn compare_sees_every_wrong_core_that_it_says_it_sees_and_no_other() {
    let mut seen_otherwise = Vec::new();
    for core in wrong::CORES {
        let (mut words, mut seen) = (0, false);
        // What no word can show is not looked for in all of them.
        let cases = if core.is_seen_by_compare() {
            WORDS_TO_SEE
        } else {
            WORDS_TO_SEE / 10
        };
        let explored = explore(1, cases, |word| {
            if !seen {
                words += 1;
                seen = compare_word(&mut core.implementation(), word).is_err();
            }
            Ok::<(), String>(())
        });
        assert_eq!(explored, Ok(()));
        println!("{:<28} {:<14} seen: {seen}, {words} words", core.name, core.breaks.id());
        if seen != core.is_seen_by_compare() {
            seen_otherwise.push(core.name);
        }
    }
    assert!(seen_otherwise.is_empty(), "{seen_otherwise:?}");
}
