//! A log compared with a service's own list of credentials: what differs, and what of the list cannot be taken at its
//! word.

use std::collections::BTreeMap;
use std::io::Read;

use enterprise_credentials::reconcile::{self, Difference, Reconciler, Totals};
use enterprise_credentials::{CredentialId, CredentialKind, Enterprise, Fingerprint, Timestamp};
use serde::Serialize;

use crate::counted;
use crate::inventory::{Entry, Fault, Faulty, Inventory, InventoryError, Listed, Named, Place, State};
use crate::made::made_id;

/// What the ids of a list are in the log.
///
/// Exhaustive: it is made by callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ids {
    /// Others: credentials are found by their hash or fingerprint alone.
    Other,
    /// The same.
    Same,
    /// Those that [`made_id`] makes of them: the log was made of such a list.
    Made,
}

/// Where log and list differ, or what is wrong with the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What it is, in one word for counts.
    pub what: &'static str,
    /// Where the credential stands in the list; nothing for what is not in it.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// The type that the list gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_type: Option<String>,
    /// The id that the list gives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_id: Option<String>,
    /// The credential of the log, if it was found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential: Option<CredentialId>,
    /// The same for a person.
    pub message: String,
}

/// How much was compared, and how much of it differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Rows of the list, without that of the names.
    pub rows: u64,
    /// Credentials of the list, without those that no log holds.
    pub listed: u64,
    /// Those of them that were found in the log.
    pub found: u64,
    /// Those that the service calls dead and the log does not have. Both refuse them, so this is no difference.
    pub dead_and_not_in_log: u64,
    /// What is listed and no log holds, by what the list calls its kind.
    pub not_modelled: BTreeMap<String, u64>,
    /// How many findings there are of each kind.
    pub findings: BTreeMap<&'static str, u64>,
}

/// Why a list was not compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotCompared {
    /// The list cannot be read.
    #[error(transparent)]
    Unreadable(#[from] InventoryError),
    /// Log and list have hashes, and none of them is on both sides.
    #[error(
        "none of its {listed} hashes and fingerprints is in the log, which has {recorded}: they are encoded \
         differently, or it is the list of another enterprise. A log has the base64 of a token's SHA-256, and \
         `SHA256:…` of an SSH key; the list has `{example}`"
    )]
    NoHashInCommon {
        /// How many the list has.
        listed: u64,
        /// How many the log has.
        recorded: u64,
        /// The first one of the list.
        example: Fingerprint,
    },
    /// No SSH key of the list is in the log, and none has a fingerprint as a log has it.
    #[error(
        "none of its {listed} fingerprints of SSH keys is in the log, which has `SHA256:…` of a key: they are encoded \
         differently; the list has `{example}`"
    )]
    OtherKeys {
        /// How many the list has.
        listed: u64,
        /// The first one of the list.
        example: Fingerprint,
    },
}

/// Compares a list with a log, credential by credential, and hands each finding to `each`: in the order of the list,
/// and then what the list does not have. The `reconciler` is of this enterprise, and has learnt all events of the log.
///
/// # Errors
/// [`NotCompared`]; what was handed to `each` is worth nothing then.
pub fn compare<R: Read>(
    enterprise: &Enterprise,
    reconciler: Reconciler<'_>,
    mut inventory: Inventory<R>,
    ids: Ids,
    each: &mut dyn FnMut(Finding),
) -> Result<Summary, NotCompared> {
    let mut comparison = Comparison {
        enterprise,
        reconciler,
        not_identified: BTreeMap::new(),
        mismatched: 0,
        ids,
        summary: Summary::default(),
        example: None,
        keys: Keys::default(),
        each,
    };
    while let Some(listed) = inventory.next_listed()? {
        match listed {
            Listed::Entry(entry) => comparison.entry(&entry),
            Listed::Faulty(faulty) => comparison.faulty(faulty),
            Listed::NotModelled(access) => *comparison.summary.not_modelled.entry(access.kind).or_default() += 1,
        }
    }
    comparison.summary.rows = inventory.rows();
    comparison.finish()
}

