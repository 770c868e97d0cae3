//! TLS on the command line: where its files are, and the signal to read them again.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use enterprise_credentials_host::error_chain;
use enterprise_credentials_host::http::{Tls, TlsFiles};

/// The options about TLS.
#[derive(Debug, Args)]
pub(super) struct TlsArgs {
    /// Serve HTTPS with this certificate: a PEM file, followed by the certificates that vouch for it.
    ///
    /// SIGHUP reads it again.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate: a PEM file that other users may not read.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

impl TlsArgs {
    /// Reads the files, if TLS is asked for, and again at each SIGHUP.
    pub(super) fn load(&self) -> anyhow::Result<Option<Arc<Tls>>> {
        let Some((certificate, key)) = self.tls_cert.clone().zip(self.tls_key.clone()) else {
            return Ok(None);
        };
        let tls = Arc::new(Tls::load(TlsFiles { certificate, key })?);
        #[cfg(unix)]
        reload_at_hangup(Arc::clone(&tls))?;
        Ok(Some(tls))
    }
}

#[cfg(unix)]
fn reload_at_hangup(tls: Arc<Tls>) -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match tls.reload() {
                Ok(()) => tracing::info!("read the TLS certificate again"),
                Err(error) => tracing::error!(
                    error = error_chain(&error),
                    "cannot read the TLS certificate again: the old one stays in use"
                ),
            }
        }
    });
    Ok(())
}
