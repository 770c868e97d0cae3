//! The worker against SQLite appending the same batches, a commit each.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result};
use enterprise_credentials::log::replay;
use enterprise_credentials::{Caller, Command, CredentialId, Enterprise, PersonId, Position, RevokeAll};
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises, time_for};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{IfMissing, Line, SqliteStore, Store, StoreUrl};
use enterprise_credentials_host::worker::{Worker, WorkerOptions};
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::History;
use crate::directory::{Directory, url};
use crate::raw::{self, Row};
use crate::rounds::{Taken, compare, measure};

/// The setup user: an owner in every sample.
const OWNER: u64 = 1;

pub(crate) fn run(runtime: &Runtime, directory: &Directory, history: &History, rounds: u32) -> Result<()> {
    let before = replay(&history.bytes)?;
    let limit = WorkerOptions::BATCH_DEFAULT;
    let (requested, batches) = job(before, limit)?;
    let imported = Stream::check(history.bytes.clone())?;
    let (rows, _) = raw::rows(&history.bytes)?;
    let events: u64 = batches.iter().map(|batch| batch.len() as u64).sum();
    let title = format!("THE JOB, {} batches of {limit} credentials", batches.len());
    compare(
        &title,
        "events",
        rounds,
        [
            ("SQLite: the same batches, a commit each", &mut || {
                let path = directory.store()?;
                let mut connection = raw::create(&path, &history.slug)?;
                let transaction = connection.transaction()?;
                raw::insert(&transaction, &history.slug, &rows)?;
                transaction.commit()?;
                // Closed once, as the host's is below: else the batches would pay for the write-ahead log of the import.
                drop(connection);
                let mut connection = raw::open(&path)?;
                measure(|| {
                    for batch in &batches {
                        let transaction = connection.transaction()?;
                        raw::insert(&transaction, &history.slug, batch)?;
                        transaction.commit()?;
                    }
                    Ok(events)
                })
            }),
            ("the worker", &mut || {
                let path = directory.store()?;
                runtime.block_on(async {
                    let store = SqliteStore::open(&url(&path)?, IfMissing::Create).await?;
                    imported.import(&store).await?;
                    let end = imported_end(&requested)?;
                    store
                        .append(&history.slug, end, std::slice::from_ref(&requested))
                        .await?;
                    store.close().await;
                    anyhow::Ok(())
                })?;
                work(runtime, &url(&path)?, history, events)
            }),
            ("the core alone: decide, write and apply", &mut || {
                let mut enterprise = replay(&history.bytes)?;
                enterprise.apply(&requested.event)?;
                measure(|| {
                    Ok(batches_of(&mut enterprise, limit)?
                        .iter()
                        .map(|batch| batch.len() as u64)
                        .sum())
                })
            }),
        ],
    )
}

fn imported_end(requested: &Line) -> Result<Position> {
    Ok(Position::new(requested.event.position.value() - 1)?)
}

/// The request, and the batches that its job records.
fn job(mut enterprise: Enterprise, limit: NonZeroU32) -> Result<(Line, Vec<Vec<Row>>)> {
    let command = Command::RevokeAll(RevokeAll {
        caller: Caller::Person {
            person: PersonId::new(OWNER)?,
            credential: Some(CredentialId::new(OWNER)?),
        },
        revoke_credentials: true,
        idempotency_key: None,
    });
    let at = time_for(&enterprise);
    let mut recorded = enterprise.record(enterprise.decide(&command, at)?, at, None);
    let requested = recorded.next().context("the request is accepted")?;
    enterprise.apply(&requested)?;
    let batches = batches_of(&mut enterprise, limit)?;
    Ok((Line::written(requested), batches))
}

fn batches_of(enterprise: &mut Enterprise, limit: NonZeroU32) -> Result<Vec<Vec<Row>>> {
    let at = time_for(enterprise);
    let mut batches = Vec::new();
    loop {
        let pending = enterprise.pending_revocations().next();
        let Some(revocation) = pending else { return Ok(batches) };
        let events = enterprise.decide(&Command::ContinueRevocation { revocation, limit }, at)?;
        let mut batch = Vec::with_capacity(events.len());
        for event in enterprise.record(events, at, None) {
            enterprise.apply(&event)?;
            let line = Line::written(event);
            batch.push(Row {
                position: i64::try_from(line.event.position.value())?,
                line: line.bytes,
            });
        }
        batches.push(batch);
    }
}

/// Lets a worker whose state is loaded bring the job to its end.
fn work(runtime: &Runtime, url: &StoreUrl, history: &History, events: u64) -> Result<Taken> {
    let (stop, stopped) = watch::channel(false);
    let store = runtime.block_on(SqliteStore::open(url, IfMissing::Fail))?;
    let (enterprises, changes) = Enterprises::new(store.clone(), CacheOptions::default());
    let live = runtime.block_on(enterprises.fresh(&history.slug))?;
    let taken = measure(|| {
        let worker = runtime.spawn(Worker::new(enterprises, changes, WorkerOptions::default()).run(stopped));
        while live.read()?.pending_revocations().next().is_some() {
            std::thread::sleep(Duration::from_millis(1));
        }
        stop.send_replace(true);
        runtime.block_on(worker)?;
        Ok(events)
    })?;
    let recorded = runtime.block_on(store.read(&history.slug, Position::START, u32::MAX))?;
    let last = recorded.lines().last().context("the stream is not empty")?;
    let completed = recorded.len() as u64 == history.events + 1 + events
        && last.windows(19).any(|part| part == b"RevocationCompleted");
    anyhow::ensure!(completed, "the worker did other work");
    runtime.block_on(store.close());
    Ok(taken)
}
