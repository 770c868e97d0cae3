//! HTTPS: who is served, with which certificate, and which files are refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../seal/scene.rs"]
#[expect(dead_code, reason = "what the tests of the seal alone use")]
#[expect(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, its helpers too"
)]
mod scene;
mod witness;

use std::fs::{self, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::history::{History, TOKEN_MEMBER};
use common::http::get_head;
use common::process::{Serve, run, run_well};
use common::{Directory, runtime, wait_until};
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::http::{Tls, TlsFiles};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

const SLUG: &str = "octo-corp";
const FIRST: Pair = Pair {
    certificate: include_str!("first-cert.pem"),
    key: include_str!("first-key.pem"),
};
const SECOND: Pair = Pair {
    certificate: include_str!("second-cert.pem"),
    key: include_str!("second-key.pem"),
};

/// A certificate for `localhost` that vouches for itself, and its key. They guard nothing.
#[derive(Debug, Clone, Copy)]
struct Pair {
    certificate: &'static str,
    key: &'static str,
}

impl Pair {
    fn write_to(self, directory: &Directory) -> TlsFiles {
        let (certificate, key) = (directory.file("cert.pem"), directory.file("key.pem"));
        fs::write(&certificate, self.certificate).unwrap();
        fs::write(&key, self.key).unwrap();
        fs::set_permissions(&key, Permissions::from_mode(0o640)).unwrap();
        TlsFiles { certificate, key }
    }

    /// Connects as a client that trusts this certificate alone.
    async fn connect(
        self,
        address: SocketAddr,
        versions: &[&'static SupportedProtocolVersion],
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(self.certificate.as_bytes()).unwrap();
        roots.add(certificate).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(config));
        connector.connect("localhost".try_into().unwrap(), stream).await
    }

    /// Whether a client that trusts this certificate alone is answered.
    async fn is_answered(self, address: SocketAddr) -> bool {
        match self.connect(address, &[&TLS12, &TLS13]).await {
            Ok(mut stream) => asks(&mut stream).await,
            Err(_) => false,
        }
    }
}

/// Asks with a token that may see nothing, and hears that.
async fn asks(stream: &mut TlsStream<TcpStream>) -> bool {
    let path = format!("/enterprises/{SLUG}/credential-authorizations/revocations/1");
    stream
        .write_all(get_head(&path, TOKEN_MEMBER, "").as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        if stream.read_buf(&mut answer).await.unwrap() == 0 {
            return false;
        }
    }
    answer.starts_with(b"HTTP/1.1 403 ")
}

fn with_store() -> Directory {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    directory
}

fn arguments(files: &TlsFiles) -> [String; 4] {
    let (certificate, key) = (files.certificate.display(), files.key.display());
    [
        "--tls-cert".into(),
        certificate.to_string(),
        "--tls-key".into(),
        key.to_string(),
    ]
}

#[test]
fn a_certificate_is_served_and_read_again_when_it_is_asked_for() {
    let (directory, runtime) = (with_store(), runtime());
    let arguments = arguments(&FIRST.write_to(&directory));
    let options = arguments.each_ref().map(String::as_str);
    let serve = Serve::start(&directory.store_url(), &directory.file("serve.log"), &options);
    let address = serve.address;
    let answered = |pair: Pair| runtime.block_on(pair.is_answered(address));
    assert!(answered(FIRST) && !answered(SECOND));
    for version in [&TLS12, &TLS13] {
        let mut stream = runtime.block_on(FIRST.connect(address, &[version])).unwrap();
        assert!(runtime.block_on(asks(&mut stream)), "{version:?}");
    }
    let mut kept = runtime.block_on(FIRST.connect(address, &[&TLS13])).unwrap();

    SECOND.write_to(&directory);
    serve.signal("-HUP");
    wait_until("the second certificate is served", || answered(SECOND));
    assert!(!answered(FIRST));
    assert!(
        runtime.block_on(asks(&mut kept)),
        "a connection outlives its certificate"
    );

    fs::write(directory.file("key.pem"), FIRST.key).unwrap();
    serve.signal("-HUP");
    wait_until("the log tells of the wrong key", || {
        serve.log().contains("cannot read the TLS certificate again")
    });
    assert!(answered(SECOND));
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn a_handshake_that_does_not_end_holds_nobody_up() {
    let (directory, runtime) = (with_store(), runtime());
    let tls = Tls::load(FIRST.write_to(&directory)).unwrap();
    let mut options = HostOptions::default();
    options.http.tls = Some(Arc::new(tls));
    options.http.connections_max = 2;
    options.http.head_timeout = Duration::from_secs(2);
    runtime.block_on(async {
        let store = directory.store().await;
        let host = Host::start(store, "127.0.0.1:0".parse().unwrap(), options)
            .await
            .unwrap();
        let address = host.address();
        let mut silent = Vec::new();
        for _ in 0..4 {
            silent.push(TcpStream::connect(address).await.unwrap());
        }
        assert!(FIRST.is_answered(address).await);

        let mut slow = TcpStream::connect(address).await.unwrap();
        slow.write_all(b"\x16\x03\x01").await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(30), slow.read(&mut [0])).await;
        assert!(ended.is_ok(), "the connection stayed open");

        let mut plain = TcpStream::connect(address).await.unwrap();
        plain
            .write_all(b"GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n")
            .await
            .unwrap();
        let mut said = Vec::new();
        let _ = plain.read_to_end(&mut said).await;
        assert!(!said.starts_with(b"HTTP"), "{said:?}");

        let _silent = TcpStream::connect(address).await.unwrap();
        let stopped_at = Instant::now();
        host.stop().await;
        assert!(stopped_at.elapsed() < Duration::from_secs(10));
    });
}

#[test]
fn files_that_cannot_be_used_are_refused_in_words() {
    let directory = with_store();
    let files = FIRST.write_to(&directory);
    let (certificate, key) = (files.certificate.clone(), files.key.clone());
    let refusal = |code: i32, options: &[String]| {
        let store = directory.store_url();
        let options = options.iter().map(String::as_str);
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--store", &store].into_iter();
        let output = run(&arguments.chain(options).collect::<Vec<_>>());
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{error}");
        error
    };
    let arguments = arguments(&files);
    assert!(refusal(2, &arguments[..2]).contains("--tls-key"));
    assert!(refusal(2, &arguments[2..]).contains("--tls-cert"));

    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    assert!(refusal(1, &arguments).contains(&format!("other users can read the key `{}`", key.display())));
    fs::set_permissions(&key, Permissions::from_mode(0o600)).unwrap();

    fs::write(&key, SECOND.key).unwrap();
    let error = refusal(1, &arguments);
    let expected = format!(
        "the certificate `{}` cannot be used with the key `{}`",
        certificate.display(),
        key.display()
    );
    assert!(error.contains(&expected), "{error}");

    fs::write(&key, FIRST.certificate).unwrap();
    let error = refusal(1, &arguments);
    assert!(
        error.contains(&format!("`{}` holds no private key as PEM", key.display())),
        "{error}"
    );

    fs::write(&certificate, "").unwrap();
    let error = refusal(1, &arguments);
    let expected = format!("`{}` holds no certificate as PEM", certificate.display());
    assert!(error.contains(&expected), "{error}");

    fs::remove_file(&certificate).unwrap();
    let error = refusal(1, &arguments);
    assert!(
        error.contains(&format!("cannot read `{}`", certificate.display())),
        "{error}"
    );
}

#[test]
fn listening_beyond_the_machine_with_tls_is_no_warning() {
    let directory = with_store();
    let arguments = arguments(&FIRST.write_to(&directory));
    let mut options: Vec<_> = arguments.iter().map(String::as_str).collect();
    options.extend(["--listen", "0.0.0.0:0"]);
    let serve = Serve::start(&directory.store_url(), &directory.file("serve.log"), &options);
    assert!(!serve.log().contains("without TLS"));
    assert_eq!(serve.terminate(), Some(0));
}
