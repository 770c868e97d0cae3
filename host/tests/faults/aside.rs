//! SQLite under a clock that stands still.

use std::future::Future;
use std::sync::mpsc;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_host::store::{Holder, Line, Page, Store, StoreError};
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

impl<S: Store + Clone> Store for Aside<S> {
    type Append = S::Append;

    async fn begin(&self, enterprise: &EnterpriseSlug, expected: Position) -> Result<S::Append, StoreError> {
        self.inner.begin(enterprise, expected).await
    }

    async fn append(&self, enterprise: &EnterpriseSlug, expected: Position, lines: &[Line]) -> Result<(), StoreError> {
        let (inner, enterprise, lines) = (self.inner.clone(), enterprise.clone(), lines.to_vec());
        self.wait_for(async move { inner.append(&enterprise, expected, &lines).await })
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: u32) -> Result<Page, StoreError> {
        let (inner, enterprise) = (self.inner.clone(), enterprise.clone());
        self.wait_for(async move { inner.read(&enterprise, after, limit).await })
    }

    async fn unfinished(&self) -> Result<Vec<EnterpriseSlug>, StoreError> {
        let inner = self.inner.clone();
        self.wait_for(async move { inner.unfinished().await })
    }

    async fn holder(&self, fingerprint: &Fingerprint) -> Result<Option<Holder>, StoreError> {
        let (inner, fingerprint) = (self.inner.clone(), fingerprint.clone());
        self.wait_for(async move { inner.holder(&fingerprint).await })
    }

    async fn keep_snapshot(&self, slug: &EnterpriseSlug, position: Position, bytes: Vec<u8>) -> Result<(), StoreError> {
        let (inner, slug) = (self.inner.clone(), slug.clone());
        self.wait_for(async move { inner.keep_snapshot(&slug, position, bytes).await })
    }

    async fn snapshot(&self, slug: &EnterpriseSlug) -> Result<Option<Vec<u8>>, StoreError> {
        let (inner, slug) = (self.inner.clone(), slug.clone());
        self.wait_for(async move { inner.snapshot(&slug).await })
    }
}
