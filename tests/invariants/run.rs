//! One random history; watched, with every promise checked at every step.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use enterprise_credentials::{
    Command, CredentialDenial, CredentialId, Enterprise, EnterpriseKind, Event, PersonId, Plan, Position,
    RecordedEvent, Refusal, RevocationId, RevocationState, RevokeAll, Rule, Timestamp,
};

use crate::naive::{Naive, Pair};
use crate::words::{CREDENTIALS, HOUR_MS, ORGANIZATIONS, Script, Word, credential, organization, start};

/// What happened in all runs together: a test that meets nothing proves nothing.
#[derive(Debug, Default)]
pub(crate) struct Met {
    pub(crate) events: BTreeSet<&'static str>,
    pub(crate) refusals: BTreeSet<Rule>,
    /// The most revocations that ran at once.
    pub(crate) overlapping: usize,
    pub(crate) repeats: usize,
}

/// An enterprise, the history that made it, and what the naive model says of it.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) enterprise: Enterprise,
    pub(crate) history: Vec<RecordedEvent>,
    pub(crate) naive: Naive,
    pub(crate) plans: Vec<(RevocationId, Plan)>,
    now: Timestamp,
    watched: bool,
}

impl Run {
    /// Runs a script to its last word. Jobs are left as they are.
    pub(crate) fn of(script: &Script, met: &mut Met) -> Self {
        Self::new(false).speak(script, met)
    }

    /// The same, with every promise checked at every step from now on.
    pub(crate) fn watched(script: &Script, met: &mut Met) -> Self {
        Self::new(true).speak(script, met)
    }

    fn new(watched: bool) -> Self {
        Self {
            enterprise: Enterprise::new(),
            history: Vec::new(),
            naive: Naive::default(),
            plans: Vec::new(),
            now: start(),
            watched,
        }
    }

    fn speak(mut self, script: &Script, met: &mut Met) -> Self {
        for command in &script.setup {
            self.ask(command, met);
        }
        for word in &script.words {
            match word {
                Word::Ask(command) => self.ask(command, met),
                Word::Continue { place, limit } => self.ask(&self.continuation(*place, *limit), met),
                Word::Wait { hours } => {
                    let later = self.now.milliseconds() + hours * HOUR_MS;
                    self.now = Timestamp::from_milliseconds(later).unwrap();
                }
            }
        }
        self
    }

    /// Continues every job to its end, and gives the events of that.
    pub(crate) fn finish(&mut self, limit: u32, met: &mut Met) -> Vec<Event> {
        let from = self.history.len();
        let first_unfinished = |enterprise: &Enterprise| enterprise.pending_revocations().next();
        while let Some(revocation) = first_unfinished(&self.enterprise) {
            let before = self.history.len();
            let limit = NonZeroU32::new(limit).unwrap();
            self.ask(&Command::ContinueRevocation { revocation, limit }, met);
            assert!(self.history.len() > before, "the job of {revocation} makes no progress");
        }
        self.history[from..]
            .iter()
            .map(|recorded| recorded.event.clone())
            .collect()
    }

    fn continuation(&self, place: usize, limit: u32) -> Command {
        let known = self.enterprise.revocations().nth(place).map(|progress| progress.id);
        Command::ContinueRevocation {
            revocation: known.unwrap_or(RevocationId::new(999).unwrap()),
            limit: NonZeroU32::new(limit).unwrap(),
        }
    }

    fn ask(&mut self, command: &Command, met: &mut Met) {
        let decided = self.enterprise.decide(command, self.now);
        let repeated = matches!(command, Command::RevokeAll(_)) && decided.as_ref().is_ok_and(Vec::is_empty);
        met.repeats += usize::from(repeated);
        match decided {
            Err(refusal) => {
                met.refusals.insert(refusal.rule());
            }
            Ok(events) if self.watched => {
                let before = self.enterprise.clone();
                assert_eq!(
                    before.decide(command, self.now).as_ref(),
                    Ok(&events),
                    "deciding is deterministic"
                );
                self.check_authority(command, &events);
                self.record(events, met);
                self.check_after(&before, command);
                self.check_access();
            }
            Ok(events) => self.record(events, met),
        }
    }

