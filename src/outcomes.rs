//! What became of each credential and of each of its authorizations, at the end of a history, and by one of its
//! revocations. This is the list that a responder is asked for.
//!
//! A history is read twice, because the state holds neither fingerprints nor times of issue. The first time, an
//! [`Observer`] folds it. The second time, [`Outcomes`] gives the [`Outcome`]s of each issued credential: one for each
//! organization for which it was ever authorized. This takes no memory beside the state. If it is about a revocation,
//! it takes 8 bytes for each credential.
//! [`Observer`] folds it. The second time [`Outcomes`] gives, for each credential issued, an [`Outcome`] for each
//! organization that it was ever authorized for. Beside the state that takes nothing,
//! and about a revocation 8 bytes for each credential.
//!
//! ```
//! use enterprise_credentials::log;
//! use enterprise_credentials::outcomes::{CredentialStatus, Observer};
//! # const HISTORY: &[u8] = concat!(
//! #     r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","#,
//! #     r#""slug":"octo-corp","kind":"managed_users"}"#, "\n",
//! #     r#"{"position":2,"at":"2026-03-10T09:00:01.000Z","type":"MemberAdded","#,
//! #     r#""member":7,"login":"mona_octo","role":"owner"}"#, "\n",
//! #     r#"{"position":3,"at":"2026-03-10T09:00:02.000Z","type":"CredentialIssued","credential":901,"#,
//! #     r#""owner":7,"kind":"classic_pat","scopes":[],"fingerprint":"SHA256:abc"}"#, "\n",
//! #     r#"{"position":4,"at":"2026-03-10T09:00:03.000Z","type":"CredentialDestroyed","credential":901}"#,
//! # ).as_bytes();
//!
//! let mut observer = Observer::new(None);
//! for recorded in log::read(HISTORY) {
//!     observer.observe(&recorded?)?;
//! }
//! let at = observer.enterprise().last_at().ok_or("an empty history")?;
//! let outcomes = observer.finish(at);
//! for recorded in log::read(HISTORY) {
//!     for outcome in outcomes.of(&recorded?) {
//!         assert_eq!((outcome.login.as_str(), outcome.status), ("mona_octo", CredentialStatus::Destroyed));
//!     }
//! }
//! # Ok::<(), Box<dyn core::error::Error>>(())
//! ```

mod marks;
pub(crate) mod status;

use crate::corrupt_history::CorruptHistory;
use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::enterprise::credentials::Credential;
use crate::enterprise::record::Authorization;
use crate::enterprise::revocations::Revocation;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::name::{Fingerprint, Login};
use crate::person::Role;
use crate::survival::SurvivalReason;
use crate::timestamp::Timestamp;
use marks::{CredentialMark, Marks, PairMark};
pub use status::{AuthorizationStatus, CredentialStatus, Taken};

/// Which revocation is asked about.
///
/// Exhaustive: it is made by callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// The last one that the history requests.
    Last,
    /// This one.
    Revocation(RevocationId),
}

/// Reads a history for the first time.
#[derive(Debug, Clone, Default)]
pub struct Observer {
    enterprise: Enterprise,
    about: Option<About>,
    /// The revocation whose scope is noted.
    revocation: Option<RevocationId>,
    marks: Marks,
}

/// What became of everything, to be asked while the history is read again.
#[derive(Debug, Clone)]
pub struct Outcomes {
    enterprise: Enterprise,
    at: Timestamp,
    revocation: Option<RevocationId>,
    marks: Marks,
}

