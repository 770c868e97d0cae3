//! An import beside others, and of a log that does not stay what it was.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]

mod common;

use std::io::{self, BufRead, Cursor};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use common::Directory;
use common::history::{History, MEMBER, TOKEN_OWNER, exported};
use common::watched::Watched;
use enterprise_credentials_host::import::{ImportError, Imported, Log, Stream};
use enterprise_credentials_host::store::Store;

/// A log that has other bytes each time it is opened, until the last.
struct Changing(Mutex<Vec<Vec<u8>>>);

impl Changing {
    fn new(first: &[u8], then: &[u8]) -> Self {
        Self(Mutex::new(vec![then.to_vec(), first.to_vec()]))
    }
}

impl Log for Changing {
    fn open(&self) -> io::Result<Box<dyn BufRead + '_>> {
        let bytes = self.0.lock().unwrap().pop();
        bytes
            .map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn BufRead>)
            .ok_or(io::ErrorKind::NotFound.into())
    }
}

async fn refused(store: &impl Store, first: &[u8], then: &[u8]) -> ImportError {
    let stream = Stream::check(Changing::new(first, then)).unwrap();
    match stream.import(store).await {
        Err(error) => error,
        Ok(imported) => panic!("{imported:?}"),
    }
}

#[tokio::test]
async fn an_import_that_others_get_ahead_of_compares_again() {
    let directory = Directory::new();
    let store = Watched::new(directory.store().await);
    // More lines than are handed over at a time.
    let history = History::sample("octo-corp", "").with_credentials(2_000, "");
    store.switches.appends_to_conflict.store(3, Ordering::SeqCst);
    let imported = Stream::check(history.log.clone())
        .unwrap()
        .import(&store)
        .await
        .unwrap();
    let expected = Imported {
        enterprise: history.slug(),
        skipped: 0,
        appended: history.enterprise.position().value(),
    };
    assert_eq!(imported, expected);
    assert_eq!(exported(&store, &history.slug()).await, history.log);
}

#[tokio::test]
async fn a_log_that_breaks_when_it_is_read_again_leaves_nothing() {
    let directory = Directory::new();
    let store = directory.store().await;
    let history = History::sample("octo-corp", "").with_credentials(2_000, "");
    let half = &history.log[..history.log.len() / 2];
    let broken = [half, b"\n"].concat();
    let error = refused(&store, &history.log, &broken).await;
    assert!(matches!(error, ImportError::Unreadable(_)), "{error:?}");
    assert_eq!(exported(&store, &history.slug()).await, b"");

    let other = History::sample("other-corp", "").log;
    let error = refused(&store, &history.log, &other).await;
    assert!(matches!(error, ImportError::Changed), "{error:?}");
    assert_eq!(exported(&store, &history.slug()).await, b"");

    let error = refused(&store, &history.log, b"").await;
    assert!(matches!(error, ImportError::Empty), "{error:?}");
}

#[tokio::test]
async fn an_import_whose_last_line_repeats_a_fingerprint_leaves_nothing() {
    let directory = Directory::new();
    let store = directory.store().await;
    let mut history = History::sample("octo-corp", "").with_credentials(2_000, "");
    history.issue(9, MEMBER, "classic_pat", "[]", TOKEN_OWNER, "");
    let stream = Stream::check(history.log.clone()).unwrap();
    let error = stream.import(&store).await.unwrap_err().to_string();
    assert!(
        error.contains("which credential `901` of the same enterprise already has"),
        "{error}"
    );
    assert_eq!(exported(&store, &history.slug()).await, b"");
    // And the store takes the next.
    let sound = History::sample("octo-corp", "");
    sound.import(&store).await;
    assert_eq!(exported(&store, &sound.slug()).await, sound.log);
}
