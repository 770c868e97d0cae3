//! `seal auditor`: a token by which an auditor gets checkpoints.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::http::auditor_token;

use crate::cli::output::print;

/// Make a token for an auditor, and print it.
///
/// With it, the auditor gets checkpoints and proofs of these enterprises from `serve`, and nothing else. The token
/// itself is kept nowhere; the file gets its hash. `serve --auditor-token-file` reads the file at the start and at each
/// SIGHUP. To lock an auditor out, remove the line.
///
/// Example: enterprise-credentials seal auditor auditors --enterprise octo-corp
#[derive(Debug, Args)]
pub(crate) struct Auditor {
    /// The file to which the line of the token is added. It is created if it is missing.
    file: PathBuf,
    /// An enterprise whose checkpoints the token opens. May be given again.
    #[arg(long = "enterprise", value_name = "SLUG", required = true)]
    enterprises: Vec<EnterpriseSlug>,
}

impl Auditor {
    pub(super) fn run(self) -> Result<ExitCode> {
        let made = auditor_token(&self.enterprises);
        let (token, line) = made.map_err(|error| anyhow!("the operating system gives no random bytes: {error}"))?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(&self.file).and_then(|mut file| add_line(&mut file, &line));
        written.with_context(|| format!("cannot write to `{}`", self.file.display()))?;
        print(format!("{token}\n"))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Behind a line that somebody else ended without a line feed, too.
fn add_line(file: &mut File, line: &str) -> io::Result<()> {
    let mut last = [b'\n'];
    if file.metadata()?.len() > 0 {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    let before = if last == *b"\n" { "" } else { "\n" };
    file.write_all(format!("{before}{line}\n").as_bytes())?;
    file.sync_all()
}
