//! The rules, for any store: each takes one that is empty.

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_host::store::{Append, Holder, Line, Store, StoreError};
use enterprise_credentials_host::token;

use crate::common::history::{History, MEMBER, lines as lines_of};
use crate::common::memory::{at, held_by};

/// What a rule found: nothing, or the sentence that does not hold.
pub(crate) type Verdict = Result<(), &'static str>;

macro_rules! hold {
    ($condition:expr, $sentence:literal) => {
        if !$condition {
            return Err($sentence);
        }
    };
}

pub(crate) async fn reads_give_back_the_bytes<S: Store>(store: &S) -> Verdict {
    let (slug, mut lines) = sample("octo-corp", "");
    for line in &mut lines {
        line.bytes.splice(0..1, *b"{ \t\"unknown\":\"\\u0041\",");
        line.bytes.push(b'\r');
    }
    let bytes: Vec<Vec<u8>> = lines.iter().map(|line| line.bytes.clone()).collect();
    hold!(
        store.append(&slug, at(0), &lines[..4]).await.is_ok(),
        "a new stream can be begun"
    );
    hold!(
        store.append(&slug, at(4), &lines[4..]).await.is_ok(),
        "a stream can be continued"
    );
    hold!(
        store.append(&slug, head(&lines), &[]).await.is_ok(),
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
        read(store, &slug, 3, 4).await == bytes[3..7],
        "a read gives at most the limit"
    );
    hold!(
        read(store, &slug, 1_000, 4).await.is_empty(),
        "behind the end there is nothing"
    );
    Ok(())
}

pub(crate) async fn streams_are_kept_apart<S: Store>(store: &S) -> Verdict {
    let ((slug, lines), (other, others)) = (sample("octo-corp", ""), sample("other-corp", "-other"));
    hold!(
        store.append(&slug, at(0), &lines).await.is_ok(),
        "one stream can be begun"
    );
    hold!(
        read(store, &other, 0, 1_000).await.is_empty(),
        "another stream stays empty"
    );
    hold!(
        store.append(&other, at(0), &others[..2]).await.is_ok(),
        "another stream can be begun beside it"
    );
    hold!(
        read(store, &slug, 0, 1_000).await.len() == lines.len(),
        "the first stream is what it was"
    );
    Ok(())
}

pub(crate) async fn an_append_elsewhere_conflicts<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    let gap = store.append(&slug, at(2), &lines[2..4]).await;
    hold!(conflict(&gap) == Some((2, 0)), "a stream that does not exist ends at 0");
    hold!(
        store.append(&slug, at(0), &lines[..4]).await.is_ok(),
        "a new stream can be begun"
    );
    for (expected, range) in [(0, 0..1), (3, 3..5), (6, 6..7)] {
        let elsewhere = store.append(&slug, at(expected), &lines[range]).await;
        hold!(
            conflict(&elsewhere) == Some((expected, 4)),
            "a conflict tells where the stream ends"
        );
    }
    hold!(
        read(store, &slug, 0, 1_000).await.len() == 4,
        "nothing of a conflicting append is kept"
    );
    Ok(())
}

pub(crate) async fn lines_out_of_place_are_refused<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    let gap = [lines[0].clone(), lines[2].clone()];
    let refused = store.append(&slug, at(0), &gap).await;
    hold!(
        matches!(refused, Err(StoreError::Misplaced { .. })),
        "lines follow each other without gaps"
    );
    hold!(read(store, &slug, 0, 1_000).await.is_empty(), "nothing of them is kept");
    Ok(())
}

pub(crate) async fn an_append_is_whole_or_nothing<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    // The same tokens again, under another slug: the last lines repeat fingerprints, the first do not.
    let mut salted = sample("other-corp", "-other").1;
    let repeated = sample("other-corp", "").1;
    let last = salted.len() - 1;
    salted[last] = repeated[last].clone();
    let other = slug_of("other-corp");
    hold!(
        store.append(&slug, at(0), &lines).await.is_ok(),
        "the first stream can be begun"
    );
    hold!(
        store.append(&other, at(0), &salted).await.is_err(),
        "a repeated fingerprint fails the append"
    );
    hold!(
        read(store, &other, 0, 1_000).await.is_empty(),
        "no line of a failed append is kept"
    );
    let (fingerprint, _) = salted[last - 2]
        .fingerprint()
        .ok_or("the sample issues a credential there")?;
    hold!(
        holder(store, fingerprint).await.is_none(),
        "no fingerprint of a failed append is kept"
    );
    Ok(())
}

