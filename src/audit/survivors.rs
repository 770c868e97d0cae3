//! What outlives a revocation, and why. The worst documented failure of such features is an operator who wrongly
//! believes that an account is locked out.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use crate::audit::owned::Owned;
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::filter::Filter;
use crate::enterprise::membership::Ordinal;
use crate::enterprise::progress::Limits;
use crate::enterprise::running::Coverage;
use crate::event::Event;
use crate::id::{CredentialId, OrganizationId, RevocationId};
use crate::person::Role;
use crate::survival::{Groups, SurvivalReason, Survivors};
use crate::timestamp::Timestamp;

/// A revocation whose survivors are asked for, and what only its cut shows.
#[derive(Debug, Clone)]
struct Cut {
    id: RevocationId,
    coverage: Coverage,
    /// The roles at the cut: of the person whom the filter names, or of every stay, in their order.
    roles: Vec<Role>,
}

/// What a history shows on the way and its end does not: it tells the reasons of survivors apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Traces {
    /// The revocations whose survivors are asked for: of each filter the last.
    cuts: BTreeMap<Filter, Cut>,
    /// The pairs that were authorized again after a revocation had taken them.
    authorized_again: BTreeSet<Pair>,
    /// The pairs that an organization's revocation took:
    /// the state does not tell them from those that were revoked singly.
    taken_at_organizations: BTreeSet<Pair>,
}

type Pair = (CredentialId, OrganizationId);

impl Cut {
    /// Of the revocation requested last, right after the request is applied:
    /// every role is still what it was at the cut.
    fn last(enterprise: &Enterprise) -> Option<Self> {
        let revocation = enterprise.revocations.iter().next_back()?;
        let coverage = revocation.coverage;
        let role = |person| enterprise.people.get(person).map(|stay| stay.facts.role);
        let roles = match coverage.filter.person() {
            Some(person) => role(person).into_iter().collect(),
            None => {
                let stays = (0..).map(Ordinal).take_while(|person| enterprise.people.has(*person));
                stays.filter_map(role).collect()
            }
        };
        Some(Self {
            id: revocation.id,
            coverage,
            roles,
        })
    }

    /// Why a credential that authenticates is alive; nothing for one that the cut took,
    /// which the law of the cut forbids.
    fn reason(&self, credential: &Credential<'_>) -> Option<SurvivalReason> {
        if credential.slot >= self.coverage.issued {
            return Some(SurvivalReason::IssuedAfterTheCut);
        }
        let place = match self.coverage.filter.person() {
            Some(_) => 0,
            None => credential.owner().0,
        };
        let role = self.roles.get(place as usize)?;
        self.coverage
            .why_spared(*role, credential.kind())
            .map(SurvivalReason::from)
    }
}

impl Traces {
    /// Asks for the survivors of the revocation requested last, and of no other: right after the request is applied.
    pub(super) fn begin_anew(&mut self, enterprise: &Enterprise) {
        self.cuts.clear();
        self.begin(enterprise);
    }

    /// Asks for the survivors of the revocation requested last instead of an earlier one with the same filter: right
    /// after the request is applied.
    pub(super) fn begin(&mut self, enterprise: &Enterprise) {
        let cut = Cut::last(enterprise);
        debug_assert!(cut.is_some(), "asked where nothing was requested");
        self.cuts.extend(cut.map(|cut| (cut.coverage.filter, cut)));
    }

    /// The pair that this event, which comes next, authorizes again after a revocation took it.
    pub(super) fn authorized_again(&self, enterprise: &Enterprise, event: &Event) -> Option<Pair> {
        let &Event::CredentialAuthorized {
            credential,
            organization,
        } = event
        else {
            return None;
        };
        let is_taken = |issued| {
            let held = (enterprise.credentials).authorization(&issued, organization, &enterprise.organizations);
            held.is_some_and(|(_, held)| enterprise.is_taken(&issued, &held))
        };
        let pair = (credential, organization);
        let again =
            self.taken_at_organizations.contains(&pair) || enterprise.credentials.get(credential).is_some_and(is_taken);
        again.then_some(pair)
    }

