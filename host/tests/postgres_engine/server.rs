//! The server that the tests are given, and databases on it.

use std::sync::atomic::{AtomicU32, Ordering};

use enterprise_credentials_host::store::{self, AnyStore, IfMissing, StoreError};
use tokio_postgres::{Client, NoTls};

/// A database of its own.
#[derive(Debug)]
pub(crate) struct Database(String);

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Database {
    pub(crate) async fn new() -> Self {
        let name = format!("engine_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let server = Self("postgres".to_owned()).client().await;
        server.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self(name)
    }

    /// Its store, created where it is missing.
    pub(crate) async fn store(&self) -> AnyStore {
        self.open(IfMissing::Create).await.unwrap()
    }

    pub(crate) async fn open(&self, if_missing: IfMissing) -> Result<AnyStore, StoreError> {
        open(&self.url(), if_missing).await
    }

    pub(crate) fn url(&self) -> String {
        format!("{}/{}", given("POSTGRES_URL"), self.0)
    }

    /// The same behind another address.
    pub(crate) fn url_by(&self, variable: &str) -> String {
        format!("{}/{}", given(variable), self.0)
    }

    /// A connection of the test's own.
    pub(crate) async fn client(&self) -> Client {
        let (client, connection) = tokio_postgres::connect(&self.url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

pub(crate) async fn open(url: &str, if_missing: IfMissing) -> Result<AnyStore, StoreError> {
    store::open(&url.parse().unwrap(), if_missing).await
}

/// What the script says.
pub(crate) fn given(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} is not set: run ci/postgres_engine.sh"))
}
