//! What a head says of the lines before it.

use enterprise_credentials_host::store::{Head, Store};

use super::appends::in_pieces;
use super::{Verdict, hold, revoked, slug_of};
use crate::common::lines::{append, head_of};

pub(crate) async fn an_append_gives_the_head_behind_it<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = revoked("octo-corp");
    hold!(
        store.head(&slug).await.unwrap().is_none(),
        "a stream without lines has no head"
    );
    let mut head = Head::EMPTY;
    for batch in lines.chunks(3) {
        let behind = append(store, &slug, &head, batch)
            .await
            .map_err(|_| "an append behind the head that the last one gave succeeds")?;
        hold!(
            behind.position() == batch[batch.len() - 1].event.position,
            "an append gives the head behind it"
        );
        hold!(
            store.head(&slug).await.unwrap().as_ref() == Some(&behind),
            "the stream's head is that which the append gave"
        );
        head = behind;
    }
    hold!(
        store.head(&slug_of("other-corp")).await.unwrap().is_none(),
        "another stream has none"
    );
    Ok(())
}

pub(crate) async fn the_newest_event_is_found<S: Store>(store: &S) -> Verdict {
    hold!(store.newest().await.unwrap().is_none(), "an empty store has no event");
    let mut of_newest = None;
    // The second is the longest, and ends last.
    for (slug, count) in [("b-corp", 5), ("a-corp", 9), ("c-corp", 3)] {
        let (slug, lines) = revoked(slug);
        hold!(
            append(store, &slug, &Head::EMPTY, &lines[..count]).await.is_ok(),
            "a stream can be begun"
        );
        if count != 3 {
            of_newest = Some((slug, lines[count - 1].event.at));
        }
        hold!(
            store.newest().await.unwrap() == of_newest,
            "the stream with the newest event is named, and its time"
        );
    }
    Ok(())
}

/// However they came into the store: line by line, all at once, in pieces.
pub(crate) async fn heads_commit_to_the_lines_alone<S: Store>(store: &S) -> Verdict {
    for (slug, batch) in [("by-one", 1), ("by-five", 5), ("at-once", usize::MAX), ("in-pieces", 0)] {
        let (slug, lines) = revoked(slug);
        let mut kept = 0;
        if batch == 0 {
            hold!(
                in_pieces(store, &slug, &Head::EMPTY, &lines).await.is_ok(),
                "an append in pieces is committed"
            );
        } else {
            for batch in lines.chunks(batch) {
                hold!(
                    append(store, &slug, &head_of(&lines[..kept]), batch).await.is_ok(),
                    "a stream can be continued"
                );
                kept += batch.len();
            }
        }
        let head = store.head(&slug).await.unwrap().ok_or("a stream has a head")?;
        let expected = head_of(&lines);
        hold!(
            head.frontier() == expected.frontier(),
            "the frontier is that of the lines, whatever the batches"
        );
        hold!(
            head.last_at() == expected.last_at(),
            "the time is that of the last line"
        );
        hold!(head.running() == 1, "the revocations under way are counted");
    }
    Ok(())
}
