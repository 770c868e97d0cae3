//! The core and an implementation, step by step.

use std::boxed::Box;
use std::format;
use std::string::{String, ToString};

use enterprise_credentials::{Enterprise, Event, Refusal, Timestamp};

use crate::coverage::{Coverage, rules_at_work};
use crate::exploration::{Counterexample, Smaller, find, shrink};
use crate::foreign::{Answer, Asked, Divergence, Failure, Implementation, Interruption};
use crate::panics::caught;
use crate::run::{Moment, Run};
use crate::word::{Word, json};
use crate::world;

/// Drives an implementation with `cases` random words and compares each of its answers with the core's.
///
/// A difference and a panic are reported with the smallest word that was found to show the same. An implementation that
/// cannot be asked is not asked again.
///
/// # Errors
/// The first failure, with its word.
pub fn compare<I: Implementation>(
    implementation: &mut I,
    seed: u64,
    cases: u32,
) -> Result<Coverage, Box<Counterexample<Failure>>> {
    let mut coverage = Coverage::default();
    let found = find(seed, cases, |word| {
        coverage.observe(&Run::<Enterprise>::of(word));
        compare_word(implementation, word)
    });
    let Some((tree, mut found)) = found else {
        return Ok(coverage);
    };
    if let Failure::Unreachable(at) = &found.reason {
        found.word.0.truncate(at.step.unwrap_or_default());
        return Err(Box::new(found));
    }
    let first = core::mem::discriminant(&found.reason);
    Err(Box::new(shrink(tree, found, |word| {
        match compare_word(implementation, word) {
            Err(Failure::Unreachable(_)) => Smaller::Unjudged,
            Err(failure) if core::mem::discriminant(&failure) == first => Smaller::Fails(failure),
            Err(_) | Ok(()) => Smaller::Passes,
        }
    })))
}

/// Takes one word with the core and with an implementation.
///
/// # Errors
/// The first failure.
pub fn compare_word<I: Implementation>(implementation: &mut I, word: &Word) -> Result<(), Failure> {
    let run = Run::<Enterprise>::of(word);
    let beginning = Place {
        step: None,
        at: world::start(),
    };
    beginning.call(|| implementation.begin(), || "to begin anew".to_string())?;
    for moment in &run.moments {
        let asked = Asked {
            command: &moment.command,
            at: moment.at,
            recorded_by_core: &moment.recorded,
            core_before: &moment.before,
        };
        let place = Place::of(moment);
        let answer = place.call(|| implementation.ask(&asked), || json(asked.command))?;
        let request = asked.command.requested();
        let warns = request.is_some_and(|request| moment.before.warns(request, moment.at));
        if !answer.agrees_with(&moment.decided, warns) {
            let core = told(&moment.decided, warns);
            return Err(differs(moment, json(asked.command), core, answered(&answer)));
        }
        compare_access(implementation, moment)?;
    }
    Ok(())
}

fn compare_access<I: Implementation>(implementation: &mut I, moment: &Moment<Enterprise>) -> Result<(), Failure> {
    let (place, at) = (Place::of(moment), moment.at);
    for credential in world::credentials() {
        let asked = || format!("whether credential {credential} authenticates");
        let core = moment.after.authenticates(credential, at);
        let other = place.call(|| implementation.authenticates(credential, at), asked)?;
        if other.is_some_and(|other| other != core.is_ok()) {
            return Err(differs(moment, asked(), access(&core), opposite(&core)));
        }
    }
    for (credential, organization) in world::pairs() {
        let asked = || format!("whether credential {credential} may be used for organization {organization}");
        let core = moment.after.may_use(credential, organization, at);
        let other = place.call(|| implementation.may_use(credential, organization, at), asked)?;
        if other.is_some_and(|other| other != core.is_ok()) {
            return Err(differs(moment, asked(), access(&core), opposite(&core)));
        }
    }
    Ok(())
}

/// Where a word stands.
struct Place {
    step: Option<usize>,
    at: Timestamp,
}

impl Place {
    const fn of(moment: &Moment<Enterprise>) -> Self {
        Self {
            step: Some(moment.step),
            at: moment.at,
        }
    }

    /// Asks the implementation, which may answer, fail or panic.
    fn call<T, E: core::fmt::Display>(
        &self,
        call: impl FnOnce() -> Result<T, E>,
        asked: impl FnOnce() -> String,
    ) -> Result<T, Failure> {
        let interrupted = |why, asked| {
            let Self { step, at } = *self;
            Interruption { step, asked, at, why }
        };
        match caught(call) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(Failure::Unreachable(interrupted(error.to_string(), asked()))),
            Err(panic) => Err(Failure::Panicked(interrupted(panic, asked()))),
        }
    }
}

fn differs(moment: &Moment<Enterprise>, asked: String, core: String, other: String) -> Failure {
    Failure::Differs(Divergence {
        step: moment.step,
        asked,
        at: moment.at,
        core,
        other,
        rules: rules_at_work(moment).into_iter().collect(),
    })
}

fn access<T, E: core::fmt::Display>(access: &Result<T, E>) -> String {
    match access {
        Ok(_) => "yes".to_string(),
        Err(denial) => format!("no: {denial}"),
    }
}

fn opposite<T, E>(access: &Result<T, E>) -> String {
    if access.is_ok() { "no" } else { "yes" }.to_string()
}

/// What the core decided, in words.
pub(crate) fn told(decided: &Result<Vec<Event>, Refusal>, warns: bool) -> String {
    match decided {
        Ok(events) if warns => format!("accepts with a warning, and records {}", as_json(events)),
        Ok(events) => format!("accepts, and records {}", as_json(events)),
        Err(refusal) => match refusal.rule().http() {
            Some(http) => format!("refuses with {} by {}: {refusal}", http.status, refusal.rule()),
            None => format!("refuses by {}: {refusal}", refusal.rule()),
        },
    }
}

/// What an implementation answered, in words.
pub(crate) fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Unasked => "gives no answer of its own".to_string(),
        Answer::Accepted { events, warned } => {
            let warned = match warned {
                Some(true) => " with a warning",
                Some(false) => " without a warning",
                None => "",
            };
            match events {
                Some(events) => format!("accepts{warned}, and records {}", as_json(events)),
                None => format!("accepts{warned}"),
            }
        }
        Answer::Refused { rule, status } => {
            let status = status.map(|status| format!(" with {status}")).unwrap_or_default();
            let rule = rule.map(|rule| format!(" by {rule}")).unwrap_or_default();
            format!("refuses{status}{rule}")
        }
    }
}

fn as_json(events: &[Event]) -> String {
    if events.is_empty() {
        return "nothing".to_string();
    }
    serde_json::to_string(events).unwrap_or_default()
}
