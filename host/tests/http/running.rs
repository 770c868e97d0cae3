//! A host in the test's process, over a store that can be made to fail.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use enterprise_credentials::{EnterpriseSlug, Event};
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::http::HttpOptions;
use enterprise_credentials_host::store::SqliteStore;
use tokio::runtime::Runtime;

use crate::common::history::{History, events, exported};
use crate::common::http::{Answer, get, raw, revoke_all, send};
use crate::common::watched::{Switches, Watched};
use crate::common::{Directory, runtime};

pub(crate) const SLUG: &str = "octo-corp";

/// A host in the test's process, with a sample enterprise.
pub(crate) struct Running {
    pub(crate) runtime: Runtime,
    pub(crate) host: Option<Host>,
    pub(crate) address: SocketAddr,
    pub(crate) store: SqliteStore,
    pub(crate) switches: Arc<Switches>,
    _directory: Directory,
}

impl Running {
    pub(crate) fn new() -> Self {
        Self::with(&[History::sample(SLUG, "")])
    }

    /// A host that waits for nobody.
    pub(crate) fn impatient() -> Self {
        Self::with_options(&[History::sample(SLUG, "")], |options| {
            patience(options, Duration::from_millis(300));
        })
    }

    /// A host that waits longer than any test machine is busy.
    pub(crate) fn with(histories: &[History]) -> Self {
        Self::with_options(histories, |_| {})
    }

    /// The same, with other options.
    pub(crate) fn with_options(histories: &[History], change: impl FnOnce(&mut HttpOptions)) -> Self {
        Self::with_clock(histories, change, Clock::system(Clock::SKEW_MAX_DEFAULT))
    }

    /// The same, with another clock.
    pub(crate) fn with_clock(histories: &[History], change: impl FnOnce(&mut HttpOptions), clock: Clock) -> Self {
        let directory = Directory::new();
        let runtime = runtime();
        let mut options = HostOptions::default();
        patience(&mut options.http, Duration::from_secs(60));
        change(&mut options.http);
        let (host, store, switches) = runtime.block_on(async {
            let store = directory.store().await;
            for history in histories {
                history.import(&store).await;
            }
            let watched = Watched::new(store.clone());
            let switches = watched.switches.clone();
            let address = "127.0.0.1:0".parse().unwrap();
            let host = Host::start_with_clock(watched, address, options, Arc::new(clock)).await;
            (host.unwrap(), store, switches)
        });
        Self {
            runtime,
            address: host.address(),
            host: Some(host),
            store,
            switches,
            _directory: directory,
        }
    }

    pub(crate) fn post(&self, token: &str, body: &str) -> Answer {
        revoke_all(self.address, SLUG, token, body, &[])
    }

    /// Any request with a bearer token and more headers.
    pub(crate) fn send(&self, method: &str, path: &str, token: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        send(self.address, method, path, token, body, headers)
    }

    /// A request without a body, whose head is exactly `headers` behind the request line and `Host`.
    pub(crate) fn raw(&self, request_line: &str, headers: &[&str]) -> Answer {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let head = format!("{request_line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n");
        raw(self.address, head.as_bytes())
    }

    pub(crate) fn log(&self) -> Vec<u8> {
        let slug = EnterpriseSlug::new(SLUG).unwrap();
        self.runtime.block_on(exported(&self.store, &slug))
    }

    pub(crate) fn requests(&self) -> usize {
        let (events, _) = events(&self.log());
        let is_request = |event: &Event| {
            matches!(
                event,
                Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. }
            )
        };
        events.iter().filter(|recorded| is_request(&recorded.event)).count()
    }

    /// Polls the progress with this token until the revocation is completed.
    pub(crate) fn completed(&self, location: &str, token: &str) -> serde_json::Value {
        let begun_at = Instant::now();
        loop {
            let answer = get(self.address, location, token);
            assert_eq!(answer.status, 200, "{answer:?}");
            if answer.json()["state"] == "completed" {
                return answer.json();
            }
            assert!(begun_at.elapsed() < Duration::from_secs(20), "{answer:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

fn patience(options: &mut HttpOptions, timeout: Duration) {
    options.body_timeout = timeout;
    options.head_timeout = timeout;
    options.write_timeout = timeout;
    options.list_timeout = timeout;
    options.closed_timeout = timeout;
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(host) = self.host.take() {
            self.runtime.block_on(host.stop());
        }
    }
}
