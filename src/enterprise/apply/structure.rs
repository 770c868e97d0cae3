//! What every kind of event is checked for: that it names what is there, and that its transition exists.

use crate::corrupt_history::Corruption;
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::id::{CredentialId, OrganizationId, PersonId};

impl Enterprise {
    /// A credential, which is likely to be at this slot or just behind it.
    #[inline(always)]
    pub(super) fn known_credential(&self, id: CredentialId, slot: Option<u32>) -> Result<Credential<'_>, Corruption> {
        self.credentials.get_likely(id, slot).ok_or(Corruption::Unknown {
            what: "credential",
            id: id.value(),
        })
    }
}

/// What ids and positions allow, but no memory holds.
pub(super) const TOO_MANY: Corruption =
    Corruption::Transition("the state is full: it can hold no more people, organizations, credentials or revocations");

pub(super) fn structure(holds: bool, otherwise: &'static str) -> Result<(), Corruption> {
    if holds {
        Ok(())
    } else {
        Err(Corruption::Transition(otherwise))
    }
}

pub(super) fn unknown_person(id: PersonId) -> Corruption {
    Corruption::Unknown {
        what: "person",
        id: id.value(),
    }
}

pub(super) fn unknown_organization(id: OrganizationId) -> Corruption {
    Corruption::Unknown {
        what: "organization",
        id: id.value(),
    }
}
