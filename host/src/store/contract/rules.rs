//! The rules. Each is asked of a storage that is empty.

mod appends;
mod checkpoints;
mod heads;
mod health;
mod look_up;
mod processes;
mod reads;
mod snapshots;
mod unfinished;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position};

use super::Storage;
use super::failure::{Holds, Verdict};
use super::lines::Appended;
use crate::store::{Holder, Store, StoreError};

/// Declares the rules from one table: the rule, the function that asks it, and what it says.
macro_rules! rules {
    ($($rule:ident, $module:ident::$function:ident, $sentence:literal;)*) => {
        /// A rule that every store keeps.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $sentence] $rule,)*
        }

        impl Rule {
            /// Every rule.
            pub const ALL: [Self; [$($sentence),*].len()] = [$(Self::$rule,)*];

            /// Its name, as a test would have it.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => stringify!($function),)* }
            }

            /// What it says.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$rule => $sentence,)* }
            }

            pub(super) async fn judge(self, storage: &impl Storage) -> Verdict {
                match self { $(Self::$rule => $module::$function(storage).await,)* }
            }
        }
    };
}

rules! {
    ReadsGiveBackTheBytes, reads::reads_give_back_the_bytes,
        "A read gives the very bytes that were appended, after a position and up to a limit.";
    AReadGivesLinesUntilTheEnd, reads::a_read_gives_lines_until_the_end,
        "A read gives at least one line unless the stream ends there.";
    StreamsAreKeptApart, reads::streams_are_kept_apart, "No stream holds lines of another one.";
    AnAppendElsewhereConflicts, appends::an_append_elsewhere_conflicts,
        "An append is a conflict unless it is at the stream's end. The conflict says where the stream ends.";
    AnAppendToOtherLinesIsAltered, appends::an_append_to_other_lines_is_altered,
        "If the stream has as many lines, but others, an append is refused as altered, with both roots.";
    LinesOutOfPlaceAreRefused, appends::lines_out_of_place_are_refused,
        "A batch must follow the expected end, and a piece must follow the piece before.";
    AnAppendIsWholeOrNothing, appends::an_append_is_whole_or_nothing,
        "If an append fails, nothing of it is kept, neither in the stream nor in the look-up.";
    AnAppendGivesTheHeadBehindIt, heads::an_append_gives_the_head_behind_it,
        "An append gives the new head, and the stream then has that head.";
    HeadsCommitToTheLinesAlone, heads::heads_commit_to_the_lines_alone,
        "A head depends only on the lines, however they came into the store.";
    AFingerprintStandsForOneCredentialOfAnEnterprise, look_up::a_fingerprint_stands_for_one_credential_of_an_enterprise,
        "If another credential of the enterprise has the fingerprint, the append is refused, and both are named.";
    AFingerprintMayStandInManyEnterprises, look_up::a_fingerprint_may_stand_in_many_enterprises,
        "The look-up names every enterprise that knows a fingerprint, in the order of the slugs, up to a limit.";
    TheLookUpIsFilledByIssues, look_up::the_look_up_is_filled_by_issues,
        "What was issued is found by its fingerprint. Nothing else is found.";
    UnfinishedRevocationsAreListed, unfinished::unfinished_revocations_are_listed,
        "An enterprise is listed from the request of a revocation to the completion of its last one.";
    OfAppendsAtOnceOneWins, appends::of_appends_at_once_one_wins,
        "If several appends begin at the same head at once, one succeeds, and the others conflict.";
    NothingIsSeenBeforeTheCommit, appends::nothing_is_seen_before_the_commit,
        "Nobody sees an append in pieces before its commit. If it is dropped, nothing of it is left.";
    TheLatestSnapshotIsKept, snapshots::the_latest_snapshot_is_kept,
        "A snapshot replaces any snapshot that is not newer.";
    SnapshotsAreKeptApart, snapshots::snapshots_are_kept_apart, "Each stream has a snapshot of its own.";
    SnapshotsAreKeptWithTheirFrontier, snapshots::snapshots_are_kept_with_their_frontier,
        "A snapshot comes back with the frontier with which it was kept.";
    SnapshotsFromBeyondTheEndAreReplaced, snapshots::snapshots_from_beyond_the_end_are_replaced,
        "A snapshot of a position that the stream has not reached does not keep out any other.";
    CheckpointsAreGivenBack, checkpoints::checkpoints_are_given_back,
        "A checkpoint comes back by its size, as it was kept. The last one is the one that covers the most lines.";
    CheckpointsAreKeptApart, checkpoints::checkpoints_are_kept_apart,
        "Each log of each stream has checkpoints of its own. The last checkpoint is of the latest log.";
    ACheckpointStandsForOneTree, checkpoints::a_checkpoint_stands_for_one_tree,
        "A checkpoint never replaces one of another tree. It is refused as altered, with both roots.";
    TheFirstLogNameStays, checkpoints::the_first_log_name_stays,
        "The first name of the logs is their name for every process.";
    TheNewestEventIsFound, heads::the_newest_event_is_found,
        "The store names the stream with the newest last event, and its time.";
    AStoreThatWorksSaysSo, health::a_store_that_works_says_so,
        "A store that can be read and written says so, after a conflict too.";
    EveryProcessSeesAnAppendAtOnce, processes::every_process_sees_an_append_at_once,
        "Every process sees what another has appended, and goes on from there.";
    OfAppendsOfTwoProcessesOneWins, processes::of_appends_of_two_processes_one_wins,
        "If two processes append at the same head, one succeeds, and the other conflicts.";
    WhatWasAppendedOutlivesTheProcess, processes::what_was_appended_outlives_the_process,
        "If a store was closed or abandoned and is opened again, what was appended is there.";
}

async fn read(store: &impl Store, slug: &EnterpriseSlug, after: usize, limit: usize) -> Verdict<Vec<Vec<u8>>> {
    let page = store.read(slug, at(after)?, limit).await?;
    Ok(page.lines().map(<[u8]>::to_vec).collect())
}

fn at(position: usize) -> Verdict<Position> {
    Position::new(position as u64).holds("a position")
}

fn slug_of(text: &str) -> Verdict<EnterpriseSlug> {
    EnterpriseSlug::new(text).holds("a slug")
}

async fn holders(store: &impl Store, fingerprint: &Fingerprint) -> Verdict<Vec<Holder>> {
    Ok(store.holders(fingerprint).await?)
}

fn conflict(result: &Appended) -> Option<(u64, u64)> {
    match result {
        Err(StoreError::Conflict { expected, actual, .. }) => Some((expected.value(), actual.value())),
        _ => None,
    }
}
