//! The rules, for any store: each takes one that is empty.

mod appends;
mod heads;
mod health;
mod look_up;
mod reads;
mod snapshots;
mod unfinished;

use enterprise_credentials::{EnterpriseSlug, Fingerprint};
use enterprise_credentials_host::store::{Head, Holder, Store, StoreError};

use crate::common::history::History;
use crate::common::lines::{Line, lines};
use crate::common::memory::at;

pub(crate) use appends::{
    an_append_elsewhere_conflicts, an_append_is_whole_or_nothing, an_append_to_other_lines_is_altered,
    lines_out_of_place_are_refused, nothing_is_seen_before_the_commit, of_appends_at_once_one_wins,
};
pub(crate) use heads::{
    an_append_gives_the_head_behind_it, heads_commit_to_the_lines_alone, the_newest_event_is_found,
};
pub(crate) use health::a_store_that_works_says_so;
pub(crate) use look_up::{
    a_fingerprint_may_stand_in_many_enterprises, a_fingerprint_stands_for_one_credential_of_an_enterprise,
    the_look_up_is_filled_by_issues,
};
pub(crate) use reads::{a_read_gives_lines_until_the_end, reads_give_back_the_bytes, streams_are_kept_apart};
pub(crate) use snapshots::{
    snapshots_are_kept_apart, snapshots_are_kept_with_their_frontier, snapshots_from_beyond_the_end_are_replaced,
    the_latest_snapshot_is_kept,
};
pub(crate) use unfinished::unfinished_revocations_are_listed;

/// What a rule found: nothing, or the sentence that does not hold.
pub(crate) type Verdict = Result<(), &'static str>;

macro_rules! hold {
    ($condition:expr, $sentence:literal) => {
        if !$condition {
            return Err($sentence);
        }
    };
}
use hold;

pub(crate) fn sample(slug: &str, salt: &str) -> (EnterpriseSlug, Vec<Line>) {
    let mut lines = lines(&History::sample(slug, salt).log);
    // Ends with an issue, so that the last line can be at fault.
    while lines.last().is_some_and(|line| line.fingerprint().is_none()) {
        lines.pop();
    }
    (slug_of(slug), lines)
}

/// A stream that ends with a request to revoke everything.
fn revoked(slug: &str) -> (EnterpriseSlug, Vec<Line>) {
    let mut history = History::sample(slug, slug);
    history.revoke_all(true);
    (slug_of(slug), lines(&history.log))
}

fn slug_of(text: &str) -> EnterpriseSlug {
    EnterpriseSlug::new(text).unwrap()
}

async fn read(store: &impl Store, slug: &EnterpriseSlug, after: u64, limit: usize) -> Vec<Vec<u8>> {
    let page = store.read(slug, at(after), limit).await.unwrap();
    page.lines().map(<[u8]>::to_vec).collect()
}

async fn holders(store: &impl Store, fingerprint: &Fingerprint) -> Vec<Holder> {
    store.holders(fingerprint).await.unwrap()
}

pub(crate) fn conflict(result: &Result<Head, StoreError>) -> Option<(u64, u64)> {
    match result {
        Err(StoreError::Conflict { expected, actual, .. }) => Some((expected.value(), actual.value())),
        _ => None,
    }
}