    /// Notes an event that is applied, and the pair that it authorized again.
    pub(super) fn observe(&mut self, enterprise: &Enterprise, event: &Event, again: Option<Pair>) {
        self.authorized_again.extend(again);
        let Event::AuthorizationRevoked {
            credential,
            organization,
            revocation: Some(revocation),
        } = event
        else {
            return;
        };
        let revocation = enterprise.revocations.get(*revocation);
        if revocation.is_some_and(|it| it.coverage.filter.organization().is_some()) {
            self.taken_at_organizations.insert((*credential, *organization));
        }
    }

    /// Of each revocation asked for, what is alive in the state at `at`, of what its filter matches, although it is
    /// younger than, or outlived, its cut. In order of the cuts.
    pub(super) fn survivors(
        &self,
        enterprise: &Enterprise,
        at: Timestamp,
        owned: &mut Owned,
    ) -> Vec<(RevocationId, Vec<Survivors>)> {
        let survivors = self.cuts.values().map(|cut| {
            let groups = self.groups(enterprise, cut, at, owned);
            (cut.id, groups.survivors().collect())
        });
        let mut survivors: Vec<_> = survivors.collect();
        survivors.sort_unstable_by_key(|(id, _)| *id);
        survivors
    }

    fn groups(&self, enterprise: &Enterprise, cut: &Cut, at: Timestamp, owned: &mut Owned) -> Groups {
        let mut groups = Groups::default();
        let limits = enterprise.limits(cut.coverage.filter);
        for credential in candidates(enterprise, limits, owned) {
            let is_of_type = limits.credential_type.is_none_or(|of| of.has(credential.kind()));
            if !is_of_type || enterprise.authenticate(&credential, at).is_err() {
                continue;
            }
            if let Some(reason) = cut.reason(&credential) {
                groups.add(reason, credential.kind(), credential.id());
            }
            for (organization, reason) in self.later_authorizations(enterprise, limits, &credential) {
                if enterprise.may_use(credential.id(), organization, at).is_ok() {
                    groups.add(reason, credential.kind(), credential.id());
                }
            }
        }
        groups
    }

    /// The organizations for which a credential may be used if it was authorized after the cut, and why that is no
    /// fault. What was live at the cut and matches is dead, so what matches and is alive came later.
    fn later_authorizations(
        &self,
        enterprise: &Enterprise,
        limits: Limits,
        credential: &Credential<'_>,
    ) -> impl Iterator<Item = (OrganizationId, SurvivalReason)> {
        let authorizations = enterprise.credentials.authorizations(credential);
        let organizations = authorizations.filter_map(|held| enterprise.organizations.get(held.organization));
        let matching = organizations.filter(move |stay| limits.organization.is_none_or(|of| of == stay.id));
        let credential = credential.id();
        matching.map(
            move |stay| match self.authorized_again.contains(&(credential, stay.id)) {
                true => (stay.id, SurvivalReason::AuthorizedAgain),
                false => (stay.id, SurvivalReason::AuthorizedAfterTheCut),
            },
        )
    }
}

/// The credentials that a filter may match, in order of issue: of a person those of their latest stay, since what was
/// issued in an earlier one authenticates nowhere. The latest may be later than the one that the revocation was about:
/// what was issued in it outlives it.
fn candidates<'a>(
    enterprise: &'a Enterprise,
    limits: Limits,
    owned: &mut Owned,
) -> impl Iterator<Item = Credential<'a>> + use<'a> {
    let person = limits
        .person
        .and_then(|person| enterprise.people.latest_ordinal(person));
    let theirs = person.map(|person| owned.of(enterprise, person));
    let all = if theirs.is_some() {
        0
    } else {
        enterprise.credentials.len()
    };
    let theirs = theirs.into_iter().flatten();
    let theirs = theirs.filter_map(|slot| enterprise.credentials.at(slot));
    theirs.chain(enterprise.credentials.range(0..all))
}
