//! `seal key`: makes the key that signs, and prints the keys by which auditors check.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal::{create_key, random_key, read_key};
use enterprise_credentials_seal::KeyName;

use crate::cli::output::print;

/// Make a key to sign checkpoints with, or print the verifier key of one enterprise's log.
///
/// The key signs the logs of all enterprises of a service, each under a name of its own: LOG/SLUG. Give the verifier
/// key to auditors by another way than checkpoints come to them.
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// The key file. It is created readable by its owner only, and is never overwritten;
    /// a key that others can read is refused.
    file: PathBuf,
    /// Make a key for the service of this name: by custom a URL without its scheme, such as credentials.example.com.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "public",
        conflicts_with = "public"
    )]
    log: Option<KeyName>,
    /// Print the verifier key of an enterprise's log, and nothing secret.
    #[arg(long, requires = "enterprise")]
    public: bool,
    /// Whose log.
    #[arg(long, value_name = "SLUG", requires = "public")]
    enterprise: Option<EnterpriseSlug>,
}

impl KeyArgs {
    pub(super) fn run(self) -> Result<ExitCode> {
        let said = match (self.log, self.enterprise) {
            (Some(log), _) => {
                create_key(&self.file, &random_key(log)?)?;
                let file = self.file.display();
                format!("made the key `{file}`: keep a copy of it where nobody else can read it\n")
            }
            (None, enterprise) => {
                let key = read_key(&self.file)?;
                let enterprise = enterprise.as_ref().map_or("", |slug| slug.as_str());
                let origin = key.name().join(enterprise)?;
                format!("{}\n", key.named(origin).verifier_key())
            }
        };
        print(said.into_bytes())?;
        Ok(ExitCode::SUCCESS)
    }
}
