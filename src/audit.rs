//! The evidence of a history. Before every recorded event it asks the rules of `decide` again. It gathers who asked, by
//! what authority, what was recorded, and what is still alive and why.
//!
//! An auditor trusts only the stream. An event that broke a rule is a [`Finding`]. An event that does not fit the
//! stream at all is a [`CorruptHistory`], and the audit stops there.
//! [`CorruptHistory`], at which an audit stops.

mod fingerprints;
mod owned;
pub(crate) mod redecide;
mod survivors;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

pub use crate::survival::{SurvivalReason, Survivors};
pub use redecide::command_of;

use crate::corrupt_history::CorruptHistory;
use crate::credential::CredentialType;
use crate::enterprise::{Enterprise, Progress};
use crate::event::{Actor, Authority, Event, RecordedEvent};
use crate::id::{Position, RevocationId};
use crate::name::{EnterpriseSlug, IdempotencyKey, Login};
use crate::person::{EnterpriseKind, Role};
use crate::plan::Plan;
use crate::rule::Rule;
use crate::timestamp::Timestamp;
use fingerprints::Fingerprints;
use owned::Owned;
use survivors::Traces;

/// Reads a history event by event, and reports.
///
/// ```
/// # use enterprise_credentials::{audit::Auditor, log};
/// let history =
///   br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"o","kind":"managed_users"}"#;
/// let mut auditor = Auditor::new();
/// for recorded in log::read(history) {
///     auditor.observe(&recorded?)?;
/// }
/// assert!(auditor.finish().is_clean());
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Auditor {
    enterprise: Enterprise,
    about: About,
    findings: Vec<Finding>,
    requests: Vec<Requested>,
    traces: Traces,
    fingerprints: Fingerprints,
    owned: Owned,
}

/// The revocations whose survivors are asked for.
#[derive(Debug, Clone, Default)]
enum About {
    #[default]
    TheLast,
    One(RevocationId),
    Those(Selection),
}

/// Revocations that have all of the limits that are given here, and maybe others. Names are those at the moment of the
/// request, compared without regard to case: so one about somebody who has left since is found too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// Limited to the organization that had this login.
    pub organization: Option<Login>,
    /// Limited to the person who had this login.
    pub person: Option<Login>,
    /// Limited to this type of credential.
    pub credential_type: Option<CredentialType>,
}

impl Selection {
    /// Whether a request is one of them. Where no limit is given, every request is.
    pub fn has(&self, request: &Requested) -> bool {
        is_named(self.organization.as_ref(), request.organization_login.as_ref())
            && is_named(self.person.as_ref(), request.person_login.as_ref())
            && (self.credential_type.is_none() || self.credential_type == request.plan.credential_type)
    }
}

fn is_named(asked: Option<&Login>, named: Option<&Login>) -> bool {
    asked.is_none_or(|asked| named.is_some_and(|named| asked.as_str().eq_ignore_ascii_case(named.as_str())))
}

/// A rule or a law that a recorded event breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The event.
    pub position: Position,
    /// Its time.
    pub at: Timestamp,
    /// The rule, where decide names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<Rule>,
    /// What is wrong, in a sentence.
    pub what: String,
}

/// What a history says, and what it breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The enterprise's name in URLs.
    pub slug: Option<EnterpriseSlug>,
    /// Its kind.
    pub kind: Option<EnterpriseKind>,
    /// The position of the last event.
    pub position: Position,
    /// The time of the last event.
    pub last_at: Option<Timestamp>,
    /// The evidence of each revocation, in order of their cuts.
    pub revocations: Vec<Evidence>,
    /// The revocation that [`Report::survivors`] is about: the last, or the one named. Of revocations that were
    /// selected by their limits the survivors stand in [`Evidence::survivors`].
    pub survivors_of: Option<RevocationId>,
    /// What was still alive at the end of the history, and why; guests' and collaborators' credentials first.
    pub survivors: Vec<Survivors>,
    /// Every rule or law broken, in order of position.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether no rule and no law is broken.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }
}

/// The evidence of one revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was recorded of it: id, times, state and totals.
    #[serde(flatten)]
    pub progress: Progress,
    /// Who asked, and how.
    #[serde(flatten)]
    pub request: Requested,
    /// What was still alive at the end of the history, of what it was limited to. Only where revocations were selected
    /// by their limits, and there of each filter the last one has them:
    /// what outlived it outlived the earlier ones too, or came later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub survivors: Option<Vec<Survivors>>,
}

