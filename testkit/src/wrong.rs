//! Deliberately wrong cores: each breaks one law, in one function around the real core. A suite that does not catch
//! them would not catch the real mistake.
//!
//! ```
//! use enterprise_credentials_testkit::{explore, wrong};
//!
//! for core in wrong::CORES {
//!     let caught = explore(1, wrong::WORDS_MAX, |word| core.judge(word));
//!     assert!(caught.is_err_and(|counterexample| counterexample.reason.law == core.breaks));
//! #   break; // the first will do: tests/wrong_cores.rs takes them all
//! }
//! ```

mod access;
mod authority;
mod histories;
mod jobs;
mod narrower;
mod structure;
mod translated;

use core::convert::Infallible;
use core::fmt;
use std::boxed::Box;

use crate::foreign::{Behind, Implementation};
use crate::laws::{self, Law, Violation};
use crate::run::Run;
use crate::spoken::Spoken;
use crate::word::Word;
use enterprise_credentials::oracle::{Core, Oracle};

/// Within how many random words every wrong core is caught.
pub const WORDS_MAX: u32 = 600;

/// A core that is wrong on purpose.
#[derive(Clone, Copy)]
pub struct WrongCore {
    /// Its name.
    pub name: &'static str,
    /// What is wrong with it, in a sentence.
    pub wrong: &'static str,
    /// The law that it breaks.
    pub breaks: Law,
    judge: fn(&Word) -> Result<(), Violation>,
    behind: fn() -> Box<dyn Implementation<Error = Infallible>>,
    sort: fn() -> Box<dyn Core>,
}

/// The wrong cores that answer every command and every question about access as the core does: what is wrong with them
/// shows in what [`compare`](crate::foreign::compare) does not ask for.
const UNSEEN_BY_COMPARE: [&str; 13] = [
    "PassesOverGaps",
    "CountsForAnyRevocation",
    "AsksPolicyInApply",
    "KeepsTheDead",
    "NamesLetterByLetter",
    "PlansWithoutFilters",
    "MiscountsExpired",
    "BodyBeforeAuthority",
    "ToleratesUnknownTypes",
    "RefusesUnknownFields",
    "WritesWhiteSpace",
    "TrustsAuthority",
    "AuditsStructureOnly",
];

impl WrongCore {
    /// The wrong core of this name, if there is one.
    pub fn named(name: &str) -> Option<Self> {
        CORES.into_iter().find(|core| core.name == name)
    }

    /// This core as somebody's service: for a suite of your own, or for [`compare`](crate::foreign::compare).
    pub fn implementation(&self) -> Box<dyn Implementation<Error = Infallible>> {
        (self.behind)()
    }

    /// An [`Oracle`] that speaks for this core: it answers requests in JSON. The first handle that it gives is the next
    /// after `last_handle`.
    pub fn oracle(&self, last_handle: u64) -> Oracle {
        Oracle::of((self.sort)(), last_handle)
    }

    /// Whether a suite that compares answers and access, as [`compare`](crate::foreign::compare) does, can see that it
    /// is wrong. The others take a law to be seen: they are wrong in plans, audits, lines,
    /// or in what they refuse to read.
    pub fn is_seen_by_compare(&self) -> bool {
        !UNSEEN_BY_COMPARE.contains(&self.name)
    }

    /// Takes a word, and judges the run by the law that this core breaks.
    ///
    /// # Errors
    /// The violation, if this word shows it.
    pub fn judge(&self, word: &Word) -> Result<(), Violation> {
        (self.judge)(word)
    }
}

impl fmt::Debug for WrongCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.wrong)
    }
}

/// Declares the wrong cores from one table: the law with its check, the module, the type, and what is wrong.
macro_rules! wrong_cores {
    ($($law:ident, $check:ident, $module:ident::$core:ident, $wrong:literal;)*) => {
        /// Every wrong core: at least one for each law.
        pub const CORES: [WrongCore; [$($wrong),*].len()] = [$(WrongCore {
            name: stringify!($core),
            wrong: $wrong,
            breaks: Law::$law,
            judge: |word| laws::$check(&Run::<$module::$core>::of(word)),
            behind: || Box::new(Behind::<$module::$core>::default()),
            sort: || Box::new(Spoken::<$module::$core>::default()),
        },)*];
    };
}

