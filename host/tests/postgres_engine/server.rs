//! The server that the tests are given, and databases on it.

use std::sync::atomic::{AtomicU32, Ordering};

use enterprise_credentials_host::store::StoreUrl;
use tokio_postgres::{Client, NoTls};

/// A database of its own. It is replaced by the next of its name.
#[derive(Debug)]
pub(crate) struct Database(String);

static DATABASES: AtomicU32 = AtomicU32::new(0);

impl Database {
    pub(crate) async fn new() -> Self {
        let name = format!("engine_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        let client = connect("postgres").await;
        client
            .batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .await
            .unwrap();
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self(name)
    }

    /// Of the store in it.
    pub(crate) fn url(&self) -> StoreUrl {
        format!("{}/{}", server(), self.0).parse().unwrap()
    }
}

/// A connection of the test's own.
pub(crate) async fn connect(database: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(&format!("{}/{database}", server()), NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    client
}

fn server() -> String {
    std::env::var("POSTGRES_URL").unwrap_or_else(|_| panic!("POSTGRES_URL is not set: run ci/postgres.sh"))
}
