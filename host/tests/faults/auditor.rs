//! The workload's twin: from what clients saw, what callers of the store were answered and what the store holds in the
//! end, it says what cannot be. It knows nothing of the plan.

use std::collections::{BTreeMap, BTreeSet};

use enterprise_credentials::log::read;
use enterprise_credentials::rest::{self, Presented};
use enterprise_credentials::{Actor, Caller, CredentialId, Enterprise, Event, RecordedEvent, RevokeAll, audit};

use crate::common::history::recorded_item;
use crate::workload::{SLUG, credential_of};
use crate::world::{Run, Seen};

/// What cannot be where store, host and core keep their promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Finding {
    /// The stream does not replay.
    Unreadable,
    /// The core's audit finds an event that its rules do not allow.
    NotAllowed,
    /// Something was revoked, destroyed or completed twice.
    RecordedTwice,
    /// One key of one person is two revocations.
    KeyRecordedTwice,
    /// A revocation is not completed, or not with the totals of the plan.
    NotCompleted,
    /// A caller of the store was told that its lines are kept, and they are not.
    AcknowledgedNotKept,
    /// A part of an append is kept.
    HalfKept,
    /// A client was told that its request is queued, and the stream does not say so.
    AcceptedNotRecorded,
    /// A key that was never answered with anything but a refusal is in the stream, or a request that nobody sent.
    RecordedUnasked,
    /// A token that was dead before the request began was not answered 401.
    DeadTokenHonoured,
    /// The core gives this answer at no position that the stream had while the request ran.
    AnsweredOtherwise,
    /// In calm, a worker needed more appends than lines.
    Unbounded,
}

/// Every finding, with what it was first found in.
pub(crate) fn audit(run: &Run) -> BTreeMap<Finding, String> {
    let mut auditor = Auditor {
        run,
        events: read(&run.log).map_while(Result::ok).collect(),
        states: vec![Enterprise::new()],
        findings: BTreeMap::new(),
    };
    auditor.replay();
    auditor.once();
    auditor.completed();
    auditor.appended();
    auditor.accepted();
    auditor.asked();
    for seen in &run.seen {
        auditor.answered(seen);
    }
    let (appends, lines) = run.calm_appends;
    // Of two hosts one may lose each race, and may have died before its last append.
    if appends > 2 * lines + 1 {
        auditor.find(Finding::Unbounded, format!("{appends} appends for {lines} lines"));
    }
    auditor.findings
}

struct Auditor<'a> {
    run: &'a Run,
    events: Vec<RecordedEvent>,
    /// The state after each event, as far as they replay.
    states: Vec<Enterprise>,
    findings: BTreeMap<Finding, String>,
}

