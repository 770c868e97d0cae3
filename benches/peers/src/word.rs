//! The commands that all contestants carry out.

use std::num::NonZeroU32;

use chrono::{DateTime, Utc};
use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, Enterprise, RevokeAll, Scopes, Timestamp, log,
};
use enterprise_credentials_benches::history::{Mix, MixedLog, at, credential, owners, person};

use crate::plain;

/// How many events come before: they make about 20,000 credentials, of which some are destroyed.
const EVENTS: u64 = 50_000;
/// How many credentials a batch of the job takes.
const BATCH: u32 = 100;

/// Which commands there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// The four on single credentials, in the mix of the targets.
    Single,
    /// The same; one quarter in, everything is revoked, three quarters in, everything with its credentials, and while a
    /// job runs every tenth command continues it.
    All,
}

/// A word and the history before it.
pub(crate) struct Prepared {
    pub(crate) log: MixedLog,
    pub(crate) commands: Vec<Command>,
}

impl Word {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::All => "all",
        }
    }

    pub(crate) fn prepare(self, length: usize) -> Prepared {
        let log = MixedLog::new(EVENTS, false);
        let mut enterprise = log::replay(&log.bytes).expect("a log");
        let mut mix = Mix::new(false);
        for recorded in log::read(&log.bytes) {
            mix.note(&[recorded.expect("an event").event]);
        }
        let mut commands = vec![issue_to_caller()];
        carry_out(&mut enterprise, &commands[0]);
        while commands.len() < length {
            let place = commands.len();
            let command = self.special(place, length, &enterprise);
            let command = command.unwrap_or_else(|| mix.next(owners(EVENTS)));
            mix.note(&carry_out(&mut enterprise, &command));
            commands.push(command);
        }
        Prepared { log, commands }
    }

    /// The command that the mix does not have.
    fn special(self, place: usize, length: usize, enterprise: &Enterprise) -> Option<Command> {
        if self == Self::Single {
            return None;
        }
        if place == length / 4 || place == length / 4 * 3 {
            return Some(Command::RevokeAll(RevokeAll {
                caller: Caller::Person {
                    person: person(0),
                    credential: Some(callers()),
                },
                revoke_credentials: place > length / 2,
                idempotency_key: None,
            }));
        }
        let revocation = enterprise
            .pending_revocations()
            .next()
            .filter(|_| place.is_multiple_of(10))?;
        let limit = NonZeroU32::new(BATCH).expect("not zero");
        Some(Command::ContinueRevocation { revocation, limit })
    }
}

/// When all of this happens.
pub(crate) fn now() -> Timestamp {
    at(EVENTS * 2)
}

/// The same time for chrono.
pub(crate) fn by_chrono(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.milliseconds()).expect("a time")
}

/// Decides, records and applies, as a host does: the events, or none where refused.
fn carry_out(enterprise: &mut Enterprise, command: &Command) -> Vec<enterprise_credentials::Event> {
    let events = enterprise.decide(command, now()).unwrap_or_default();
    for recorded in enterprise.record(events.clone(), now(), None) {
        enterprise.apply(&recorded).expect("a decided event fits");
    }
    events
}

/// The token of the one who revokes everything: unknown to the mix, so that nothing happens to it before.
fn callers() -> CredentialId {
    credential(u64::from(u32::MAX / 2))
}

fn issue_to_caller() -> Command {
    Command::IssueCredential {
        credential: callers(),
        owner: person(0),
        kind: CredentialKind::ClassicPat,
        scopes: Scopes::parse(["admin:enterprise"]).expect("a scope"),
        expires_at: None,
        fingerprint: None,
    }
}

/// The same command in the plain decider's words: as JSON the two are the same.
pub(crate) fn plainly(command: &Command) -> plain::Command {
    let command = serde_json::to_value(command).expect("a command is JSON");
    serde_json::from_value(command).expect("a command of the plain decider")
}
