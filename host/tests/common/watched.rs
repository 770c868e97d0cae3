//! A store that can be watched, and made to fail.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_host::store::{Holder, Line, Store, StoreError};

/// A store, with a record of the appends that succeeded, and switches for what is to fail.
#[derive(Debug, Clone)]
pub(crate) struct Watched<S> {
    inner: S,
    pub(crate) switches: Arc<Switches>,
}

#[derive(Debug, Default)]
pub(crate) struct Switches {
    /// Every read fails while this is set.
    pub(crate) reads_fail: AtomicBool,
    /// Every read that begins while this is set never ends.
    pub(crate) reads_hang: AtomicBool,
    /// That many appends fail, as if the disk were full.
    pub(crate) appends_to_fail: AtomicU32,
    /// That many appends conflict.
    pub(crate) appends_to_conflict: AtomicU32,
    /// Which stream was appended to, and how many lines.
    pub(crate) appended: Mutex<Vec<(EnterpriseSlug, usize)>>,
    /// Which stream was read, once for each read.
    pub(crate) read: Mutex<Vec<EnterpriseSlug>>,
}

impl Switches {
    /// Whether the worker has looked at the stream: it reads once to load it, and once more to decide.
    pub(crate) fn worker_has_read(&self, enterprise: &str) -> bool {
        let read = self.read.lock().unwrap();
        read.iter().filter(|slug| slug.as_str() == enterprise).count() >= 2
    }
}

impl<S> Watched<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self {
            inner,
            switches: Arc::default(),
        }
    }

    fn check_read(&self) -> Result<(), StoreError> {
        if self.switches.reads_fail.load(Ordering::SeqCst) {
            return Err(failed("read"));
        }
        Ok(())
    }
}

impl<S: Store> Store for Watched<S> {
    async fn append(&self, enterprise: &EnterpriseSlug, expected: Position, lines: &[Line]) -> Result<(), StoreError> {
        if take_one(&self.switches.appends_to_fail) {
            return Err(failed("append"));
        }
        if take_one(&self.switches.appends_to_conflict) {
            return Err(StoreError::Conflict {
                enterprise: enterprise.clone(),
                expected,
                actual: expected.next(),
            });
        }
        self.inner.append(enterprise, expected, lines).await?;
        let mut appended = self.switches.appended.lock().unwrap();
        appended.push((enterprise.clone(), lines.len()));
        Ok(())
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: u32) -> Result<Vec<Vec<u8>>, StoreError> {
        self.check_read()?;
        self.switches.read.lock().unwrap().push(enterprise.clone());
        if self.switches.reads_hang.load(Ordering::SeqCst) {
            std::future::pending().await
        }
        self.inner.read(enterprise, after, limit).await
    }

    async fn streams(&self) -> Result<Vec<(EnterpriseSlug, Position)>, StoreError> {
        self.check_read()?;
        self.inner.streams().await
    }

    async fn holder(&self, fingerprint: &Fingerprint) -> Result<Option<Holder>, StoreError> {
        self.check_read()?;
        self.inner.holder(fingerprint).await
    }
}

fn take_one(count: &AtomicU32) -> bool {
    count
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
        .is_ok()
}

fn failed(action: &'static str) -> StoreError {
    StoreError::Unavailable {
        action,
        source: "the disk is on fire".into(),
    }
}