/// What became of one credential, and of one of its authorizations if it ever had any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The credential.
    pub credential: CredentialId,
    /// Its kind.
    pub kind: CredentialKind,
    /// Whose it is.
    pub owner: PersonId,
    /// The owner's login, in the membership in which it was issued.
    pub login: &'a Login,
    /// The owner's role, or where that membership ended, the last one.
    pub role: Role,
    /// What identifies the credential without being it.
    pub fingerprint: Option<&'a Fingerprint>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when on it no longer authenticates.
    pub expires_at: Option<Timestamp>,
    /// What became of it.
    pub status: CredentialStatus,
    /// By the revocation asked about: what it took of the credential itself, and why it is alive all the same.
    pub of_revocation: OfRevocation,
    /// The owner's role when that revocation was requested; nothing for what was issued later,
    /// and where none is asked about.
    pub role_at_cut: Option<Role>,
    /// One of its authorizations; nothing only where it never had any.
    pub authorization: Option<AuthorizationOutcome>,
}

/// What became of one authorization, the latest of its credential for its organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorizationOutcome {
    /// For which organization.
    pub organization: OrganizationId,
    /// What became of it.
    pub status: AuthorizationStatus,
    /// By the revocation asked about: what it took of this pair, and why the pair is usable all the same.
    pub of_revocation: OfRevocation,
}

/// What one revocation did to something, and why it is alive after it.
/// Both is said of a pair that was taken and authorized again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfRevocation {
    /// What it took.
    pub taken: Option<Taken>,
    /// Why it is alive: of a credential that authenticates, or of a pair for which it may be used.
    pub reason: Option<SurvivalReason>,
}

impl Outcome<'_> {
    /// Whether the revocation asked about took the credential or this authorization.
    pub fn is_affected(&self) -> bool {
        self.of_revocation.taken.is_some() || (self.authorization).is_some_and(|it| it.of_revocation.taken.is_some())
    }

    /// Whether the credential, or this authorization, is alive after the revocation asked about,
    /// of what its filter matches.
    pub fn is_survivor(&self) -> bool {
        self.of_revocation.reason.is_some() || (self.authorization).is_some_and(|it| it.of_revocation.reason.is_some())
    }
}

impl Observer {
    /// Observes what becomes of everything, and what a revocation did to it, if one is asked about.
    pub fn new(about: Option<About>) -> Self {
        Self {
            about,
            ..Self::default()
        }
    }

    /// The state after the events observed so far.
    pub const fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// [`CorruptHistory`] where the event does not fit. Nothing can be said about what follows it.
    pub fn observe(&mut self, recorded: &RecordedEvent) -> Result<(), CorruptHistory> {
        if self.about.is_none() {
            return self.enterprise.apply(recorded);
        }
        let granted = self.granted_anew(&recorded.event);
        self.enterprise.apply(recorded)?;
        if let Some(GrantedAnew { slot, place, len, mark }) = granted {
            self.marks.move_to_end(slot, place, len, mark);
        }
        self.note_taken_at_organization(&recorded.event);
        if recorded.event.is_request() && self.is_asked_about(recorded) {
            self.note_scope();
        }
        Ok(())
    }

    /// What became of everything. `at` decides which credentials have expired, and nothing else.
    pub fn finish(self, at: Timestamp) -> Outcomes {
        Outcomes {
            enterprise: self.enterprise,
            at,
            revocation: self.revocation,
            marks: self.marks,
        }
    }

    fn is_asked_about(&self, recorded: &RecordedEvent) -> bool {
        match self.about {
            None => false,
            Some(About::Last) => true,
            Some(About::Revocation(revocation)) => revocation.cut() == recorded.position,
        }
    }

    /// The pair that this event, which comes next, authorizes in place of an earlier authorization.
    fn granted_anew(&self, event: &Event) -> Option<GrantedAnew> {
        let &Event::CredentialAuthorized {
            credential,
            organization,
        } = event
        else {
            return None;
        };
        let credentials = &self.enterprise.credentials;
        let issued = credentials.get(credential)?;
        let (place, held) = credentials.authorization(&issued, organization, &self.enterprise.organizations)?;
        let before = self.marks.pair(issued.slot, place);
        let was_taken = before.has(PairMark::TAKEN_AT_ORGANIZATION) || self.enterprise.is_taken(&issued, &held);
        let mark = if was_taken { PairMark::AGAIN } else { PairMark::NONE };
        Some(GrantedAnew {
            slot: issued.slot,
            place,
            len: credentials.authorizations(&issued).count(),
            mark,
        })
    }

