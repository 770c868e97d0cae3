//! The blast radius of a request, before it is made.

mod losses;
mod survivors;

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::command::Requested;
use crate::credential::{CredentialKind, CredentialType};
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::record::{Authorization, GrantStatus};
use crate::enterprise::running::Coverage;
use crate::id::{OrganizationId, PersonId, Position};
use crate::person::Role;
use crate::refusal::CredentialDenial;
use crate::sorted::Sorted;
use crate::timestamp::Timestamp;

pub use losses::{
    AlreadyPending, CallerFate, CallerLoss, KindLoss, Loss, NotCovered, OrganizationLoss, OwnerLoss, RoleLoss,
};

/// What a request would do if it were the next event, whoever is allowed to make it.
///
/// [`Enterprise::authorize`] says who is. What is pending in an earlier revocation belongs to that one and is counted
/// in [`Plan::already_pending`] only, so the totals here are those of the completion to come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The position that the request would have: its cut.
    pub cut: Position,
    /// The organization that it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    /// The person whom it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The type of credential that it is limited to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential_type: Option<CredentialType>,
    /// Whether tokens and keys are destroyed too.
    pub revoke_credentials: bool,
    /// Authorizations that would be revoked.
    pub authorizations_revoked: u64,
    /// Credentials that would be destroyed.
    pub credentials_destroyed: u64,
    /// The same by kind of credential, for every kind.
    pub by_kind: Vec<KindLoss>,
    /// The same by the owner's role, for every role.
    pub by_role: Vec<RoleLoss>,
    /// The authorizations by organization, for every organization that loses one, in order of id.
    pub by_organization: Vec<OrganizationLoss>,
    /// What each enterprise owner would lose, in order of arrival: none of them is spared.
    pub owners: Vec<OwnerLoss>,
    /// What would happen to the caller's own token; absent for callers without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<CallerLoss>,
    /// What earlier revocations have taken already and will record, of what the request's filters match.
    pub already_pending: AlreadyPending,
    /// What stays alive, of what the filters match.
    pub not_covered: NotCovered,
}

impl Enterprise {
    /// What a request would do if it were the next event. A scan of the whole state.
    ///
    /// [`Rule::TotalsEqualThePlan`](crate::Rule::TotalsEqualThePlan): the job finds these items by the same
    /// question to the state.
    ///
    /// Authority, EMU and idempotency are not asked. `at` decides which surviving credentials have expired.
    pub fn plan<'a>(&self, request: impl Into<Requested<'a>>, at: Timestamp) -> Plan {
        let request = request.into();
        let coverage = self.next_coverage(request.into(), request.revoke_credentials);
        self.plan_of(
            request,
            coverage,
            self.credentials_between(coverage, 0..coverage.issued),
            at,
        )
    }

    /// The same for a request about a person, whose credentials in the latest stay are given by their slots: no scan.
    pub(crate) fn plan_about(&self, request: Requested<'_>, slots: &[u32], at: Timestamp) -> Plan {
        let coverage = self.next_coverage(request.into(), request.revoke_credentials);
        debug_assert!(coverage.filter.person().is_some(), "{request:?} is about everybody");
        self.plan_of(request, coverage, self.credentials_at(coverage, slots), at)
    }

    fn plan_of<'a>(
        &self,
        request: Requested<'_>,
        coverage: Coverage,
        credentials: impl Iterator<Item = Credential<'a>>,
        at: Timestamp,
    ) -> Plan {
        let mut tally = Tally::default();
        for credential in credentials {
            self.tally_credential(coverage, &credential, at, &mut tally);
        }
        Plan {
            cut: self.position().next(),
            organization: request.organization,
            person: request.person,
            credential_type: request.credential_type,
            revoke_credentials: coverage.revoke_credentials,
            authorizations_revoked: tally.total.authorizations_revoked,
            credentials_destroyed: tally.total.credentials_destroyed,
            by_kind: tally.kinds(),
            by_role: tally.roles(),
            by_organization: self.organization_losses(&tally),
            owners: self.owner_losses(&tally),
            caller: self.caller_loss(request, coverage, at),
            already_pending: tally.already_pending,
            not_covered: tally.not_covered,
        }
    }

    fn tally_credential(&self, coverage: Coverage, credential: &Credential<'_>, at: Timestamp, tally: &mut Tally) {
        let Some(owner) = self.people.get(credential.owner()) else {
            return;
        };
        let mut again = false;
        let (mut loss, mut pending) = (Loss::default(), AlreadyPending::default());
        let authorizations = self.credentials.authorizations(credential);
        for authorization in authorizations.filter(|held| coverage.filter.has_organization(held.organization)) {
            let settled = self.settled_by(coverage, credential, &authorization);
            if self.pending_authorization(credential, &authorization).is_some() {
                pending.authorizations += 1;
            } else if self.covers_authorization(coverage, credential, &authorization) {
                tally.lose_from(self.organizations.get(authorization.organization).map(|stay| stay.id));
                loss.authorizations_revoked += 1;
            }
            let organization = self.organizations.get(authorization.organization);
            let is_there = organization.is_some_and(|stay| self.organizations.present(stay.id).is_some());
            again |= is_there
                && match settled {
                    GrantStatus::Revoked => true,
                    GrantStatus::Taken => credential.kind().may_be_authorized_again(),
                    GrantStatus::Granted | GrantStatus::Ended => false,
                };
        }
        let is_pending = self.pending_destruction(credential).is_some();
        pending.credentials += u64::from(is_pending);
        let destroyed = !is_pending && self.covers_credential(coverage, credential);
        loss.credentials_destroyed += u64::from(destroyed);
        tally.lose(credential.kind(), owner.facts.role, loss);
        tally.already_pending += pending;
        if owner.facts.role == Role::Owner {
            tally.lose_as_owner(owner.id, loss, pending);
        }
        if !destroyed && self.authenticate(credential, at).is_ok() {
            let by_role = coverage.filter.person().is_none() || !coverage.revoke_credentials;
            let is_collaborators = by_role && !owner.facts.role.is_enterprise_member();
            tally.survive(is_collaborators, loss.authorizations_revoked == 0, again);
        }
    }

    /// What becomes of an authorization when this request and all before it are done.
    fn settled_by(
        &self,
        coverage: Coverage,
        credential: &Credential<'_>,
        authorization: &Authorization,
    ) -> GrantStatus {
        if let Some(settled) = self.settled_as(credential, authorization) {
            return settled;
        }
        if !self.covers_authorization(coverage, credential, authorization) {
            return authorization.status;
        }
        coverage.settles_as()
    }

    fn organization_losses(&self, tally: &Tally) -> Vec<OrganizationLoss> {
        let losses = tally
            .by_organization
            .iter()
            .filter_map(|(organization, authorizations)| {
                let present = self.organizations.present(*organization);
                debug_assert!(present.is_some(), "nothing is live for `{organization}`, which left");
                Some(OrganizationLoss {
                    organization: *organization,
                    login: present?.data.login.clone(),
                    authorizations_revoked: *authorizations,
                })
            });
        losses.collect()
    }

    fn owner_losses(&self, tally: &Tally) -> Vec<OwnerLoss> {
        let owners = self.people().filter(|(.., role)| *role == Role::Owner);
        let losses = owners.map(|(person, login, _)| {
            let (loss, pending) = tally.by_owner.get(&person).copied().unwrap_or_default();
            OwnerLoss {
                person,
                login: login.clone(),
                loss,
                already_pending: pending,
            }
        });
        losses.collect()
    }

    fn caller_loss(&self, request: Requested<'_>, coverage: Coverage, at: Timestamp) -> Option<CallerLoss> {
        let credential = self.credentials.get(request.caller.credential()?)?;
        let (mut revoked, mut pending) = (0, 0);
        for authorization in self.credentials.authorizations(&credential) {
            if self.pending_authorization(&credential, &authorization).is_some() {
                pending += 1;
            } else if self.covers_authorization(coverage, &credential, &authorization) {
                revoked += 1;
            }
        }
        let denied = self.authenticate(&credential, at).err();
        Some(CallerLoss {
            credential: credential.id(),
            authorizations_revoked: revoked,
            authorizations_pending: pending,
            fate: match denied {
                Some(CredentialDenial::Destroyed(_)) => CallerFate::AlreadyDestroyed,
                Some(CredentialDenial::DestructionPending { revocation, .. }) => {
                    CallerFate::DestructionPending { revocation }
                }
                Some(CredentialDenial::OwnerDeparted(_)) => CallerFate::OwnerDeparted,
                _ if self.covers_credential(coverage, &credential) => CallerFate::Destroyed,
                _ => CallerFate::Kept,
            },
            expired_at: match denied {
                Some(CredentialDenial::Expired { expires_at, .. }) => Some(expires_at),
                _ => None,
            },
            warned: self.warns(request, at),
        })
    }
}

