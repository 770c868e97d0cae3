//! One request to a witness, and its answer: C2SP's `tlog-witness`. Every answer is read within limits.

use std::time::Duration;

use enterprise_credentials_seal::{Malformed, NoteSignature, SealedGrowth};
use ureq::Agent;
use ureq::http::{Response, StatusCode};

use super::WitnessUrl;

/// A hundred signatures take less.
const ANSWER_BYTES_MAX: u64 = 64 << 10;
/// How much of an error is told: a line, and nothing that does anything to a terminal.
const SAID_CHARACTERS_MAX: usize = 200;

/// Asks one witness.
#[derive(Debug, Clone)]
pub(super) struct Client {
    url: WitnessUrl,
    agent: Agent,
}

/// What a witness says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It has cosigned. Whether these are its signatures is not known yet.
    Cosigned(Vec<NoteSignature>),
    /// The checkpoint that it cosigned last has this size, and the proof began at another, or its tree is another.
    Last(u64),
    /// The proof does not lead from what it cosigned last.
    NotProven,
}

/// Why a witness says nothing that is understood.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unheard {
    /// There was no whole answer in time.
    #[error("it does not answer")]
    Unreachable(#[source] ureq::Error),
    /// It answers with another status than those for which there is something to do.
    #[error("it answers {status}{said}")]
    Status { status: StatusCode, said: String },
    /// It says that it has cosigned, and gives no signatures.
    #[error("it answers with something else than cosignatures")]
    NoSignatures(#[source] Malformed),
    /// It says that the proof begins elsewhere than at what it cosigned last, and not where that is.
    #[error("it answers 409 without the size that it has cosigned last")]
    NoSize,
}

impl Client {
    pub(super) fn new(url: WitnessUrl, timeout: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // Who else would be asked is nobody that the configuration names.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(timeout));
        let config = if url.is_secure() {
            with_tls(config)
        } else {
            config.proxy(None)
        };
        let agent = config.build().new_agent();
        Self { url, agent }
    }

    pub(super) const fn url(&self) -> &WitnessUrl {
        &self.url
    }

    /// Waits for the answer, from a thread that may wait.
    pub(super) fn add_checkpoint(&self, growth: &SealedGrowth) -> Result<Said, Unheard> {
        let request = self.agent.post(self.url.add_checkpoint());
        let response = request.send(growth.to_string()).map_err(Unheard::Unreachable)?;
        let status = response.status();
        let body = read(response).map_err(Unheard::Unreachable)?;
        match status {
            StatusCode::OK => NoteSignature::parse_lines(&body)
                .map(Said::Cosigned)
                .map_err(Unheard::NoSignatures),
            StatusCode::CONFLICT => size(&body).map(Said::Last).ok_or(Unheard::NoSize),
            StatusCode::UNPROCESSABLE_ENTITY => Ok(Said::NotProven),
            status => {
                let said = said(&body);
                Err(Unheard::Status { status, said })
            }
        }
    }
}

fn read(mut response: Response<ureq::Body>) -> Result<Vec<u8>, ureq::Error> {
    response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec()
}

/// A size, and a line feed behind it.
fn size(body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok()?;
    let digits = text.strip_suffix('\n').unwrap_or(text);
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())?
}

fn said(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let line: String = (text.trim().chars())
        .take_while(|character| !character.is_control())
        .take(SAID_CHARACTERS_MAX)
        .collect();
    if line.is_empty() { line } else { format!(": {line}") }
}

type Config = ureq::config::ConfigBuilder<ureq::typestate::AgentScope>;

/// With the certificates that this machine trusts, so also those of a company's own authority.
#[cfg(feature = "tls")]
fn with_tls(config: Config) -> Config {
    use std::sync::Arc;

    use tokio_rustls::rustls::crypto::ring;
    use ureq::tls::{Certificate, RootCerts, TlsConfig};

    let trusted = rustls_native_certs::load_native_certs();
    for error in &trusted.errors {
        tracing::warn!(%error, "cannot read a certificate that this machine trusts");
    }
    let roots = trusted
        .certs
        .iter()
        .map(|certificate| Certificate::from_der(certificate).to_owned());
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
        .root_certs(RootCerts::from(roots));
    config.tls_config(tls.build()).https_only(true)
}

#[cfg(not(feature = "tls"))]
fn with_tls(config: Config) -> Config {
    config
}
