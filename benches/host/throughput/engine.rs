//! The engine that is measured: a fresh store of it, and the same by itself.

use anyhow::Result;
use enterprise_credentials_host::store::{Reads, StoreUrl};

use crate::directory::Directory;
use crate::raw::{Raw, sqlite};

/// Which engine, and where its stores are.
pub(crate) enum Engine {
    /// A file each, beside the build.
    Sqlite(Directory),
    /// A database each, on a server that runs.
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Server>),
}

impl Engine {
    /// The engine that a server's URL names; SQLite where there is none.
    pub(crate) fn of(server: Option<String>) -> Result<Self> {
        match server {
            None => Ok(Self::Sqlite(Directory::new()?)),
            #[cfg(feature = "postgres")]
            Some(url) => Ok(Self::Postgres(Box::new(postgres::Server::connect(url)?))),
            #[cfg(not(feature = "postgres"))]
            Some(_) => anyhow::bail!("PostgreSQL is measured with `--features postgres`"),
        }
    }

    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "SQLite",
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => "PostgreSQL",
        }
    }

    /// How heads can be read of it: a fence needs standbys that are waited for.
    pub(crate) const fn reads(&self) -> &'static [(&'static str, Option<Reads>)] {
        match self {
            Self::Sqlite(_) => &[("", None)],
            #[cfg(feature = "postgres")]
            Self::Postgres(server) if !server.waits_for_standbys => &[("", None)],
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => &[(", fenced", Some(Reads::Fenced)), (", unfenced", Some(Reads::Unfenced))],
        }
    }

    /// A store that does not exist. Those before are gone.
    pub(crate) fn fresh(&self) -> Result<StoreUrl> {
        match self {
            Self::Sqlite(directory) => Ok(StoreUrl::Sqlite(directory.store()?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => Ok(server.fresh()?.parse()?),
        }
    }

    /// One more, of another name, beside those that are there.
    pub(crate) fn another(&self, name: &str) -> Result<StoreUrl> {
        match self {
            Self::Sqlite(directory) => Ok(StoreUrl::Sqlite(directory.file(name))),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => Ok(server.another(name)?.parse()?),
        }
    }

    /// A fresh store with the host's tables, without the host.
    pub(crate) fn raw(&self) -> Result<Box<dyn Raw>> {
        Ok(match self {
            Self::Sqlite(directory) => Box::new(sqlite::Sqlite::create(directory.store()?)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(server) => Box::new(server.raw()?),
        })
    }
}

#[cfg(feature = "postgres")]
mod postgres {
    use std::cell::RefCell;

    use anyhow::{Context, Result};
    use enterprise_credentials_host::store::{self, IfMissing, Streams as _};
    use tokio::runtime::Runtime;
    use tokio_postgres::{Client, NoTls};

    use crate::raw::postgres::Postgres;

    /// A server, and the databases that were made on it.
    pub(crate) struct Server {
        url: String,
        runtime: Runtime,
        client: Client,
        pub(crate) waits_for_standbys: bool,
        databases: RefCell<Vec<String>>,
    }

    impl Server {
        pub(crate) fn connect(url: String) -> Result<Self> {
            let runtime = Runtime::new()?;
            let (client, waits_for_standbys) = runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, NoTls).await?;
                tokio::spawn(connection);
                let names = client.query_one("SHOW synchronous_standby_names", &[]).await?;
                let waits_for_standbys = !names.try_get::<_, &str>(0)?.is_empty();
                anyhow::Ok((client, waits_for_standbys))
            })?;
            let databases = RefCell::default();
            Ok(Self {
                url,
                runtime,
                client,
                waits_for_standbys,
                databases,
            })
        }

        pub(crate) fn fresh(&self) -> Result<String> {
            self.drop_all()?;
            self.another("store")
        }

        /// The URL of a new database.
        pub(crate) fn another(&self, name: &str) -> Result<String> {
            let (server, options) = self.url.split_once('?').unwrap_or((&self.url, ""));
            let (server, _) = server.rsplit_once('/').context("a URL with a database")?;
            let name = format!("bench_{}_{name}", std::process::id());
            let create = format!("CREATE DATABASE {name}");
            self.runtime.block_on(self.client.batch_execute(&create))?;
            let url = format!("{server}/{name}?{options}");
            self.databases.borrow_mut().push(name);
            Ok(url)
        }

        pub(crate) fn raw(&self) -> Result<Postgres> {
            let url = self.fresh()?;
            self.runtime.block_on(async {
                let store = store::open(&url.parse()?, IfMissing::Create).await?;
                store.close().await;
                anyhow::Ok(())
            })?;
            Postgres::connect(self.runtime.handle().clone(), &url)
        }

        fn drop_all(&self) -> Result<()> {
            for name in self.databases.borrow_mut().drain(..) {
                let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                self.runtime.block_on(self.client.batch_execute(&drop))?;
            }
            Ok(())
        }
    }

    impl Drop for Server {
        fn drop(&mut self) {
            let _ = self.drop_all();
        }
    }
}
