//! The oracle of `enterprise-credentials` as a native library carries it: a call that panics is answered too. Requests
//! and answers are the JSON of [`enterprise_credentials::oracle`].

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use enterprise_credentials::oracle::Oracle;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An oracle that is replaced when it dies. Where a call panics, which no request is known to do, the answer is an
/// error of the kind `died`, and another oracle answers from then on.
#[derive(Debug, Default)]
pub struct Carrier {
    oracle: Oracle,
}

/// An error that is not the oracle's own. It is written like those that are.
#[derive(Debug, Serialize)]
pub struct Fault<'a> {
    /// What sort of error it is, such as `died`: for programs.
    pub kind: &'static str,
    /// What is wrong: for people.
    pub message: &'a str,
    /// The last handle that names nothing any more, where some may be lost.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_up_to: Option<u64>,
}

#[derive(Serialize)]
struct Failed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: &'a Fault<'a>,
}

/// What of a request is repeated in its answer.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Carrier {
    /// One that asks this oracle first.
    pub const fn of(oracle: Oracle) -> Self {
        Self { oracle }
    }

    /// Answers one request, always, in JSON on one line.
    pub fn call(&mut self, request: &str) -> String {
        self.ask(request, Oracle::call)
    }

    fn ask(&mut self, request: &str, ask: impl FnOnce(&mut Oracle, &str) -> String) -> String {
        // What the panic left is thrown away; only its last handle is still read, a number.
        let answer = catch_unwind(AssertUnwindSafe(|| ask(&mut self.oracle, request)));
        answer.unwrap_or_else(|panic| self.died(request, words(panic.as_ref())))
    }

    fn died(&mut self, request: &str, cause: &str) -> String {
        let last = self.oracle.last_handle();
        self.oracle = Oracle::after(last);
        let lost = match last {
            0 => String::from("no handle is lost"),
            last => format!("all handles up to {last} are lost"),
        };
        let message = format!("the oracle died, {lost}, and a new one answers from now on: {cause}");
        let fault = Fault {
            kind: "died",
            message: &message,
            lost_up_to: Some(last),
        };
        fault.answer_to(request)
    }
}

impl Fault<'_> {
    /// The answer to a request, whose `id` it repeats where that can be read.
    pub fn answer_to(&self, request: &str) -> String {
        let asked: Option<Asked<'_>> = serde_json::from_str(request).ok();
        let id = asked.and_then(|asked| asked.id);
        // Strings and numbers can be written. Nobody is owed an answer that cannot be.
        serde_json::to_string(&Failed { id, error: self }).unwrap_or_default()
    }
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    let formatted = || panic.downcast_ref::<String>().map(String::as_str);
    literal.or_else(formatted).unwrap_or("it did not say why")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oracle_that_dies_is_replaced_and_its_handles_are_lost_for_good() {
        let begin = r#"{"id":"é","call":"begin"}"#;
        let mut carrier = Carrier::default();
        let died = carrier.ask(begin, |_, _| panic!("at once"));
        let message = "the oracle died, no handle is lost, and a new one answers from now on: at once";
        let expected = format!(r#"{{"id":"é","error":{{"kind":"died","message":"{message}","lost_up_to":0}}}}"#);
        assert_eq!(died, expected);
        carrier.call(begin);
        let died = carrier.ask(begin, |oracle, request| {
            oracle.call(request);
            panic!("after handle {}", oracle.last_handle())
        });
        let message =
            "the oracle died, all handles up to 2 are lost, and a new one answers from now on: after handle 2";
        let expected = format!(r#"{{"id":"é","error":{{"kind":"died","message":"{message}","lost_up_to":2}}}}"#);
        assert_eq!(died, expected);
        let lost = carrier.call(r#"{"call":"end","handle":1}"#);
        assert!(lost.starts_with(r#"{"error":{"kind":"unknown_handle","#), "{lost}");
        let next = carrier.call(begin);
        assert_eq!(next, r#"{"id":"é","result":{"handle":3,"position":0,"last_at":null}}"#);
    }

    #[test]
    fn a_panic_without_words_and_a_request_without_an_id_are_told_too() {
        let died = Carrier::default().ask("?", |_, _| std::panic::panic_any(7));
        assert!(died.starts_with(r#"{"error":{"kind":"died","#), "{died}");
        assert!(died.contains("it did not say why"), "{died}");
    }

    #[test]
    fn another_fault_loses_nothing_and_repeats_the_id() {
        let fault = Fault {
            kind: "misuse",
            message: "not so",
            lost_up_to: None,
        };
        let error = r#""error":{"kind":"misuse","message":"not so"}}"#;
        assert_eq!(fault.answer_to(r#"{"id":1.50}"#), format!(r#"{{"id":1.50,{error}"#));
        assert_eq!(fault.answer_to(""), format!("{{{error}"));
    }

    #[test]
    fn the_oracle_that_is_given_is_asked_first() {
        let mut carrier = Carrier::of(Oracle::after(41));
        let begun = carrier.call(r#"{"call":"begin"}"#);
        assert_eq!(begun, r#"{"result":{"handle":42,"position":0,"last_at":null}}"#);
    }
}
