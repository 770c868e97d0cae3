//! A store that can be watched, and made to fail.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_host::store::{
    Batch, Head, Health, Holder, Page, Snapshot, Store, StoreError, Streams, Urgency,
};
use tokio::sync::Barrier;

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
    /// Every read of lines that begins while this is set never ends.
    pub(crate) reads_hang: AtomicBool,
    /// Every read of lines waits while this is set.
    pub(crate) reads_wait: AtomicBool,
    /// How often it was asked for what is unfinished.
    pub(crate) polls: AtomicU32,
    /// That many appends fail, as if the disk were full.
    pub(crate) appends_to_fail: AtomicU32,
    /// That many appends conflict.
    pub(crate) appends_to_conflict: AtomicU32,
    /// Every append waits while this is set.
    pub(crate) appends_wait: AtomicBool,
    /// How often an append has looked whether it may go on.
    pub(crate) appends_waited: AtomicU32,
    /// That many appends are kept, and reported as perhaps not.
    pub(crate) appends_unknown: AtomicU32,
    /// No append is done before so many are under way at once.
    pub(crate) appends_together: OnceLock<Barrier>,
    /// Which stream was appended to, and how many lines.
    pub(crate) appended: Mutex<Vec<(EnterpriseSlug, usize)>>,
    /// How urgent the appends were that succeeded.
    pub(crate) urgencies: Mutex<Vec<Urgency>>,
    /// Which stream was read, or its head, once for each read.
    pub(crate) read: Mutex<Vec<EnterpriseSlug>>,
    /// How many lines all reads gave together.
    pub(crate) lines_read: AtomicUsize,
    /// Every call about a snapshot fails while this is set.
    pub(crate) snapshots_fail: AtomicBool,
    /// Every snapshot whose keeping begins while this is set is never kept.
    pub(crate) snapshots_hang: AtomicBool,
    /// How many snapshots it was asked to keep.
    pub(crate) snapshots_asked: AtomicUsize,
    /// The work on every enterprise is leased to another process while this is set.
    pub(crate) leased_elsewhere: AtomicBool,
    /// How often a lease was asked for, and how often one was given back.
    pub(crate) leases: AtomicU32,
    pub(crate) releases: AtomicU32,
    /// Which stream was read from its beginning.
    pub(crate) loaded: Mutex<Vec<EnterpriseSlug>>,
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

    fn check_snapshot(&self) -> Result<(), StoreError> {
        if self.switches.snapshots_fail.load(Ordering::SeqCst) {
            return Err(failed("keep or read a snapshot"));
        }
        Ok(())
    }

    fn check_append(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<(), StoreError> {
        if take_one(&self.switches.appends_to_fail) {
            return Err(failed("append"));
        }
        if take_one(&self.switches.appends_to_conflict) {
            return Err(StoreError::Conflict {
                enterprise: enterprise.clone(),
                expected: expected.position(),
                actual: expected.position().next(),
            });
        }
        Ok(())
    }
}

impl<S: Store> Streams for Watched<S> {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        self.check_read()?;
        self.switches.read.lock().unwrap().push(enterprise.clone());
        self.inner.head(enterprise).await
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        self.check_read()?;
        self.switches.read.lock().unwrap().push(enterprise.clone());
        if after == Position::START {
            self.switches.loaded.lock().unwrap().push(enterprise.clone());
        }
        if self.switches.reads_hang.load(Ordering::SeqCst) {
            std::future::pending().await
        }
        while self.switches.reads_wait.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let lines = self.inner.read(enterprise, after, limit).await?;
        self.switches.lines_read.fetch_add(lines.len(), Ordering::SeqCst);
        Ok(lines)
    }
}

impl<S: Store> Store for Watched<S> {
    type Append = S::Append;

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        self.check_append(enterprise, expected)?;
        while self.switches.appends_wait.load(Ordering::SeqCst) {
            self.switches.appends_waited.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if let Some(together) = self.switches.appends_together.get() {
            together.wait().await;
        }
        let lines = batch.page().len();
        let head = self.inner.append(enterprise, expected, batch, urgency).await?;
        let mut appended = self.switches.appended.lock().unwrap();
        appended.push((enterprise.clone(), lines));
        self.switches.urgencies.lock().unwrap().push(urgency);
        if take_one(&self.switches.appends_unknown) {
            return Err(StoreError::unknown("append", "the disk was on fire"));
        }
        Ok(head)
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<S::Append, StoreError> {
        self.check_append(enterprise, expected)?;
        self.inner.begin(enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        self.check_read()?;
        self.switches.polls.fetch_add(1, Ordering::SeqCst);
        self.inner.unfinished().await
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        self.check_read()?;
        self.inner.newest().await
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        self.check_read()?;
        self.inner.holders(fingerprint).await
    }

    async fn keep_snapshot(&self, slug: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        self.check_snapshot()?;
        self.switches.snapshots_asked.fetch_add(1, Ordering::SeqCst);
        if self.switches.snapshots_hang.load(Ordering::SeqCst) {
            std::future::pending().await
        }
        self.inner.keep_snapshot(slug, snapshot).await
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        self.check_snapshot()?;
        self.inner.snapshot(slug).await
    }

    async fn lease(&self, enterprise: &EnterpriseSlug) -> Result<bool, StoreError> {
        self.switches.leases.fetch_add(1, Ordering::SeqCst);
        if self.switches.leased_elsewhere.load(Ordering::SeqCst) {
            return Ok(false);
        }
        self.inner.lease(enterprise).await
    }

    async fn release(&self, enterprise: &EnterpriseSlug) {
        self.switches.releases.fetch_add(1, Ordering::SeqCst);
        self.inner.release(enterprise).await;
    }

    async fn health(&self) -> Result<Health, StoreError> {
        self.check_read()?;
        self.inner.health().await
    }
}

fn take_one(count: &AtomicU32) -> bool {
    count
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
        .is_ok()
}

fn failed(action: &'static str) -> StoreError {
    StoreError::transient(action, "the disk is on fire")
}
