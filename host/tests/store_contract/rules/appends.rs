//! Where an append may stand, and that it is kept whole or not at all.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{Alteration, Append, Batch, Head, Store, StoreError, Urgency};

use super::{Verdict, conflict, hold, holders, read, revoked, sample, slug_of};
use crate::common::history::{History, MEMBER};
use crate::common::lines::{Line, append, batch, head_of, lines as lines_of};

pub(crate) async fn an_append_elsewhere_conflicts<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    let gap = append(store, &slug, &head_of(&lines[..2]), &lines[2..4]).await;
    hold!(conflict(&gap) == Some((2, 0)), "a stream that does not exist ends at 0");
    hold!(
        append(store, &slug, &Head::EMPTY, &lines[..4]).await.is_ok(),
        "a new stream can be begun"
    );
    for (expected, range) in [(0, 0..1), (3, 3..5), (6, 6..7)] {
        let head = head_of(&lines[..expected]);
        let elsewhere = append(store, &slug, &head, &lines[range.clone()]).await;
        hold!(
            conflict(&elsewhere) == Some((expected as u64, 4)),
            "a conflict tells where the stream ends"
        );
        let in_pieces = in_pieces(store, &slug, &head, &lines[range]).await;
        hold!(
            conflict(&in_pieces) == Some((expected as u64, 4)),
            "an append in pieces conflicts alike"
        );
    }
    hold!(
        read(store, &slug, 0, 1_000).await.len() == 4,
        "nothing of a conflicting append is kept"
    );
    Ok(())
}

/// Whoever appends to a fork, a host whose memory differs from the store or one that was restored, must not go on with it.
pub(crate) async fn an_append_to_other_lines_is_altered<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    let (_, others) = sample("octo-corp", "-other");
    let issue = lines.iter().position(|line| line.fingerprint().is_some()).unwrap() + 1;
    let (head, fork) = (head_of(&lines[..issue]), head_of(&others[..issue]));
    hold!(
        append(store, &slug, &Head::EMPTY, &lines[..issue]).await.is_ok(),
        "a new stream can be begun"
    );
    for appended in [
        append(store, &slug, &fork, &lines[issue..]).await,
        in_pieces(store, &slug, &fork, &lines[issue..]).await,
    ] {
        match appended {
            Err(StoreError::Altered(altered)) => {
                let differs = Alteration::Differs {
                    position: head.position(),
                    head: head.root(),
                    lines: fork.root(),
                };
                hold!(altered.enterprise == slug, "the altered stream is named");
                hold!(altered.alteration == differs, "both roots and the position are named");
            }
            _ => return Err("an append behind other lines, as many, is refused as altered"),
        }
    }
    hold!(
        read(store, &slug, 0, 1_000).await.len() == issue,
        "nothing of it is kept"
    );
    hold!(
        append(store, &slug, &head, &lines[issue..]).await.is_ok(),
        "an append behind the very lines goes on"
    );
    Ok(())
}

pub(crate) async fn lines_out_of_place_are_refused<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    let mut gap = batch(&lines[..1]);
    hold!(
        matches!(
            gap.push(&lines[2].event, &lines[2].bytes),
            Err(StoreError::Misplaced { .. })
        ),
        "lines of a batch follow each other without gaps"
    );
    let later = batch(&lines[2..4]);
    let refused = store.append(&slug, &Head::EMPTY, later.clone(), Urgency::Request).await;
    hold!(is_misplaced(refused), "a batch stands behind the end that is expected");
    let mut append = store
        .begin(&slug, &Head::EMPTY)
        .await
        .map_err(|_| "an append can be begun")?;
    hold!(append.push(batch(&lines[..1])).await.is_ok(), "an append takes pieces");
    hold!(
        is_misplaced(append.push(later).await),
        "a piece stands behind the one before"
    );
    drop(append);
    hold!(read(store, &slug, 0, 1_000).await.is_empty(), "nothing of them is kept");
    Ok(())
}

