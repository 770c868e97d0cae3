//! Wrong about histories: their replay, their bytes, their audit.

use core::num::NonZeroU32;
use std::string::String;
use std::vec::Vec;

use serde_json::{Map, Value};

use super::around_the_core;
use crate::candidate::Candidate;
use enterprise_credentials::audit::Report;
use enterprise_credentials::log::{LogError, LogErrorKind};
use enterprise_credentials::snapshot::{self, SnapshotError};
use enterprise_credentials::{Command, CorruptHistory, Enterprise, Event, RecordedEvent, Rule};

type Read = Vec<Result<RecordedEvent, LogError>>;

around_the_core! {
    ForgetsKeysInReplay {
        fn replay(history: &[RecordedEvent]) -> Result<Self, CorruptHistory> {
            let without_key = |recorded: &RecordedEvent| {
                let mut recorded = recorded.clone();
                if let Event::RevokeAllRequested { idempotency_key, .. } = &mut recorded.event {
                    *idempotency_key = None;
                }
                recorded
            };
            let history: Vec<RecordedEvent> = history.iter().map(without_key).collect();
            <Enterprise as Candidate>::replay(&history).map(Self)
        }
    }

    SnapshotsTooLate {
        fn through_snapshot(&self) -> Result<Self, SnapshotError> {
            let mut late = self.clone();
            if let (Some(revocation), Some(at)) = (self.0.pending_revocations().next(), self.0.last_at()) {
                let next = Command::ContinueRevocation { revocation, limit: NonZeroU32::MIN };
                let events = late.0.decide(&next, at).unwrap_or_default();
                let recorded = Vec::from_iter(late.0.record(events, at, None));
                late.0.apply_all(&recorded).unwrap_or_default();
            }
            snapshot::read(&snapshot::write(&late.0)).map(Self)
        }
    }

    ToleratesUnknownTypes {
        fn read(bytes: &[u8]) -> Read {
            let mut bytes = bytes.to_vec();
            loop {
                let read = Enterprise::read(&bytes);
                match read.last() {
                    Some(Err(LogError { line, kind: LogErrorKind::UnknownType { .. }, .. })) => {
                        bytes = without_line(&bytes, *line);
                    }
                    _ => return read,
                }
            }
        }
    }

    RefusesUnknownFields {
        fn read(bytes: &[u8]) -> Read {
            let fields = |line: &[u8]| {
                let fields: Option<Map<String, Value>> = serde_json::from_slice(line).ok();
                fields.map_or(0, |fields| fields.len())
            };
            let lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
            let read = Enterprise::read(bytes).into_iter().zip(lines).map(|(read, (line, text))| {
                let recorded = read?;
                if fields(text) == fields(&Enterprise::write(&recorded)) {
                    return Ok(recorded);
                }
                let kind = LogErrorKind::Json { reason: String::from("unknown field") };
                Err(LogError { line, column: None, kind })
            });
            read.collect()
        }
    }

    WritesWhiteSpace {
        fn write(recorded: &RecordedEvent) -> Vec<u8> {
            let line = Enterprise::write(recorded);
            line.split_inclusive(|byte| *byte == b',').collect::<Vec<_>>().join(b" ".as_slice())
        }
    }

    TrustsAuthority {
        fn audit(history: &[RecordedEvent]) -> Result<Report, CorruptHistory> {
            let mut report = Enterprise::audit(history)?;
            let on_trust = [Some(Rule::OwnerOrPermission), Some(Rule::AuthorityRecorded)];
            report.findings.retain(|finding| !on_trust.contains(&finding.rule));
            Ok(report)
        }
    }

    AuditsStructureOnly {
        fn audit(history: &[RecordedEvent]) -> Result<Report, CorruptHistory> {
            let mut report = Enterprise::audit(history)?;
            report.findings.clear();
            Ok(report)
        }
    }
}

fn without_line(bytes: &[u8], number: u64) -> Vec<u8> {
    let lines = (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n'));
    lines
        .filter(|(line, _)| *line != number)
        .flat_map(|(_, line)| line.to_vec())
        .collect()
}
