//! One oracle, and what becomes of it if a call panics.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use enterprise_credentials::oracle::Oracle;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An oracle that is replaced if it dies.
#[derive(Debug, Default)]
pub(crate) struct Carrier {
    oracle: Oracle,
}

/// An error that is not the oracle's own, written like those that are.
#[derive(Serialize)]
struct Failed<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a RawValue>,
    error: Fault<'a>,
}

#[derive(Serialize)]
struct Fault<'a> {
    kind: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_up_to: Option<u64>,
}

/// What a request has that its answer repeats.
#[derive(Deserialize)]
struct Asked<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
}

impl Carrier {
    /// Answers a request, always.
    pub(crate) fn call(&mut self, request: &str) -> String {
        self.ask(request, Oracle::call)
    }

    fn ask(&mut self, request: &str, ask: impl FnOnce(&mut Oracle, &str) -> String) -> String {
        // What the panic left is thrown away; only its last handle is still read, a number.
        let answer = catch_unwind(AssertUnwindSafe(|| ask(&mut self.oracle, request)));
        answer.unwrap_or_else(|panic| self.died(request, panic.as_ref()))
    }

    fn died(&mut self, request: &str, panic: &(dyn Any + Send)) -> String {
        let last = self.oracle.last_handle();
        self.oracle = Oracle::after(last);
        let lost = match last {
            0 => String::from("no handle is lost"),
            last => format!("all handles up to {last} are lost"),
        };
        let cause = words(panic);
        let message = format!("the oracle died, {lost}, and a new one answers from now on: {cause}");
        let asked: Option<Asked<'_>> = serde_json::from_str(request).ok();
        let error = Fault {
            kind: "died",
            message: &message,
            lost_up_to: Some(last),
        };
        let id = asked.and_then(|asked| asked.id);
        written(&Failed { id, error })
    }
}

/// The answer to a call that is none. Its request was not read.
pub(crate) fn misuse(message: &str) -> String {
    let error = Fault {
        kind: "misuse",
        message,
        lost_up_to: None,
    };
    written(&Failed { id: None, error })
}

/// What a panic said.
fn words(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    let formatted = || panic.downcast_ref::<String>().map(String::as_str);
    literal.or_else(formatted).unwrap_or("a panic without words")
}

fn written(failed: &Failed<'_>) -> String {
    // Strings and numbers can be written. Nobody is owed an answer that cannot be.
    serde_json::to_string(failed).unwrap_or_default()
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
        assert!(died.contains("a panic without words"), "{died}");
    }
}
