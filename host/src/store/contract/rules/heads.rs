//! What a head says of the lines before it.

use super::{Storage, slug_of};
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{append, go_on, head_at, head_of, in_pieces, line, part};
use crate::store::contract::sample::Sample;
use crate::store::{Head, Store, Streams};

pub(super) async fn an_append_gives_the_head_behind_it(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::revoked("octo-corp")?;
    let head = store.head(&slug).await?;
    head.is_none().holds("a stream without lines has no head")?;
    let mut head = Head::EMPTY;
    for batch in lines.chunks(3) {
        let behind = append(store, &slug, &head, batch).await?;
        let behind = behind.holds("an append behind the head that the last one gave succeeds")?;
        let end = batch.last().holds("a batch has lines")?.event.position;
        (behind.position() == end).holds("an append gives the head behind it")?;
        let found = store.head(&slug).await?;
        (found.as_ref() == Some(&behind)).holds("the stream's head is that which the append gave")?;
        head = behind;
    }
    let other = store.head(&slug_of("other-corp")?).await?;
    other.is_none().holds("another stream has none")
}

pub(super) async fn the_newest_event_is_found(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    store.newest().await?.is_none().holds("an empty store has no event")?;
    let mut of_newest = None;
    // The second is the longest, and ends last.
    for (slug, count) in [("b-corp", 5), ("a-corp", 9), ("c-corp", 3)] {
        let Sample { slug, lines, .. } = Sample::revoked(slug)?;
        go_on(store, &slug, &Head::EMPTY, part(&lines, ..count)?).await?;
        if count != 3 {
            of_newest = Some((slug, line(&lines, count - 1)?.event.at));
        }
        let newest = store.newest().await?;
        (newest == of_newest).holds("the stream with the newest event is named, and its time")?;
    }
    Ok(())
}

/// However they came into the store: line by line, all at once, in pieces.
pub(super) async fn heads_commit_to_the_lines_alone(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    for (slug, batch) in [("by-one", 1), ("by-five", 5), ("at-once", usize::MAX), ("in-pieces", 0)] {
        let Sample { slug, lines, .. } = Sample::revoked(slug)?;
        if batch == 0 {
            let appended = in_pieces(store, &slug, &Head::EMPTY, &lines).await?;
            appended.holds("an append in pieces is committed")?;
        } else {
            let mut kept = 0;
            for batch in lines.chunks(batch) {
                go_on(store, &slug, &head_at(&lines, kept)?, batch).await?;
                kept += batch.len();
            }
        }
        let head = store.head(&slug).await?.holds("a stream has a head")?;
        let expected = head_of(&lines)?;
        (head.frontier() == expected.frontier()).holds("the frontier is that of the lines, whatever the batches")?;
        (head.last_at() == expected.last_at()).holds("the time is that of the last line")?;
        (head.running() == 1).holds("the revocations under way are counted")?;
    }
    Ok(())
}
