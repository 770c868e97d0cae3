//! This project's own host, driven by the test kit as somebody's: two instances over one store, one of which appends
//! between the other's read and its append.
//!
//! Whoever has another host writes such a file: how to start two instances, what the store holds, and where a request
//! is between its read and its append.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use enterprise_credentials::log::read;
use enterprise_credentials::{
    Command, CredentialId, Enterprise, EnterpriseSlug, Event, OrganizationId, Position, RecordedEvent, Timestamp,
};
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::enterprises::{CacheOptions, EnterpriseError, Enterprises, Patience};
use enterprise_credentials_host::store::{Batch, SqliteStore, Store, StoreError, Streams, Urgency};
use enterprise_credentials_testkit::foreign::Answer;
use enterprise_credentials_testkit::hosts::{Host, Hosts, Meanwhile, drive};
use enterprise_credentials_testkit::world;
use tokio::runtime::Runtime;

use crate::common::{Directory, runtime};

const WORDS: u32 = 8;
const SEED: u64 = 1;

#[test]
fn two_hosts_over_one_store_are_neither_stale_nor_racy() {
    let driven = drive(&mut Ours::start(), SEED, WORDS).unwrap_or_else(|found| panic!("{found}"));
    println!("{driven}");
    assert!(driven.in_between > 10, "{driven}");
    assert!(driven.answers_lost > 10, "{driven}");
    assert_eq!(driven.unanswered, 0, "{driven}");
}

struct Ours {
    instances: [Instance; 2],
    store: SqliteStore,
    runtime: Runtime,
    /// Each random history gets an enterprise of its own.
    enterprise: u32,
    _directory: Directory,
}

impl Ours {
    fn start() -> Self {
        let (directory, runtime) = (Directory::new(), runtime());
        let store = runtime.block_on(directory.store());
        Self {
            instances: [Instance::start(&directory), Instance::start(&directory)],
            store,
            runtime,
            enterprise: 0,
            _directory: directory,
        }
    }

    fn slug(&self) -> EnterpriseSlug {
        EnterpriseSlug::new(&format!("word-{}", self.enterprise)).unwrap()
    }
}

impl Hosts for Ours {
    type Error = EnterpriseError;
    type Host = Instance;

    fn begin(&mut self) -> Result<[Instance; 2], EnterpriseError> {
        self.enterprise += 1;
        let slug = self.slug();
        Ok(self.instances.clone().map(|instance| Instance {
            slug: slug.clone(),
            ..instance
        }))
    }

    fn stored(&mut self) -> Result<Vec<RecordedEvent>, EnterpriseError> {
        let slug = self.slug();
        let page = self.runtime.block_on(self.store.read(&slug, Position::START, 10_000))?;
        let recorded = read(page.bytes()).map(Result::unwrap);
        Ok(recorded.map(|recorded| named(recorded, &world::slug())).collect())
    }

    fn append(&mut self, recorded: &[RecordedEvent]) -> Result<(), EnterpriseError> {
        let slug = self.slug();
        let recorded: Vec<_> = recorded.iter().map(|event| named(event.clone(), &slug)).collect();
        self.runtime.block_on(async {
            let head = self.store.head(&slug).await?.unwrap_or_default();
            let batch = Batch::written(head.position(), &recorded)?;
            self.store.append(&slug, &head, batch, Urgency::Request).await?;
            Ok::<(), StoreError>(())
        })?;
        Ok(())
    }

    /// People, organizations and credentials come in by import.
    fn takes(&self, command: &Command) -> bool {
        matches!(
            command,
            Command::RevokeAll(_)
                | Command::Revoke(_)
                | Command::ContinueRevocation { .. }
                | Command::AuthorizeCredential { .. }
                | Command::RevokeAuthorization { .. }
                | Command::DestroyCredential { .. }
        )
    }

    /// The random histories are of other years than the machine's clock.
    fn time(&self, asked: Timestamp, last: Option<Timestamp>) -> Timestamp {
        last.unwrap_or(asked)
    }
}

/// The event, if it names its enterprise, with this name.
fn named(mut recorded: RecordedEvent, name: &EnterpriseSlug) -> RecordedEvent {
    if let Event::EnterpriseCreated { slug, .. } = &mut recorded.event {
        *slug = name.clone();
    }
    recorded
}

/// A host as a process has it: with a connection to the store and states in memory that nobody else has.
#[derive(Clone)]
struct Instance {
    enterprises: Arc<Enterprises<SqliteStore>>,
    runtime: Arc<Runtime>,
    slug: EnterpriseSlug,
}

impl Instance {
    fn start(directory: &Directory) -> Self {
        let runtime = runtime();
        let enterprises = runtime.block_on(async {
            let clock = Arc::new(Clock::system(Duration::MAX));
            Enterprises::with_clock(directory.store().await, CacheOptions::default(), clock).0
        });
        Self {
            enterprises,
            runtime: Arc::new(runtime),
            slug: world::slug(),
        }
    }

    fn state<T>(&self, ask: impl FnOnce(&Enterprise, Timestamp) -> T + Send) -> Result<T, EnterpriseError> {
        self.runtime.block_on(self.enterprises.ask(&self.slug, ask))
    }
}

/// Tells the test's thread that a decision is made, and waits for it.
struct Pause {
    decided: Sender<()>,
    go_on: Mutex<Receiver<()>>,
}

impl Pause {
    fn wait(&self) {
        self.decided.send(()).unwrap();
        self.go_on.lock().unwrap().recv().unwrap();
    }
}

impl Host for Instance {
    type Error = EnterpriseError;

    fn ask(
        &mut self,
        command: &Command,
        _at: Timestamp,
        meanwhile: &mut Meanwhile<'_>,
    ) -> Result<Option<Answer>, EnterpriseError> {
        let ((decided, is_decided), (go, go_on)) = (channel(), channel());
        let pause = Pause {
            decided,
            go_on: Mutex::new(go_on),
        };
        let (enterprises, slug, command) = (Arc::clone(&self.enterprises), self.slug.clone(), command.clone());
        let deciding = self.runtime.spawn(async move {
            let decide = |state: &Enterprise, at: Timestamp| {
                let decided = state.decide(&command, at);
                let warns = command.requested().map(|request| state.warns(request, at));
                pause.wait();
                (decided.clone().unwrap_or_default(), (decided, warns))
            };
            enterprises.decide(&slug, Patience::REQUEST, decide).await
        });
        // Here nobody holds a runtime, so the other instance can be asked.
        while is_decided.recv().is_ok() {
            meanwhile.before_append();
            go.send(()).unwrap();
        }
        let (decided, warns) = self.runtime.block_on(deciding).unwrap()?;
        Ok(Some(match decided {
            Ok(events) => Answer::accepted(Some(events), warns),
            Err(refusal) => Answer::refused(Some(refusal.rule()), None),
        }))
    }

    fn authenticates(&mut self, credential: CredentialId, _at: Timestamp) -> Result<Option<bool>, EnterpriseError> {
        self.state(|state, at| Some(state.authenticates(credential, at).is_ok()))
    }

    fn may_use(
        &mut self,
        credential: CredentialId,
        organization: OrganizationId,
        _at: Timestamp,
    ) -> Result<Option<bool>, EnterpriseError> {
        self.state(|state, at| Some(state.may_use(credential, organization, at).is_ok()))
    }
}
