//! `repair`: a stream that is altered, made whole again from a log of it.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::repair::{Asked, Repaired, repair};
use enterprise_credentials_host::store::verify::{Finding, Verified, verify_stream};
use enterprise_credentials_host::store::{self, StoreUrl, Streams};

use super::output::print;
use super::table::count;
use super::{import, verify};

/// Mend an altered stream from a log of it.
///
/// A stream's head commits to every byte of the stream. So this writes only what was appended, and refuses a log that
/// does not lead to the head. An earlier export will do, if the store's own lines after its end are whole.
///
/// Only damaged rows are written, all in one transaction. It works beside a running `serve`. Afterwards it verifies the
/// stream, and exits with 1 if a difference is left.
///
/// Example: enterprise-credentials repair --store sqlite:octo.db --from octo.jsonl
#[derive(Debug, Args)]
pub(crate) struct Repair {
    /// The store: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// Refuse a log of any other enterprise.
    #[arg(long, value_name = "SLUG")]
    enterprise: Option<EnterpriseSlug>,
    /// The log, one event a line; `-` reads standard input.
    #[arg(long, value_name = "LOG")]
    from: PathBuf,
    /// Take the first N lines of the log for the whole stream. Use it only if the head itself is broken or lost.
    ///
    /// What the store holds after these lines is removed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    accept_size: Option<u64>,
}

impl Repair {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let log = import::open(&self.from)?;
        let asked = Asked {
            enterprise: self.enterprise.clone(),
            accept_size: self.accept_size,
        };
        let mut findings = Vec::new();
        let (repaired, verified) = super::runtime()?.block_on(async {
            let repaired = repair(&self.store, log, &asked).await;
            let nothing = || format!("cannot repair with `{}`, nothing was written", self.from.display());
            let repaired = repaired.with_context(nothing)?;
            let store = store::open_to_read(&self.store).await?;
            let verified = verify_stream(&store, &repaired.enterprise, |finding| findings.push(finding)).await;
            store.close().await;
            Ok::<_, anyhow::Error>((repaired, verified?))
        })?;
        print(in_words(&repaired, &verified, &findings))?;
        Ok(match verified.findings {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }
}

fn in_words(repaired: &Repaired, verified: &Verified, findings: &[Finding]) -> String {
    let Repaired {
        enterprise,
        head,
        mended,
    } = repaired;
    let mut words = if mended.is_nothing() {
        format!("nothing was wrong with `{enterprise}`")
    } else {
        format!("repaired `{enterprise}`")
    };
    words.push_str(&format!(", which ends at position {}\n", head.position()));
    for (number, what) in [
        (mended.segments, "damaged segments taken out"),
        (mended.lines, "lines written"),
        (mended.lines_beyond, "lines beyond the head taken out"),
        (mended.look_up_removed, "wrong rows of the look-up taken out"),
        (mended.look_up_added, "rows of the look-up written"),
        (u64::from(mended.head), "head written"),
    ] {
        if number > 0 {
            words.push_str(&format!("  {} {what}\n", count(number)));
        }
    }
    words + &verify::in_words(verified, findings)
}
