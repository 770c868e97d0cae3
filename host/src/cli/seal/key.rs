//! `seal key`: makes the key that signs, and prints the keys by which auditors check.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal::{create_key, random_key, read_key};
use enterprise_credentials_seal::KeyName;

use crate::cli::output::print;

/// Make a key that signs checkpoints, or print a verifier key.
///
/// One key signs the logs of all enterprises of a service, each under a name of its own: LOG/SLUG. Give each auditor
/// the verifier key by another way than the checkpoints.
///
/// Example: enterprise-credentials seal key seal.key --log credentials.example.com
///
/// Example: enterprise-credentials seal key seal.key --public --enterprise octo-corp
#[derive(Debug, Args)]
pub(crate) struct KeyArgs {
    /// The key file. Only its owner can read it.
    ///
    /// It is never overwritten. A key that others can read is refused.
    file: PathBuf,
    /// Make a key for the service of this name. By custom it is a URL without the scheme, such as
    /// credentials.example.com.
    #[arg(
        long,
        value_name = "NAME",
        required_unless_present = "public",
        conflicts_with = "public"
    )]
    log: Option<KeyName>,
    /// Print the verifier key of an enterprise's log. It is not secret.
    #[arg(long, requires = "enterprise")]
    public: bool,
    /// The enterprise whose verifier key to print.
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
        print(said)?;
        Ok(ExitCode::SUCCESS)
    }
}
