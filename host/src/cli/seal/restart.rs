//! `seal restart`: another log for a stream of which something that was sealed is lost.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal;
use enterprise_credentials_host::store::{self, IfMissing, StoreUrl, Streams};

use crate::cli::output::print;
use crate::cli::serve::journal_of;

/// Begin another seal for a stream that was set back, if no later export is left.
///
/// What was recorded since is lost, and tokens that were destroyed then are alive again. If you have a later log,
/// `import` it instead: that brings both back.
///
/// The log gets another name, LOG/SLUG/2, and the old name is never signed again. Whoever holds a checkpoint of the old
/// name can still show what is lost. It works beside `serve`, which then answers from the stream again.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    /// The store: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// The enterprise whose stream it is.
    #[arg(long, value_name = "SLUG")]
    enterprise: EnterpriseSlug,
    /// The key that signs, as for `serve`. May be given again.
    #[arg(long = "seal-key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The journal of the host that refuses to serve the stream, as for `serve`.
    #[arg(long = "seal-state", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Begin another seal although nothing on this host shows that the stream was set back.
    ///
    /// Use it if a witness shows it, or a checkpoint that somebody holds.
    #[arg(long)]
    contradicted: bool,
    /// Begin another seal although the journal is lost.
    ///
    /// Then only the store itself says how far the stream was sealed.
    #[arg(long)]
    journal_lost: bool,
}

impl Restart {
    pub(super) fn run(self) -> Result<ExitCode> {
        let keys = self
            .keys
            .iter()
            .map(|file| seal::read_key(file))
            .collect::<Result<Vec<_>, _>>()?;
        let state = journal_of(&self.keys, self.state.as_deref());
        let options = seal::RestartOptions {
            contradicted: self.contradicted,
            journal_lost: self.journal_lost,
        };
        let origin = super::super::runtime()?.block_on(async {
            let store = store::open(&self.store, IfMissing::Fail).await?;
            let begun = seal::restart(&store, &self.enterprise, &keys, &state, options).await;
            store.close().await;
            anyhow::Ok(begun?)
        })?;
        print(format!(
            "the log of `{}` is called `{origin}` from now on: tell its auditors and witnesses\n",
            self.enterprise
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
