//! What becomes of snapshots.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{Head, Snapshot, Store};

use super::{Verdict, hold, sample};
use crate::common::lines::{Line, append, head_of};

pub(crate) async fn the_latest_snapshot_is_kept<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = begun(store, "octo-corp").await?;
    hold!(snapshot(store, &slug).await.is_none(), "at first there is no snapshot");
    for (position, bytes, expected, sentence) in [
        (4, "four\n\0", "four\n\0", "a snapshot is given back"),
        (9, "nine", "nine", "a later snapshot takes its place"),
        (4, "four", "nine", "an earlier one does not"),
        (9, "nine again", "nine again", "one of the same position does"),
        (9, "", "", "one without a byte does too"),
        (9, "nine at last", "nine at last", "and one takes its place"),
    ] {
        hold!(
            keep(store, &slug, &lines[..position], bytes).await,
            "a snapshot can be kept or passed over"
        );
        let found = snapshot(store, &slug).await;
        if found.is_none_or(|found| found.bytes != expected.as_bytes()) {
            return Err(sentence);
        }
    }
    Ok(())
}

pub(crate) async fn snapshots_are_kept_apart<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = begun(store, "octo-corp").await?;
    let (other, others) = begun(store, "other-corp").await?;
    hold!(
        keep(store, &slug, &lines[..4], "of one").await,
        "a snapshot can be kept"
    );
    hold!(
        snapshot(store, &other).await.is_none(),
        "another stream has no snapshot yet"
    );
    hold!(
        keep(store, &other, &others[..9], "of another").await,
        "another stream can have one too"
    );
    let expected = [(&slug, "of one"), (&other, "of another")];
    for (slug, bytes) in expected {
        let found = snapshot(store, slug).await;
        hold!(
            found.is_some_and(|found| found.bytes == bytes.as_bytes()),
            "each stream has its own"
        );
    }
    Ok(())
}

/// A snapshot of a fork, or of before a restore, is found out by its frontier: so that has to stay what it was.
pub(crate) async fn snapshots_are_kept_with_their_frontier<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = begun(store, "octo-corp").await?;
    let (_, others) = sample("octo-corp", "-other");
    for of in [&lines[..5], &lines, &others] {
        hold!(keep(store, &slug, of, "a state").await, "a snapshot can be kept");
        let found = snapshot(store, &slug).await;
        hold!(
            found.is_some_and(|found| found.frontier == *head_of(of).frontier()),
            "the frontier is the one that it was kept with"
        );
    }
    Ok(())
}

/// Else one such would stand in the way of all others for ever.
pub(crate) async fn snapshots_from_beyond_the_end_are_replaced<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = begun(store, "octo-corp").await?;
    let mut beyond = lines.clone();
    beyond.extend(lines.iter().cloned());
    for position in [lines.len(), 4] {
        hold!(
            keep(store, &slug, &beyond, "junk").await,
            "a snapshot from beyond the end can be kept or passed over"
        );
        hold!(
            keep(store, &slug, &lines[..position], "a state").await,
            "a snapshot can be kept"
        );
        let found = snapshot(store, &slug).await;
        hold!(
            found.is_some_and(|found| found.bytes == b"a state"),
            "a snapshot takes the place of one from beyond the end"
        );
    }
    Ok(())
}

async fn begun<S: Store>(store: &S, slug: &str) -> Result<(EnterpriseSlug, Vec<Line>), &'static str> {
    let (slug, lines) = sample(slug, slug);
    match append(store, &slug, &Head::EMPTY, &lines).await {
        Ok(_) => Ok((slug, lines)),
        Err(_) => Err("a new stream can be begun"),
    }
}

async fn keep<S: Store>(store: &S, slug: &EnterpriseSlug, of: &[Line], bytes: &str) -> bool {
    let snapshot = Snapshot {
        frontier: head_of(of).frontier().clone(),
        bytes: bytes.into(),
    };
    store.keep_snapshot(slug, snapshot).await.is_ok()
}

async fn snapshot(store: &impl Store, slug: &EnterpriseSlug) -> Option<Snapshot> {
    store.snapshot(slug).await.unwrap()
}
