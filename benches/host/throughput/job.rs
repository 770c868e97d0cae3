//! The worker against the engine appending the same batches, a commit each.

use std::num::NonZeroU32;
use std::time::Duration;

use anyhow::{Context, Result};
use enterprise_credentials::log::replay;
use enterprise_credentials::{Caller, Command, CredentialId, Enterprise, PersonId, RecordedEvent, RevokeAll};
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises, time_for};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{
    Batch, IfMissing, Page, Store as _, StoreUrl, Streams as _, Urgency, open, walk,
};
use enterprise_credentials_host::worker::{Worker, WorkerOptions};
use enterprise_credentials_seal::Frontier;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::History;
use crate::engine::Engine;
use crate::raw::{self, Segment};
use crate::rounds::{Taken, compare, measure};

/// The setup user: an owner in every sample.
const OWNER: u64 = 1;

pub(crate) fn run(runtime: &Runtime, engine: &Engine, history: &History, rounds: u32) -> Result<()> {
    let before = replay(&history.bytes)?;
    let limit = WorkerOptions::BATCH_DEFAULT;
    let (requested, batches) = job(before, limit)?;
    let imported = Stream::check(history.bytes.clone())?;
    let (rows, _) = raw::rows(&history.bytes)?;
    let events: u64 = batches.iter().map(|batch| batch.page().len() as u64).sum();
    let segments = segments(&batches)?;
    let title = format!("THE JOB, {} batches of {limit} credentials", batches.len());
    compare(
        &title,
        "events",
        rounds,
        [
            (
                &format!("{}: the same batches, a commit each", engine.name()),
                &mut || {
                    let mut raw = engine.raw()?;
                    raw.insert(&history.slug, &rows, &[])?;
                    raw.settle()?;
                    measure(|| {
                        for batch in &segments {
                            raw.insert(&history.slug, batch, &[])?;
                        }
                        Ok(events)
                    })
                },
            ),
            ("the worker", &mut || {
                let url = engine.fresh()?;
                runtime.block_on(async {
                    let store = open(&url, IfMissing::Create).await?;
                    imported.import(&store).await?;
                    let head = store.head(&history.slug).await?.context("it was imported")?;
                    let request = Batch::written(head.position(), [&requested])?;
                    store.append(&history.slug, &head, request, Urgency::Request).await?;
                    store.close().await;
                    anyhow::Ok(())
                })?;
                work(runtime, &url, history, events)
            }),
            ("the core alone: decide, write and apply", &mut || {
                let mut enterprise = replay(&history.bytes)?;
                enterprise.apply(&requested)?;
                measure(|| {
                    Ok(batches_of(&mut enterprise, limit)?
                        .iter()
                        .map(|batch| batch.page().len() as u64)
                        .sum())
                })
            }),
        ],
    )
}

/// The batches as rows.
fn segments(batches: &[Batch]) -> Result<Vec<Vec<Segment>>> {
    let rows = batches.iter();
    rows.map(|batch| raw::segments(batch.expected().value(), batch.page().lines()))
        .collect()
}

/// The request, and the batches that its job records.
fn job(mut enterprise: Enterprise, limit: NonZeroU32) -> Result<(RecordedEvent, Vec<Batch>)> {
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
    Ok((requested, batches))
}

fn batches_of(enterprise: &mut Enterprise, limit: NonZeroU32) -> Result<Vec<Batch>> {
    let at = time_for(enterprise);
    let mut batches = Vec::new();
    loop {
        let pending = enterprise.pending_revocations().next();
        let Some(revocation) = pending else { return Ok(batches) };
        let events = enterprise.decide(&Command::ContinueRevocation { revocation, limit }, at)?;
        let expected = enterprise.position();
        let recorded: Vec<_> = enterprise.record(events, at, None).collect();
        let batch = Batch::written(expected, &recorded)?;
        for event in &recorded {
            enterprise.apply(event)?;
        }
        batches.push(batch);
    }
}

/// Lets a worker whose state is loaded bring the job to its end.
fn work(runtime: &Runtime, url: &StoreUrl, history: &History, events: u64) -> Result<Taken> {
    let (stop, stopped) = watch::channel(false);
    let store = runtime.block_on(open(url, IfMissing::Fail))?;
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
    let head = runtime
        .block_on(store.head(&history.slug))?
        .context("the stream is there")?;
    let note_last = |last: &mut Vec<u8>, page: &Page| -> Result<()> {
        *last = page.lines().last().context("a page is not empty")?.to_vec();
        Ok(())
    };
    let begin = Frontier::EMPTY;
    let last = runtime.block_on(walk(&store, &history.slug, &begin, &head, Vec::new(), note_last))?;
    let completed = head.position().value() == history.events + 1 + events
        && last.windows(19).any(|part| part == b"RevocationCompleted");
    anyhow::ensure!(completed, "the worker did other work");
    runtime.block_on(store.close());
    Ok(taken)
}
