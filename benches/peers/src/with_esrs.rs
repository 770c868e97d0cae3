//! esrs: the plain decider as its aggregate, and stores for it. Its own store needs PostgreSQL and is not run; its
//! `AggregateManager` and its fold are.

use ::esrs::store::{EventStore, EventStoreLockGuard, StoreEvent, UnlockOnDrop};
use ::esrs::{Aggregate, AggregateState};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::lines::{Document, Envelope, parse};
use crate::plain::{Command, Enterprise, Event, Refusal};

/// The one aggregate there is.
pub(crate) const ID: Uuid = Uuid::from_u128(1);

/// Names the aggregate.
pub(crate) struct Deciding;

impl Aggregate for Deciding {
    const NAME: &'static str = "enterprise";
    type State = Enterprise;
    type Command = (Command, DateTime<Utc>);
    type Event = Event;
    type Error = Refusal;

    fn handle_command(state: &Enterprise, (command, at): Self::Command) -> Result<Vec<Event>, Refusal> {
        state.decide(command, at)
    }

    fn apply_event(mut state: Enterprise, event: Event) -> Enterprise {
        state.apply(event);
        state
    }
}

/// How a log becomes the events that a store returns.
pub(crate) type Read = fn(&str) -> serde_json::Result<Vec<StoreEvent<Event>>>;

/// A log, and how it is read.
pub(crate) struct Lines<'a> {
    pub(crate) log: &'a str,
    pub(crate) read: Read,
}

/// As the crate's PostgreSQL store does: all rows, each with its payload as a JSON document, and then their events.
pub(crate) fn by_document(log: &str) -> serde_json::Result<Vec<StoreEvent<Event>>> {
    let documents: Vec<Document> = log.lines().map(Document::parse).collect::<Result<_, _>>()?;
    let stored = documents.into_iter().map(|Document { position, at, payload }| {
        let at = DateTime::parse_from_rfc3339(&at).map(|at| at.to_utc());
        let envelope = Envelope {
            position: i32::try_from(position).unwrap_or(i32::MAX),
            at: at.unwrap_or_default(),
        };
        Ok(stored(envelope, serde_json::from_value(payload)?))
    });
    stored.collect()
}

/// The best that a store can do.
pub(crate) fn directly(log: &str) -> serde_json::Result<Vec<StoreEvent<Event>>> {
    let stored = |line| Ok(stored(serde_json::from_str(line)?, parse(line)?));
    log.lines().map(stored).collect()
}

fn stored(Envelope { position, at }: Envelope, payload: Event) -> StoreEvent<Event> {
    StoreEvent {
        id: ID,
        aggregate_id: ID,
        payload,
        occurred_on: at,
        sequence_number: position,
        version: None,
    }
}

struct Unlocked;

impl UnlockOnDrop for Unlocked {}

#[async_trait]
impl EventStore for Lines<'_> {
    type Aggregate = Deciding;
    type Error = serde_json::Error;

    async fn lock(&self, _: Uuid) -> Result<EventStoreLockGuard, Self::Error> {
        Ok(EventStoreLockGuard::new(Unlocked))
    }

    async fn by_aggregate_id(&self, _: Uuid) -> Result<Vec<StoreEvent<Event>>, Self::Error> {
        (self.read)(self.log)
    }

    async fn persist(
        &self,
        _: &mut AggregateState<Enterprise>,
        _: Vec<Event>,
    ) -> Result<Vec<StoreEvent<Event>>, Self::Error> {
        Err(only_read())
    }

    async fn publish(&self, _: &[StoreEvent<Event>]) {}

    async fn delete(&self, _: Uuid) -> Result<(), Self::Error> {
        Err(only_read())
    }
}

fn only_read() -> serde_json::Error {
    serde::de::Error::custom("this store is only replayed")
}
