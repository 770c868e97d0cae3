//! TLS: the certificate and the key. They are read from files, and read again while the host runs.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;

/// Where a host's certificate is.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, as PEM, its own first.
    pub certificate: PathBuf,
    /// Its private key, as PEM, which other users may not read.
    pub key: PathBuf,
}

/// What a host shows to its clients: TLS 1.2 or 1.3, with one certificate.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

/// A certificate or a key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read `{}`", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The key is not a secret.
    #[error("other users can read the key `{}`: take that right away, for example with `chmod o= \
         FILE`", path.display())]
    KeyOpenToOthers {
        /// Which file.
        path: PathBuf,
    },
    /// A file is no PEM, or holds nothing that is asked for.
    #[error("`{}` holds no {what} as PEM", path.display())]
    NotPem {
        /// Which file.
        path: PathBuf,
        /// What it is to hold.
        what: &'static str,
        /// What is wrong, if anything besides that.
        source: Option<pem::Error>,
    },
    /// Certificate and key are not of one pair, or of a kind that is not supported.
    #[error("the certificate `{}` cannot be used with the key `{}`", files.certificate.display(), files.key.display())]
    Unusable {
        /// Which files.
        files: TlsFiles,
        /// Why.
        source: rustls::Error,
    },
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// Where one cannot be read or used, or where others may read the key.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let current = RwLock::new(configured(&files)?);
        Ok(Self { files, current })
    }

    /// Reads the files again. Connections from now on get the new certificate; the others keep theirs.
    ///
    /// # Errors
    /// As of [`Tls::load`]. What was read before stays in use then.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = configured(&self.files)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Shakes hands with a client.
    pub(super) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) -> io::Result<TlsStream<S>> {
        let config = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        TlsAcceptor::from(config).accept(stream).await
    }
}

fn configured(files: &TlsFiles) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = certificates(&files.certificate)?;
    let key = key(&files.key)?;
    let unusable = |source| TlsError::Unusable {
        files: files.clone(),
        source,
    };
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(unusable)?;
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let not_pem = |source| TlsError::NotPem {
        path: path.to_owned(),
        what: "certificate",
        source,
    };
    let bytes = read(path, &mut open(path)?)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let certificates = certificates.map_err(|error| not_pem(Some(error)))?;
    if certificates.is_empty() {
        return Err(not_pem(None));
    }
    Ok(certificates)
}

fn key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    let mut file = open(path)?;
    if is_open_to_others(&file).map_err(|source| unreadable(path, source))? {
        return Err(TlsError::KeyOpenToOthers { path: path.to_owned() });
    }
    PrivateKeyDer::from_pem_slice(&read(path, &mut file)?).map_err(|error| TlsError::NotPem {
        path: path.to_owned(),
        what: "private key",
        source: Some(error),
    })
}

/// Its group may: some machines keep their keys so.
#[cfg(unix)]
fn is_open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;

    Ok(file.metadata()?.permissions().mode() & 0o007 != 0)
}

/// Elsewhere it cannot be asked.
#[cfg(not(unix))]
fn is_open_to_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

fn open(path: &Path) -> Result<File, TlsError> {
    File::open(path).map_err(|source| unreadable(path, source))
}

fn read(path: &Path, file: &mut File) -> Result<Vec<u8>, TlsError> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)
        .map_err(|source| unreadable(path, source))?;
    Ok(bytes)
}

fn unreadable(path: &Path, source: io::Error) -> TlsError {
    TlsError::Unreadable {
        path: path.to_owned(),
        source,
    }
}
