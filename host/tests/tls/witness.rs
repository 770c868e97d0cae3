//! Witnesses beyond this machine: asked over TLS, and only those whose certificate the machine trusts.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use enterprise_credentials_host::http::{self, HttpOptions, Tls};
use enterprise_credentials_seal::{CosigningKey, KeyName, SealedGrowth};
use tokio::sync::watch;

use crate::common::process::Serve;
use crate::common::{runtime, wait_until};
use crate::scene::{Scene, ask, health};
use crate::{FIRST, SECOND, SLUG};

fn key() -> CosigningKey {
    CosigningKey::from_seed(KeyName::new("witness.example.com/w1").unwrap(), &[3; 32])
}

/// Cosigns whatever it is shown.
async fn cosign(request: Bytes) -> String {
    let growth = SealedGrowth::parse(&request).unwrap();
    let checkpoint = growth.checkpoint.text().parse().unwrap();
    format!("{}\n", key().cosign(&checkpoint, 1_700_000_000))
}

#[test]
fn a_witness_is_asked_if_the_machine_trusts_its_certificate_and_no_other() {
    let (scene, runtime) = (Scene::new(&[SLUG]), runtime());
    let options = HttpOptions {
        tls: Some(Arc::new(Tls::load(FIRST.write_to(&scene.0)).unwrap())),
        ..HttpOptions::default()
    };
    let (_running, stop) = watch::channel(false);
    let address = runtime.block_on(async {
        let listener = http::listen("127.0.0.1:0".parse().unwrap()).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/w1/add-checkpoint", post(cosign));
        tokio::spawn(http::serve(listener, router, options, stop));
        address
    });
    let (url, witness) = (
        format!("https://localhost:{}/w1/", address.port()),
        key().witness_key().to_string(),
    );
    let (seal_key, state) = (scene.path("key"), scene.path("journal"));
    let options = [
        "--seal-key",
        &seal_key,
        "--seal-state",
        &state,
        "--witness",
        &url,
        "--witness-key",
        &witness,
    ];
    let start = |pair: crate::Pair, name: &str| {
        let trusted = scene.0.file(name);
        std::fs::write(&trusted, pair.certificate).unwrap();
        let log = scene.0.file(&format!("{name}.log"));
        Serve::start_in(&scene.0.store_url(), &log, &options, &[("SSL_CERT_FILE", &trusted)])
    };
    let cosignatures = || {
        scene
            .notes(&[])
            .iter()
            .filter(|note| note.contains("witness.example.com/w1 "))
            .count()
    };

    let host = start(SECOND, "stranger.pem");
    assert_eq!(ask(host.address, SLUG), Some(202));
    wait_until("it is told", || host.log().contains("a witness does not answer"));
    assert!(host.log().contains("certificate"), "{}", host.log());
    assert_eq!((health(&host).1["status"].as_str(), cosignatures()), (Some("ok"), 0));
    assert_eq!(host.terminate(), Some(0));

    let host = start(FIRST, "trusted.pem");
    wait_until("it is cosigned", || cosignatures() > 0);
    assert_eq!(host.terminate(), Some(0));
}
