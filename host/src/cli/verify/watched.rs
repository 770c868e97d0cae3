//! A store of which somebody sees how much of it is read.

use std::future::Future;

use enterprise_credentials::{EnterpriseSlug, Fingerprint, Position};
use enterprise_credentials_host::store::{Ends, Head, Inspect, LookUpRow, Page, StoreError, Streams};
use indicatif::ProgressBar;

use crate::cli::progress;

pub(super) struct Watched<S> {
    store: S,
    bar: ProgressBar,
}

impl<S: Inspect> Watched<S> {
    /// Asks every stream how long it is. Of one that cannot tell, the examination will say so.
    pub(super) async fn new(store: S) -> Self {
        let (mut lines, mut name) = (0, String::new());
        while let Ok(Some(next)) = store.next_name(&name).await
            && next > name
        {
            name = next;
            let Ok(enterprise) = EnterpriseSlug::new(&name) else {
                continue;
            };
            let head = store.head(&enterprise).await.ok().flatten();
            lines += head.map_or(0, |head| head.position().value());
        }
        let bar = progress::counted(lines, "examining");
        Self { store, bar }
    }
}

impl<S: Inspect> Streams for Watched<S> {
    fn head(&self, enterprise: &EnterpriseSlug) -> impl Future<Output = Result<Option<Head>, StoreError>> + Send {
        self.store.head(enterprise)
    }

    async fn read(&self, enterprise: &EnterpriseSlug, after: Position, limit: usize) -> Result<Page, StoreError> {
        let page = self.store.read(enterprise, after, limit).await?;
        self.bar.inc(page.len() as u64);
        Ok(page)
    }

    fn close(&self) -> impl Future<Output = ()> + Send {
        self.store.close()
    }
}

impl<S: Inspect> Inspect for Watched<S> {
    fn next_name(&self, after: &str) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
        self.store.next_name(after)
    }

    fn ends(&self, enterprise: &EnterpriseSlug) -> impl Future<Output = Result<Ends, StoreError>> + Send {
        self.store.ends(enterprise)
    }

    fn rows_of(
        &self,
        enterprise: &EnterpriseSlug,
        fingerprints: Vec<Fingerprint>,
    ) -> impl Future<Output = Result<Vec<Option<LookUpRow>>, StoreError>> + Send {
        self.store.rows_of(enterprise, fingerprints)
    }

    fn rows(&self, after: &LookUpRow, limit: usize) -> impl Future<Output = Result<Vec<LookUpRow>, StoreError>> + Send {
        self.store.rows(after, limit)
    }

    fn is_issued(&self, row: &LookUpRow) -> impl Future<Output = Result<bool, StoreError>> + Send {
        self.store.is_issued(row)
    }

    fn storage_faults(&self) -> impl Future<Output = Result<Vec<String>, StoreError>> + Send {
        self.store.storage_faults()
    }
}