/// A request to revoke, as it was when it was recorded. What it is limited to stands in its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requested {
    /// Who asked, with which credential.
    pub requested_by: Actor,
    /// Their login then; absent for installations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Their role then; absent for installations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// The login then of the organization that it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization_login: Option<Login>,
    /// The login then of the person whom it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person_login: Option<Login>,
    /// By what authority.
    pub authority: Authority,
    /// The caller's name for the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey>,
    /// The blast radius at the cut, computed from the events before it.
    pub plan: Plan,
}

impl Auditor {
    /// Reports on every revocation; the survivors are those of the last.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reports on every revocation; the survivors are those of the one named.
    pub fn about(revocation: RevocationId) -> Self {
        Self {
            about: About::One(revocation),
            ..Self::default()
        }
    }

    /// Reports on every revocation; the survivors are those of each revocation selected, in its evidence.
    pub fn selecting(selection: Selection) -> Self {
        Self {
            about: About::Those(selection),
            ..Self::default()
        }
    }

    /// The state after the events observed so far.
    pub const fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    /// Takes the next event: asks whether decide would have recorded it, then applies it.
    ///
    /// # Errors
    /// [`CorruptHistory`] where the event does not fit. Nothing can be said about what follows it.
    pub fn observe(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        let breach = redecide::check(&self.enterprise, recorded);
        let request = self.request(recorded);
        let again = self.traces.authorized_again(&self.enterprise, &recorded.event);
        self.enterprise.apply(recorded)?;
        if let Some((rule, what)) = breach {
            self.find(recorded, rule, what);
        }
        self.traces.observe(&self.enterprise, &recorded.event, again);
        if let Some(request) = request {
            match &self.about {
                About::TheLast => self.traces.begin_anew(&self.enterprise),
                About::One(about) if about.cut() == recorded.position => self.traces.begin(&self.enterprise),
                About::Those(selection) if selection.has(&request) => self.traces.begin(&self.enterprise),
                About::One(_) | About::Those(_) => {}
            }
            self.requests.push(request);
        }
        self.check_cause(recorded);
        self.check_totals(recorded);
        self.check_fingerprint(recorded);
        Ok(())
    }

    /// What the history says so far. Of the survivors, what had expired at the time of its last event is left out.
    pub fn finish(self) -> Report {
        let at = self.enterprise.last_at().unwrap_or(Timestamp::MIN);
        self.finish_at(at)
    }

    /// The same as of `at`, a time from the last event on: it decides which survivors have expired, and nothing else.
    pub fn finish_at(mut self, at: Timestamp) -> Report {
        let mut survivors = self.traces.survivors(&self.enterprise, at, &mut self.owned);
        let of_one = match self.about {
            About::TheLast | About::One(_) => survivors.pop(),
            About::Those(_) => None,
        };
        let (survivors_of, of_one) = of_one.unzip();
        let progress = self.enterprise.revocations();
        debug_assert!(
            progress.count() == self.requests.len(),
            "each revocation has its request"
        );
        let evidence = self.enterprise.revocations().zip(self.requests);
        let mut survivors = survivors.into_iter().peekable();
        Report {
            slug: self.enterprise.slug().cloned(),
            kind: self.enterprise.kind(),
            position: self.enterprise.position(),
            last_at: self.enterprise.last_at(),
            survivors_of,
            survivors: of_one.unwrap_or_default(),
            findings: self.findings,
            revocations: evidence
                .map(|(progress, request)| Evidence {
                    survivors: survivors
                        .next_if(|(id, _)| *id == progress.id)
                        .map(|(_, survivors)| survivors),
                    progress,
                    request,
                })
                .collect(),
        }
    }

