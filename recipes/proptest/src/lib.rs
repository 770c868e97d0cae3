//! The service under test: here the oracle or a wrong core. Write these methods for yours.

use std::sync::LazyLock;

use enterprise_credentials::{Command, Timestamp};
use serde_json::{Value, json};
use ureq::Agent;

/// An enterprise of the service.
#[derive(Debug)]
pub struct Service {
    url: String,
    handle: Value,
}

impl Service {
    /// A new enterprise, to which nothing has happened.
    pub fn begin() -> Self {
        let url = std::env::var("SERVICE").expect("SERVICE is the address of the service, as http://127.0.0.1:8090");
        let handle = ask(&url, &json!({"call": "begin"}))["handle"].take();
        Self { url, handle }
    }

    /// What a command leads to: events, or the rule that refuses it.
    pub fn carry_out(&self, command: &Command, at: Timestamp) -> Value {
        let request = json!({"call": "carry_out", "handle": self.handle, "at": at, "command": command});
        let mut answer = ask(&self.url, &request);
        match &mut answer["refused"] {
            Value::Null => answer["accepted"]["events"].take(),
            refused => refused["rule"].take(),
        }
    }

    /// Which credentials authenticate, and for which organizations they may be used.
    pub fn access(&self, at: Timestamp) -> Value {
        ask(
            &self.url,
            &json!({"call": "access_all", "handle": self.handle, "at": at}),
        )
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        ask(&self.url, &json!({"call": "end", "handle": self.handle}));
    }
}

fn ask(url: &str, request: &Value) -> Value {
    static AGENT: LazyLock<Agent> = LazyLock::new(Agent::new_with_defaults);
    let answer = AGENT
        .post(format!("{url}/oracle"))
        .send(request.to_string())
        .expect("the service answers");
    let answer = answer.into_body().read_to_string().expect("the answer arrives");
    let mut answer: Value = serde_json::from_str(&answer).expect("the answer is JSON");
    assert!(answer["error"].is_null(), "{request}: {answer}");
    answer["result"].take()
}
