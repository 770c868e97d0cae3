//! What becomes of snapshots.

use enterprise_credentials::EnterpriseSlug;

use super::Storage;
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{Line, go_on, head_of, part};
use crate::store::contract::sample::Sample;
use crate::store::{Head, Snapshot, Store};

pub(super) async fn the_latest_snapshot_is_kept(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let (slug, lines) = begun(store, "octo-corp").await?;
    let none = store.snapshot(&slug).await?;
    none.is_none().holds("at first there is no snapshot")?;
    for (position, bytes, expected, sentence) in [
        (4, "four\n\0", "four\n\0", "a snapshot is given back"),
        (9, "nine", "nine", "a later snapshot takes its place"),
        (4, "four", "nine", "an earlier one does not"),
        (9, "nine again", "nine again", "one of the same position does"),
        (9, "", "", "one without a byte does too"),
        (9, "nine at last", "nine at last", "and one takes its place"),
    ] {
        keep(store, &slug, part(&lines, ..position)?, bytes).await?;
        let found = store.snapshot(&slug).await?;
        found
            .is_some_and(|found| found.bytes == expected.as_bytes())
            .holds(sentence)?;
    }
    Ok(())
}

pub(super) async fn snapshots_are_kept_apart(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let (slug, lines) = begun(store, "octo-corp").await?;
    let (other, others) = begun(store, "other-corp").await?;
    keep(store, &slug, part(&lines, ..4)?, "of one").await?;
    let none = store.snapshot(&other).await?;
    none.is_none().holds("another stream has no snapshot yet")?;
    keep(store, &other, part(&others, ..9)?, "of another").await?;
    for (slug, bytes) in [(&slug, "of one"), (&other, "of another")] {
        let found = store.snapshot(slug).await?;
        found
            .is_some_and(|found| found.bytes == bytes.as_bytes())
            .holds("each stream has its own")?;
    }
    Ok(())
}

/// A snapshot of a fork, or of before a restore, is found out by its frontier: so that has to stay what it was.
pub(super) async fn snapshots_are_kept_with_their_frontier(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let (slug, lines) = begun(store, "octo-corp").await?;
    let others = Sample::new("octo-corp", "-other")?.lines;
    for of in [part(&lines, ..5)?, &lines, &others] {
        keep(store, &slug, of, "a state").await?;
        let found = store.snapshot(&slug).await?;
        let frontier = head_of(of)?.frontier().clone();
        found
            .is_some_and(|found| found.frontier == frontier)
            .holds("the frontier is the one that it was kept with")?;
    }
    Ok(())
}

/// Else one such would stand in the way of all others for ever.
pub(super) async fn snapshots_from_beyond_the_end_are_replaced(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let (slug, lines) = begun(store, "octo-corp").await?;
    let mut beyond = lines.clone();
    beyond.extend(lines.iter().cloned());
    for position in [lines.len(), 4] {
        keep(store, &slug, &beyond, "junk").await?;
        keep(store, &slug, part(&lines, ..position)?, "a state").await?;
        let found = store.snapshot(&slug).await?;
        found
            .is_some_and(|found| found.bytes == b"a state")
            .holds("a snapshot takes the place of one from beyond the end")?;
    }
    Ok(())
}

async fn begun(store: &impl Store, slug: &str) -> Verdict<(EnterpriseSlug, Vec<Line>)> {
    let Sample { slug, lines, .. } = Sample::new(slug, slug)?;
    go_on(store, &slug, &Head::EMPTY, &lines).await?;
    Ok((slug, lines))
}

async fn keep(store: &impl Store, slug: &EnterpriseSlug, of: &[Line], bytes: &str) -> Verdict {
    let snapshot = Snapshot {
        frontier: head_of(of)?.frontier().clone(),
        bytes: bytes.into(),
    };
    let kept = store.keep_snapshot(slug, snapshot).await;
    kept.holds("a snapshot can be kept or passed over")
}
