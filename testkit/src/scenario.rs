//! Given, when, then: examples that read like the rules.
//!
//! Commands and events are written as they are on the wire, a JSON object a line.
//!
//! ```
//! use enterprise_credentials::Rule;
//! use enterprise_credentials_testkit::scenario::given;
//!
//! let octo_corp = given(r#"
//!     {"type":"CreateEnterprise","slug":"octo-corp","kind":"personal_accounts"}
//!     {"type":"AddMember","member":7,"login":"mona","role":"owner"}
//! "#)?;
//! octo_corp
//!     .when(r#"{"type":"RevokeAll","caller":{"person":7},"revoke_credentials":true}"#)?
//!     .refused(Rule::ManagedUsersOnly)?;
//! octo_corp
//!     .when(r#"{"type":"RevokeAll","caller":{"person":7}}"#)?
//!     .then(r#"
//!         {"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}
//!     "#)?;
//! # Ok::<(), enterprise_credentials_testkit::scenario::Unexpected>(())
//! ```

use core::fmt;
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use serde::de::DeserializeOwned;

use crate::world;
use enterprise_credentials::{Command, Enterprise, Event, Refusal, Rule, Timestamp};

/// What a scenario expected, and what it found instead; or what it could not read.
#[derive(Clone, PartialEq, Eq)]
pub struct Unexpected(String);

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Unexpected {
    /// As a test prints it that returns it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl core::error::Error for Unexpected {}

/// An enterprise to which something has happened.
#[derive(Debug, Clone)]
pub struct Given {
    enterprise: Enterprise,
    at: Timestamp,
}

/// What the enterprise answered.
#[derive(Debug, Clone)]
pub struct Answered {
    given: Given,
    command: Command,
    decided: Result<Vec<Event>, Refusal>,
}

/// An enterprise that was asked these commands, none of which it refused.
///
/// # Errors
/// [`Unexpected`] for a line that is no command, or a command that is refused.
pub fn given(commands: &str) -> Result<Given, Unexpected> {
    let mut given = Given {
        enterprise: Enterprise::new(),
        at: world::start(),
    };
    for command in lines::<Command>(commands)? {
        given = given.ask(command).accepted()?;
    }
    Ok(given)
}

impl Given {
    /// The same, this many milliseconds later.
    #[must_use]
    pub fn later(&self, wait_ms: i64) -> Self {
        let at = Timestamp::from_milliseconds(self.at.milliseconds().saturating_add(wait_ms));
        let at = at.unwrap_or(self.at);
        Self { at, ..self.clone() }
    }

    /// Asks a command.
    ///
    /// # Errors
    /// [`Unexpected`] for what is no command.
    pub fn when(&self, command: &str) -> Result<Answered, Unexpected> {
        Ok(self.ask(read(command)?))
    }

    /// The state.
    pub const fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    /// The time of what is asked next.
    pub const fn at(&self) -> Timestamp {
        self.at
    }

    fn ask(&self, command: Command) -> Answered {
        let decided = self.enterprise.decide(&command, self.at);
        let given = self.clone();
        Answered {
            given,
            command,
            decided,
        }
    }
}

impl Answered {
    /// Expects these events, and goes on from there.
    ///
    /// # Errors
    /// [`Unexpected`] where the answer is another.
    pub fn then(self, events: &str) -> Result<Given, Unexpected> {
        let expected = lines::<Event>(events)?;
        match &self.decided {
            Ok(events) if *events == expected => self.accepted(),
            _ => Err(self.unexpected(&format!("{expected:?}"))),
        }
    }

    /// Expects that there is nothing to do.
    ///
    /// # Errors
    /// [`Unexpected`] where the answer is another.
    pub fn nothing(self) -> Result<Given, Unexpected> {
        self.then("")
    }

    /// Expects this rule to refuse it.
    ///
    /// # Errors
    /// [`Unexpected`] where the answer is another.
    pub fn refused(self, rule: Rule) -> Result<Given, Unexpected> {
        match &self.decided {
            Err(refusal) if refusal.rule() == rule => Ok(self.given),
            _ => Err(self.unexpected(&format!("refused by {rule}: {}", rule.sentence()))),
        }
    }

    /// Expects that it is accepted, whatever the events, and goes on from there.
    ///
    /// # Errors
    /// [`Unexpected`] where it is refused.
    pub fn accepted(mut self) -> Result<Given, Unexpected> {
        let Ok(events) = self.decided.clone() else {
            return Err(self.unexpected("accepted"));
        };
        for recorded in self.given.enterprise.record(events, self.given.at, None) {
            let applied = self.given.enterprise.apply(&recorded);
            applied.map_err(|corrupt| Unexpected(corrupt.to_string()))?;
        }
        Ok(self.given)
    }

    fn unexpected(&self, expected: &str) -> Unexpected {
        let found = match &self.decided {
            Ok(events) => format!("{events:?}"),
            Err(refusal) => format!("refused by {}: {refusal}", refusal.rule()),
        };
        let command = crate::word::json(&self.command);
        Unexpected(format!("when {command}\n  expected: {expected}\n  found:    {found}"))
    }
}

fn lines<T: DeserializeOwned>(text: &str) -> Result<Vec<T>, Unexpected> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(read)
        .collect()
}

fn read<T: DeserializeOwned>(line: &str) -> Result<T, Unexpected> {
    serde_json::from_str(line).map_err(|error| Unexpected(format!("{error}: {line}")))
}