    fn request(&mut self, recorded: &RecordedEvent) -> Option<Requested> {
        let (Event::RevokeAllRequested {
            requested_by,
            authority,
            idempotency_key,
            ..
        }
        | Event::RevocationRequested {
            requested_by,
            authority,
            idempotency_key,
            ..
        }) = &recorded.event
        else {
            return None;
        };
        let enterprise = &self.enterprise;
        let people = &enterprise.people;
        let person = match requested_by {
            Actor::Person { person, .. } => people.latest_ordinal(*person),
            Actor::Installation { .. } => None,
        };
        let login = |person| people.data(person).map(|data| data.login.clone());
        let command = command_of(&recorded.event);
        let asked = command.requested()?;
        let target = asked.person.and_then(|person| people.latest_ordinal(person));
        let organizations = &enterprise.organizations;
        let organization = asked.organization.and_then(|id| organizations.latest_ordinal(id));
        Some(Requested {
            requested_by: *requested_by,
            login: person.and_then(login),
            role: person.and_then(|person| Some(people.get(person)?.facts.role)),
            organization_login: organization.and_then(|id| Some(organizations.data(id)?.login.clone())),
            person_login: target.and_then(login),
            authority: *authority,
            idempotency_key: idempotency_key.clone(),
            plan: match target {
                Some(target) => enterprise.plan_about(asked, &self.owned.of(enterprise, target), recorded.at),
                None => enterprise.plan(asked, recorded.at),
            },
        })
    }

    /// No rule of decide, which does not see envelopes: a request names its requester itself.
    fn check_cause(&mut self, recorded: &RecordedEvent) {
        if recorded.event.is_request() && recorded.by.is_some() {
            let what = format!(
                "{} names a cause in its envelope beside its requester",
                recorded.event.name()
            );
            self.find(recorded, None, what);
        }
    }

    /// [`Rule::TotalsEqualThePlan`]
    fn check_totals(&mut self, recorded: &RecordedEvent) {
        let Event::RevocationCompleted {
            revocation,
            authorizations_revoked,
            credentials_destroyed,
        } = &recorded.event
        else {
            return;
        };
        let place = (self.requests).binary_search_by_key(&revocation.cut(), |request| request.plan.cut);
        let request = place.ok().and_then(|place| self.requests.get(place));
        let planned = request.map(|request| (request.plan.authorizations_revoked, request.plan.credentials_destroyed));
        if planned != Some((*authorizations_revoked, *credentials_destroyed)) {
            let what = format!("the totals of revocation `{revocation}` differ from its plan");
            self.find(recorded, Some(Rule::TotalsEqualThePlan), what);
        }
    }

    /// No rule of decide, which does not know them: whoever looks a token up by its fingerprint must find one
    /// credential.
    fn check_fingerprint(&mut self, recorded: &RecordedEvent) {
        if let Event::CredentialIssued {
            credential,
            fingerprint: Some(fingerprint),
            ..
        } = &recorded.event
            && !self.fingerprints.is_new(fingerprint)
        {
            let what = format!(
                "credential `{credential}` has the fingerprint `{fingerprint}`, as another credential has: whose token \
                 it is cannot be told"
            );
            self.find(recorded, None, what);
        }
    }

    fn find(&mut self, recorded: &RecordedEvent, rule: Option<Rule>, what: String) {
        self.findings.push(Finding {
            position: recorded.position,
            at: recorded.at,
            rule,
            what,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Auditor;
    use crate::log;
    use crate::rule::Rule;

    const HISTORY: &[u8] = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}
{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"RevocationCompleted","revocation":3,"authorizations_revoked":0,"credentials_destroyed":0}
"#;

    /// No history shows this: `apply` refuses other totals than were recorded, and plan and job find the same items.
    /// Were they ever to differ, the fault would be the core's own, and an audit says so.
    #[test]
    fn totals_other_than_the_plans_are_a_finding() {
        for (authorizations, credentials, findings) in [(0, 0, 0), (1, 0, 1), (0, 1, 1)] {
            let mut auditor = Auditor::new();
            for recorded in log::read(HISTORY).filter_map(Result::ok) {
                assert_eq!(auditor.observe(&recorded), Ok(()));
                if let [request] = auditor.requests.as_mut_slice() {
                    request.plan.authorizations_revoked = authorizations;
                    request.plan.credentials_destroyed = credentials;
                }
            }
            let report = auditor.finish();
            assert_eq!(report.position.value(), 4);
            assert_eq!(report.findings.len(), findings);
            let rules = report.findings.iter().map(|finding| finding.rule);
            assert!(rules.into_iter().all(|rule| rule == Some(Rule::TotalsEqualThePlan)));
        }
    }
}
