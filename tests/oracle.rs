//! The core as text: what is documented is answered, what is wrong is told as data, and no text makes it panic.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "oracle/arbitrary.rs"]
mod arbitrary;
#[path = "fuzz_checks/oracle.rs"]
mod checks;
#[path = "oracle/documented.rs"]
mod documented;
#[path = "oracle/errors.rs"]
mod errors;
#[path = "oracle/same_answers.rs"]
mod same_answers;
#[path = "oracle/schemas.rs"]
mod schemas;

use enterprise_credentials::oracle::Oracle;
use serde_json::Value;

/// The answer to a request.
fn ask(oracle: &mut Oracle, request: &Value) -> Value {
    serde_json::from_str(&oracle.call(&request.to_string())).unwrap()
}

/// The result of a request that has one.
fn result(oracle: &mut Oracle, request: &Value) -> Value {
    let answer = ask(oracle, request);
    assert!(answer.get("error").is_none(), "{request}: {answer}");
    answer["result"].clone()
}

/// The error of a request that has no result.
fn error(oracle: &mut Oracle, request: &Value) -> Value {
    let answer = ask(oracle, request);
    assert!(answer.get("result").is_none(), "{request}: {answer}");
    answer["error"].clone()
}
