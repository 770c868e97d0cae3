//! What a suite has met. A test that meets nothing proves nothing.

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::String;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::laws::{rules_on_the_wire, rules_over_http};
use crate::model::{Credential, Grant, Life, Model, Pair};
use crate::run::{Moment, Run};
use enterprise_credentials::{Authority, Command, CredentialId, CredentialKind, Event, Requested, Role, Rule};

/// How often each event was recorded and each rule was at work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Words.
    pub words: u64,
    /// Steps taken.
    pub steps: u64,
    events: BTreeMap<&'static str, u64>,
    rules: BTreeMap<Rule, u64>,
}

impl Coverage {
    /// Counts a run.
    pub fn observe<C: Candidate>(&mut self, run: &Run<C>) {
        self.words += 1;
        for moment in &run.moments {
            self.observe_moment(moment);
        }
    }

    /// Counts one step.
    pub fn observe_moment<C: Candidate>(&mut self, moment: &Moment<C>) {
        self.steps += 1;
        for recorded in &moment.recorded {
            *self.events.entry(recorded.event.name()).or_default() += 1;
        }
        self.observe_rules(rules_at_work(moment));
    }

    /// Counts the rules that refuse the requests of a run, sent over HTTP with every combination of faults.
    pub fn observe_over_http<C: Candidate>(&mut self, run: &Run<C>) {
        self.observe_rules(rules_over_http(run));
    }

    /// Counts the rules that refuse lines behind a run's history, each with a value outside its limits.
    pub fn observe_on_the_wire<C: Candidate>(&mut self, run: &Run<C>) {
        self.observe_rules(rules_on_the_wire(run));
    }

    fn observe_rules(&mut self, rules: impl IntoIterator<Item = Rule>) {
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
    }

    /// How often a rule was at work.
    pub fn count(&self, rule: Rule) -> u64 {
        self.rules.get(&rule).copied().unwrap_or_default()
    }

    /// What never occurred of all that commands can meet: events by name, rules by id. The rules of an HTTP request's
    /// headers and body are for [`Coverage::missing_over_http`]. The bounds on how many there may be are thousands of
    /// steps away, which no word takes: their examples are tests of their own. No value exists that is outside its
    /// limits, and so no command holds one: that rule is met where bytes are read, and is for
    /// [`Coverage::missing_on_the_wire`].
    pub fn missing(&self) -> Vec<String> {
        let events = Event::NAMES.iter().filter(|name| !self.events.contains_key(*name));
        let events = events.map(|name| format!("event {name}"));
        events
            .chain(self.missing_rules(|rule| !is_beyond_commands(rule)))
            .collect()
    }

    /// Which of the rules of an HTTP request's headers and body were never at work.
    pub fn missing_over_http(&self) -> Vec<String> {
        self.missing_rules(|rule| OVER_HTTP_ONLY.contains(&rule)).collect()
    }

    /// Whether no line with a value outside its limits was refused.
    pub fn missing_on_the_wire(&self) -> Vec<String> {
        self.missing_rules(|rule| rule == ON_THE_WIRE_ONLY).collect()
    }

    fn missing_rules(&self, asked: impl Fn(Rule) -> bool) -> impl Iterator<Item = String> {
        let rules = Rule::ALL
            .iter()
            .filter(move |rule| asked(**rule) && !self.rules.contains_key(rule));
        rules.map(|rule| format!("rule {rule}"))
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, steps) = (self.words, self.steps);
        write!(
            f,
            "{words} words, {steps} steps, {} of {} events",
            self.events.len(),
            Event::NAMES.len()
        )?;
        write!(f, ", {} of {} rules at work", self.rules.len(), Rule::ALL.len())?;
        let rarest = self.rules.iter().min_by_key(|(_, count)| **count);
        rarest.map_or(Ok(()), |(rule, count)| write!(f, ", the rarest {rule}, {count} times"))
    }
}

