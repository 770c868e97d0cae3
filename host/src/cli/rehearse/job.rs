//! The job, watched until it is done: at its `Location` while the token lives, and otherwise in the store.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use enterprise_credentials::log::Decoder;
use enterprise_credentials::{Enterprise, EnterpriseSlug, Plan, RevocationId};
use enterprise_credentials_host::store::Store;
use serde::Deserialize;
use ureq::http::StatusCode;

use super::caller::Means;
use super::request::{Answer, Request};
use super::took;
use crate::cli::progress;
use crate::cli::table::count;

const PAUSE: Duration = Duration::from_millis(25);
/// A job that records nothing for so long is stuck.
const PATIENCE: Duration = Duration::from_secs(60);
const PAGE_LINES: usize = 5_000;

/// What is known of a job.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Progress {
    state: String,
    authorizations_revoked: u64,
    credentials_destroyed: u64,
}

/// Follows the job to its end, and tells how it went.
pub(super) async fn follow(
    address: SocketAddr,
    store: &impl Store,
    enterprise: &mut Enterprise,
    means: &Means,
    answer: &Answer,
    plan: &Plan,
) -> Result<String> {
    let (started, mut changed) = (Instant::now(), Instant::now());
    let slug = enterprise.slug().context("the log creates no enterprise")?.clone();
    let (poll, revocation) = (
        Request::progress(address, answer.location()?, means),
        answer.revocation()?,
    );
    let bar = progress::counted(plan.authorizations_revoked + plan.credentials_destroyed, "revoking");
    let mut dead: Option<Answer> = None;
    let mut last: Option<Progress> = None;
    let done = loop {
        let known = if dead.is_some() {
            in_store(store, &slug, enterprise, revocation).await?
        } else {
            let polled = poll.send().await?;
            match polled.status() {
                StatusCode::OK => serde_json::from_str(polled.body()).context("the `Location` tells no progress")?,
                _ => {
                    dead = Some(polled);
                    continue;
                }
            }
        };
        bar.set_position(known.authorizations_revoked + known.credentials_destroyed);
        if known.state == "completed" {
            break known;
        }
        if last.as_ref() != Some(&known) {
            changed = Instant::now();
        }
        ensure!(
            changed.elapsed() < PATIENCE,
            "the job has recorded nothing for {}",
            took(PATIENCE)
        );
        last = Some(known);
        tokio::time::sleep(PAUSE).await;
    };
    bar.finish_and_clear();
    Ok(in_words(&done, dead.as_ref(), started.elapsed()))
}

/// Reads what was appended, and asks the state.
async fn in_store(
    store: &impl Store,
    slug: &EnterpriseSlug,
    enterprise: &mut Enterprise,
    revocation: RevocationId,
) -> Result<Progress> {
    loop {
        let page = store.read(slug, enterprise.position(), PAGE_LINES).await?;
        let mut decoder = Decoder::resume(enterprise.position(), enterprise.last_at());
        for line in page.lines() {
            enterprise.apply(&decoder.decode(line)?)?;
        }
        if page.len() < PAGE_LINES {
            break;
        }
    }
    let progress = enterprise
        .progress(revocation)
        .context("the store does not know the revocation")?;
    Ok(Progress {
        state: progress.state.as_str().to_owned(),
        authorizations_revoked: progress.authorizations_revoked,
        credentials_destroyed: progress.credentials_destroyed,
    })
}

fn in_words(done: &Progress, dead: Option<&Answer>, after: Duration) -> String {
    let followed = match dead {
        None => "followed at its Location: the token still authenticates".to_owned(),
        Some(answer) => format!(
            "followed in the store: at its Location the token gets {} {}",
            answer.status(),
            answer.body()
        ),
    };
    format!(
        "  {followed}\n  completed in {}: {} authorizations revoked, {} credentials destroyed\n",
        took(after),
        count(done.authorizations_revoked),
        count(done.credentials_destroyed)
    )
}
