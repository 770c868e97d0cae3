//! Where a witness is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ureq::http::Uri;

/// The submission prefix of a witness, as C2SP's `tlog-witness` calls it: `https://witness.example.com/prefix`, or
/// `http://` on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WitnessUrl {
    /// Without a slash at its end.
    prefix: String,
    secure: bool,
}

impl WitnessUrl {
    /// Where checkpoints are added.
    pub(super) fn add_checkpoint(&self) -> String {
        format!("{}/add-checkpoint", self.prefix)
    }

    /// Whether it is asked over TLS.
    pub(super) const fn is_secure(&self) -> bool {
        self.secure
    }
}

impl FromStr for WitnessUrl {
    type Err = InvalidWitnessUrl;

    fn from_str(text: &str) -> Result<Self, InvalidWitnessUrl> {
        let uri: Uri = text.parse().map_err(|_| InvalidWitnessUrl::NotAUrl)?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(InvalidWitnessUrl::NotAUrl);
        };
        // A secret in a URL would be in the log, and what is behind a `?` or `#` is no part of a prefix.
        if authority.as_str().contains('@') || text.contains(['?', '#']) {
            return Err(InvalidWitnessUrl::NotAUrl);
        }
        let secure = match scheme {
            "https" if cfg!(feature = "tls") => true,
            "https" => return Err(InvalidWitnessUrl::WithoutTls),
            "http" if is_loopback(authority.host()) => false,
            "http" => return Err(InvalidWitnessUrl::InTheOpen),
            _ => return Err(InvalidWitnessUrl::NotAUrl),
        };
        let prefix = text.trim_end_matches('/').to_owned();
        Ok(Self { prefix, secure })
    }
}

impl fmt::Display for WitnessUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A text that is no submission prefix of a witness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWitnessUrl {
    /// It is no URL of the kind.
    #[error("write the witness's submission prefix, as in `https://witness.example.com/prefix`")]
    NotAUrl,
    /// It is beyond this machine, and HTTP.
    #[error(
        "`http://` is for a witness on this machine, as on 127.0.0.1: whoever is on the way can answer in its place; \
         use `https://`"
    )]
    InTheOpen,
    /// This program has no TLS.
    #[error(
        "this program was built without TLS: build it with `--features tls`, or ask the witness through a proxy on \
         this machine"
    )]
    WithoutTls,
}
