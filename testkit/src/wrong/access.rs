//! Wrong about what is dead.

use std::collections::BTreeSet;
use std::vec::Vec;

use super::around_the_core;
use crate::candidate::Candidate;
use crate::model::Pair;
use enterprise_credentials::{
    AccessDenial, CallerFate, Command, CorruptHistory, CredentialDenial, CredentialId, Enterprise, Event,
    OrganizationId, PersonId, Plan, RecordedEvent, Refusal, Requested, Timestamp,
};

type Owner = Result<PersonId, CredentialDenial>;
type Access = Result<(), AccessDenial>;

around_the_core! {
    NeverWarns {
        fn warns(&self, _request: Requested<'_>, _at: Timestamp) -> bool {
            false
        }
    }

    KeepsTheDead {
        fn plan(&self, request: Requested<'_>, at: Timestamp) -> Plan {
            let mut plan = self.0.plan(request, at);
            if let Some(caller) = plan.caller.as_mut().filter(|caller| caller.fate != CallerFate::Destroyed) {
                caller.fate = CallerFate::Kept;
            }
            plan
        }
    }

    LaterRequestMasksEarlier {
        fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Owner {
            match self.0.authenticates(credential, at) {
                Err(CredentialDenial::DestructionPending { revocation, .. })
                    if self.0.last_cut() != Some(revocation) =>
                {
                    owner(&self.0, credential)
                }
                answer => answer,
            }
        }
    }

    WaitsForTheJob {
        fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Owner {
            match self.0.authenticates(credential, at) {
                Err(CredentialDenial::DestructionPending { .. }) => owner(&self.0, credential),
                answer => answer,
            }
        }
    }

    TombstoneForgets {
        fn decide(&self, command: &Command, at: Timestamp) -> Result<Vec<Event>, Refusal> {
            match self.0.decide(command, at) {
                Err(Refusal::Tombstone { credential, organization, .. })
                    if self.0.may_use(credential, organization, at) == Err(AccessDenial::Revoked(organization)) =>
                {
                    Ok(Vec::from([Event::CredentialAuthorized { credential, organization }]))
                }
                decided => decided,
            }
        }
    }

    HonoursTheExpired {
        fn authenticates(&self, credential: CredentialId, _at: Timestamp) -> Owner {
            self.0.authenticates(credential, Timestamp::MIN)
        }
    }

    ExpiresLate {
        fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Owner {
            match self.0.authenticates(credential, at) {
                Err(CredentialDenial::Expired { expires_at, .. }) if at == expires_at => owner(&self.0, credential),
                answer => answer,
            }
        }
    }

    HonoursTheDeparted {
        fn authenticates(&self, credential: CredentialId, at: Timestamp) -> Owner {
            match self.0.authenticates(credential, at) {
                Err(CredentialDenial::OwnerDeparted(_)) => owner(&self.0, credential),
                answer => answer,
            }
        }
    }

    ForgetsOrganizations {
        fn may_use(&self, credential: CredentialId, organization: OrganizationId, at: Timestamp) -> Access {
            match self.0.may_use(credential, organization, at) {
                Err(AccessDenial::OrganizationGone(_)) => Ok(()),
                answer => answer,
            }
        }
    }
}

/// Keeps a state of its own beside the core's: the grants that its cut misses.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct CutOffByOne {
    enterprise: Enterprise,
    last_grant: Option<Pair>,
    missed: BTreeSet<Pair>,
}

impl Candidate for CutOffByOne {
    fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    fn enterprise_mut(&mut self) -> &mut Enterprise {
        &mut self.enterprise
    }

    fn apply(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        self.enterprise.apply(recorded)?;
        let granted_before = self.last_grant.take();
        match &recorded.event {
            Event::CredentialAuthorized {
                credential,
                organization,
            } => {
                self.last_grant = Some((*credential, *organization));
            }
            Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. } => self.missed.extend(granted_before),
            _ => {}
        }
        Ok(())
    }

    fn may_use(&self, credential: CredentialId, organization: OrganizationId, at: Timestamp) -> Access {
        match self.enterprise.may_use(credential, organization, at) {
            Err(AccessDenial::RevocationPending { .. }) if self.missed.contains(&(credential, organization)) => Ok(()),
            answer => answer,
        }
    }
}

fn owner(enterprise: &Enterprise, credential: CredentialId) -> Owner {
    enterprise
        .credential(credential)
        .map(|it| it.owner())
        .ok_or(CredentialDenial::Unknown(credential))
}
