//! Witnesses on the command line.

use clap::Args;
use enterprise_credentials_host::witness::{WitnessOptions, WitnessUrl};
use enterprise_credentials_seal::WitnessKey;

/// The options about witnesses.
#[derive(Debug, Args)]
pub(super) struct WitnessArgs {
    /// Show each checkpoint to the witness at this URL, its submission prefix in C2SP's `tlog-witness`, and give out
    /// what it has cosigned. Given several times, to each. `https://` needs a program built with TLS; `http://` is for
    /// a witness on this machine. It has to know each enterprise's log beforehand: `seal origins` prints them. Nobody
    /// waits for it. But if it has cosigned what the store does not have,
    /// nothing is answered from that enterprise any more.
    #[arg(long = "witness", value_name = "URL", requires_all = ["keys", "witness_keys"])]
    urls: Vec<WitnessUrl>,
    /// The key of a witness, as text: `name+id+key`. Cosignatures by other keys are not given out.
    /// Given several times for several.
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
