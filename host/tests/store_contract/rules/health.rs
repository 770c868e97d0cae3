//! What a store says of itself.

use enterprise_credentials_host::store::{Head, Store};

use super::{Verdict, hold, sample};
use crate::common::lines::append;

pub(crate) async fn a_store_that_works_says_so<S: Store>(store: &S) -> Verdict {
    let is_well = async || matches!(store.health().await, Ok(health) if health.waiting.is_none());
    hold!(is_well().await, "an empty store can be read and written");
    let (slug, lines) = sample("octo-corp", "");
    hold!(
        append(store, &slug, &Head::EMPTY, &lines).await.is_ok(),
        "a new stream can be begun"
    );
    hold!(is_well().await, "and one with a stream");
    hold!(
        append(store, &slug, &Head::EMPTY, &lines).await.is_err(),
        "a stream is begun once"
    );
    hold!(is_well().await, "a conflict is no illness");
    Ok(())
}
