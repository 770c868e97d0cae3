//! The core as text: requests in JSON, answers in JSON. For test suites in any language, and for whatever carries this
//! to them: a pipe, a WebAssembly module, a foreign function.
//!
//! An [`Oracle`] keeps enterprises by number, their *handles*. A request names its `call`; an answer holds a `result`
//! or an `error`. Commands, events and times are written as in the log. The guide `docs/oracle.md` has every call.
//!
//! ```
//! use enterprise_credentials::oracle::Oracle;
//!
//! let mut oracle = Oracle::new();
//! assert_eq!(
//!     oracle.call(r#"{"id":1,"call":"begin"}"#),
//!     r#"{"id":1,"result":{"handle":1,"position":0,"last_at":null}}"#,
//! );
//! let command = r#"{"type":"DestroyCredential","credential":7}"#;
//! let at = "2026-03-10T09:00:00.000Z";
//! let answer = oracle.call(&format!(r#"{{"call":"decide","handle":1,"at":"{at}","command":{command}}}"#));
//! assert!(answer.starts_with(r#"{"result":{"refused":{"rule":"enterprise_exists","status":404,"#), "{answer}");
//! assert!(oracle.call("?").starts_with(r#"{"error":{"kind":"malformed_request","#));
//! ```
//!
//! An error changes nothing. No text makes it panic, and what it keeps is bounded: by [`HANDLES_MAX`] and
//! [`KEPT_BYTES_MAX`]. What a call may take is not: the caller must watch the clock.

mod answer;
mod bounds;
mod changes;
mod cores;
mod decision;
mod enterprises;
mod fault;
mod fields;
mod hex;
mod questions;
mod reading;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
use serde_json::value::RawValue;

pub use bounds::{DEPTH_MAX, HANDLES_MAX, KEPT_BYTES_MAX, PAIRS_MAX, PROTOCOL, REQUEST_BYTES_MAX, RULE_SET};
pub use cores::Core;
pub use fault::ErrorKind;

use crate::enterprise::Enterprise;
use crate::event::{Actor, Event, RecordedEvent};
use crate::oracle::answer::Answer;
use crate::oracle::enterprises::Enterprises;
use crate::oracle::fault::Fault;
use crate::oracle::fields::Fields;
use crate::oracle::questions::version;
use crate::rest::Decider;
use crate::timestamp::Timestamp;

/// Enterprises by number, and what may be asked of them. Who speaks is the core; or, to test a test suite, one that is
/// wrong on purpose.
#[derive(Debug)]
pub struct Oracle {
    enterprises: Enterprises,
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl Oracle {
    /// One that keeps no enterprise yet. Its first handle is 1.
    pub fn new() -> Self {
        Self::after(0)
    }

    /// One whose first handle is the next after this. It is for a carrier that lost another: so a handle that is gone
    /// never names what is new.
    pub fn after(last_handle: u64) -> Self {
        Self::of(Box::new(Enterprise::new()), last_handle)
    }

    /// One for which another core speaks. `sort` is one of its sort, to which nothing has happened.
    pub fn of(sort: Box<dyn Core>, last_handle: u64) -> Self {
        let enterprises = Enterprises::of(sort, last_handle);
        Self { enterprises }
    }

    /// The last handle that was given out; 0 before the first.
    pub const fn last_handle(&self) -> u64 {
        self.enterprises.last()
    }

    /// Answers one request. The answer is a JSON object on one line, without a line feed.
    pub fn call(&mut self, request: &str) -> String {
        let read = Fields::read(request).and_then(|mut fields| Ok((fields.id()?, fields)));
        match read {
            Ok((id, fields)) => self.answer(id, fields).unwrap_or_else(|error| failed(id, error)),
            Err(error) => failed(None, error),
        }
    }

    /// The enterprise behind a handle, as the operations over HTTP ask it: for a carrier that serves [`crate::rest`].
    pub fn decider(&self, handle: u64) -> Option<&dyn Decider> {
        let kept = self.enterprises.get(handle).ok()?;
        Some(kept.core.decider())
    }

    /// All events of the enterprise behind a handle; nothing where it began with a snapshot.
    pub fn history(&self, handle: u64) -> Option<&[RecordedEvent]> {
        self.enterprises.get(handle).ok()?.history.as_deref()
    }

    /// Records what a [`Decider`] of this handle has decided at `at`, in the name of `by`: all of it or nothing.
    ///
    /// # Errors
    /// What is wrong: an enterprise that was ended, events that do not fit it, or too much that is kept.
    pub fn record(
        &mut self,
        handle: u64,
        events: Vec<Event>,
        at: Timestamp,
        by: Option<Actor>,
    ) -> Result<(), ErrorKind> {
        let recorded = self.enterprises.record(handle, events, at, by);
        recorded.map_err(|fault| fault.kind())
    }

    fn answer(&mut self, id: Option<&RawValue>, mut fields: Fields<'_>) -> Result<String, Fault> {
        let call: String = fields.required("call")?;
        let all = &mut self.enterprises;
        match call.as_str() {
            "version" => done(id, version(fields)),
            "begin" => done(id, all.begin(fields)),
            "clone" => done(id, all.clone_one(fields)),
            "end" => done(id, all.end(fields)),
            "apply" => done(id, all.apply(fields)),
            "decide" => done(id, all.decide(fields)),
            "carry_out" => done(id, all.carry_out(fields)),
            "access" => done(id, all.access(fields)),
            "access_all" => done(id, all.access_all(fields)),
            "plan" => done(id, all.plan(fields)),
            "progress" => done(id, all.progress(fields)),
            "audit" => done(id, all.audit(fields)),
            "explain" => done(id, all.explain(fields)),
            "snapshot" => done(id, all.snapshot(fields)),
            _ => Err(Fault::unknown_call(&call)),
        }
    }
}

fn done<T: Serialize>(id: Option<&RawValue>, result: Result<T, Fault>) -> Result<String, Fault> {
    let result = result?;
    Ok(Answer::Done { id, result }.written())
}

fn failed(id: Option<&RawValue>, error: Fault) -> String {
    let answer: Answer<'_, ()> = Answer::Failed { id, error };
    answer.written()
}