    /// Whatever is decided fits, and the naive model agrees with it.
    pub(crate) fn record(&mut self, events: Vec<Event>, met: &mut Met) {
        for recorded in self.enterprise.record(events, self.now, None) {
            met.events.insert(recorded.event.name());
            if let Event::CredentialAuthorized {
                credential,
                organization,
            } = &recorded.event
            {
                let pair = (*credential, *organization);
                assert!(
                    self.naive.alive.contains_key(credential),
                    "{credential} is dead and was granted something"
                );
                assert!(
                    !self.naive.tombstones.contains(&pair),
                    "{pair:?} is a tombstone and was granted"
                );
            }
            self.enterprise
                .apply(&recorded)
                .expect("what decide returns, apply accepts");
            self.naive.apply(&recorded);
            self.history.push(recorded);
        }
        met.overlapping = met.overlapping.max(self.enterprise.pending_revocations().count());
    }

    fn check_after(&mut self, before: &Enterprise, command: &Command) {
        let again = self.enterprise.decide(command, self.now);
        match command {
            Command::RevokeAll(request) => self.check_request(before, request),
            Command::ContinueRevocation { .. } => self.check_order(before.position()),
            Command::IssueCredential { credential, .. } => {
                assert_eq!(
                    again,
                    Err(Refusal::CredentialIdTaken(*credential)),
                    "an id is issued once"
                );
            }
            _ => assert_eq!(again, Ok(Vec::new()), "{command:?} twice"),
        }
    }

    /// A batch goes by issue, then by grant; a destruction follows its authorizations, the completion comes last.
    fn check_order(&self, since: Position) {
        let batch = self.history.iter().filter(|recorded| recorded.position > since);
        let turns = batch.map(|recorded| match self.naive.turn(&recorded.event) {
            Some((issued_at, Some(granted_at))) => (0, issued_at, 0, granted_at),
            Some((issued_at, None)) => (0, issued_at, 1, Position::START),
            None => (1, Position::START, 0, Position::START),
        });
        assert!(turns.is_sorted(), "a batch is in order");
    }

    fn check_authority(&self, command: &Command, events: &[Event]) {
        let Command::RevokeAll(request) = command else {
            return;
        };
        assert!(
            events.len() <= 1,
            "a request is one event, whatever the size of the enterprise"
        );
        let managed = self.enterprise.kind() == Some(EnterpriseKind::ManagedUsers);
        assert!(
            managed || !request.revoke_credentials,
            "only managed users' credentials are destroyed"
        );
        let authority = self
            .enterprise
            .authorize(&request.caller, self.now)
            .expect("accepted means authorized");
        for event in events {
            assert!(matches!(event, Event::RevokeAllRequested { authority: recorded, .. } if *recorded == authority));
        }
    }

    /// Everything in scope is dead at once, everything else is as it was.
    fn check_request(&mut self, before: &Enterprise, request: &RevokeAll) {
        let warned = before.warns(request, self.now);
        let own = request
            .caller
            .credential()
            .map(|own| pending(&self.enterprise, own, self.now));
        assert_eq!(
            warned,
            own.unwrap_or(false),
            "the warning tells what is pending after acceptance"
        );
        if before.position() == self.enterprise.position() {
            let first = before.repeated_request(request, self.now);
            assert!(first.is_some(), "no event means a repeat");
            return;
        }
        let id = self.enterprise.last_cut().expect("a request was recorded");
        let plan = before.plan(request, self.now);
        let taken = &self.naive.taken[&id];
        assert_eq!(plan.cut, id.cut());
        assert_eq!(
            plan.authorizations_revoked,
            taken.authorizations.len() as u64,
            "the plan counts the scope"
        );
        assert_eq!(
            plan.credentials_destroyed,
            taken.credentials.len() as u64,
            "the plan counts the scope"
        );
        check_sums(&plan);
        assert_eq!(
            taken.authorizations,
            live_pairs(before),
            "the scope is what could be used before the request"
        );
        for (credential, organization) in pairs() {
            assert!(
                self.enterprise.may_use(credential, organization, self.now).is_err(),
                "nothing escapes"
            );
        }
        for credential in credentials().filter(|credential| !taken.credentials.contains(credential)) {
            let (was, is) = [before, &self.enterprise]
                .map(|e| e.authenticates(credential, self.now))
                .into();
            assert_eq!(is, was, "what is not in scope is untouched");
        }
        let survivors = credentials()
            .filter(|id| self.enterprise.authenticates(*id, self.now).is_ok())
            .count();
        let not_covered = plan.not_covered.collaborator_credentials + plan.not_covered.member_credentials;
        assert_eq!(not_covered, survivors as u64, "the plan names what stays alive");
        self.plans.push((id, plan));
    }