pub(crate) async fn a_fingerprint_stands_for_one_credential<S: Store>(store: &S) -> Verdict {
    let ((slug, lines), (other, others)) = (sample("octo-corp", ""), sample("other-corp", ""));
    let taken = lines
        .iter()
        .find_map(Line::fingerprint)
        .ok_or("the sample issues a credential")?;
    hold!(
        store.append(&slug, at(0), &lines).await.is_ok(),
        "the first stream can be begun"
    );
    match store.append(&other, at(0), &others).await {
        Err(StoreError::DuplicateFingerprint {
            fingerprint,
            holder,
            position,
            ..
        }) => {
            hold!(fingerprint == *taken.0, "the first repeated fingerprint is named");
            hold!(
                position == others[7].event.position,
                "the position of the second is named"
            );
            hold!(holder == held_by(&slug, taken.1), "the first holder is named");
        }
        _ => return Err("a fingerprint of another enterprise is refused"),
    }
    hold!(
        holder(store, taken.0).await == Some(held_by(&slug, taken.1)),
        "the first keeps it"
    );

    let mut history = History::sample("third-corp", "-third");
    for credential in [5_000, 5_001] {
        history.issue(credential, MEMBER, "classic_pat", "[]", "ghp_same", "");
    }
    let twice = store.append(&history.slug(), at(0), &lines_of(&history.log)).await;
    let found =
        matches!(&twice, Err(StoreError::DuplicateFingerprint { holder, .. }) if holder.credential.value() == 5_000);
    hold!(found, "two credentials of one append do not share one either");
    Ok(())
}

pub(crate) async fn the_look_up_is_filled_by_issues<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    hold!(
        store.append(&slug, at(0), &lines).await.is_ok(),
        "a new stream can be begun"
    );
    for (fingerprint, credential) in lines.iter().filter_map(Line::fingerprint) {
        hold!(
            holder(store, fingerprint).await == Some(held_by(&slug, credential)),
            "every issue is found"
        );
    }
    let unknown = token::fingerprint("ghp_unknown").map_err(|_| "a fingerprint")?;
    hold!(
        holder(store, &unknown).await.is_none(),
        "what nobody issued is not found"
    );
    Ok(())
}

pub(crate) async fn unfinished_revocations_are_listed<S: Store>(store: &S) -> Verdict {
    hold!(unfinished(store).await.is_empty(), "an empty store has nothing to do");
    let ((slug, lines), (other, others)) = (revoked("octo-corp"), revoked("a-corp"));
    let request = lines.len() - 1;
    hold!(
        store.append(&slug, at(0), &lines[..request]).await.is_ok(),
        "a new stream can be begun"
    );
    hold!(
        unfinished(store).await.is_empty(),
        "what nobody asked for is not to be done"
    );
    hold!(
        store.append(&slug, at(request as u64), &lines[request..]).await.is_ok(),
        "a stream can be continued"
    );
    hold!(
        store.append(&other, at(0), &others).await.is_ok(),
        "another stream can be begun"
    );
    hold!(
        unfinished(store).await == [other.clone(), slug.clone()],
        "what was requested is listed, in the order of the slugs"
    );
    let (job, completion) = job_of(&slug);
    hold!(
        store.append(&slug, head(&lines), &job).await.is_ok(),
        "a job can be recorded"
    );
    hold!(unfinished(store).await.len() == 2, "a job is unfinished until its end");
    hold!(
        store.append(&slug, head(&job), &completion).await.is_ok(),
        "a job can be completed"
    );
    hold!(unfinished(store).await == [other], "what is completed is not listed");
    Ok(())
}

pub(crate) async fn nothing_is_seen_before_the_commit<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = revoked("octo-corp");
    for commits in [false, true] {
        let mut append = store
            .begin(&slug, at(0))
            .await
            .map_err(|_| "an append can be begun again")?;
        for piece in lines.chunks(4) {
            hold!(append.push(piece).await.is_ok(), "an append takes many pieces");
        }
        hold!(
            read(store, &slug, 0, 1_000).await.is_empty() && unfinished(store).await.is_empty(),
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
        unfinished(store).await == [slug],
        "what the pieces ask for is there after the commit"
    );
    Ok(())
}

