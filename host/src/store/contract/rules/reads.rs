//! What a read gives.

use super::{Storage, at, read};
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{go_on, head_at, head_of, part};
use crate::store::contract::sample::Sample;
use crate::store::{Batch, Head, Store, Streams, Urgency};

pub(super) async fn reads_give_back_the_bytes(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, mut lines, .. } = Sample::new("octo-corp", "")?;
    for line in &mut lines {
        line.bytes.splice(0..1, *b"{ \t\"unknown\":\"\\u0041\",");
        line.bytes.push(b'\r');
    }
    let bytes = || lines.iter().map(|line| line.bytes.as_slice());
    go_on(store, &slug, &Head::EMPTY, part(&lines, ..4)?).await?;
    go_on(store, &slug, &head_at(&lines, 4)?, part(&lines, 4..)?).await?;
    let head = head_of(&lines)?;
    let nothing = Batch::behind(head.position());
    let appended = store.append(&slug, &head, nothing, Urgency::Request).await;
    matches!(appended, Ok(same) if same == head).holds("an append of nothing does nothing")?;
    let all = read(store, &slug, 0, 1_000).await?;
    all.iter().eq(bytes()).holds("a read gives back what was appended")?;
    let behind = read(store, &slug, 3, 1_000).await?;
    behind
        .iter()
        .eq(bytes().skip(3))
        .holds("a read begins behind the position given")?;
    let some = read(store, &slug, 4, 3).await?;
    some.iter()
        .eq(bytes().skip(4).take(3))
        .holds("a read gives at most the limit")?;
    let none = read(store, &slug, 1_000, 4).await?;
    none.is_empty().holds("behind the end there is nothing")
}

pub(super) async fn a_read_gives_lines_until_the_end(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    // Batches of many lines and of one, since a store may keep each in one piece.
    for batch in [0..5, 5..6, 6..lines.len()] {
        let head = head_at(&lines, batch.start)?;
        go_on(store, &slug, &head, part(&lines, batch)?).await?;
    }
    for after in 0..lines.len() {
        for limit in [1, 2, lines.len()] {
            let page = store.read(&slug, at(after)?, limit).await?;
            (!page.is_empty()).holds("a read gives at least one line unless the stream ends there")?;
            let mut expected = lines.iter().skip(after).map(|line| line.bytes.as_slice());
            page.lines()
                .all(|line| expected.next() == Some(line))
                .holds("a read gives the lines that follow, in order")?;
        }
    }
    Ok(())
}

pub(super) async fn streams_are_kept_apart(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let (one, other) = (Sample::new("octo-corp", "")?, Sample::new("other-corp", "-other")?);
    go_on(store, &one.slug, &Head::EMPTY, &one.lines).await?;
    let lines = read(store, &other.slug, 0, 1_000).await?;
    lines.is_empty().holds("another stream stays empty")?;
    go_on(store, &other.slug, &Head::EMPTY, part(&other.lines, ..2)?).await?;
    let lines = read(store, &one.slug, 0, 1_000).await?;
    (lines.len() == one.lines.len()).holds("the first stream is what it was")
}
