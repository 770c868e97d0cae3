//! TLS to the server, by rustls.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

/// What a connection asks of TLS, as `sslmode` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsMode {
    /// None.
    Disable,
    /// TLS where the server has it, whoever that is: it keeps out those who only listen.
    Prefer,
    /// TLS with whoever answers.
    Require,
    /// TLS with the very server, by a certificate that `sslrootcert` vouches for:
    /// the one that keeps out whoever stands between.
    VerifyFull,
}

impl FromStr for TlsMode {
    type Err = String;

    fn from_str(mode: &str) -> Result<Self, String> {
        match mode {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-full" => Ok(Self::VerifyFull),
            "verify-ca" => {
                Err("`sslmode=verify-ca` lets any host of that authority in: write `verify-full`".to_owned())
            }
            _ => Err("`sslmode` is `disable`, `prefer`, `require` or `verify-full`".to_owned()),
        }
    }
}

/// How connections are encrypted.
#[derive(Clone)]
pub(super) struct Tls {
    pub(super) mode: TlsMode,
    pub(super) connector: Option<MakeRustlsConnect>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads the certificates of those who vouch, where they are needed.
    pub(super) fn load(mode: TlsMode, root: Option<PathBuf>) -> Result<Self, String> {
        let config = match (mode, root) {
            (TlsMode::Disable, None) => return Ok(Self { mode, connector: None }),
            (TlsMode::Prefer | TlsMode::Require, None) => unverified()?,
            (TlsMode::VerifyFull, Some(path)) => {
                verified(&path).map_err(|why| format!("its sslrootcert `{}`: {why}", path.display()))?
            }
            (TlsMode::VerifyFull, None) => {
                return Err(
                    "`sslmode=verify-full` needs `sslrootcert=FILE`, a PEM file of the certificates that vouch for the \
                     server; those of the system are often in /etc/ssl/certs/ca-certificates.crt"
                        .to_owned(),
                );
            }
            (_, Some(_)) => return Err("`sslrootcert` is for `sslmode=verify-full`".to_owned()),
        };
        Ok(Self {
            mode,
            connector: Some(MakeRustlsConnect::new(config)),
        })
    }

    /// What the client is told.
    pub(super) const fn ssl_mode(&self) -> SslMode {
        match self.mode {
            TlsMode::Disable => SslMode::Disable,
            TlsMode::Prefer => SslMode::Prefer,
            TlsMode::Require | TlsMode::VerifyFull => SslMode::Require,
        }
    }
}

fn verified(path: &std::path::Path) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| error.to_string())?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    if roots.is_empty() {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(builder()?.with_root_certificates(roots).with_no_client_auth())
}

fn unverified() -> Result<ClientConfig, String> {
    let anyone = Arc::new(Anyone(Arc::new(ring::default_provider())));
    let builder = builder()?.dangerous().with_custom_certificate_verifier(anyone);
    Ok(builder.with_no_client_auth())
}

fn builder() -> Result<tokio_rustls::rustls::ConfigBuilder<ClientConfig, tokio_rustls::rustls::WantsVerifier>, String> {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())
}

/// Takes any certificate of a server that holds its key: what `prefer` and `require` mean.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