impl Auditor<'_> {
    fn find(&mut self, finding: Finding, what: String) {
        self.findings.entry(finding).or_insert(what);
    }

    fn replay(&mut self) {
        let lines = self.run.log.iter().filter(|byte| **byte == b'\n').count();
        let mut core = audit::Auditor::new();
        for (index, recorded) in self.events.clone().iter().enumerate() {
            if let Err(error) = core.observe(recorded) {
                return self.find(Finding::Unreadable, format!("line {}: {error}", index + 1));
            }
            self.states.push(core.enterprise().clone());
        }
        if self.events.len() < lines {
            self.find(Finding::Unreadable, format!("line {}", self.events.len() + 1));
        }
        for finding in core.finish().findings {
            self.find(Finding::NotAllowed, format!("{finding:?}"));
        }
    }

    fn once(&mut self) {
        let (mut items, mut keys) = (BTreeSet::new(), BTreeSet::new());
        for recorded in self.events.clone() {
            if let Event::RevokeAllRequested {
                requested_by,
                idempotency_key: Some(key),
                ..
            } = &recorded.event
                && !keys.insert((person(requested_by), key.clone()))
            {
                self.find(Finding::KeyRecordedTwice, format!("{recorded:?}"));
            }
            if recorded_item(&recorded.event).is_some_and(|item| !items.insert(item)) {
                self.find(Finding::RecordedTwice, format!("{recorded:?}"));
            }
        }
    }

    /// Each request has one completion, with the totals that were planned just before it.
    fn completed(&mut self) {
        for recorded in self.events.clone() {
            let Event::RevokeAllRequested {
                requested_by,
                revoke_credentials,
                ..
            } = recorded.event
            else {
                continue;
            };
            let cut = recorded.position.value();
            let Some(before) = self.state(usize::try_from(cut).unwrap() - 1) else {
                return;
            };
            let command = format!(
                r#"{{"caller":{},"revoke_credentials":{revoke_credentials}}}"#,
                serde_json::to_string(&requested_by).unwrap()
            );
            let request: RevokeAll = serde_json::from_str(&command).unwrap();
            let plan = before.plan(&request, recorded.at);
            let completion = self.events.iter().find_map(|recorded| match &recorded.event {
                Event::RevocationCompleted {
                    revocation,
                    authorizations_revoked,
                    credentials_destroyed,
                } if revocation.value() == cut => Some((*authorizations_revoked, *credentials_destroyed)),
                _ => None,
            });
            if completion != Some((plan.authorizations_revoked, plan.credentials_destroyed)) {
                let what = format!("revocation {cut}: {completion:?}");
                self.find(Finding::NotCompleted, what);
            }
        }
    }

    /// What was appended is there where that was said, and elsewhere as a whole or not at all.
    fn appended(&mut self) {
        let lines: Vec<&[u8]> = self.run.log.split(|byte| *byte == b'\n').collect();
        for append in &self.run.record.appends {
            let first = usize::try_from(append.expected.value()).unwrap();
            let kept = append.lines.iter().zip(lines.iter().skip(first));
            let kept = kept.take_while(|(line, kept)| line.as_slice() == **kept).count();
            let what = format!(
                "host {}, behind {first}: {kept} of {} lines are kept, and the answer was {:?}",
                append.host,
                append.lines.len(),
                append.answer
            );
            if kept < append.lines.len() {
                if append.answer == Some(true) {
                    self.find(Finding::AcknowledgedNotKept, what);
                } else if kept > 0 && append.answer.is_none() {
                    self.find(Finding::HalfKept, what);
                }
            }
        }
    }

    /// A 202 names a request in the stream: with its key, or, without one, its own.
    fn accepted(&mut self) {
        let mut without_key = BTreeSet::new();
        for seen in &self.run.seen {
            let Some(answer) = seen.answer.as_ref().filter(|answer| answer.status == 202) else {
                continue;
            };
            let position = answer
                .location
                .as_ref()
                .and_then(|location| location.rsplit('/').next());
            let position: usize = position.and_then(|id| id.parse().ok()).unwrap_or_default();
            let event = position.checked_sub(1).and_then(|index| self.events.get(index));
            let recorded_key = match event.map(|recorded| &recorded.event) {
                Some(Event::RevokeAllRequested { idempotency_key, .. }) => Some(idempotency_key.as_ref()),
                _ => None,
            };
            let recorded_key = recorded_key.map(|key| key.map(|key| key.as_str()));
            let is_new = seen.key.is_some() || without_key.insert(position);
            if recorded_key != Some(seen.key.as_deref()) || !is_new {
                self.find(Finding::AcceptedNotRecorded, format!("{seen:?}"));
            }
        }
    }

    /// A request in the stream was sent by somebody who was not only refused.
    fn asked(&mut self) {
        let may_be_recorded = |seen: &&Seen| {
            !seen.is_progress
                && seen
                    .answer
                    .as_ref()
                    .is_none_or(|answer| [202, 503].contains(&answer.status))
        };
        let maybe: Vec<&Seen> = self.run.seen.iter().filter(may_be_recorded).collect();
        let mut without_key = maybe.iter().filter(|seen| seen.key.is_none()).count();
        for recorded in self.events.clone() {
            let Event::RevokeAllRequested { idempotency_key, .. } = &recorded.event else {
                continue;
            };
            let is_asked = match idempotency_key {
                Some(key) if key.as_str().starts_with("rival-") => true,
                Some(key) => maybe.iter().any(|seen| seen.key.as_deref() == Some(key.as_str())),
                None => {
                    without_key = without_key.wrapping_sub(1);
                    without_key < maybe.len()
                }
            };
            if !is_asked {
                self.find(Finding::RecordedUnasked, format!("{recorded:?}"));
            }
        }
    }

    /// The answer is the core's, at some end that the stream had meanwhile; a token dead before is dead.
    fn answered(&mut self, seen: &Seen) {
        let Some(answer) = seen.answer.as_ref().filter(|answer| answer.status != 503) else {
            return;
        };
        let credential = credential_of(seen.token).map(|id| CredentialId::new(id).unwrap());
        if let (Some(credential), Some(before)) = (credential, self.state(seen.began_at)) {
            let at = before.last_at().unwrap();
            if before.authenticates(credential, at).is_err() && answer.status != 401 {
                self.find(Finding::DeadTokenHonoured, format!("{seen:?}"));
            }
        }
        let is_the_core_s = (seen.began_at..=seen.ended_at)
            .filter_map(|position| self.state(position))
            .any(|state| {
                let response = answer_at(state, seen, credential);
                let location = response.headers.iter().find(|(name, _)| *name == "Location");
                response.status == answer.status
                    && response.body == answer.body.as_bytes()
                    && location.map(|(_, location)| location) == answer.location.as_ref()
            });
        if !is_the_core_s {
            self.find(Finding::AnsweredOtherwise, format!("{seen:?}"));
        }
    }

    fn state(&self, position: usize) -> Option<&Enterprise> {
        self.states.get(position)
    }
}

fn answer_at(enterprise: &Enterprise, seen: &Seen, credential: Option<CredentialId>) -> rest::Response {
    let authorization = format!("Bearer {}", seen.token);
    let mut headers = vec![
        ("user-agent", b"t".as_slice()),
        ("authorization", authorization.as_bytes()),
    ];
    headers.extend(seen.key.as_ref().map(|key| ("idempotency-key", key.as_bytes())));
    let request = rest::Request {
        path: rest::Path::revoke_all(if seen.path.contains(SLUG) { SLUG } else { "other-corp" }),
        headers: &headers,
        request_id: "1",
    };
    let at = enterprise.last_at().unwrap();
    let presented = credential.and_then(|credential| {
        let person = enterprise.credential(credential)?.owner();
        let caller = Caller::Person {
            person,
            credential: Some(credential),
        };
        Some(Presented { enterprise, caller })
    });
    if seen.is_progress {
        let id = seen.path.rsplit('/').next().unwrap_or_default();
        rest::progress(&request, presented.as_ref(), id, at)
    } else {
        rest::handle(&request, presented.as_ref(), seen.body.as_bytes(), at).response
    }
}

fn person(actor: &Actor) -> Option<u64> {
    match actor {
        Actor::Person { person, .. } => Some(person.value()),
        Actor::Installation { .. } => None,
    }
}
