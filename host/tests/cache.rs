//! States stay in memory between requests, as many as the options allow: the one that was not asked for the longest
//! goes first, and one that is being asked never goes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::sync::Arc;

use common::Directory;
use common::history::History;
use common::watched::Watched;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::enterprises::{BYTES_PER_EVENT, BYTES_PER_STATE, CacheOptions, Enterprises};
use enterprise_credentials_host::store::SqliteStore;

struct Cached {
    enterprises: Arc<Enterprises<Watched<SqliteStore>>>,
    store: Watched<SqliteStore>,
    _directory: Directory,
}

impl Cached {
    /// Over enterprises named by a letter, each with some more credentials than the one before.
    async fn new(slugs: &[&str], options: CacheOptions) -> Self {
        let directory = Directory::new();
        let store = Watched::new(directory.store().await);
        for (slug, credentials) in slugs.iter().zip(1..) {
            let history = History::sample(slug, slug).with_credentials(credentials, slug);
            history.import(&store).await;
        }
        store.switches.loaded.lock().unwrap().clear();
        let (enterprises, _changes) = Enterprises::new(store.clone(), options);
        Self {
            enterprises,
            store,
            _directory: directory,
        }
    }

    async fn ask(&self, slugs: &[&str]) {
        for slug in slugs {
            let live = self
                .enterprises
                .fresh(&EnterpriseSlug::new(slug).unwrap())
                .await
                .unwrap();
            assert_eq!(live.read().unwrap().slug().unwrap().as_str(), *slug);
        }
    }

    /// Which streams were read from their beginnings, in order.
    fn loaded(&self) -> Vec<String> {
        let loaded = std::mem::take(&mut *self.store.switches.loaded.lock().unwrap());
        loaded.iter().map(ToString::to_string).collect()
    }
}

#[tokio::test]
async fn what_is_in_memory_is_not_loaded_again() {
    let cached = Cached::new(&["a", "b"], CacheOptions::default()).await;
    cached.ask(&["a", "b", "a", "b", "a"]).await;
    assert_eq!(cached.loaded(), ["a", "b"]);
}

#[tokio::test]
async fn the_least_recently_asked_goes_first() {
    let states_max = 2;
    let cached = Cached::new(
        &["a", "b", "c"],
        CacheOptions {
            states_max,
            ..CacheOptions::default()
        },
    )
    .await;
    cached.ask(&["a", "b", "a", "c"]).await;
    assert_eq!(cached.loaded(), ["a", "b", "c"]);
    cached.ask(&["a", "c"]).await;
    assert_eq!(cached.loaded(), [""; 0], "`b` has gone");
    cached.ask(&["b"]).await;
    assert_eq!(cached.loaded(), ["b"]);
    cached.ask(&["c", "b"]).await;
    assert_eq!(cached.loaded(), [""; 0], "`a` has gone");
}

#[tokio::test]
async fn large_states_go_when_they_take_too_much_together() {
    // Each takes more than 20 events, so that two fit and three do not.
    let cached = Cached::new(
        &["a", "b", "c"],
        CacheOptions {
            bytes_max: 3 * (BYTES_PER_STATE + 20 * BYTES_PER_EVENT),
            ..CacheOptions::default()
        },
    )
    .await;
    cached.ask(&["a", "b", "c", "b", "c"]).await;
    assert_eq!(cached.loaded(), ["a", "b", "c"]);
    cached.ask(&["a"]).await;
    assert_eq!(cached.loaded(), ["a"]);
}

#[tokio::test]
async fn a_state_in_use_stays_whatever_it_takes() {
    let cached = Cached::new(
        &["a", "b", "c"],
        CacheOptions {
            states_max: 1,
            bytes_max: 1,
        },
    )
    .await;
    let slug = EnterpriseSlug::new("a").unwrap();
    let in_use = cached.enterprises.fresh(&slug).await.unwrap();
    cached.ask(&["b", "c", "a"]).await;
    assert_eq!(cached.loaded(), ["a", "b", "c"]);
    let again = cached.enterprises.fresh(&slug).await.unwrap();
    assert!(Arc::ptr_eq(&in_use, &again));
    drop((in_use, again));
    cached.ask(&["b", "a"]).await;
    assert_eq!(cached.loaded(), ["b", "a"], "what is not in use any more has gone");
}
