//! The evidence, from the store alone: the stream is exported and audited, and held against the plan.

use anyhow::{Context, Result};
use enterprise_credentials::audit::{Auditor, Report};
use enterprise_credentials::log::Decoder;
use enterprise_credentials::{Actor, EnterpriseSlug, Plan, Position, RevocationId};
use enterprise_credentials_host::store::{Page, SqliteStore, Store};

use super::caller::Means;
use crate::cli::{evidence, progress};

const PAGE_LINES: u32 = 5_000;

/// The report in words, and whether it is clean and says what was planned.
pub(super) async fn gather(
    store: &SqliteStore,
    slug: &EnterpriseSlug,
    revocation: RevocationId,
    means: &Means,
    plan: &Plan,
) -> Result<(String, bool)> {
    let mut report = audit(store, slug, revocation, plan).await?;
    report.revocations.retain(|evidence| evidence.progress.id == revocation);
    let clean = report.is_clean() && is_as_planned(&report, means, plan);
    Ok((evidence::in_words(&report, Some(revocation), true), clean))
}

async fn audit(store: &SqliteStore, slug: &EnterpriseSlug, revocation: RevocationId, plan: &Plan) -> Result<Report> {
    let events = plan.cut.value() + plan.authorizations_revoked + plan.credentials_destroyed;
    let bar = progress::counted(events, "auditing");
    let mut auditor = Auditor::about(revocation);
    let mut decoder = Decoder::new();
    let mut last = Position::START;
    loop {
        let page = store.read(slug, last, PAGE_LINES).await?;
        let is_last = page.len() < PAGE_LINES as usize;
        // Deciding page after page again would hold up the server's own threads.
        (auditor, decoder) = tokio::task::spawn_blocking(move || observe(auditor, decoder, &page)).await??;
        last = auditor.enterprise().position();
        bar.set_position(last.value());
        if is_last {
            bar.finish_and_clear();
            return Ok(auditor.finish());
        }
    }
}

fn observe(mut auditor: Auditor, mut decoder: Decoder, page: &Page) -> Result<(Auditor, Decoder)> {
    for line in page.lines() {
        let recorded = decoder
            .decode(line)
            .context("the store holds a line that is no event")?;
        auditor
            .observe(&recorded)
            .context("the store holds an event that does not fit")?;
    }
    Ok((auditor, decoder))
}

/// Asked by this caller, done, and with the totals that were shown before the request was sent.
fn is_as_planned(report: &Report, means: &Means, plan: &Plan) -> bool {
    let asked_by = Actor::Person {
        person: means.person,
        credential: Some(means.credential),
    };
    let planned = (
        plan.authorizations_revoked,
        plan.credentials_destroyed,
        plan.revoke_credentials,
    );
    report.revocations.first().is_some_and(|evidence| {
        let progress = &evidence.progress;
        let recorded = (
            progress.authorizations_revoked,
            progress.credentials_destroyed,
            progress.revoke_credentials,
        );
        progress.completed_at.is_some() && recorded == planned && evidence.request.requested_by == asked_by
    })
}
