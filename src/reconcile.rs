//! Does the log say what the service says? This compares a history with the service's own list of credentials, as of
//! one time.
//!
//! Whoever moves into an event stream, or has just revoked everything, fears one thing most: a token that lives at the
//! service, while the stream does not know it or believes it dead. Here each difference is a [`Finding`].
//!
//! ```
//! use enterprise_credentials::reconcile::{Listed, Reconciler};
//! # use enterprise_credentials::{CredentialKind, PersonId, log};
//! # const HISTORY: &[u8] = concat!(
//! #     r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","#,
//! #     r#""slug":"octo-corp","kind":"managed_users"}"#, "\n",
//! #     r#"{"position":2,"at":"2026-03-10T09:00:01.000Z","type":"MemberAdded","#,
//! #     r#""member":7,"login":"mona_octo","role":"owner"}"#, "\n",
//! #     r#"{"position":3,"at":"2026-03-10T09:00:02.000Z","type":"CredentialIssued","credential":901,"#,
//! #     r#""owner":7,"kind":"classic_pat","scopes":[],"fingerprint":"SHA256:abc"}"#, "\n",
//! # ).as_bytes();
//!
//! let enterprise = log::replay(HISTORY)?; // as of the list's time
//! let at = enterprise.last_at().ok_or("an empty history")?;
//! let mut reconciler = Reconciler::new(&enterprise, at);
//! for recorded in log::read(HISTORY) {
//!     reconciler.learn(&recorded?.event); // a second pass: the state holds no fingerprints
//! }
//! let listed = Listed {
//!     credential: None,
//!     fingerprint: Some("SHA256:abc".parse()?),
//!     owner: PersonId::new(7)?,
//!     kind: CredentialKind::ClassicPat,
//!     expires_at: None,
//!     is_alive: false,
//!     organizations: Vec::new(),
//!     shared_with: None,
//! };
//! let mut findings = reconciler.compare(&listed);
//! findings.extend(reconciler.finish());
//! assert_eq!(findings[0].to_string(), "entry 1, credential 901: dead at the service and alive in the log");
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod finding;
mod fingerprints;

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::credential::CredentialKind;
use crate::enterprise::{CredentialRef, Enterprise};
use crate::event::Event;
use crate::id::{CredentialId, OrganizationId, PersonId};
use crate::name::{EnterpriseSlug, Fingerprint};
use crate::timestamp::Timestamp;
pub use finding::{Difference, Finding};
use fingerprints::Fingerprints;

/// A credential as the service's own list has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id, where the service's ids are those of the log.
    pub credential: Option<CredentialId>,
    /// Its fingerprint, in the encoding of the log.
    pub fingerprint: Option<Fingerprint>,
    /// Whose it is.
    pub owner: PersonId,
    /// Of what kind it is.
    pub kind: CredentialKind,
    /// From when on it no longer authenticates.
    pub expires_at: Option<Timestamp>,
    /// Whether the service would let it authenticate at the list's time.
    pub is_alive: bool,
    /// The organizations it is authorized for at the list's time, in any order. Not read where it is not alive.
    pub organizations: Vec<OrganizationId>,
    /// Another enterprise that has a credential with this fingerprint, where the service knows of one.
    pub shared_with: Option<EnterpriseSlug>,
}

/// How much was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Entries of the list so far.
    pub listed: u64,
    /// Those of them that were found in the log.
    pub found: u64,
    /// Entries with a fingerprint.
    pub fingerprints_listed: u64,
    /// Those of them whose fingerprint is in the log. None, where both sides have many,
    /// means that they are encoded differently.
    pub fingerprints_found: u64,
    /// Credentials of the log with a fingerprint.
    pub fingerprints_recorded: u64,
}

/// Compares a history with the service's own list, entry by entry. At most 13 bytes for each credential,
/// beside the state.
#[derive(Debug, Clone)]
pub struct Reconciler<'a> {
    enterprise: &'a Enterprise,
    at: Timestamp,
    fingerprints: Fingerprints,
    has_fingerprint: Slots,
    listed: Slots,
    /// Named by an entry that cannot be compared: it is told there, and not as missing.
    set_aside: Slots,
    totals: Totals,
}

impl<'a> Reconciler<'a> {
    /// Compares with `enterprise`, the state as of the list's time `at`:
    /// the fold of all events that were recorded up to it.
    pub fn new(enterprise: &'a Enterprise, at: Timestamp) -> Self {
        let credentials = enterprise.credentials.len();
        Self {
            enterprise,
            at,
            fingerprints: Fingerprints::with_capacity(credentials),
            has_fingerprint: Slots::none_of(credentials),
            listed: Slots::none_of(credentials),
            set_aside: Slots::none_of(credentials),
            totals: Totals::default(),
        }
    }

