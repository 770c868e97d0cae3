//! What every token is asked with, and answered.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::http::{HttpOptions, router};
use enterprise_credentials_host::store::Store;
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;

use crate::world::Token;

/// An answer. Where it points depends on what was accepted before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) status: u16,
    body: String,
}

/// Every token asks for the progress of the last revocation, then each asks for a revocation. Nothing else is going on.
pub(crate) async fn ask_all(store: impl Store, tokens: &[Token]) -> Vec<Asked> {
    let (enterprises, _changes) = Enterprises::new(store, CacheOptions::default());
    let router = router(Arc::clone(&enterprises), HttpOptions::default());
    let mut asked = Vec::new();
    for method in ["GET", "POST"] {
        for Token {
            enterprise,
            revocation,
            token,
        } in tokens
        {
            let what = match method {
                "GET" => format!("revocations/{revocation}"),
                _ => "revoke-all".to_owned(),
            };
            let path = format!("/enterprises/{enterprise}/credential-authorizations/{what}");
            let request = Request::builder().method(method).uri(path);
            let request = request
                .header("authorization", format!("Bearer {token}"))
                .header("host", "localhost")
                .header("user-agent", "flips");
            asked.push(ask(&router, request.body(Body::empty()).unwrap()).await);
        }
    }
    asked
}

async fn ask(router: &Router, request: Request<Body>) -> Asked {
    let response = TowerToHyperService::new(router.clone()).call(request).await.unwrap();
    let (head, body) = response.into_parts();
    Asked {
        status: head.status.as_u16(),
        body: String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    }
}
