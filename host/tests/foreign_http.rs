//! The whole way of the test kit's comparison with somebody else's implementation: this project's own server, driven
//! over real HTTP as if nothing were known of it but its API and how its data get in.
//!
//! Whoever holds another server to the core writes such a file: what [`Service::ask`] cannot ask over HTTP is put where
//! the server finds it, and everything else is compared.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::log::read;
use enterprise_credentials::rest::{Operation, Place};
use enterprise_credentials::{
    Caller, Command, CredentialId, EnterpriseSlug, Event, OrganizationId, PersonId, Position, RecordedEvent, Rule,
};
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::http::{self, HttpOptions};
use enterprise_credentials_host::store::{Batch, Head, SqliteStore, Store, StoreError, Streams, Urgency};
use enterprise_credentials_host::token::fingerprint;
use enterprise_credentials_testkit::foreign::{Answer, Asked, Implementation, compare};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;

use crate::common::http::send;
use crate::common::{Directory, runtime};

/// Random histories, and under which seed.
const WORDS: u32 = 1_000;
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
        [202, 401, 403, 404, 422],
        "every status that a known token can meet"
    );
    for operation in Operation::ALL.into_iter().filter(|operation| operation.is_revocation()) {
        let met = |status| service.met.contains(&(operation, status));
        assert!(met(202) && met(403), "{operation:?}: {:?}", service.met);
    }
    for rule in [
        Rule::WarningForOwnToken,
        Rule::IdempotentFor24Hours,
        Rule::EarliestRevocationOwnsItem,
        Rule::FiltersNarrowTheScope,
        Rule::FirstOwnerIsNoTarget,
        Rule::TokenAuthorizedForOrganization,
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
    /// The logins that people and organizations had last, whether they are present or not.
    people: BTreeMap<PersonId, String>,
    organizations: BTreeMap<OrganizationId, String>,
    requests: usize,
    met: BTreeSet<(Operation, u16)>,
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
            people: BTreeMap::new(),
            organizations: BTreeMap::new(),
            requests: 0,
            met: BTreeSet::new(),
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
        let statuses: BTreeSet<u16> = self.met.iter().map(|(_, status)| *status).collect();
        statuses.into_iter().collect()
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
                Event::MemberAdded { member, login, .. } => {
                    self.people.insert(*member, login.to_string());
                }
                Event::OrganizationAdded { organization, login } => {
                    self.organizations.insert(*organization, login.to_string());
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

    /// What of a command can be asked over HTTP: a request with a token, by its owner; at the time of the stream's last
    /// event, which is later than the server's clock and so is the server's time. Its filters are ids,
    /// and the server's logins.
    fn over_http(&self, asked: &Asked<'_>) -> Option<Post> {
        let request = asked.command.requested()?;
        let Caller::Person {
            person,
            credential: Some(credential),
        } = *request.caller
        else {
            return None;
        };
        let core = asked.core_before;
        let known = core.credential(credential);
        let own = known.is_none_or(|known| known.owner() == person);
        if !own || core.last_at() != Some(asked.at) {
            return None;
        }
        let place = if request.organization.is_some() {
            Place::Organization
        } else {
            Place::Enterprise
        };
        let operation = Operation::ALL.into_iter().find(|operation| {
            operation.is_revocation()
                && operation.place() == place
                && operation.names_person() == request.person.is_some()
                && operation.names_type() == request.credential_type.is_some()
        })?;
        if operation == Operation::RevokeAll && !matches!(asked.command, Command::RevokeAll(_)) {
            // A narrower request that names nothing: no path says that.
            return None;
        }
        let mut path = operation.path().replace("{enterprise}", self.slug().as_str());
        if let Some(organization) = request.organization {
            let login = self.organizations.get(&organization).map_or("nowhere", String::as_str);
            let is_another = core
                .organization_by_login(login)
                .is_some_and(|found| found != organization);
            path = (!is_another).then(|| path.replace("{org}", login))?;
        }
        if let Some(person) = request.person {
            let login = self.people.get(&person).map_or("nobody", String::as_str);
            let is_another = core.person_by_login(login).is_some_and(|found| found != person);
            path = (!is_another).then(|| path.replace("{username}", login))?;
        }
        let body = match request.credential_type {
            None => json!({"revoke_credentials": request.revoke_credentials}),
            Some(named) => json!({"credential_type": named, "revoke_credentials": request.revoke_credentials}),
        };
        Some(Post {
            operation,
            path,
            token: self.token(credential),
            body: body.to_string(),
            key: request.idempotency_key.map(ToString::to_string),
        })
    }

    fn post(&mut self, post: &Post) -> Result<Answer, StoreError> {
        let key = post.key.as_deref().map(|key| ("Idempotency-Key", key));
        let headers: Vec<(&str, &str)> = key.into_iter().collect();
        let answer = send(self.address, "POST", &post.path, &post.token, &post.body, &headers);
        self.requests += 1;
        self.met.insert((post.operation, answer.status));
        match answer.status {
            202 => Ok(Answer::accepted(
                Some(self.appended()?),
                Some(answer.json().get("warning").is_some()),
            )),
            status => Ok(Answer::refused(None, Some(status))),
        }
    }
}

/// A request to revoke, as it goes over HTTP.
struct Post {
    operation: Operation,
    path: String,
    token: String,
    body: String,
    key: Option<String>,
}

impl Implementation for Service {
    type Error = StoreError;

    fn begin(&mut self) -> Result<(), StoreError> {
        self.enterprise += 1;
        self.end = Head::EMPTY;
        self.pending.clear();
        self.people.clear();
        self.organizations.clear();
        Ok(())
    }

    fn ask(&mut self, asked: &Asked<'_>) -> Result<Answer, StoreError> {
        match self.over_http(asked) {
            Some(post) => {
                self.flush()?;
                self.post(&post)
            }
            None => {
                self.follow(asked.recorded_by_core);
                Ok(Answer::Unasked)
            }
        }
    }
}