fn is_misplaced<T>(result: Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Misplaced { .. }))
}

pub(crate) async fn an_append_is_whole_or_nothing<S: Store>(store: &S) -> Verdict {
    let mut history = History::sample("octo-corp", "");
    let fine = lines_of(&history.log).len();
    history.issue(5_000, MEMBER, "classic_pat", "[]", "ghp_new", "");
    // Its last line repeats a fingerprint, those before do not.
    history.issue(5_001, MEMBER, "classic_pat", "[]", "ghp_new", "");
    let (slug, lines) = (slug_of("octo-corp"), lines_of(&history.log));
    hold!(
        append(store, &slug, &Head::EMPTY, &lines[..fine]).await.is_ok(),
        "a stream can be begun"
    );
    let head = head_of(&lines[..fine]);
    for appended in [
        append(store, &slug, &head, &lines[fine..]).await,
        in_pieces(store, &slug, &head, &lines[fine..]).await,
    ] {
        hold!(appended.is_err(), "a repeated fingerprint fails the append");
        hold!(
            read(store, &slug, fine as u64, 1_000).await.is_empty(),
            "no line of a failed append is kept"
        );
        let issued = lines[fine].fingerprint().ok_or("a credential is issued there")?;
        hold!(
            holders(store, issued.0).await.is_empty(),
            "no fingerprint of a failed append is kept"
        );
    }
    hold!(
        append(store, &slug, &head, &lines[fine..=fine]).await.is_ok(),
        "the stream can be continued where it ended"
    );
    Ok(())
}

pub(crate) async fn nothing_is_seen_before_the_commit<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = revoked("octo-corp");
    for commits in [false, true] {
        let mut append = store
            .begin(&slug, &Head::EMPTY)
            .await
            .map_err(|_| "an append can be begun again")?;
        for piece in lines.chunks(4) {
            hold!(append.push(batch(piece)).await.is_ok(), "an append takes many pieces");
        }
        hold!(
            read(store, &slug, 0, 1_000).await.is_empty()
                && store.head(&slug).await.unwrap().is_none()
                && store.unfinished().await.unwrap().is_empty(),
            "nothing is seen of an append under way"
        );
        if commits {
            hold!(append.commit().await.is_ok(), "an append in pieces is committed");
        }
    }
    let bytes: Vec<Vec<u8>> = lines.iter().map(|line| line.bytes.clone()).collect();
    hold!(
        read(store, &slug, 0, 1_000).await == bytes,
        "every piece is there after the commit, once"
    );
    hold!(
        store.unfinished().await.unwrap() == [slug],
        "what the pieces ask for is there after the commit"
    );
    Ok(())
}

pub(crate) async fn of_appends_at_once_one_wins<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    hold!(
        append(store, &slug, &Head::EMPTY, &lines[..2]).await.is_ok(),
        "a new stream can be begun"
    );
    let head = head_of(&lines[..2]);
    let append = || append(store, &slug, &head, &lines[2..4]);
    let (a, b, c) = tokio::join!(append(), append(), append());
    let results = [a, b, c];
    hold!(
        results.iter().filter(|result| result.is_ok()).count() == 1,
        "one append wins"
    );
    hold!(results.iter().filter_map(conflict).count() == 2, "the others conflict");
    hold!(read(store, &slug, 0, 1_000).await.len() == 4, "it is recorded once");
    Ok(())
}

/// One append, of a piece for each line.
pub(super) async fn in_pieces<S: Store>(
    store: &S,
    slug: &EnterpriseSlug,
    expected: &Head,
    lines: &[Line],
) -> Result<Head, StoreError> {
    let mut append = store.begin(slug, expected).await?;
    for line in lines.chunks(1) {
        append.push(batch(line)).await?;
    }
    append.push(Batch::behind(lines.last().unwrap().event.position)).await?;
    append.commit().await
}