    /// The state does not tell what an organization's revocation took from what was revoked singly.
    fn note_taken_at_organization(&mut self, event: &Event) {
        let &Event::AuthorizationRevoked {
            credential,
            organization,
            revocation: Some(revocation),
        } = event
        else {
            return;
        };
        let enterprise = &self.enterprise;
        let of_organization = (enterprise.revocations.get(revocation))
            .is_some_and(|revocation| revocation.coverage.filter.organization().is_some());
        let issued = enterprise.credentials.get(credential).filter(|_| of_organization);
        let place = issued.and_then(|issued| {
            let held = (enterprise.credentials).authorization(&issued, organization, &enterprise.organizations);
            Some((issued.slot, held?.0))
        });
        if let Some((slot, place)) = place {
            self.marks.add(slot, place, PairMark::TAKEN_AT_ORGANIZATION);
        }
    }

    /// Notes what the revocation requested last takes: asked right after the request is applied, when every role is
    /// still known as it was at the cut.
    fn note_scope(&mut self) {
        let enterprise = &self.enterprise;
        let Some(revocation) = enterprise.revocations.iter().next_back() else {
            debug_assert!(false, "asked where nothing was requested");
            return;
        };
        let id = revocation.id;
        self.revocation = Some(id);
        for credential in enterprise.credentials.iter() {
            let role = enterprise
                .people
                .role_at(credential.owner(), revocation.coverage.request);
            self.marks.set_credential(
                credential.slot,
                CredentialMark {
                    is_taken: enterprise.pending_destruction(&credential) == Some(id),
                    role_at_cut: role.map(|(role, _)| role),
                },
            );
            for (place, held) in enterprise.credentials.authorizations(&credential).enumerate() {
                let is_taken = enterprise.pending_authorization(&credential, &held) == Some(id);
                self.marks.set_taken(credential.slot, place, is_taken);
            }
        }
    }
}

/// A pair that is authorized in place of an earlier authorization of it: it comes last then in the order of grant.
struct GrantedAnew {
    slot: u32,
    place: usize,
    /// How many authorizations the credential has, this pair's included.
    len: usize,
    mark: PairMark,
}

impl Outcomes {
    /// The state at the end.
    pub const fn enterprise(&self) -> &Enterprise {
        &self.enterprise
    }

    /// The revocation that is told about; nothing where none was asked about, or the history does not request it.
    pub const fn revocation(&self) -> Option<RevocationId> {
        self.revocation
    }

    /// What became of the credential that this event issues, one outcome for each of its authorizations in order of
    /// grant, or one without; nothing for any other event, and for a credential that the first reading did not see.
    pub fn of<'a>(&'a self, recorded: &'a RecordedEvent) -> impl Iterator<Item = Outcome<'a>> {
        let issued = self.issued(recorded);
        issued.into_iter().flat_map(move |(credential, outcome)| {
            let authorizations = self.enterprise.credentials.authorizations(&credential).enumerate();
            let authorizations = authorizations.filter_map(move |(place, held)| {
                let authorization = self.authorization(&credential, place, &held, outcome.status)?;
                Some(Outcome {
                    authorization: Some(authorization),
                    ..outcome
                })
            });
            let has_none = self.enterprise.credentials.authorizations(&credential).next().is_none();
            authorizations.chain(has_none.then_some(outcome))
        })
    }

