//! `audit --html`: the report as a page.

use std::path::Path;

use anyhow::{Context, Result};
use enterprise_credentials::RecordedEvent;
use enterprise_credentials::audit::Report;
use enterprise_credentials_host::own_file::{self, Kind};
use enterprise_credentials_report::page::{Jobs, Page};
use enterprise_credentials_seal::Frontier;

use crate::cli::blast_radius::NOT_MODELLED;

/// What a page shows beside the report, gathered while the log is read.
#[derive(Default)]
pub(super) struct Drawn {
    jobs: Jobs,
    tree: Frontier,
}

impl Drawn {
    pub(super) fn observe(&mut self, recorded: &RecordedEvent, line: &[u8]) -> Result<()> {
        self.jobs.observe(recorded);
        self.tree.push_line(line)?;
        Ok(())
    }

    /// Writes the page. `as_of` says up to where the log is asked about, if not to its end. `seal` says whether the log
    /// is the one that was sealed or marked, and in which words.
    pub(super) fn write(
        &self,
        path: &Path,
        report: &Report,
        complete: bool,
        as_of: Option<&str>,
        sha256: &str,
        seal: Option<(bool, String)>,
    ) -> Result<()> {
        let page = Page {
            report,
            jobs: &self.jobs,
            complete,
            as_of,
            sha256,
            root: &self.tree.root().to_string(),
            seal: seal.as_ref().map(|(holds, words)| (*holds, words.as_str())),
            not_modelled: &NOT_MODELLED,
        };
        own_file::write(path, PAGE, &page.html()).with_context(|| not_written(path))
    }
}

/// How a page begins, for whoever would replace one.
const PAGE: Kind = Kind {
    name: "page",
    begins: "<!DOCTYPE html>",
};

/// Says, before the log is read, whether a page may be written there.
pub(super) fn check(path: &Path) -> Result<()> {
    own_file::check(path, PAGE).with_context(|| not_written(path))
}

fn not_written(path: &Path) -> String {
    format!("cannot write the page to `{}`", path.display())
}
