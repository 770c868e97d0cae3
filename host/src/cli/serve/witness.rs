//! Witnesses on the command line.

use clap::Args;
use enterprise_credentials_host::witness::{WitnessOptions, WitnessUrl};
use enterprise_credentials_seal::WitnessKey;

/// The options about witnesses.
#[derive(Debug, Args)]
pub(super) struct WitnessArgs {
    /// Show each checkpoint to the witness at this URL, and give out what it has cosigned. May be given again.
    ///
    /// The URL is the submission prefix of C2SP's `tlog-witness`. `https://` needs a program built with TLS. `http://`
    /// is for a witness on this machine. Tell the witness each log beforehand; `seal origins` prints them. No request
    /// waits for a witness. But if one has cosigned what the store does not have, the host answers nothing more from
    /// that enterprise.
    #[arg(long = "witness", value_name = "URL", requires_all = ["keys", "witness_keys"])]
    urls: Vec<WitnessUrl>,
    /// The key of a witness, as text: `name+id+key`. May be given again.
    ///
    /// Cosignatures by other keys are not given out.
    #[arg(long = "witness-key", id = "witness_keys", value_name = "VKEY", requires = "urls")]
    keys: Vec<WitnessKey>,
}

impl WitnessArgs {
    /// Who is asked, if anybody is.
    pub(super) fn options(&self) -> Option<WitnessOptions> {
        let options = || WitnessOptions::new(self.urls.clone(), self.keys.clone());
        (!self.urls.is_empty()).then(options)
    }
}
