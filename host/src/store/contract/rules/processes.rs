//! What several processes see of each other over one storage.

use super::{Storage, conflict, holders, read};
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{append, go_on, head_at, line, part};
use crate::store::contract::memory::held_by;
use crate::store::contract::sample::Sample;
use crate::store::{Head, Store, Streams};

pub(super) async fn every_process_sees_an_append_at_once(storage: &impl Storage) -> Verdict {
    let (a, b) = (storage.open().await?, storage.open().await?);
    let Sample { slug, lines, .. } = Sample::revoked("octo-corp")?;
    for kept in 0..lines.len() {
        // Each appends twice before it is the other's turn.
        let (one, two) = if (kept / 2).is_multiple_of(2) {
            (&a, &b)
        } else {
            (&b, &a)
        };
        let line = line(&lines, kept)?;
        let head = head_at(&lines, kept)?;
        go_on(one, &slug, &head, part(&lines, kept..=kept)?).await?;
        let seen = two.head(&slug).await?.unwrap_or_default();
        (seen.position() == line.event.position).holds("the head that another process has appended is seen")?;
        let seen = read(two, &slug, kept, 1_000).await?;
        (seen == [line.bytes.as_slice()]).holds("the line that another process has appended is seen")?;
        if let Some((fingerprint, credential)) = line.fingerprint() {
            let found = holders(two, fingerprint).await?;
            (found == [held_by(&slug, credential)]).holds("what another process has issued is found")?;
        }
    }
    let unfinished = (a.unfinished().await?, b.unfinished().await?);
    (unfinished == (vec![slug.clone()], vec![slug.clone()])).holds("what another process has requested is listed")?;
    let behind = append(&b, &slug, &head_at(&lines, 1)?, part(&lines, 1..2)?).await?;
    (conflict(&behind) == Some((1, lines.len() as u64))).holds("a process that is behind is told so")
}

pub(super) async fn of_appends_of_two_processes_one_wins(storage: &impl Storage) -> Verdict {
    let (one, two) = (storage.open().await?, storage.open().await?);
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    let mut head = Head::EMPTY;
    for kept in 0..lines.len() {
        let next = part(&lines, kept..=kept)?;
        let (a, b) = tokio::join!(append(&one, &slug, &head, next), append(&two, &slug, &head, next));
        let results = [a?, b?];
        let won = results.iter().filter(|result| result.is_ok()).count();
        (won == 1).holds("one append wins")?;
        let conflicts = results.iter().filter_map(conflict).count();
        (conflicts == 1).holds("the other conflicts")?;
        head = head_at(&lines, kept + 1)?;
    }
    let kept = read(&one, &slug, 0, 1_000).await?.len();
    (kept == lines.len()).holds("each line is recorded once")
}

pub(super) async fn what_was_appended_outlives_the_process(storage: &impl Storage) -> Verdict {
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    let store = storage.open().await?;
    go_on(&store, &slug, &Head::EMPTY, &lines).await?;
    store.close().await;
    drop(store);
    for (sentence, abandons) in [
        ("what was appended is there after a close", true),
        ("a store with a stream in it is not removed when it is abandoned", false),
    ] {
        let store = storage.open().await?;
        store.head(&slug).await?.is_some().holds(sentence)?;
        let kept = read(&store, &slug, 0, 1_000).await?;
        (kept.len() == lines.len()).holds(sentence)?;
        if abandons {
            store.abandon().await;
        }
    }
    Ok(())
}
