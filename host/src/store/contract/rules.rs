//! The rules: each is asked of a storage that is empty.

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
        "A read gives back the very bytes that were appended, behind a position and up to a limit.";
    AReadGivesLinesUntilTheEnd, reads::a_read_gives_lines_until_the_end,
        "A read gives at least one line unless the stream ends there.";
    StreamsAreKeptApart, reads::streams_are_kept_apart, "No stream holds lines of another one.";
    AnAppendElsewhereConflicts, appends::an_append_elsewhere_conflicts,
        "An append elsewhere than at the stream's end is a conflict, which tells where the stream ends.";
    AnAppendToOtherLinesIsAltered, appends::an_append_to_other_lines_is_altered,
        "An append behind as many lines that are others is refused as altered, with both roots.";
    LinesOutOfPlaceAreRefused, appends::lines_out_of_place_are_refused,
        "A batch stands behind the end that is expected, and a piece behind the one before.";
    AnAppendIsWholeOrNothing, appends::an_append_is_whole_or_nothing,
        "Nothing is kept of an append that fails, in the stream or in the look-up.";
    AnAppendGivesTheHeadBehindIt, heads::an_append_gives_the_head_behind_it,
        "An append gives the head behind it, and the stream then has that head.";
    HeadsCommitToTheLinesAlone, heads::heads_commit_to_the_lines_alone,
        "A head is that of the lines, however they came into the store.";
    AFingerprintStandsForOneCredentialOfAnEnterprise, look_up::a_fingerprint_stands_for_one_credential_of_an_enterprise,
        "A fingerprint of another credential of the same enterprise is refused, and both are named.";
    AFingerprintMayStandInManyEnterprises, look_up::a_fingerprint_may_stand_in_many_enterprises,
        "Every enterprise that knows a fingerprint is told, in the order of the slugs, up to the most that are told.";
    TheLookUpIsFilledByIssues, look_up::the_look_up_is_filled_by_issues,
        "What was issued is found by its fingerprint, and nothing else is.";
    UnfinishedRevocationsAreListed, unfinished::unfinished_revocations_are_listed,
        "An enterprise is listed from the request of a revocation to the completion of its last one.";
    OfAppendsAtOnceOneWins, appends::of_appends_at_once_one_wins,
        "Of appends at once behind the same head one succeeds, and the others conflict.";
    NothingIsSeenBeforeTheCommit, appends::nothing_is_seen_before_the_commit,
        "Nothing is seen of an append in pieces before its commit, and nothing is left where it is dropped.";
    TheLatestSnapshotIsKept, snapshots::the_latest_snapshot_is_kept,
        "A snapshot takes the place of one that was not taken later.";
    SnapshotsAreKeptApart, snapshots::snapshots_are_kept_apart, "Each stream has a snapshot of its own.";
    SnapshotsAreKeptWithTheirFrontier, snapshots::snapshots_are_kept_with_their_frontier,
        "A snapshot is given back with the frontier that it was kept with.";
    SnapshotsFromBeyondTheEndAreReplaced, snapshots::snapshots_from_beyond_the_end_are_replaced,
        "A snapshot of a position that the stream has not reached stands in the way of no other.";
    CheckpointsAreGivenBack, checkpoints::checkpoints_are_given_back,
        "A checkpoint is given back as it was kept, by its size, and the one that covers the most lines as the last.";
    CheckpointsAreKeptApart, checkpoints::checkpoints_are_kept_apart,
        "Each stream, and each log of a stream, has checkpoints of its own; the last is of the latest log.";
    ACheckpointStandsForOneTree, checkpoints::a_checkpoint_stands_for_one_tree,
        "Where a checkpoint is kept none of another tree takes its place: that is refused as altered, with both roots.";
    TheFirstLogNameStays, checkpoints::the_first_log_name_stays,
        "What the logs were called first they are called for every process.";
    TheNewestEventIsFound, heads::the_newest_event_is_found,
        "The stream whose last event is the newest is named, with its time.";
    AStoreThatWorksSaysSo, health::a_store_that_works_says_so,
        "A store that can be read and written says so, after a conflict too.";
    EveryProcessSeesAnAppendAtOnce, processes::every_process_sees_an_append_at_once,
        "What one process has appended every other sees, and goes on from there.";
    OfAppendsOfTwoProcessesOneWins, processes::of_appends_of_two_processes_one_wins,
        "Of appends of two processes behind the same head one succeeds, and the other conflicts.";
    WhatWasAppendedOutlivesTheProcess, processes::what_was_appended_outlives_the_process,
        "What was appended is there when the store was closed or abandoned, and is opened again.";
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
