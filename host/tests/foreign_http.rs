//! The whole way of the test kit's comparison with somebody else's implementation: this project's own server, driven over
//! real HTTP as if nothing were known of it but its API and how its data get in.
//!
//! Whoever holds another server to the core writes such a file: what [`Service::ask`] cannot ask over HTTP is put where
//! the server finds it, and everything else is compared.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::log::read;
use enterprise_credentials::{
    Caller, Command, CredentialId, EnterpriseSlug, Event, Position, RecordedEvent, RevokeAll, Rule,
};
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::http::{self, HttpOptions};
use enterprise_credentials_host::store::{Batch, Head, SqliteStore, Store, StoreError, Streams, Urgency};
use enterprise_credentials_host::token::fingerprint;
use enterprise_credentials_testkit::foreign::{Answer, Asked, Implementation, compare};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::common::http::revoke_all;
use crate::common::{Directory, runtime};

/// Random histories, and under which seed.
const WORDS: u32 = 300;
const SEED: u64 = 1;

#[test]
fn the_server_answers_as_the_core_does() {
    let mut service = Service::start();
    let coverage = compare(&mut service, SEED, WORDS).unwrap_or_else(|divergence| panic!("{divergence}"));
    println!(
        "{coverage}; {} requests over HTTP, statuses {:?}",
        service.requests,
        service.statuses()
    );
    assert_eq!(
        service.statuses(),
        [202, 401, 403, 422],
        "every status that a known token can meet"
    );
    for rule in [
        Rule::WarningForOwnToken,
        Rule::IdempotentFor24Hours,
        Rule::EarliestRevocationOwnsItem,
    ] {
        assert!(coverage.count(rule) > 0, "{rule} was never met");
    }
}

/// A server without its worker, so that jobs go on when the random history says so.
struct Service {
    runtime: Runtime,
    address: SocketAddr,
    store: SqliteStore,
    /// Each random history gets an enterprise of its own.
    enterprise: u32,
    /// Where the server's stream ends, and what is to be put there before it is asked.
    end: Head,
    pending: Vec<RecordedEvent>,
    requests: usize,
    met: Vec<u16>,
    _stop: watch::Sender<bool>,
    _directory: Directory,
}

impl Service {
    fn start() -> Self {
        let (directory, runtime) = (Directory::new(), runtime());
        let (stop, stopped) = watch::channel(false);
        let (store, address) = runtime.block_on(async {
            let store = directory.store().await;
            // The random histories are of other years than the machine's clock.
            let clock = Arc::new(Clock::system(Duration::MAX));
            let (enterprises, _) = Enterprises::with_clock(store.clone(), CacheOptions::default(), clock);
            let options = HttpOptions::default();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            tokio::spawn(http::serve(
                listener,
                http::router(enterprises, options.clone()),
                options,
                stopped,
            ));
            (store, address)
        });
        Self {
            runtime,
            address,
            store,
            enterprise: 0,
            end: Head::EMPTY,
            pending: Vec::new(),
            requests: 0,
            met: Vec::new(),
            _stop: stop,
            _directory: directory,
        }
    }

    fn slug(&self) -> EnterpriseSlug {
        EnterpriseSlug::new(&format!("word-{}", self.enterprise)).unwrap()
    }

    fn token(&self, credential: CredentialId) -> String {
        format!("token-of-word-{}-credential-{credential}", self.enterprise)
    }

    fn statuses(&self) -> Vec<u16> {
        let mut statuses = self.met.clone();
        statuses.sort_unstable();
        statuses.dedup();
        statuses
    }

    /// Takes over what the core recorded: under this enterprise's name, and with the tokens' fingerprints.
    fn follow(&mut self, recorded_by_core: &[RecordedEvent]) {
        for recorded in recorded_by_core {
            let mut event = recorded.clone();
            match &mut event.event {
                Event::EnterpriseCreated { slug, .. } => *slug = self.slug(),
                Event::CredentialIssued {
                    credential,
                    fingerprint: of_token,
                    ..
                } => {
                    *of_token = Some(fingerprint(&self.token(*credential)).unwrap());
                }
                _ => {}
            }
            self.pending.push(event);
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let batch = Batch::written(self.end.position(), &std::mem::take(&mut self.pending))?;
        let slug = self.slug();
        let append = self.store.append(&slug, &self.end, batch, Urgency::Request);
        self.end = self.runtime.block_on(append)?;
        Ok(())
    }

    /// What the server has appended since it was last looked at.
    fn appended(&mut self) -> Result<Vec<Event>, StoreError> {
        let slug = self.slug();
        let whole = self.runtime.block_on(self.store.read(&slug, Position::START, 10_000))?;
        let events = read(whole.bytes()).map(Result::unwrap);
        let events = events.filter(|recorded| recorded.position > self.end.position());
        let events = events.map(|recorded| recorded.event).collect();
        self.end = self.runtime.block_on(self.store.head(&slug))?.unwrap_or_default();
        Ok(events)
    }

    fn request(&mut self, request: &RevokeAll, credential: CredentialId) -> Result<Answer, StoreError> {
        let body = format!(r#"{{"revoke_credentials":{}}}"#, request.revoke_credentials);
        let key = request
            .idempotency_key
            .as_ref()
            .map(|key| ("Idempotency-Key", key.as_str()));
        let headers: Vec<(&str, &str)> = key.into_iter().collect();
        let (slug, token) = (self.slug(), self.token(credential));
        let answer = revoke_all(self.address, slug.as_str(), &token, &body, &headers);
        self.requests += 1;
        self.met.push(answer.status);
        match answer.status {
            202 => Ok(Answer::accepted(
                Some(self.appended()?),
                Some(answer.json().get("warning").is_some()),
            )),
            status => Ok(Answer::refused(None, Some(status))),
        }
    }
}

impl Implementation for Service {
    type Error = StoreError;

    fn begin(&mut self) -> Result<(), StoreError> {
        self.enterprise += 1;
        self.end = Head::EMPTY;
        self.pending.clear();
        Ok(())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, StoreError> {
        match over_http(asked) {
            Some((request, credential)) => {
                self.flush()?;
                self.request(request, credential)
            }
            None => {
                self.follow(asked.recorded_by_core);
                Ok(Answer::Unasked)
            }
        }
    }
}

/// What can be asked over HTTP: a request with a token, by its owner; at the time of the stream's last event, which is
/// later than the server's clock and so is the server's time.
fn over_http<'a>(asked: &Asked<'a>) -> Option<(&'a RevokeAll, CredentialId)> {
    let Command::RevokeAll(request) = asked.command else {
        return None;
    };
    let Caller::Person {
        person,
        credential: Some(credential),
    } = request.caller
    else {
        return None;
    };
    let known = asked.core_before.credential(credential);
    let own = known.is_none_or(|known| known.owner() == person);
    (own && asked.core_before.last_at() == Some(asked.at)).then_some((request, credential))
}
