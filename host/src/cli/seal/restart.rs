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

/// Begin the seal of a stream anew that was set back, and of which no later export is left.
///
/// Everything that was recorded since is lost, and tokens that were destroyed then are alive again: `import` of a later
/// log brings both back, and is the better cure. The stream's log gets another name, LOG/SLUG/2, and the one before is
/// never signed again; whoever holds a checkpoint of that one can still show what is lost. Works beside `serve`, which
/// answers from the stream again.
#[derive(Debug, Args)]
pub(crate) struct Restart {
    /// The store, as `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// Whose stream.
    #[arg(long, value_name = "SLUG")]
    enterprise: EnterpriseSlug,
    /// The key that signs, as for `serve`; may be given again.
    #[arg(long = "seal-key", value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// The journal of the host that does not serve the stream, as for `serve`.
    #[arg(long = "seal-state", value_name = "DIR")]
    state: Option<PathBuf>,
    /// Begin anew though nothing here shows that the stream was set back: a witness,
    /// or a checkpoint that somebody holds, does.
    #[arg(long)]
    contradicted: bool,
    /// There is no journal any more, and so nothing shows how far the stream was sealed but the store itself.
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
            "the log of `{}` is `{origin}` from now on: tell its auditors and witnesses, who know it by the name \
             before\n",
            self.enterprise
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