    /// Learns the fingerprint of a credential that the event issues; every other event is passed over. Needed once for
    /// each event of the history, before the first comparison, where entries have fingerprints: the state holds none.
    pub fn learn(&mut self, event: &Event) {
        let Event::CredentialIssued {
            credential,
            fingerprint: Some(fingerprint),
            ..
        } = event
        else {
            return;
        };
        let issued = self.enterprise.credentials.slot(*credential);
        // One issued after the list's time is not in the state.
        if let Some(slot) = issued.filter(|slot| self.has_fingerprint.insert(*slot)) {
            self.fingerprints.insert(fingerprint, slot);
        }
    }

    /// What an entry of the list says that the log does not.
    pub fn compare(&mut self, listed: &Listed) -> Vec<Finding> {
        self.totals.listed += 1;
        let mut findings = Findings {
            entry: self.totals.listed,
            credential: listed.credential,
            all: Vec::new(),
        };
        if let Some(enterprise) = listed.shared_with.clone() {
            findings.add(Difference::Shared { enterprise });
        }
        let slot = match self.find(listed) {
            Ok(slot) => slot,
            Err(difference) => {
                findings.add(difference);
                return findings.all;
            }
        };
        let enterprise = self.enterprise;
        let issued = enterprise.credentials.at(slot);
        let Some(recorded) = issued.and_then(|issued| enterprise.credential_ref(issued)) else {
            debug_assert!(false, "slot {slot} has no credential");
            return findings.all;
        };
        self.totals.found += 1;
        findings.name(recorded.id());
        if self.listed.insert(slot) {
            self.compare_with(&recorded, listed, &mut findings);
        } else {
            findings.add(Difference::ListedAgain);
        }
        findings.all
    }

    /// Leaves out what an entry names that cannot be compared, because its list is at fault: whoever read it tells so,
    /// and [`finish`](Self::finish) does not call the credential missing.
    pub fn set_aside(&mut self, credential: Option<CredentialId>, fingerprint: Option<&Fingerprint>) {
        let by_id = credential.and_then(|credential| self.enterprise.credentials.slot(credential));
        let with_it = fingerprint.map(|fingerprint| self.fingerprints.slots(fingerprint));
        for slot in by_id.into_iter().chain(with_it.into_iter().flatten()) {
            self.set_aside.insert(slot);
        }
    }

    /// How much was compared so far.
    pub fn totals(&self) -> Totals {
        Totals {
            fingerprints_recorded: self.fingerprints.len() as u64,
            ..self.totals
        }
    }

