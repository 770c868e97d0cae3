//! What a store says of itself.

use super::Storage;
use crate::store::contract::failure::{Holds, Verdict};
use crate::store::contract::lines::{append, go_on};
use crate::store::contract::sample::Sample;
use crate::store::{Head, Store};

pub(super) async fn a_store_that_works_says_so(storage: &impl Storage) -> Verdict {
    let store = &storage.open().await?;
    is_well(store, "an empty store can be read and written").await?;
    let Sample { slug, lines, .. } = Sample::new("octo-corp", "")?;
    go_on(store, &slug, &Head::EMPTY, &lines).await?;
    is_well(store, "and one with a stream").await?;
    let again = append(store, &slug, &Head::EMPTY, &lines).await?;
    again.is_err().holds("a stream is begun once")?;
    is_well(store, "a conflict is no illness").await
}

async fn is_well(store: &impl Store, sentence: &str) -> Verdict {
    let health = store.health().await.holds(sentence)?;
    health.waiting.is_none().holds(sentence)
}