/// Whether a word of commands cannot show a rule: those of an HTTP request's headers, path and body, and of lists; the
/// bounds that are thousands of steps away; and the values outside their limits, which no command can hold.
pub fn is_beyond_commands(rule: Rule) -> bool {
    OVER_HTTP_ONLY.contains(&rule) || rule == ON_THE_WIRE_ONLY || IN_LARGE_STATES_ONLY.contains(&rule)
}

const ON_THE_WIRE_ONLY: Rule = Rule::ValuesWithinLimits;

const IN_LARGE_STATES_ONLY: [Rule; 3] = [
    Rule::UnfinishedOfOrganizationBounded,
    Rule::UnfinishedOfEnterpriseBounded,
    Rule::KeysOfRequesterBounded,
];

const OVER_HTTP_ONLY: [Rule; 14] = [
    Rule::UserAgentRequired,
    Rule::TokenKnown,
    Rule::ApiVersionKnown,
    Rule::EnterpriseOfToken,
    Rule::IdempotencyKeyWellFormed,
    Rule::BodyWithinLimit,
    Rule::BodyIsJson,
    Rule::BodyIsObject,
    Rule::RevokeCredentialsOnce,
    Rule::RevokeCredentialsBoolean,
    Rule::CredentialTypeNamed,
    Rule::ReadOrgScope,
    Rule::AuthorizationOfPath,
    Rule::ListedInOrderOfGrant,
];

/// The rules that a step shows at work: the one that refuses, or those by which it was answered so.
pub(crate) fn rules_at_work<C>(moment: &Moment<C>) -> BTreeSet<Rule> {
    let mut rules = BTreeSet::new();
    match &moment.decided {
        Err(refusal) => {
            rules.insert(refusal.rule());
        }
        Ok(events) => {
            let at_work = Accepted {
                before: &moment.witness_before,
                after: &moment.witness_after,
                command: &moment.command,
                events,
                at: moment.at,
            };
            at_work.request(&mut rules);
            at_work.job(&mut rules);
            at_work.single(&mut rules);
        }
    }
    rules
}

struct Accepted<'a> {
    before: &'a Model,
    after: &'a Model,
    command: &'a Command,
    events: &'a [Event],
    at: enterprise_credentials::Timestamp,
}