#[derive(Default)]
struct Tally {
    total: Loss,
    by_kind: Sorted<CredentialKind, Loss>,
    by_role: Sorted<Role, Loss>,
    by_organization: BTreeMap<OrganizationId, u64>,
    /// What each owner loses, and what is pending already.
    by_owner: BTreeMap<PersonId, (Loss, AlreadyPending)>,
    already_pending: AlreadyPending,
    not_covered: NotCovered,
}

impl Tally {
    fn lose(&mut self, kind: CredentialKind, role: Role, loss: Loss) {
        self.total += loss;
        self.by_kind.update(kind, |lost| *lost += loss);
        self.by_role.update(role, |lost| *lost += loss);
    }

    fn lose_as_owner(&mut self, owner: PersonId, loss: Loss, pending: AlreadyPending) {
        let (lost, already_pending) = self.by_owner.entry(owner).or_default();
        *lost += loss;
        *already_pending += pending;
    }

    fn lose_from(&mut self, organization: Option<OrganizationId>) {
        if let Some(organization) = organization {
            *self.by_organization.entry(organization).or_default() += 1;
        }
    }

    /// [`Rule::NotCoveredIsCounted`](crate::Rule::NotCoveredIsCounted)
    fn survive(&mut self, is_collaborators: bool, loses_nothing: bool, again: bool) {
        if is_collaborators {
            self.not_covered.collaborator_credentials += 1;
        } else {
            self.not_covered.member_credentials += 1;
        }
        self.not_covered.without_authorization += u64::from(loses_nothing);
        self.not_covered.may_be_authorized_again += u64::from(again);
    }

    fn kinds(&self) -> Vec<KindLoss> {
        let losses = CredentialKind::ALL.map(|kind| KindLoss {
            kind,
            loss: self.by_kind.get(kind).copied().unwrap_or_default(),
        });
        losses.into()
    }

    fn roles(&self) -> Vec<RoleLoss> {
        let losses = Role::ALL.map(|role| RoleLoss {
            role,
            loss: self.by_role.get(role).copied().unwrap_or_default(),
        });
        losses.into()
    }
}
