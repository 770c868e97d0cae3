//! Which streams have work that is not done.

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::store::{Head, Store};

use super::{Verdict, hold, revoked, slug_of};
use crate::common::history::History;
use crate::common::lines::{append, head_of, lines as lines_of};

pub(crate) async fn unfinished_revocations_are_listed<S: Store>(store: &S) -> Verdict {
    hold!(unfinished(store).await.is_empty(), "an empty store has nothing to do");
    let (other, others) = revoked("a-corp");
    let mut history = History::sample("octo-corp", "");
    let slug = slug_of("octo-corp");
    let mut kept = 0;
    // What was asked of the history since the last time.
    let mut go_on = async |history: &History| {
        let lines = lines_of(&history.log);
        let appended = append(store, &slug, &head_of(&lines[..kept]), &lines[kept..]).await;
        kept = lines.len();
        appended.is_ok()
    };
    hold!(go_on(&history).await, "a new stream can be begun");
    hold!(
        unfinished(store).await.is_empty(),
        "what nobody asked for is not to be done"
    );
    history.revoke_all(true);
    let first = history.enterprise.position();
    hold!(go_on(&history).await, "a stream can be continued");
    hold!(
        append(store, &other, &Head::EMPTY, &others).await.is_ok(),
        "another stream can be begun"
    );
    hold!(
        unfinished(store).await == [other.clone(), slug.clone()],
        "what was requested is listed, in the order of the slugs"
    );
    history.revoke_all(false);
    let second = history.enterprise.position();
    hold!(go_on(&history).await, "another request can be recorded");
    let job =
        |revocation, limit| format!(r#"{{"type":"ContinueRevocation","revocation":{revocation},"limit":{limit}}}"#);
    history.ask(&job(first, 1));
    hold!(go_on(&history).await, "a job can be recorded");
    hold!(unfinished(store).await.len() == 2, "a job is unfinished until its end");
    history.ask(&job(first, 1_000));
    hold!(go_on(&history).await, "a job can be completed");
    hold!(
        unfinished(store).await.len() == 2,
        "the end of one job is not that of another of the same enterprise"
    );
    history.ask(&job(second, 1_000));
    hold!(go_on(&history).await, "the other job can be completed");
    hold!(unfinished(store).await == [other], "what is completed is not listed");
    Ok(())
}

async fn unfinished(store: &impl Store) -> Vec<EnterpriseSlug> {
    store.unfinished().await.unwrap()
}
