//! Somebody else who writes to the same stream, by the rules.

use std::num::NonZeroU32;

use enterprise_credentials::log::replay;
use enterprise_credentials::{Command, Enterprise};
use enterprise_credentials_host::store::{Batch, Store, Urgency};

use crate::common::history::{OWNER, exported};
use crate::common::lines::{head_of, lines};
use crate::workload::slug;
use crate::world::BATCH;

/// Writes what comes next in turn and the core allows. A stream that does not replay is left to the auditor.
pub(crate) async fn write(store: &impl Store, number: usize) {
    let log = exported(store, &slug()).await;
    let Ok(enterprise) = replay(&log) else {
        return;
    };
    let at = enterprise.last_at().unwrap();
    let commands = commands(&enterprise, number);
    for index in 0..commands.len() {
        let command = &commands[(number + index) % commands.len()];
        let Ok(events) = enterprise.decide(command, at) else {
            continue;
        };
        if events.is_empty() {
            continue;
        }
        let recorded: Vec<_> = enterprise.record(events, at, None).collect();
        let batch = Batch::written(enterprise.position(), &recorded).unwrap();
        let head = head_of(&lines(&log));
        let _ = store.append(&slug(), &head, batch, Urgency::Request).await;
        return;
    }
}

fn commands(enterprise: &Enterprise, number: usize) -> Vec<Command> {
    let mut commands: Vec<Command> = [
        format!(r#"{{"type":"AddMember","member":{},"login":"rival-{number}","role":"member"}}"#, 100 + number),
        format!(
            r#"{{"type":"RevokeAll","caller":{{"person":{OWNER}}},"revoke_credentials":{},"idempotency_key":"rival-{number}"}}"#,
            number.is_multiple_of(2)
        ),
        r#"{"type":"RevokeAuthorization","credential":907,"organization":2}"#.to_string(),
        r#"{"type":"DestroyCredential","credential":906}"#.to_string(),
        r#"{"type":"RemoveMember","member":9}"#.to_string(),
    ]
    .iter()
    .map(|command| serde_json::from_str(command).unwrap())
    .collect();
    commands.extend(enterprise.pending_revocations().next().map(|revocation| {
        let limit = NonZeroU32::new(BATCH).unwrap();
        Command::ContinueRevocation { revocation, limit }
    }));
    commands
}