    /// The credential that an event issues, and what became of it, apart from its authorizations.
    fn issued<'a>(&'a self, recorded: &'a RecordedEvent) -> Option<(Credential<'a>, Outcome<'a>)> {
        let Event::CredentialIssued {
            credential,
            expires_at,
            fingerprint,
            ..
        } = &recorded.event
        else {
            return None;
        };
        let enterprise = &self.enterprise;
        let credential = enterprise.credentials.get(*credential)?;
        let owner = enterprise.people.get(credential.owner())?;
        let status = CredentialStatus::of(enterprise.authenticate(&credential, self.at));
        let mark = self.marks.credential(credential.slot);
        let outcome = Outcome {
            credential: credential.id(),
            kind: credential.kind(),
            owner: owner.id,
            login: &enterprise.people.data(credential.owner())?.login,
            role: owner.facts.role,
            fingerprint: fingerprint.as_ref(),
            issued_at: recorded.at,
            expires_at: *expires_at,
            status,
            of_revocation: self.of_credential(&credential, status, mark),
            role_at_cut: mark.and_then(|mark| mark.role_at_cut),
            authorization: None,
        };
        Some((credential, outcome))
    }

    /// The revocation that is told about, if it is to be asked of a credential:
    /// if the credential is of whom and of what it is limited to.
    fn revocation_of(&self, credential: &Credential<'_>) -> Option<&Revocation> {
        let revocation = self.enterprise.revocations.get(self.revocation?)?;
        let limits = self.enterprise.limits(revocation.coverage.filter);
        let owner = self.enterprise.people.get(credential.owner())?.id;
        // The person's other memberships count: what was issued in them outlives it.
        let is_matched = limits.person.is_none_or(|person| owner == person)
            && limits.credential_type.is_none_or(|of| of.has(credential.kind()));
        is_matched.then_some(revocation)
    }

    fn of_credential(
        &self,
        credential: &Credential<'_>,
        status: CredentialStatus,
        mark: Option<CredentialMark>,
    ) -> OfRevocation {
        let Some(revocation) = self.revocation_of(credential) else {
            return OfRevocation::default();
        };
        let is_taken = mark.is_some_and(|mark| mark.is_taken);
        let spared = |role| revocation.coverage.why_spared(role, credential.kind());
        let reason = match mark {
            // A credential that the revocation covers and that authenticates is none: the law of the cut forbids it.
            Some(mark) => mark.role_at_cut.and_then(spared).map(SurvivalReason::from),
            None => Some(SurvivalReason::IssuedAfterTheCut),
        };
        OfRevocation {
            taken: is_taken.then_some(match status {
                CredentialStatus::Destroyed => Taken::Recorded,
                _ => Taken::Pending,
            }),
            reason: reason.filter(|_| status == CredentialStatus::Alive),
        }
    }

    fn authorization(
        &self,
        credential: &Credential<'_>,
        place: usize,
        held: &Authorization,
        status: CredentialStatus,
    ) -> Option<AuthorizationOutcome> {
        let enterprise = &self.enterprise;
        let organization = enterprise.organizations.get(held.organization)?.id;
        let mark = self.marks.pair(credential.slot, place);
        let authorization = AuthorizationStatus::of(enterprise, credential, held);
        let revocation = self.revocation_of(credential);
        let is_matched = revocation.is_some_and(|revocation| {
            let limited_to = enterprise.limits(revocation.coverage.filter).organization;
            limited_to.is_none_or(|of| of == organization)
        });
        let is_usable = status == CredentialStatus::Alive && authorization == AuthorizationStatus::Live;
        let is_pending =
            mark.has(PairMark::TAKEN) && enterprise.pending_authorization(credential, held) == self.revocation;
        let taken = if is_pending { Taken::Pending } else { Taken::Recorded };
        // What was live at the cut and matches is dead, so what matches and is usable came later.
        let reason = match mark.has(PairMark::AGAIN) {
            true => SurvivalReason::AuthorizedAgain,
            false => SurvivalReason::AuthorizedAfterTheCut,
        };
        Some(AuthorizationOutcome {
            organization,
            status: authorization,
            of_revocation: OfRevocation {
                taken: mark.has(PairMark::TAKEN).then_some(taken),
                reason: (is_matched && is_usable).then_some(reason),
            },
        })
    }
}
