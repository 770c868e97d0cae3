//! The examples of docs/wire-format.md are what they say.

use std::collections::BTreeSet;

use enterprise_credentials::log::{self, Decoder};
use enterprise_credentials::{Command, Event, Position};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../docs/wire-format.md");

#[test]
fn documented_events_are_canonical_lines_and_none_is_missing() {
    let mut documented = BTreeSet::new();
    for line in examples("jsonl") {
        let position = serde_json::from_str::<Value>(line).unwrap()["position"]
            .as_u64()
            .unwrap();
        let before = Position::new(position - 1).unwrap();
        let recorded = Decoder::resume(before, None).decode(line.as_bytes()).unwrap();
        let mut written = Vec::new();
        log::write_line(&recorded, &mut written);
        assert_eq!(String::from_utf8(written).unwrap(), format!("{line}\n"));
        documented.insert(recorded.event.name());
    }
    assert_eq!(documented, Event::NAMES.into());
}

#[test]
fn documented_commands_are_read_and_none_is_missing() {
    let mut documented = BTreeSet::new();
    for line in examples("json") {
        let command: Command = serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"));
        assert_eq!(serde_json::to_string(&command).unwrap(), line);
        documented.insert(number(&command));
    }
    assert_eq!(documented, (1..=17).collect());
}

/// The lines of the document's fenced blocks in this language.
fn examples(language: &str) -> impl Iterator<Item = &'static str> {
    let opening = format!("```{language}");
    let mut inside = false;
    DOCUMENT.lines().filter(move |line| {
        let was_inside = inside;
        inside = if inside { *line != "```" } else { *line == opening };
        was_inside && inside
    })
}

/// Numbers the commands, so that a new one does not compile until it is counted above.
fn number(command: &Command) -> u8 {
    match command {
        Command::CreateEnterprise { .. } => 1,
        Command::AddOrganization { .. } => 2,
        Command::RemoveOrganization { .. } => 3,
        Command::AddMember { .. } => 4,
        Command::ChangeMemberRole { .. } => 5,
        Command::RemoveMember { .. } => 6,
        Command::GrantPermission { .. } => 7,
        Command::WithdrawPermission { .. } => 8,
        Command::IssueCredential { .. } => 9,
        Command::AuthorizeCredential { .. } => 10,
        Command::RevokeAuthorization { .. } => 11,
        Command::DestroyCredential { .. } => 12,
        Command::RevokeAll(_) => 13,
        Command::ContinueRevocation { .. } => 14,
        Command::Revoke(_) => 15,
        Command::AddOrganizationOwner { .. } => 16,
        Command::RemoveOrganizationOwner { .. } => 17,
    }
}