    /// What is alive in the log and was in no entry, nor set aside, in order of issue.
    pub fn finish(self) -> impl Iterator<Item = Finding> + use<'a> {
        let Self {
            enterprise,
            at,
            listed,
            set_aside,
            ..
        } = self;
        let is_told = move |slot| listed.has(slot) || set_aside.has(slot);
        let unlisted = (enterprise.credentials.iter()).filter(move |credential| !is_told(credential.slot));
        let alive = unlisted.filter(move |credential| enterprise.authenticate(credential, at).is_ok());
        alive.map(|credential| Finding {
            entry: None,
            credential: Some(credential.id()),
            difference: Difference::NotListed,
        })
    }

    /// The slot of the credential that an entry is about, by all that identifies it.
    fn find(&mut self, listed: &Listed) -> Result<u32, Difference> {
        let by_id = (listed.credential).map(|credential| self.enterprise.credentials.slot(credential));
        let by_fingerprint = (listed.fingerprint.as_ref())
            .map(|fingerprint| self.with_fingerprint(fingerprint, by_id.flatten(), listed.is_alive));
        self.totals.fingerprints_listed += u64::from(by_fingerprint.is_some());
        self.totals.fingerprints_found += u64::from(by_fingerprint.flatten().is_some());
        let found = match (by_id, by_fingerprint) {
            (None, None) => return Err(Difference::NotIdentified),
            (Some(found), None) | (None, Some(found)) => found,
            (Some(None), Some(None)) => None,
            (Some(Some(slot)), Some(None)) if !self.has_fingerprint.has(slot) => Some(slot),
            (Some(by_id), Some(by_fingerprint)) if by_id == by_fingerprint => by_id,
            (Some(by_id), Some(by_fingerprint)) => {
                for slot in by_id.into_iter().chain(by_fingerprint) {
                    self.set_aside.insert(slot);
                }
                let of = by_fingerprint.and_then(|slot| self.enterprise.credentials.at(slot));
                return Err(Difference::Mismatched {
                    of: of.map(|credential| credential.id()),
                });
            }
        };
        found.ok_or(Difference::NotInLog {
            is_alive: listed.is_alive,
        })
    }

    /// The credential with this fingerprint. Several have one if an SSH key was deleted and added again: then the one
    /// with the entry's id. Without an id it is one that no entry was about yet, and of these one that lives or not as
    /// the entry does. Of equally good ones it is the one issued last.
    fn with_fingerprint(&mut self, fingerprint: &Fingerprint, by_id: Option<u32>, is_alive: bool) -> Option<u32> {
        let slots = self.fingerprints.slots(fingerprint);
        let (enterprise, at, listed) = (self.enterprise, self.at, &self.listed);
        let lives = |slot| {
            let issued = enterprise.credentials.at(slot);
            issued.is_some_and(|issued| enterprise.authenticate(&issued, at).is_ok())
        };
        let best = |slot: &u32| (listed.has(*slot), lives(*slot) != is_alive);
        match by_id {
            Some(by_id) => (slots.clone().find(|slot| *slot == by_id)).or_else(|| slots.clone().next()),
            None => slots.min_by_key(best),
        }
    }

    fn compare_with(&self, recorded: &CredentialRef<'_>, listed: &Listed, findings: &mut Findings) {
        if listed.owner != recorded.owner() {
            findings.add(Difference::Owner {
                listed: listed.owner,
                recorded: recorded.owner(),
            });
        }
        if listed.kind != recorded.kind() {
            findings.add(Difference::Kind {
                listed: listed.kind,
                recorded: recorded.kind(),
            });
        }
        if listed.expires_at != recorded.expires_at() {
            findings.add(Difference::Expiry {
                listed: listed.expires_at,
                recorded: recorded.expires_at(),
            });
        }
        match (listed.is_alive, self.enterprise.authenticates(recorded.id(), self.at)) {
            (true, Err(denial)) => findings.add(Difference::AliveAtServiceOnly { denial }),
            (false, Ok(_)) => findings.add(Difference::AliveInLogOnly),
            (true, Ok(_)) => self.compare_authorizations(recorded.id(), &listed.organizations, findings),
            (false, Err(_)) => {}
        }
    }

    /// The pairs of a credential that is alive on both sides: where it is dead on one, that says it of all of them.
    fn compare_authorizations(&self, id: CredentialId, listed: &[OrganizationId], findings: &mut Findings) {
        let listed: BTreeSet<OrganizationId> = listed.iter().copied().collect();
        for organization in listed.iter().copied() {
            if let Err(denial) = self.enterprise.may_use(id, organization, self.at) {
                findings.add(Difference::AuthorizedAtServiceOnly { organization, denial });
            }
        }
        for held in self.enterprise.authorizations_of(id, self.at) {
            let organization = held.organization();
            if held.usable().is_ok() && !listed.contains(&organization) {
                findings.add(Difference::AuthorizedInLogOnly { organization });
            }
        }
    }
}

/// The findings about one entry.
struct Findings {
    entry: u64,
    credential: Option<CredentialId>,
    all: Vec<Finding>,
}

impl Findings {
    fn add(&mut self, difference: Difference) {
        self.all.push(Finding {
            entry: Some(self.entry),
            credential: self.credential,
            difference,
        });
    }

    /// Says which credential of the log the entry is about.
    fn name(&mut self, credential: CredentialId) {
        self.credential = Some(credential);
        for finding in &mut self.all {
            finding.credential = Some(credential);
        }
    }
}

/// A set of credentials by slot: a bit for each there is.
#[derive(Debug, Clone)]
struct Slots(Vec<u64>);

impl Slots {
    fn none_of(credentials: u32) -> Self {
        Self(alloc::vec![0; credentials.div_ceil(u64::BITS) as usize])
    }

    fn has(&self, slot: u32) -> bool {
        let word = self.0.get((slot / u64::BITS) as usize);
        word.is_some_and(|word| word >> (slot % u64::BITS) & 1 == 1)
    }

    /// Adds one; false where it was there.
    fn insert(&mut self, slot: u32) -> bool {
        let is_new = !self.has(slot);
        if let Some(word) = self.0.get_mut((slot / u64::BITS) as usize) {
            *word |= 1 << (slot % u64::BITS);
        }
        is_new
    }
}
