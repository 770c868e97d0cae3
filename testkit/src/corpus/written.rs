//! The corpus as JSON lines: what an oracle answers to its steps.

use std::format;
use std::string::String;
use std::vec::Vec;

use enterprise_credentials::oracle::{Oracle, PROTOCOL, RULE_SET};
use enterprise_credentials::{Command, Timestamp};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::corpus::asked::World;
use crate::corpus::points::Shown;
use crate::corpus::selection::Selected;
use crate::corpus::walk::Walk;
use crate::word::Step;
use crate::world::valid;
use crate::wrong::WrongCore;

/// The version of the corpus's own shape.
const CORPUS: u32 = 1;

const BEGIN: &str = r#"{"call":"begin"}"#;

/// The first line.
#[derive(Serialize)]
struct Header<'a> {
    corpus: u32,
    protocol: u32,
    rule_set: u32,
    worlds: usize,
    cases: usize,
    steps: usize,
    shows: &'a Shown,
}

/// A line that others begin with.
#[derive(Serialize)]
struct WorldLine<'a> {
    world: &'a str,
    steps: Vec<StepWritten>,
}

#[derive(Serialize)]
struct CaseLine<'a> {
    case: usize,
    world: &'a str,
    steps: Vec<StepWritten>,
}

#[derive(Serialize)]
struct StepWritten {
    at: Timestamp,
    command: Command,
    answer: Box<RawValue>,
    /// Absent where it is as it was before.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Box<RawValue>>,
}

pub(super) fn write(worlds: &[(World, u64)], selected: &Selected<'_>) -> String {
    let mut lines = String::new();
    let mut steps_written = 0;
    let mut line = |json: String, steps: usize| {
        steps_written += steps;
        lines += &json;
        lines.push('\n');
    };
    for (world, _) in worlds {
        let steps = Scribe::new().take_all(&world.steps);
        let count = steps.len();
        let world = world.name;
        line(valid(serde_json::to_string(&WorldLine { world, steps })), count);
    }
    for (case, number) in selected.cases.iter().zip(1..) {
        let mut scribe = Scribe::new();
        scribe.take_all(&case.world.steps);
        let steps = scribe.take_all(&case.steps);
        let count = steps.len();
        let (case, world) = (number, case.world.name);
        line(valid(serde_json::to_string(&CaseLine { case, world, steps })), count);
    }
    let header = Header {
        corpus: CORPUS,
        protocol: PROTOCOL,
        rule_set: RULE_SET,
        worlds: worlds.len(),
        cases: selected.cases.len(),
        steps: steps_written,
        shows: &selected.shown,
    };
    format!("{}\n{lines}", valid(serde_json::to_string(&header)))
}

/// What is asked in a step: to carry a command out, and who may do what then.
fn requests(at: Timestamp, command: &Command) -> [String; 2] {
    let command = valid(serde_json::to_string(command));
    [
        format!(r#"{{"call":"carry_out","handle":1,"at":"{at}","command":{command}}}"#),
        format!(r#"{{"call":"access_all","handle":1,"at":"{at}"}}"#),
    ]
}

/// Whether a wrong core answers these steps otherwise than the core.
pub(super) fn is_caught(core: &WrongCore, world: &World, steps: &[Step]) -> bool {
    let (mut right, mut wrong) = (Oracle::new(), core.oracle(0));
    right.call(BEGIN);
    wrong.call(BEGIN);
    let mut walk = Walk::new();
    let moments = world.steps.iter().chain(steps).filter_map(|step| walk.take(step));
    let mut requests = moments.flat_map(|moment| requests(moment.at, &moment.command));
    requests.any(|request| right.call(&request) != wrong.call(&request))
}

/// Takes steps, and writes down what is answered.
struct Scribe {
    oracle: Oracle,
    walk: Walk,
    access: String,
}

impl Scribe {
    fn new() -> Self {
        let mut oracle = Oracle::new();
        oracle.call(BEGIN);
        Self {
            oracle,
            walk: Walk::new(),
            access: String::from(r#"{"authenticates":[],"may_use":[]}"#),
        }
    }

    fn take_all(&mut self, steps: &[Step]) -> Vec<StepWritten> {
        steps.iter().filter_map(|step| self.take(step)).collect()
    }

    fn take(&mut self, step: &Step) -> Option<StepWritten> {
        let moment = self.walk.take(step)?;
        let (at, command) = (moment.at, moment.command);
        let asked = valid(serde_json::to_string(&command));
        let answer = self.ask(&format!(
            r#"{{"call":"carry_out","handle":1,"at":"{at}","command":{asked}}}"#
        ));
        let access = self.ask(&format!(r#"{{"call":"access_all","handle":1,"at":"{at}"}}"#));
        let is_new = access != self.access;
        self.access.clone_from(&access);
        Some(StepWritten {
            at,
            command,
            answer: valid(RawValue::from_string(answer)),
            access: is_new.then(|| valid(RawValue::from_string(access))),
        })
    }

    /// The result of a request, as it stands in the answer.
    fn ask(&mut self, request: &str) -> String {
        let answer = self.oracle.call(request);
        let result = answer
            .strip_prefix(r#"{"result":"#)
            .and_then(|rest| rest.strip_suffix('}'));
        String::from(valid(result.ok_or(&answer)))
    }
}
