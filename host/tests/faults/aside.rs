//! SQLite under a clock that stands still.

use std::future::Future;
use std::sync::mpsc;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position, Timestamp};
use enterprise_credentials_host::store::{
    Batch, Head, Health, Holder, Page, Snapshot, Store, StoreError, Streams, Urgency,
};
use tokio::runtime::Handle;

/// A store that works on a runtime of its own, while the caller's thread waits. So its time-outs see a clock that runs,
/// and the caller one that does not; and a call is one step, as it is in memory.
#[derive(Debug, Clone)]
pub(crate) struct Aside<S> {
    pub(crate) inner: S,
    pub(crate) runtime: Handle,
}

impl<S> Aside<S> {
    fn wait_for<T: Send + 'static>(&self, call: impl Future<Output = T> + Send + 'static) -> T {
        let (send, receive) = mpsc::channel();
        self.runtime.spawn(async move { send.send(call.await) });
        receive.recv().unwrap()
    }
}

impl<S: Store + Clone> Streams for Aside<S> {
    async fn head(&self, enterprise: &EnterpriseSlug) -> Result<Option<Head>, StoreError> {
        let (inner, enterprise) = (self.inner.clone(), enterprise.clone());
        self.wait_for(async move { inner.head(&enterprise).await })
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        let (inner, enterprise) = (self.inner.clone(), enterprise.clone());
        self.wait_for(async move { inner.read(&enterprise, after, limit).await })
    }
}

impl<S: Store + Clone> Store for Aside<S> {
    type Append = S::Append;

    async fn append(
        &self,
        enterprise: &EnterpriseSlug,
        expected: &Head,
        batch: Batch,
        urgency: Urgency,
    ) -> Result<Head, StoreError> {
        let (inner, enterprise, expected) = (self.inner.clone(), enterprise.clone(), expected.clone());
        self.wait_for(async move { inner.append(&enterprise, &expected, batch, urgency).await })
    }

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: &Head) -> Result<S::Append, StoreError> {
        self.inner.begin(enterprise, expected).await
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let inner = self.inner.clone();
        self.wait_for(async move { inner.unfinished().await })
    }

    async fn newest(&self) -> Result<Option<(EnterpriseSlug, Timestamp)>, StoreError> {
        let inner = self.inner.clone();
        self.wait_for(async move { inner.newest().await })
    }

    async fn holders(&self, fingerprint: &Fingerprint) -> Result<Vec<Holder>, StoreError> {
        let (inner, fingerprint) = (self.inner.clone(), fingerprint.clone());
        self.wait_for(async move { inner.holders(&fingerprint).await })
    }

    async fn keep_snapshot(&self, slug: &EnterpriseSlug, snapshot: Snapshot) -> Result<(), StoreError> {
        let (inner, slug) = (self.inner.clone(), slug.clone());
        self.wait_for(async move { inner.keep_snapshot(&slug, snapshot).await })
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Snapshot>, StoreError> {
        let (inner, slug) = (self.inner.clone(), slug.clone());
        self.wait_for(async move { inner.snapshot(&slug).await })
    }

    async fn health(&self) -> Result<Health, StoreError> {
        let inner = self.inner.clone();
        self.wait_for(async move { inner.health().await })
    }
}
