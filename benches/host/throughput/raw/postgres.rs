//! PostgreSQL by itself.

use anyhow::{Context, Result, ensure};
use enterprise_credentials::EnterpriseSlug;
use tokio::runtime::Handle;
use tokio_postgres::{Client, NoTls};

use super::{CLIENTS, Issued, Raw, Segment};

/// Of how many rows one statement is.
const ROWS: usize = 2_500;
/// A head that moves and a line behind it, in one statement: what an append that expects a position takes at least.
const APPEND: &str = "WITH h AS (UPDATE heads SET size = size + 1 WHERE enterprise = $1 AND size = $2 RETURNING size) \
     INSERT INTO segments (enterprise, first, last, lines) SELECT $1, size, size, $3 FROM h";
const HEAD: &str = "SELECT size, frontier FROM heads WHERE enterprise = $1";

/// A database with the host's tables.
pub(crate) struct Postgres {
    runtime: Handle,
    clients: Vec<Client>,
}

impl Postgres {
    /// `url` names a database that has the tables.
    pub(crate) fn connect(runtime: Handle, url: &str) -> Result<Self> {
        let connect = async || {
            let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
            tokio::spawn(connection);
            anyhow::Ok(client)
        };
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(runtime.block_on(connect())?);
        }
        Ok(Self { runtime, clients })
    }

    fn client(&self) -> Result<&Client> {
        self.clients.first().context("there are clients")
    }

    /// Has all clients do their part of `all` at once.
    fn at_once(&self, all: u64, part: impl AsyncFn(usize, &Client, u64) -> Result<()>) -> Result<u64> {
        let each = all / CLIENTS as u64;
        let parts = self.clients.iter().enumerate();
        let parts = parts.map(|(number, client)| part(number, client, each));
        self.runtime.block_on(futures_util::future::try_join_all(parts))?;
        Ok(each * CLIENTS as u64)
    }
}

impl Raw for Postgres {
    fn insert(&mut self, slug: &EnterpriseSlug, segments: &[Segment], issued: &[Issued]) -> Result<()> {
        let client = self.client()?;
        self.runtime.block_on(async {
            client.batch_execute("BEGIN").await?;
            let insert = client
                .prepare(
                    "INSERT INTO segments (enterprise, first, last, lines) SELECT $1, * FROM \
                    unnest($2::bigint[], $3::bigint[], $4::bytea[])",
                )
                .await?;
            for rows in segments.chunks(ROWS) {
                let firsts: Vec<i64> = rows.iter().map(|row| row.first).collect();
                let lasts: Vec<i64> = rows.iter().map(|row| row.last).collect();
                let lines: Vec<&[u8]> = rows.iter().map(|row| row.lines.as_slice()).collect();
                client
                    .execute(&insert, &[&slug.as_str(), &firsts, &lasts, &lines])
                    .await?;
            }
            let insert = client
                .prepare(
                    "INSERT INTO look_up (fingerprint, enterprise, position, leaf) SELECT f, $1, p, 0 FROM \
                    unnest($2::text[], $3::bigint[]) AS o (f, p)",
                )
                .await?;
            for rows in issued.chunks(ROWS) {
                let fingerprints: Vec<&str> = rows.iter().map(|row| row.fingerprint.as_str()).collect();
                let positions: Vec<i64> = rows.iter().map(|row| row.position).collect();
                client
                    .execute(&insert, &[&slug.as_str(), &fingerprints, &positions])
                    .await?;
            }
            client.batch_execute("COMMIT").await?;
            Ok(())
        })
    }

    fn settle(&mut self) -> Result<()> {
        let client = self.client()?;
        Ok(self.runtime.block_on(client.batch_execute("CHECKPOINT"))?)
    }

    fn read(&mut self, slug: &EnterpriseSlug) -> Result<u64> {
        let client = self.client()?;
        let select = "SELECT first, lines FROM segments WHERE enterprise = $1 AND first > $2 ORDER BY first LIMIT 64";
        self.runtime.block_on(async {
            let select = client.prepare(select).await?;
            let (mut bytes, mut last) = (0, 0_i64);
            loop {
                let rows = client.query(&select, &[&slug.as_str(), &last]).await?;
                for row in &rows {
                    last = row.try_get(0)?;
                    bytes += row.try_get::<_, &[u8]>(1)?.len() as u64 + 1;
                }
                if rows.is_empty() {
                    return Ok(bytes);
                }
            }
        })
    }

    fn append_singly(&mut self, appends: u64) -> Result<u64> {
        self.at_once(appends, async |number, client, appends| {
            let slug = format!("raw-{number}");
            let begin = "INSERT INTO heads (enterprise, size, frontier, last_at, running, checksum) \
                 VALUES ($1, 0, '', 0, 0, 0) \
                 ON CONFLICT (enterprise) DO UPDATE SET enterprise = excluded.enterprise RETURNING size";
            let before: i64 = client.query_one(begin, &[&slug]).await?.try_get(0)?;
            let append = client.prepare(APPEND).await?;
            for size in (before..).take(usize::try_from(appends)?) {
                let appended = client
                    .execute(&append, &[&slug, &size, &[b'x'; 200].as_slice()])
                    .await?;
                ensure!(appended == 1, "nothing was appended");
            }
            Ok(())
        })
    }

    fn look(&mut self, looks: u64) -> Result<u64> {
        self.at_once(looks, async |_, client, looks| {
            let select = client.prepare(HEAD).await?;
            for _ in 0..looks {
                client.query_one(&select, &[&"raw-0"]).await?;
            }
            Ok(())
        })
    }
}