pub(crate) async fn of_appends_at_once_one_wins<S: Store>(store: &S) -> Verdict {
    let (slug, lines) = sample("octo-corp", "");
    hold!(
        store.append(&slug, at(0), &lines[..2]).await.is_ok(),
        "a new stream can be begun"
    );
    let append = || store.append(&slug, at(2), &lines[2..4]);
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

pub(crate) async fn the_latest_snapshot_is_kept<S: Store>(store: &S) -> Verdict {
    let slug = slug_of("octo-corp");
    hold!(snapshot(store, &slug).await.is_none(), "at first there is no snapshot");
    for (position, bytes, expected, sentence) in [
        (4, "four\n\0", "four\n\0", "a snapshot is given back"),
        (9, "nine", "nine", "a later snapshot takes its place"),
        (4, "four", "nine", "an earlier one does not"),
        (9, "nine again", "nine again", "one of the same position does"),
    ] {
        let kept = store.keep_snapshot(&slug, at(position), bytes.into()).await;
        hold!(kept.is_ok(), "a snapshot can be kept or passed over");
        if snapshot(store, &slug).await.as_deref() != Some(expected.as_bytes()) {
            return Err(sentence);
        }
    }
    Ok(())
}

pub(crate) async fn snapshots_are_kept_apart<S: Store>(store: &S) -> Verdict {
    let (slug, other) = (slug_of("octo-corp"), slug_of("other-corp"));
    hold!(
        store.keep_snapshot(&slug, at(4), b"of one".to_vec()).await.is_ok(),
        "a snapshot can be kept"
    );
    hold!(
        snapshot(store, &other).await.is_none(),
        "another stream has no snapshot yet"
    );
    hold!(
        store.keep_snapshot(&other, at(9), b"of another".to_vec()).await.is_ok(),
        "another stream can have one too"
    );
    hold!(
        snapshot(store, &slug).await.as_deref() == Some(b"of one")
            && snapshot(store, &other).await.as_deref() == Some(b"of another"),
        "each stream has its own"
    );
    Ok(())
}

pub(crate) fn sample(slug: &str, salt: &str) -> (EnterpriseSlug, Vec<Line>) {
    let mut lines = lines_of(&History::sample(slug, salt).log);
    // Ends with an issue, so that the last line can be at fault.
    while lines.last().is_some_and(|line| line.fingerprint().is_none()) {
        lines.pop();
    }
    (slug_of(slug), lines)
}

/// A stream that ends with a request to revoke everything.
pub(crate) fn revoked(slug: &str) -> (EnterpriseSlug, Vec<Line>) {
    let mut history = History::sample(slug, slug);
    history.revoke_all(true);
    (slug_of(slug), lines_of(&history.log))
}

/// What the job records after it, and its completion.
fn job_of(slug: &EnterpriseSlug) -> (Vec<Line>, Vec<Line>) {
    let mut history = History::sample(slug.as_str(), slug.as_str());
    history.revoke_all(true);
    let request = history.enterprise.position().value();
    history.ask(&format!(
        r#"{{"type":"ContinueRevocation","revocation":{request},"limit":1000}}"#
    ));
    let mut job = lines_of(&history.log).split_off(usize::try_from(request).unwrap());
    let completion = job.split_off(job.len() - 1);
    (job, completion)
}

async fn unfinished(store: &impl Store) -> Vec<EnterpriseSlug> {
    store.unfinished().await.unwrap()
}

async fn snapshot(store: &impl Store, slug: &EnterpriseSlug) -> Option<Vec<u8>> {
    store.snapshot(slug).await.unwrap()
}

fn slug_of(text: &str) -> EnterpriseSlug {
    EnterpriseSlug::new(text).unwrap()
}

fn head(lines: &[Line]) -> Position {
    lines.last().unwrap().event.position
}

async fn read(store: &impl Store, slug: &EnterpriseSlug, after: u64, limit: u32) -> Vec<Vec<u8>> {
    let page = store.read(slug, at(after), limit).await.unwrap();
    page.lines().map(<[u8]>::to_vec).collect()
}

async fn holder(store: &impl Store, fingerprint: &Fingerprint) -> Option<Holder> {
    store.holder(fingerprint).await.unwrap()
}

pub(crate) fn conflict(result: &Result<(), StoreError>) -> Option<(u64, u64)> {
    match result {
        Err(StoreError::Conflict { expected, actual, .. }) => Some((expected.value(), actual.value())),
        _ => None,
    }
}
