//! Which streams have work that is not done.

use super::Storage;
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{go_on, head_at, part};
use crate::store::contract::sample::Sample;
use crate::store::{Head, Store};

pub(super) async fn unfinished_revocations_are_listed(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    let none = store.unfinished().await?;
    none.is_empty().holds("an empty store has nothing to do")?;
    let other = Sample::revoked("a-corp")?;
    let mut sample = Sample::new("octo-corp", "")?;
    let mut kept = 0;
    append_new(store, &sample, &mut kept).await?;
    let none = store.unfinished().await?;
    none.is_empty().holds("what nobody asked for is not to be done")?;
    sample.revoke_all()?;
    let first = sample.enterprise.position().value();
    append_new(store, &sample, &mut kept).await?;
    go_on(store, &other.slug, &Head::EMPTY, &other.lines).await?;
    let both = store.unfinished().await?;
    (both == [other.slug.clone(), sample.slug.clone()])
        .holds("what was requested is listed, in the order of the slugs")?;
    sample.issue(5_000, "ghp_laterThanTheFirst")?;
    sample.revoke_classic_pats()?;
    let second = sample.enterprise.position().value();
    append_new(store, &sample, &mut kept).await?;
    sample.continue_revocation(first, 1)?;
    append_new(store, &sample, &mut kept).await?;
    let both = store.unfinished().await?.len();
    (both == 2).holds("a job is unfinished until its end")?;
    sample.continue_revocation(first, 1_000)?;
    append_new(store, &sample, &mut kept).await?;
    let both = store.unfinished().await?.len();
    (both == 2).holds("the end of one job is not that of another of the same enterprise")?;
    sample.continue_revocation(second, 1_000)?;
    append_new(store, &sample, &mut kept).await?;
    let one = store.unfinished().await?;
    (one == [other.slug]).holds("what is completed is not listed")
}

/// Appends what was asked of the sample since the last time.
async fn append_new(store: &impl Store, sample: &Sample, kept: &mut usize) -> Verdict {
    let head = head_at(&sample.lines, *kept)?;
    go_on(store, &sample.slug, &head, part(&sample.lines, *kept..)?).await?;
    *kept = sample.lines.len();
    Ok(())
}
