//! A naive model of the domain: plain sets, rewritten wholesale at each request. No cut, no cursor, no membership numbers.

use std::collections::{BTreeMap, BTreeSet};

use enterprise_credentials::{
    CredentialId, CredentialKind, Event, OrganizationId, PersonId, Position, RecordedEvent, RevocationId, Role,
};

pub(crate) type Pair = (CredentialId, OrganizationId);

/// What a revocation takes, enumerated at its request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Items {
    pub(crate) authorizations: BTreeSet<Pair>,
    pub(crate) credentials: BTreeSet<CredentialId>,
}

/// Who and what is alive, told from the events alone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Naive {
    roles: BTreeMap<PersonId, Role>,
    /// Credentials that authenticate, expiry aside, with owner and kind.
    pub(crate) alive: BTreeMap<CredentialId, (PersonId, CredentialKind)>,
    /// Pairs that may be used, expiry aside.
    pub(crate) live: BTreeSet<Pair>,
    /// Pairs that can never be granted again.
    pub(crate) tombstones: BTreeSet<Pair>,
    /// When each credential was issued, and when each pair was granted last: the order of a job.
    issued_at: BTreeMap<CredentialId, Position>,
    granted_at: BTreeMap<Pair, Position>,
    /// What each revocation took.
    pub(crate) taken: BTreeMap<RevocationId, Items>,
    /// What was recorded for each revocation.
    pub(crate) recorded: BTreeMap<RevocationId, Items>,
}

impl Naive {
    pub(crate) fn apply(&mut self, recorded: &RecordedEvent) {
        match &recorded.event {
            Event::MemberAdded { member, role, .. } | Event::MemberRoleChanged { member, role } => {
                self.roles.insert(*member, *role);
            }
            Event::MemberRemoved { member } => {
                self.roles.remove(member);
                let gone = self.alive.extract_if(.., |_, (owner, _)| owner == member);
                let gone: BTreeSet<CredentialId> = gone.map(|(id, _)| id).collect();
                self.live.retain(|(credential, _)| !gone.contains(credential));
            }
            Event::OrganizationRemoved { organization } => self.live.retain(|(_, of)| of != organization),
            Event::CredentialIssued {
                credential,
                owner,
                kind,
                ..
            } => {
                self.alive.insert(*credential, (*owner, *kind));
                self.issued_at.insert(*credential, recorded.position);
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } => {
                self.live.insert((*credential, *organization));
                self.granted_at.insert((*credential, *organization), recorded.position);
            }
            Event::RevokeAllRequested { revoke_credentials, .. } => {
                let id = RevocationId::new(recorded.position.value()).unwrap();
                self.take(id, *revoke_credentials);
            }
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            } => {
                let pair = (*credential, *organization);
                match revocation {
                    None => assert!(self.live.remove(&pair), "{pair:?} was not live"),
                    Some(id) => assert!(
                        self.recorded_for(*id).authorizations.insert(pair),
                        "{pair:?} recorded twice"
                    ),
                }
            }
            Event::CredentialDestroyed { credential, revocation } => match revocation {
                None => {
                    assert!(self.alive.remove(credential).is_some(), "{credential} was not alive");
                    self.live.retain(|(of, _)| of != credential);
                }
                Some(id) => assert!(
                    self.recorded_for(*id).credentials.insert(*credential),
                    "{credential} recorded twice"
                ),
            },
            Event::RevocationCompleted {
                revocation,
                authorizations_revoked,
                credentials_destroyed,
            } => {
                let (taken, recorded) = (self.taken[revocation].clone(), self.recorded_for(*revocation).clone());
                assert_eq!(recorded, taken, "revocation {revocation} completed");
                assert_eq!(*authorizations_revoked, taken.authorizations.len() as u64);
                assert_eq!(*credentials_destroyed, taken.credentials.len() as u64);
            }
            Event::EnterpriseCreated { .. }
            | Event::OrganizationAdded { .. }
            | Event::PermissionGranted { .. }
            | Event::PermissionWithdrawn { .. } => {}
        }
    }

    /// By what a job orders the event of an item: the issue of its credential, and for an authorization its grant.
    pub(crate) fn turn(&self, event: &Event) -> Option<(Position, Option<Position>)> {
        match event {
            Event::AuthorizationRevoked {
                credential,
                organization,
                ..
            } => Some((
                self.issued_at[credential],
                Some(self.granted_at[&(*credential, *organization)]),
            )),
            Event::CredentialDestroyed { credential, .. } => Some((self.issued_at[credential], None)),
            _ => None,
        }
    }

    /// Everything live goes, and of the members' credentials the three kinds.
    fn take(&mut self, id: RevocationId, revoke_credentials: bool) {
        let authorizations = std::mem::take(&mut self.live);
        let credentials = self.alive.iter().filter(|(_, (owner, kind))| {
            use {CredentialKind as Kind, Role as R};
            let of_three_kinds = matches!(kind, Kind::ClassicPat | Kind::FineGrainedPat | Kind::SshKey);
            let of_member = matches!(self.roles.get(owner), Some(R::Owner | R::Member | R::BillingManager));
            revoke_credentials && of_three_kinds && of_member
        });
        let credentials: BTreeSet<CredentialId> = credentials.map(|(credential, _)| *credential).collect();
        let for_good = authorizations
            .iter()
            .filter(|(of, _)| self.alive[of].1 != CredentialKind::FineGrainedPat);
        self.tombstones.extend(for_good);
        self.alive.retain(|credential, _| !credentials.contains(credential));
        self.taken.insert(
            id,
            Items {
                authorizations,
                credentials,
            },
        );
    }

    fn recorded_for(&mut self, id: RevocationId) -> &mut Items {
        self.recorded.entry(id).or_default()
    }
}