struct Comparison<'a, 'e> {
    enterprise: &'a Enterprise,
    /// How many living entries of each kind had nothing to be found by.
    not_identified: BTreeMap<CredentialKind, u64>,
    /// Entries with an id of the log, and a hash that is not there.
    mismatched: u64,
    reconciler: Reconciler<'a>,
    ids: Ids,
    summary: Summary,
    /// The first hash of the list.
    example: Option<Fingerprint>,
    keys: Keys,
    each: &'e mut dyn FnMut(Finding),
}

/// The fingerprints of the list's SSH keys.
#[derive(Default)]
struct Keys {
    listed: u64,
    /// Whether one is in the log, or could be by how it begins.
    is_one_of_logs: bool,
    example: Option<Fingerprint>,
}

impl Comparison<'_, '_> {
    fn entry(&mut self, entry: &Entry) {
        self.summary.listed += 1;
        if self.example.is_none() {
            self.example.clone_from(&entry.fingerprint);
        }
        let credential = match self.id(&entry.id, Some(entry.kind)) {
            Ok(credential) => credential,
            Err(fault) => {
                self.reconciler.set_aside(None, entry.fingerprint.as_ref());
                return self.tell(found_in(entry, fault.as_str(), None, &fault));
            }
        };
        let found_before = self.reconciler.totals().fingerprints_found;
        let compared = self.reconciler.compare(&reconcile::Listed {
            credential,
            fingerprint: entry.fingerprint.clone(),
            owner: entry.owner,
            kind: entry.kind,
            expires_at: entry.expires_at,
            is_alive: entry.state == State::Active,
            organizations: entry.organizations.keys().copied().collect(),
            shared_with: None,
        });
        if let (CredentialKind::SshKey, Some(fingerprint)) = (entry.kind, &entry.fingerprint) {
            let is_found = self.reconciler.totals().fingerprints_found > found_before;
            self.keys.listed += 1;
            self.keys.is_one_of_logs |= is_found || fingerprint.as_str().starts_with("SHA256:");
            self.keys.example.get_or_insert_with(|| fingerprint.clone());
        }
        for finding in compared {
            match &finding.difference {
                Difference::NotIdentified if entry.state == State::Active => {
                    *self.not_identified.entry(entry.kind).or_default() += 1;
                }
                Difference::Mismatched { of: None } => self.mismatched += 1,
                _ => {}
            }
            match &finding.difference {
                Difference::NotInLog { is_alive: false } => self.summary.dead_and_not_in_log += 1,
                Difference::Expiry {
                    listed: Some(listed),
                    recorded: Some(recorded),
                } if entry.in_whole_seconds && in_one_second(*listed, *recorded) => {}
                difference => self.tell(found_in(entry, difference.as_str(), finding.credential, difference)),
            }
        }
    }

    fn faulty(&mut self, faulty: Faulty) {
        let Faulty {
            place,
            named: Named { credential_type, id },
            fingerprints,
            fault,
        } = faulty;
        self.summary.listed += 1;
        let credential = self.id(&id, credential_type.parse().ok()).ok().flatten();
        self.reconciler.set_aside(credential, None);
        for fingerprint in &fingerprints {
            self.reconciler.set_aside(None, Some(fingerprint));
        }
        self.tell(Finding {
            what: fault.as_str(),
            place: Some(place),
            listed_type: Some(credential_type).filter(|name| !name.is_empty()),
            listed_id: Some(id).filter(|id| !id.is_empty()),
            credential: None,
            message: fault.to_string(),
        });
    }

    /// What the log calls the credential with this id of the list.
    fn id(&self, id: &str, kind: Option<CredentialKind>) -> Result<Option<CredentialId>, Fault> {
        let credential = match self.ids {
            Ids::Other => return Ok(None),
            Ids::Same | Ids::Made if id.is_empty() => return Ok(None),
            Ids::Same => id.parse(),
            Ids::Made => match kind {
                Some(kind) => made_id(kind, id),
                None => return Ok(None),
            },
        };
        credential
            .map(Some)
            .map_err(|why| Fault::Unreadable { column: "id", why })
    }

