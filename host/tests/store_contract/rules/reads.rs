//! What a read gives.

use enterprise_credentials_host::store::{Batch, Head, Store, Urgency};

use super::{Verdict, hold, read, sample};
use crate::common::lines::{append, head_of};
use crate::common::memory::at;

pub(crate) async fn reads_give_back_the_bytes<S: Store>(store: &S) -> Verdict {
    let (slug, mut lines) = sample("octo-corp", "");
    for line in &mut lines {
        line.bytes.splice(0..1, *b"{ \t\"unknown\":\"\\u0041\",");
        line.bytes.push(b'\r');
    }
    let bytes: Vec<Vec<u8>> = lines.iter().map(|line| line.bytes.clone()).collect();
    hold!(
        append(store, &slug, &Head::EMPTY, &lines[..4]).await.is_ok(),
        "a new stream can be begun"
    );
    hold!(
        append(store, &slug, &head_of(&lines[..4]), &lines[4..]).await.is_ok(),
        "a stream can be continued"
    );
    let head = head_of(&lines);
    let nothing = Batch::behind(head.position());
    hold!(
        matches!(store.append(&slug, &head, nothing, Urgency::Request).await, Ok(same) if same == head),
        "an append of nothing does nothing"
    );
    hold!(
        read(store, &slug, 0, 1_000).await == bytes,
        "a read gives back what was appended"
    );
    hold!(
        read(store, &slug, 3, 1_000).await == bytes[3..],
        "a read begins behind the position given"
    );
    hold!(
        read(store, &slug, 4, 3).await == bytes[4..7],
        "a read gives at most the limit"
    );
    hold!(
        read(store, &slug, 1_000, 4).await.is_empty(),
        "behind the end there is nothing"
    );
    Ok(())
}

pub(crate) async fn a_read_gives_lines_until_the_end<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    // Batches of many lines and of one, since a store may keep each in one piece.
    for batch in [0..5, 5..6, 6..lines.len()] {
        let head = head_of(&lines[..batch.start]);
        hold!(
            append(store, &slug, &head, &lines[batch]).await.is_ok(),
            "a stream can be continued"
        );
    }
    for after in 0..lines.len() {
        for limit in [1, 2, lines.len()] {
            let page = store.read(&slug, at(after as u64), limit).await.unwrap();
            hold!(
                !page.is_empty(),
                "a read gives at least one line unless the stream ends there"
            );
            let mut expected = lines.iter().skip(after).map(|line| line.bytes.as_slice());
            hold!(
                page.lines().all(|line| expected.next() == Some(line)),
                "a read gives the lines that follow, in order"
            );
        }
    }
    Ok(())
}

pub(crate) async fn streams_are_kept_apart<S: Store>(store: &S) -> Verdict {
    let ((slug, lines), (other, others)) = (sample("octo-corp", ""), sample("other-corp", "-other"));
    hold!(
        append(store, &slug, &Head::EMPTY, &lines).await.is_ok(),
        "one stream can be begun"
    );
    hold!(
        read(store, &other, 0, 1_000).await.is_empty(),
        "another stream stays empty"
    );
    hold!(
        append(store, &other, &Head::EMPTY, &others[..2]).await.is_ok(),
        "another stream can be begun beside it"
    );
    hold!(
        read(store, &slug, 0, 1_000).await.len() == lines.len(),
        "the first stream is what it was"
    );
    Ok(())
}
