//! The evidence, from the store alone. The stream is exported and audited, and compared with the plan.

use anyhow::{Context, Result};
use enterprise_credentials::audit::{Auditor, Report};
use enterprise_credentials::log::Decoder;
use enterprise_credentials::{Actor, EnterpriseSlug, Plan, RevocationId};
use enterprise_credentials_host::store::{Page, Store, walk};
use enterprise_credentials_seal::Frontier;
use indicatif::ProgressBar;

use super::caller::Means;
use crate::cli::evidence::{Asked, Read};
use crate::cli::{evidence, progress};

/// The report in words, and whether it is clean and says what was planned.
pub(super) async fn gather(
    store: &impl Store,
    slug: &EnterpriseSlug,
    revocation: RevocationId,
    means: &Means,
    plan: &Plan,
) -> Result<(String, bool)> {
    let mut report = audit(store, slug, revocation, plan).await?;
    report.revocations.retain(|evidence| evidence.progress.id == revocation);
    let clean = report.is_clean() && is_as_planned(&report, means, plan);
    Ok((
        evidence::in_words(&report, Asked::One(revocation), Read::ToTheEnd, None),
        clean,
    ))
}

async fn audit(store: &impl Store, slug: &EnterpriseSlug, revocation: RevocationId, plan: &Plan) -> Result<Report> {
    let events = plan.cut.value() + plan.authorizations_revoked + plan.credentials_destroyed;
    let auditing = Auditing {
        auditor: Auditor::about(revocation),
        decoder: Decoder::new(),
        bar: progress::counted(events, "auditing"),
    };
    let head = store
        .head(slug)
        .await?
        .context("the store does not hold the enterprise")?;
    let audited = walk(store, slug, &Frontier::EMPTY, &head, auditing, Auditing::observe).await?;
    audited.bar.finish_and_clear();
    Ok(audited.auditor.finish())
}

/// An audit under way.
struct Auditing {
    auditor: Auditor,
    decoder: Decoder,
    bar: ProgressBar,
}

impl Auditing {
    fn observe(&mut self, page: &Page) -> Result<()> {
        for line in page.lines() {
            let recorded = self
                .decoder
                .decode(line)
                .context("the store holds a line that is no event")?;
            self.auditor
                .observe(&recorded)
                .context("the store holds an event that does not fit")?;
        }
        self.bar.inc(page.len() as u64);
        Ok(())
    }
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
