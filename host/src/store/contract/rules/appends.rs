//! Where an append may stand, and that it is kept whole or not at all.

use super::{Storage, conflict, holders, read};
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{append, batch, go_on, head_at, head_of, in_pieces, line, part};
use crate::store::contract::sample::Sample;
use crate::store::{Alteration, Append, Head, Store, StoreError, Streams, Urgency};

pub(super) async fn an_append_elsewhere_conflicts(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    let gap = append(store, &slug, &head_at(&lines, 2)?, part(&lines, 2..4)?).await?;
    (conflict(&gap) == Some((2, 0))).holds("a stream that does not exist ends at 0")?;
    go_on(store, &slug, &Head::EMPTY, part(&lines, ..4)?).await?;
    for (expected, range) in [(0, 0..1), (3, 3..5), (6, 6..7)] {
        let head = head_at(&lines, expected)?;
        let lines = part(&lines, range)?;
        let told = Some((expected as u64, 4));
        let elsewhere = append(store, &slug, &head, lines).await?;
        (conflict(&elsewhere) == told).holds("a conflict tells where the stream ends")?;
        let elsewhere = in_pieces(store, &slug, &head, lines).await?;
        (conflict(&elsewhere) == told).holds("an append in pieces conflicts alike")?;
    }
    let kept = read(store, &slug, 0, 1_000).await?.len();
    (kept == 4).holds("nothing of a conflicting append is kept")
}

/// Whoever appends to a fork, a host whose memory differs from the store or one that was restored,
/// must not go on with it.
pub(super) async fn an_append_to_other_lines_is_altered(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    let others = Sample::new("octo-corp", "-other")?.lines;
    let issue = lines.iter().position(|line| line.fingerprint().is_some());
    let issue = issue.holds("the sample issues a credential")? + 1;
    let (head, fork, more) = (
        head_at(&lines, issue)?,
        head_at(&others, issue)?,
        part(&lines, issue..)?,
    );
    go_on(store, &slug, &Head::EMPTY, part(&lines, ..issue)?).await?;
    for appended in [
        append(store, &slug, &fork, more).await?,
        in_pieces(store, &slug, &fork, more).await?,
    ] {
        let Err(StoreError::Altered(altered)) = appended else {
            return Err("an append behind other lines, as many, is refused as altered".into());
        };
        let differs = Alteration::Differs {
            position: head.position(),
            head: head.root(),
            lines: fork.root(),
        };
        (altered.enterprise == slug).holds("the altered stream is named")?;
        (altered.alteration == differs).holds("both roots and the position are named")?;
    }
    let kept = read(store, &slug, 0, 1_000).await?.len();
    (kept == issue).holds("nothing of it is kept")?;
    go_on(store, &slug, &head, more).await.map(drop)
}

pub(super) async fn lines_out_of_place_are_refused(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    let later = batch(part(&lines, 2..4)?)?;
    let refused = store.append(&slug, &Head::EMPTY, later.clone(), Urgency::Request).await;
    is_misplaced(&refused).holds("a batch stands behind the end that is expected")?;
    let begun = store.begin(&slug, &Head::EMPTY).await;
    let mut append = begun.holds("an append can be begun")?;
    let first = batch(part(&lines, ..1)?)?;
    append.push(first).await.holds("an append takes pieces")?;
    is_misplaced(&append.push(later).await).holds("a piece stands behind the one before")?;
    drop(append);
    let kept = read(store, &slug, 0, 1_000).await?;
    kept.is_empty().holds("nothing of them is kept")
}

const fn is_misplaced<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Misplaced { .. }))
}

pub(super) async fn an_append_is_whole_or_nothing(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let mut sample = Sample::new("octo-corp", "")?;
    let fine = sample.lines.len();
    sample.issue(5_000, "ghp_new")?;
    // Its last line repeats a fingerprint, those before do not.
    sample.issue(5_001, "ghp_new")?;
    let Sample { slug, lines, .. } = sample;
    let head = head_at(&lines, fine)?;
    go_on(store, &slug, &Head::EMPTY, part(&lines, ..fine)?).await?;
    let issued = line(&lines, fine)?.fingerprint();
    let (fingerprint, _) = issued.holds("a credential is issued there")?;
    for appended in [
        append(store, &slug, &head, part(&lines, fine..)?).await?,
        in_pieces(store, &slug, &head, part(&lines, fine..)?).await?,
    ] {
        appended.is_err().holds("a repeated fingerprint fails the append")?;
        let kept = read(store, &slug, fine, 1_000).await?;
        kept.is_empty().holds("no line of a failed append is kept")?;
        let found = holders(store, fingerprint).await?;
        found.is_empty().holds("no fingerprint of a failed append is kept")?;
    }
    go_on(store, &slug, &head, part(&lines, fine..=fine)?).await.map(drop)
}

pub(super) async fn nothing_is_seen_before_the_commit(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::revoked("octo-corp")?;
    for commits in [false, true] {
        let begun = store.begin(&slug, &Head::EMPTY).await;
        let mut append = begun.holds("an append can be begun, again too")?;
        for piece in lines.chunks(4) {
            append.push(batch(piece)?).await.holds("an append takes many pieces")?;
        }
        let is_unseen = read(store, &slug, 0, 1_000).await?.is_empty()
            && store.head(&slug).await?.is_none()
            && store.unfinished().await?.is_empty();
        is_unseen.holds("nothing is seen of an append under way")?;
        if commits {
            append.commit().await.holds("an append in pieces is committed")?;
        }
    }
    let bytes: Vec<Vec<u8>> = lines.iter().map(|line| line.bytes.clone()).collect();
    let kept = read(store, &slug, 0, 1_000).await?;
    (kept == bytes).holds("every piece is there after the commit, once")?;
    let unfinished = store.unfinished().await?;
    (unfinished == [slug]).holds("what the pieces ask for is there after the commit")
}

pub(super) async fn of_appends_at_once_one_wins(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    go_on(store, &slug, &Head::EMPTY, part(&lines, ..2)?).await?;
    let (head, lines) = (head_of(part(&lines, ..2)?)?, part(&lines, 2..4)?);
    let append = || append(store, &slug, &head, lines);
    let (a, b, c) = tokio::join!(append(), append(), append());
    let results = [a?, b?, c?];
    let won = results.iter().filter(|result| result.is_ok()).count();
    (won == 1).holds("one append wins")?;
    let conflicts = results.iter().filter_map(conflict).count();
    (conflicts == 2).holds("the others conflict")?;
    let kept = read(store, &slug, 0, 1_000).await?.len();
    (kept == 4).holds("it is recorded once")
}
