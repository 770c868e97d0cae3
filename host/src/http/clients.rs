//! Who the clients are, as far as their addresses tell.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::HeaderMap;

use super::strangers::{Strangers, Verdict};
use super::{HttpOptions, Proxies};

/// The clients of a host: behind which proxies they stand, and how many ask without a valid token.
#[derive(Debug)]
pub(super) struct Clients {
    proxies: Proxies,
    strangers: Arc<Strangers>,
}

impl Clients {
    pub(super) fn new(options: &HttpOptions) -> Self {
        Self {
            proxies: options.proxies.clone(),
            strangers: Arc::new(Strangers::new(options.failures_max)),
        }
    }

    /// Whether a peer passes on the requests of others.
    pub(super) fn is_proxy(&self, peer: IpAddr) -> bool {
        self.proxies.trust(peer)
    }

    /// Whose address a request has.
    pub(super) fn address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        self.proxies.client(peer, headers)
    }

    /// Counts a request without a valid token.
    pub(super) fn count_stranger(&self, client: IpAddr, has_failed: bool) -> Verdict {
        self.strangers.count(client, has_failed)
    }

    /// Tells what the log does not have yet.
    pub(super) fn report(&self) {
        self.strangers.report();
    }
}