wrong_cores! {
    Replay, replay, histories::ForgetsKeysInReplay, "a replay that leaves idempotency keys out";
    Replay, replay, histories::SnapshotsTooLate, "a snapshot that already holds the next batch of a running job";
    HonestDecide, honest_decide, jobs::RevokesTheDead, "a single revocation that is recorded whether or not there is \
        anything to revoke";
    HonestDecide, honest_decide, jobs::CompletesTwice, "a completed job that completes again";
    Structure, structure, structure::PassesOverGaps, "an apply that passes over gaps";
    Structure, structure, structure::CountsForAnyRevocation, "an apply that counts an item for whichever revocation \
        has it";
    Structure, structure, structure::AsksPolicyInApply, "an apply that asks who had authority";
    Determinism, determinism, jobs::ShufflesBatches, "a batch in the order of a hasher";
    Authority, authority, authority::OwnersOnly, "an owner check that forgets the permission";
    Authority, authority, authority::ChildScopesSuffice, "a scope check that takes read:enterprise for \
        admin:enterprise";
    Authority, authority, authority::AnyonesToken, "a caller's token that is not asked whose it is";
    ManagedUsers, managed_users, authority::ForgetsManagedUsers, "revoke_credentials taken on every kind of enterprise";
    Scope, scope, translated::GuestsAreMembers, "guests' tokens and keys destroyed with the members'";
    Scope, scope, translated::AppTokensAreDestroyed, "OAuth app tokens destroyed with the classic tokens";
    Scope, scope, translated::BillingManagersAreSpared, "billing managers taken for no enterprise members";
    Scope, scope, access::NeverWarns, "a warning never given";
    Scope, scope, access::KeepsTheDead, "a plan that takes a dead token of the caller's for one that is kept";
    TheCut, the_cut, access::CutOffByOne, "a cut that misses the grant just before the request";
    TheCut, the_cut, access::LaterRequestMasksEarlier, "a later watermark that masks an earlier one";
    TheCut, the_cut, access::TombstoneForgets, "a taken pair that may be granted again once the job has recorded it";
    TheCut, the_cut, access::WaitsForTheJob, "a destruction that is effective only when the job has recorded it";
    Filters, filters, narrower::ForgetsThePerson, "a revocation of one person folded as everyone's";
    Filters, filters, narrower::NamesLetterByLetter, "a login compared with the case of its letters";
    Filters, filters, narrower::NamesTwo, "a person added under a login that another has in other letters";
    Filters, filters, narrower::TargetsTheFirstOwner, "the first EMU owner taken for a target like any other";
    Scope, scope, narrower::TypeMissesApps, "a type that misses the tokens of GitHub Apps";
    Scope, scope, narrower::SparesNamedGuests, "a guest spared though the request names them";
    TheCut, the_cut, narrower::TombstoneOfOrganizations, "a tombstone after an organization's revocation";
    Authority, authority, narrower::EnterpriseOwnersEverywhere, "an enterprise owner accepted at an organization";
    Authority, authority, narrower::OwnershipComesBack, "an organization's owner who left accepted when they return";
    Access, access, narrower::CoversWhoReturns, "a revocation of a person that takes what was issued after its cut";
    Precedence, precedence, narrower::KeysOfAnyOperation, "an idempotency key that answers for another operation";
    Job, job, narrower::PlansWithoutFilters, "a plan that does not ask whose credentials are meant";
    Job, job, narrower::TakesTheLaters, "a job that records what a later revocation has";
    Job, job, jobs::SkipsTheLastBatch, "a job that completes with its last batch left out";
    Job, job, jobs::CompletesTwice, "a completed job that completes again";
    Job, job, jobs::StopsShort, "a job that never completes an empty scope";
    Job, job, jobs::MiscountsExpired, "a plan that leaves out what has expired";
    Precedence, precedence, authority::BodyBeforeAuthority, "a body judged before the caller";
    Precedence, precedence, authority::ManagedUsersBeforeAuthority, "a kind of enterprise told before the caller is \
        asked";
    Wire, wire, histories::ToleratesUnknownTypes, "a reader that passes over event types it does not know";
    Wire, wire, histories::RefusesUnknownFields, "a reader that refuses fields it does not know";
    Wire, wire, histories::WritesWhiteSpace, "a writer with white space";
    Access, access, access::HonoursTheExpired, "an expiry that is not asked";
    Access, access, access::ExpiresLate, "an expiry that is a millisecond late";
    Access, access, access::HonoursTheDeparted, "a departed owner's token honoured";
    Access, access, access::ForgetsOrganizations, "an organization's departure that is not asked";
    Audit, audit, histories::TrustsAuthority, "an audit that takes the recorded authority on trust";
    Audit, audit, histories::AuditsStructureOnly, "an audit that only folds";
}

/// Declares wrong cores around the real one: each with what it does otherwise.
macro_rules! around_the_core {
    ($($(#[$doc:meta])* $name:ident { $($function:item)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq)]
        pub(super) struct $name(enterprise_credentials::Enterprise);

        impl crate::Candidate for $name {
            fn enterprise(&self) -> &enterprise_credentials::Enterprise {
                &self.0
            }

            fn enterprise_mut(&mut self) -> &mut enterprise_credentials::Enterprise {
                &mut self.0
            }

            $($function)*
        }
    )*};
}

use around_the_core;