impl Accepted<'_> {
    fn request(&self, rules: &mut BTreeSet<Rule>) {
        let Some(request) = self.command.requested() else {
            return;
        };
        let own = request.caller.credential().and_then(|id| self.after.credential(id));
        let warned = own.is_some_and(|own| own.has_anything_pending());
        rules.extend(warned.then_some(Rule::WarningForOwnToken));
        let [Event::RevokeAllRequested { authority, .. } | Event::RevocationRequested { authority, .. }] = self.events
        else {
            rules.extend(self.events.is_empty().then_some(Rule::IdempotentFor24Hours));
            return;
        };
        rules.extend((*authority != Authority::Owner).then_some(Rule::AuthorityRecorded));
        let Some((id, _)) = self.after.revocations.last_key_value() else {
            return;
        };
        let (pairs, destroyed) = self.after.pending_in(*id);
        rules.extend((!pairs.is_empty()).then_some(Rule::EffectiveAtOnce));
        rules.extend(warned.then_some(Rule::NobodyIsSpared));
        let mut earlier = self.before.credentials.iter();
        let overlaps = earlier.any(|credential| credential.has_anything_pending());
        rules.extend(overlaps.then_some(Rule::EarliestRevocationOwnsItem));
        let finds_more = overlaps && pairs.len() + destroyed.len() > 0;
        rules.extend(finds_more.then_some(Rule::LaterRequestHasItsOwnCut));
        let of_collaborator =
            |id: &CredentialId| self.after.credential(*id).is_some_and(|it| self.is_collaborators(it));
        rules.extend(
            pairs
                .iter()
                .any(|(id, _)| of_collaborator(id))
                .then_some(Rule::EveryAuthorizationInScope),
        );
        let authenticates = pairs
            .iter()
            .any(|(id, _)| self.after.authenticates(*id, self.at).is_ok());
        rules.extend(authenticates.then_some(Rule::RevocationPendingStillAuthenticates));
        let mut by_role = destroyed.iter().filter_map(|id| self.role(self.after.credential(*id)?));
        let by_role = by_role.any(|role| role != Role::Owner);
        rules.extend(by_role.then_some(Rule::EnterpriseMembersByRole));
        let mut all = self.after.credentials.iter();
        let survives = all.any(|credential| self.after.authenticates(credential.id, self.at).is_ok());
        rules.extend(survives.then_some(Rule::NotCoveredIsCounted));
        self.narrower(request, &pairs, &destroyed, rules);
        if request.revoke_credentials {
            let mut kept = self
                .after
                .credentials
                .iter()
                .filter(|it| it.life == Life::Alive && it.destruction.is_none());
            let kept = kept.any(|it| it.kind == CredentialKind::ClassicPat && self.is_collaborators(it));
            rules.extend(kept.then_some(Rule::CollaboratorsKeepCredentials));
        }
    }

    fn narrower(
        &self,
        request: Requested<'_>,
        pairs: &BTreeSet<Pair>,
        destroyed: &BTreeSet<CredentialId>,
        rules: &mut BTreeSet<Rule>,
    ) {
        let mut left = self.after.credentials.iter().flat_map(|it| &it.grants);
        let left = left.any(|(_, grant)| *grant == Grant::Live);
        rules.extend((left && !request.is_of_everything()).then_some(Rule::FiltersNarrowTheScope));
        let is_github_apps = |id: &CredentialId| {
            self.after
                .credential(*id)
                .is_some_and(|it| it.kind == CredentialKind::GithubAppUserToken)
        };
        let of_app = request.credential_type.is_some() && pairs.iter().any(|(id, _)| is_github_apps(id));
        rules.extend(of_app.then_some(Rule::AppTokensAreOneType));
        let of_guest = |id: &CredentialId| self.after.credential(*id).is_some_and(|it| self.is_collaborators(it));
        rules.extend(destroyed.iter().any(of_guest).then_some(Rule::PersonWhateverTheRole));
    }

    fn job(&self, rules: &mut BTreeSet<Rule>) {
        let Command::ContinueRevocation { revocation, .. } = self.command else {
            return;
        };
        let begun = self.before.revocations.get(revocation);
        let begun = begun.is_some_and(|it| it.authorizations_revoked + it.credentials_destroyed > 0);
        rules.extend((begun && !self.events.is_empty()).then_some(Rule::JobResumesFromTheStream));
        rules.extend(self.events.is_empty().then_some(Rule::CompletedOnceWhenNothingIsLeft));
        let mut credentials = BTreeSet::new();
        for event in self.events {
            match event {
                Event::AuthorizationRevoked { credential, .. } => {
                    credentials.insert(*credential);
                    let expired = self.before.credential(*credential).and_then(|it| it.expires_at);
                    rules.extend(
                        expired
                            .is_some_and(|expired| self.at >= expired)
                            .then_some(Rule::ExpiryKeepsScope),
                    );
                    let moved_on = self
                        .before
                        .credential(*credential)
                        .is_some_and(|it| it.life == Life::Departed);
                    rules.extend(moved_on.then_some(Rule::ScopeIsSettledAtTheCut));
                }
                Event::CredentialDestroyed { credential, .. } => {
                    credentials.insert(*credential);
                    rules.insert(Rule::MembersThreeKindsDestroyed);
                }
                Event::RevocationCompleted {
                    authorizations_revoked: 0,
                    credentials_destroyed: 0,
                    ..
                } => {
                    rules.insert(Rule::NothingToRevokeCompletesWithZeros);
                }
                Event::RevocationCompleted { .. } => {
                    rules.insert(Rule::TotalsEqualThePlan);
                }
                _ => {}
            }
        }
        rules.extend((credentials.len() > 1).then_some(Rule::JobInOrderOfIssue));
    }

    fn single(&self, rules: &mut BTreeSet<Rule>) {
        let request = matches!(
            self.command,
            Command::RevokeAll(_) | Command::Revoke(_) | Command::ContinueRevocation { .. }
        );
        rules.extend((!request && self.events.is_empty()).then_some(Rule::NothingToDoIsNoEvent));
        match (self.command, self.events) {
            (
                Command::RevokeAuthorization { .. },
                [
                    Event::AuthorizationRevoked {
                        revocation: Some(_), ..
                    },
                ],
            ) => {
                rules.insert(Rule::PendingItemRecordedEarly);
            }
            (
                Command::DestroyCredential { credential },
                [
                    Event::CredentialDestroyed {
                        revocation: Some(_), ..
                    },
                ],
            ) => {
                rules.insert(Rule::PendingItemRecordedEarly);
                let stays = self
                    .after
                    .credential(*credential)
                    .is_some_and(|it| it.has_anything_pending());
                rules.extend(stays.then_some(Rule::SingleDestructionSettlesOnlyItself));
            }
            (Command::RevokeAuthorization { .. }, [Event::AuthorizationRevoked { revocation: None, .. }]) => {
                rules.insert(Rule::AuthorizationRequired);
            }
            (Command::DestroyCredential { credential }, [Event::CredentialDestroyed { revocation: None, .. }]) => {
                let kind = self.before.credential(*credential).map(|it| it.kind);
                use CredentialKind::{GithubAppUserToken, OauthAppUserToken};
                let app_token = matches!(kind, Some(GithubAppUserToken | OauthAppUserToken));
                rules.extend(app_token.then_some(Rule::AnyKindDestroyedSingly));
            }
            (
                Command::AuthorizeCredential {
                    credential,
                    organization,
                },
                [.., Event::CredentialAuthorized { .. }],
            ) => {
                rules.extend(match self.before.grant((*credential, *organization)) {
                    Some(Grant::Pending(id) | Grant::Taken(id)) if !self.before.is_of_enterprise(id) => {
                        Some(Rule::OrganizationLeavesNoTombstone)
                    }
                    Some(Grant::Pending(_) | Grant::Taken(_)) => Some(Rule::FineGrainedMayAskAgain),
                    Some(Grant::RevokedSingly) => Some(Rule::SinglyRevokedMayBeGrantedAgain),
                    Some(Grant::Ended) => Some(Rule::NothingOldComesBack),
                    Some(Grant::Live) | None => None,
                });
            }
            (
                Command::RemoveMember { .. } | Command::RemoveOrganization { .. } | Command::ChangeMemberRole { .. },
                [_],
            ) => {
                let ended = self.after.owners.len() < self.before.owners.len();
                rules.extend(ended.then_some(Rule::OwnershipEnds));
            }
            (Command::AddMember { member, .. }, [Event::MemberAdded { .. }]) => {
                let mut old = self.before.credentials.iter().filter(|it| it.owner == *member);
                rules.extend(
                    old.any(|it| it.life == Life::Departed)
                        .then_some(Rule::NothingOldComesBack),
                );
            }
            _ => {}
        }
    }

    fn is_collaborators(&self, credential: &Credential) -> bool {
        use Role::{GuestCollaborator, OutsideCollaborator, RepositoryCollaborator};
        let role = self.role(credential);
        matches!(
            role,
            Some(GuestCollaborator | RepositoryCollaborator | OutsideCollaborator)
        )
    }

    fn role(&self, credential: &Credential) -> Option<Role> {
        self.after.person(credential.owner).map(|owner| owner.role)
    }
}