    /// The access checks say what the naive model says. Expiry is asked apart: at the earliest time nothing has expired.
    fn check_access(&self) {
        assert_eq!(live_pairs(&self.enterprise), self.naive.live);
        for id in credentials() {
            let owner = self.enterprise.authenticates(id, Timestamp::MIN);
            assert_eq!(owner.ok(), self.naive.alive.get(&id).map(|(owner, _)| *owner));
            let expires_at = self
                .enterprise
                .credential(id)
                .and_then(|credential| credential.expires_at());
            let expired = expires_at.filter(|at| self.now >= *at);
            let expected: Result<PersonId, CredentialDenial> = match (owner, expired) {
                (Ok(_), Some(expires_at)) => Err(CredentialDenial::Expired {
                    credential: id,
                    expires_at,
                }),
                (owner, _) => owner,
            };
            assert_eq!(self.enterprise.authenticates(id, self.now), expected);
        }
    }

    /// Every revocation ends with what its plan said.
    pub(crate) fn check_totals(&self) {
        for (id, plan) in &self.plans {
            let progress = self.enterprise.progress(*id).expect("a requested revocation is known");
            assert_eq!(progress.state, RevocationState::Completed);
            assert_eq!(
                progress.authorizations_revoked, plan.authorizations_revoked,
                "totals equal the plan"
            );
            assert_eq!(
                progress.credentials_destroyed, plan.credentials_destroyed,
                "totals equal the plan"
            );
        }
    }
}

/// A plan's tables add up to its totals.
fn check_sums(plan: &Plan) {
    let totals = (plan.authorizations_revoked, plan.credentials_destroyed);
    let kinds = plan
        .by_kind
        .iter()
        .map(|loss| (loss.authorizations_revoked, loss.credentials_destroyed));
    let roles = plan
        .by_role
        .iter()
        .map(|loss| (loss.authorizations_revoked, loss.credentials_destroyed));
    let add = |(a, b): (u64, u64), (c, d): (u64, u64)| (a + c, b + d);
    assert_eq!(kinds.fold((0, 0), add), totals);
    assert_eq!(roles.fold((0, 0), add), totals);
    assert_eq!(
        plan.by_organization
            .iter()
            .map(|loss| loss.authorizations_revoked)
            .sum::<u64>(),
        totals.0
    );
}

fn pending(enterprise: &Enterprise, id: CredentialId, at: Timestamp) -> bool {
    let destruction = enterprise.authenticates(id, at);
    let mut others = (1..=ORGANIZATIONS).map(|of| {
        enterprise.decide(
            &Command::RevokeAuthorization {
                credential: id,
                organization: organization(of),
            },
            at,
        )
    });
    matches!(destruction, Err(CredentialDenial::DestructionPending { .. }))
        || others.any(|decided| {
            matches!(
                decided.as_deref(),
                Ok([Event::AuthorizationRevoked {
                    revocation: Some(_),
                    ..
                }])
            )
        })
}

fn live_pairs(enterprise: &Enterprise) -> BTreeSet<Pair> {
    pairs()
        .filter(|(credential, organization)| enterprise.may_use(*credential, *organization, Timestamp::MIN).is_ok())
        .collect()
}

fn pairs() -> impl Iterator<Item = Pair> {
    credentials().flat_map(|credential| (1..=ORGANIZATIONS).map(move |id| (credential, organization(id))))
}

fn credentials() -> impl Iterator<Item = CredentialId> {
    (1..=CREDENTIALS).map(credential)
}
