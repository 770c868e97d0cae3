//! What is wrong with the wrong stores.

use super::Rule;

/// Declares the bugs from one table: the bug, what it does, and the rules that find it out.
macro_rules! bugs {
    ($($bug:ident, $wrong:literal, [$($rule:ident),+];)*) => {
        /// A bug to build into a [`Memory`](super::Memory), which then is a wrong store.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Bug {
            $(#[doc = $wrong] $bug,)*
        }

        impl Bug {
            /// Every bug: at least one for each rule.
            pub const ALL: [Self; [$($wrong),*].len()] = [$(Self::$bug,)*];

            /// What is wrong with a store that has it.
            pub const fn wrong(self) -> &'static str {
                match self { $(Self::$bug => $wrong,)* }
            }

            /// The rules that it breaks, in the order of [`Rule::ALL`]: the one that it is there for, and any that it
            /// cannot help breaking too. No other.
            pub const fn breaks(self) -> &'static [Rule] {
                match self { $(Self::$bug => &[$(Rule::$rule),+],)* }
            }
        }
    };
}

bugs! {
    WritesBytesAnew, "A line is written in the canonical form, whatever its bytes were.", [ReadsGiveBackTheBytes];
    IgnoresTheLimit, "A read gives all lines, whatever the limit.", [ReadsGiveBackTheBytes];
    EndsPagesEarly, "A read ends where a page of the storage ends. Sometimes it gives no line.",
        [AReadGivesLinesUntilTheEnd];
    MixesStreams, "A read gives the lines of all streams.", [StreamsAreKeptApart];
    AppendsAnywhere, "An append is kept, whatever its position.",
        [AnAppendElsewhereConflicts, OfAppendsAtOnceOneWins, EveryProcessSeesAnAppendAtOnce,
         OfAppendsOfTwoProcessesOneWins];
    ReportsTheExpected, "A conflict names the expected end instead of the real one.",
        [AnAppendElsewhereConflicts, EveryProcessSeesAnAppendAtOnce];
    ComparesSizesAlone, "An append in one piece does not compare the frontier.", [AnAppendToOtherLinesIsAltered];
    ComparesSizesAloneInPieces, "An append in pieces does not compare the frontier.", [AnAppendToOtherLinesIsAltered];
    IgnoresPlaces, "A batch is kept although it does not follow the one before.", [LinesOutOfPlaceAreRefused];
    KeepsWhatFailed, "What was inserted before the failure stays.",
        [AnAppendIsWholeOrNothing, AFingerprintStandsForOneCredentialOfAnEnterprise];
    AnswersTheOldHead, "An append gives the head before it.", [AnAppendGivesTheHeadBehindIt];
    ShowsTheOldHead, "The stream's head is the one before the last append.",
        [AnAppendGivesTheHeadBehindIt, HeadsCommitToTheLinesAlone, EveryProcessSeesAnAppendAtOnce];
    HashesLineFeeds, "The line feed is hashed with the line.", [HeadsCommitToTheLinesAlone];
    HashesBatches, "A batch is hashed as if it were one line.", [HeadsCommitToTheLinesAlone];
    ForgetsTheTime, "A head does not say the time of the last line.", [HeadsCommitToTheLinesAlone];
    ForgetsRequests, "A head does not count the revocations under way.", [HeadsCommitToTheLinesAlone];
    LastFingerprintWins, "A fingerprint then stands for the credential that was issued last.",
        [AnAppendIsWholeOrNothing, AFingerprintStandsForOneCredentialOfAnEnterprise];
    NamesTheSecond, "The error names the second credential of a fingerprint as its first holder.",
        [AFingerprintStandsForOneCredentialOfAnEnterprise];
    RefusesAcrossEnterprises, "A fingerprint that another enterprise knows is refused.",
        [AFingerprintMayStandInManyEnterprises];
    LooksUpOneEnterprise, "The look-up names only one enterprise that knows a fingerprint.",
        [AFingerprintMayStandInManyEnterprises];
    LooksUpInOrderOfIssue,
        "The look-up names the enterprises in the order in which they came to know a fingerprint.",
        [AFingerprintMayStandInManyEnterprises];
    LooksUpWithoutLimit, "The look-up names all enterprises that know a fingerprint, without a limit.",
        [AFingerprintMayStandInManyEnterprises];
    LooksUpAnything, "A fingerprint that nobody issued stands for some credential.",
        [AnAppendIsWholeOrNothing, TheLookUpIsFilledByIssues];
    ForgetsCompletions, "A completed revocation stays unfinished.", [UnfinishedRevocationsAreListed];
    EndsAllWithOne, "The completion of one revocation ends all revocations of the enterprise.",
        [UnfinishedRevocationsAreListed];
    ChecksTooEarly, "The end is compared before the lines are written, and others may append between.",
        [OfAppendsAtOnceOneWins, OfAppendsOfTwoProcessesOneWins];
    ShowsWhatIsPushed, "Others see the pieces of an append before its commit.",
        [LinesOutOfPlaceAreRefused, AnAppendIsWholeOrNothing, NothingIsSeenBeforeTheCommit];
    KeepsTheFirstSnapshot, "No snapshot replaces another.",
        [TheLatestSnapshotIsKept, SnapshotsAreKeptWithTheirFrontier, SnapshotsFromBeyondTheEndAreReplaced];
    KeepsAnySnapshot, "A snapshot replaces a newer one.", [TheLatestSnapshotIsKept];
    KeepsSnapshotsOfOtherPositionsAlone, "A snapshot does not replace one of the same position.",
        [TheLatestSnapshotIsKept, SnapshotsAreKeptWithTheirFrontier];
    MixesSnapshots, "All streams have the snapshot of one.", [SnapshotsAreKeptApart];
    FilesSnapshotsUnderTheHead, "A snapshot of the head's position gets the head's frontier.",
        [SnapshotsAreKeptWithTheirFrontier];
    KeepsJunk, "A snapshot from beyond the end counts as taken later than all others.",
        [SnapshotsFromBeyondTheEndAreReplaced];
    KeepsTheLastCheckpointAlone, "A checkpoint replaces all earlier ones.",
        [CheckpointsAreGivenBack, CheckpointsAreKeptApart];
    TakesTheLatestKeptForLast, "The checkpoint that was kept last counts as the last, whatever it covers.",
        [CheckpointsAreGivenBack];
    MixesCheckpoints, "A stream without checkpoints has those of another.", [CheckpointsAreKeptApart];
    MixesLogs, "The checkpoint that covers the most lines counts as the last, whichever log of the stream it is of.",
        [CheckpointsAreKeptApart];
    ReplacesCheckpoints, "A checkpoint replaces one of another tree.", [ACheckpointStandsForOneTree];
    RenamesTheLogs, "The logs have the name that the last process gave them.", [TheFirstLogNameStays];
    TakesTheOldestForNewest, "The store names the stream with the oldest last event.", [TheNewestEventIsFound];
    IsIll, "The store says that it is ill.", [AStoreThatWorksSaysSo];
    IsIllAfterAnAppend, "The store says that it is ill once there is a stream in it.", [AStoreThatWorksSaysSo];
    RemembersHeads, "A process repeats a head that it has seen, until it appends itself.",
        [EveryProcessSeesAnAppendAtOnce];
    LocksForItselfAlone, "The lock that protects the comparison of the end belongs to the process, not to the storage.",
        [OfAppendsOfTwoProcessesOneWins];
    ForgetsWhenClosed, "What was appended is lost when the store is closed.", [WhatWasAppendedOutlivesTheProcess];
    AbandonsStreams, "An abandoned store is removed with the streams in it.", [WhatWasAppendedOutlivesTheProcess];
}
