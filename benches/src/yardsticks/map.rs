//! What one would write first: maps of structs.

use std::hash::{BuildHasherDefault, Hasher};

use enterprise_credentials::Event;
use hashbrown::{HashMap, HashSet};

/// The state as maps by id, which checks of an event that people, organizations and credentials are known, that no
/// credential comes twice and no authorization is granted twice.
#[derive(Debug, Default)]
pub struct Map {
    people: HashSet<u64, Hashing>,
    organizations: HashSet<u64, Hashing>,
    credentials: HashMap<u64, Credential, Hashing>,
}

#[derive(Debug)]
struct Credential {
    owner: u64,
    destroyed: bool,
    authorizations: Vec<u64>,
}

impl Map {
    /// Folds the next event of a history that only grows.
    pub fn fold(&mut self, event: &Event) {
        match event {
            Event::OrganizationAdded { organization, .. } => {
                assert!(self.organizations.insert(organization.value()));
            }
            Event::MemberAdded { member, .. } => {
                assert!(self.people.insert(member.value()));
            }
            Event::CredentialIssued { credential, owner, .. } => {
                assert!(self.people.contains(&owner.value()));
                let issued = Credential {
                    owner: owner.value(),
                    destroyed: false,
                    authorizations: Vec::new(),
                };
                let before = self.credentials.insert(credential.value(), issued);
                assert!(before.is_none());
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } => {
                assert!(self.organizations.contains(&organization.value()));
                let credential = self.credentials.get_mut(&credential.value()).expect("a known one");
                assert!(self.people.contains(&credential.owner) && !credential.destroyed);
                assert!(!credential.authorizations.contains(&organization.value()));
                credential.authorizations.push(organization.value());
            }
            _ => {}
        }
    }
}

type Hashing = BuildHasherDefault<Spread>;

/// The core's own way to spread ids.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write_u64(&mut self, id: u64) {
        let product = id.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        self.0 = product ^ (product >> 32);
    }

    fn write(&mut self, _: &[u8]) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