    fn finish(mut self) -> Result<Summary, NotCompared> {
        let Totals {
            found,
            fingerprints_listed,
            fingerprints_found,
            fingerprints_recorded,
            ..
        } = self.reconciler.totals();
        // A single hash that is not there may be a stranger's, where others are found by their ids.
        let has_none = fingerprints_found == 0 && fingerprints_recorded > 0;
        let is_encoded_differently = found == 0 || (self.mismatched > 0 && fingerprints_listed > 1);
        if has_none
            && is_encoded_differently
            && let Some(example) = self.example.take()
        {
            return Err(NotCompared::NoHashInCommon {
                listed: fingerprints_listed,
                recorded: fingerprints_recorded,
                example,
            });
        }
        if let Some(example) = self.keys.example.take()
            && fingerprints_recorded > 0
            && !self.keys.is_one_of_logs
        {
            return Err(NotCompared::OtherKeys {
                listed: self.keys.listed,
                example,
            });
        }
        self.summary.found = found;
        let Self {
            enterprise,
            not_identified,
            reconciler,
            mut summary,
            each,
            ..
        } = self;
        let mut not_told = BTreeMap::<CredentialKind, u64>::new();
        for missing in reconciler.finish() {
            let recorded = missing
                .credential
                .and_then(|credential| enterprise.credential(credential));
            if let Some(kind) = recorded.map(|recorded| recorded.kind())
                && not_identified.contains_key(&kind)
            {
                *not_told.entry(kind).or_default() += 1;
                continue;
            }
            let what = missing.difference.as_str();
            *summary.findings.entry(what).or_default() += 1;
            each(Finding {
                what,
                place: None,
                listed_type: None,
                listed_id: None,
                credential: missing.credential,
                message: missing.difference.to_string(),
            });
        }
        for (kind, missing) in not_told {
            let listed = not_identified.get(&kind).copied().unwrap_or_default();
            *summary.findings.entry(NOT_TOLD).or_default() += 1;
            each(Finding {
                what: NOT_TOLD,
                place: None,
                listed_type: Some(kind.to_string()),
                listed_id: None,
                credential: None,
                message: not_told_in_words(missing, listed),
            });
        }
        Ok(summary)
    }

    fn tell(&mut self, finding: Finding) {
        *self.summary.findings.entry(finding.what).or_default() += 1;
        (self.each)(finding);
    }
}

/// Alive in the log, and perhaps one of the entries that could not be identified.
const NOT_TOLD: &str = "not_told";

/// How many credentials of a kind may be `missing`, if that many of the kind are listed and not identified.
fn not_told_in_words(missing: u64, listed: u64) -> String {
    let surely = match missing.saturating_sub(listed) {
        0 => String::new(),
        surely => format!(" At least {surely} of them cannot be."),
    };
    let (alive, entries) = (
        counted(missing, "credential", "credentials"),
        counted(listed, "entry", "entries"),
    );
    format!("{alive} alive in the log may be listed or not: {entries} of that kind could not be identified.{surely}")
}

/// A finding about an entry.
fn found_in(entry: &Entry, what: &'static str, credential: Option<CredentialId>, said: &impl ToString) -> Finding {
    Finding {
        what,
        place: Some(entry.place),
        listed_type: Some(entry.kind.to_string()),
        listed_id: Some(entry.id.clone()).filter(|id| !id.is_empty()),
        credential,
        message: said.to_string(),
    }
}

/// Whether the log's time is the list's, which has dropped the milliseconds.
const fn in_one_second(listed: Timestamp, recorded: Timestamp) -> bool {
    let recorded_ms = recorded.milliseconds();
    listed.milliseconds() == recorded_ms - recorded_ms.rem_euclid(1000)
}
