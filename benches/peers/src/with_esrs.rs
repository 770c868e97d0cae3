//! esrs: the plain decider as its aggregate, and stores for it. Its own store needs PostgreSQL and is not run; its
//! `AggregateManager` and its fold are.

use ::esrs::store::{EventStore, EventStoreLockGuard, StoreEvent, UnlockOnDrop};
use ::esrs::{Aggregate, AggregateState};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::lines::{Document, parse};
use crate::plain::{Command, Enterprise, Recorded, Refusal};

/// The one aggregate there is.
pub(crate) const ID: Uuid = Uuid::from_u128(1);

/// Names the aggregate.
pub(crate) struct Deciding;

impl Aggregate for Deciding {
    const NAME: &'static str = "enterprise";
    type State = Enterprise;
    type Command = (Command, DateTime<Utc>);
    type Event = Recorded;
    type Error = Refusal;

    fn handle_command(state: &Enterprise, (command, at): Self::Command) -> Result<Vec<Recorded>, Refusal> {
        let events = state.decide(command, at)?;
        Ok(state.record(events, at, None).collect())
    }

    fn apply_event(mut state: Enterprise, recorded: Recorded) -> Enterprise {
        state.apply(recorded);
        state
    }
}

/// How a log becomes the events that a store returns.
pub(crate) type Read = fn(&str) -> serde_json::Result<Vec<StoreEvent<Recorded>>>;

/// A log, and how it is read.
pub(crate) struct Lines<'a> {
    pub(crate) log: &'a str,
    pub(crate) read: Read,
}

/// As the crate's PostgreSQL store does: all rows, each with its payload as a JSON document, and then their events.
pub(crate) fn by_document(log: &str) -> serde_json::Result<Vec<StoreEvent<Recorded>>> {
    let documents: Vec<Document> = log.lines().map(Document::parse).collect::<Result<_, _>>()?;
    let recorded = |document| {
        let Document {
            position,
            at,
            by,
            payload,
        } = document;
        let at = DateTime::parse_from_rfc3339(&at).map(|at| at.to_utc());
        Ok(stored(Recorded {
            position,
            at: at.unwrap_or_default(),
            by: serde_json::from_value(by)?,
            event: serde_json::from_value(payload)?,
        }))
    };
    documents.into_iter().map(recorded).collect()
}

/// The best that a store can do.
pub(crate) fn directly(log: &str) -> serde_json::Result<Vec<StoreEvent<Recorded>>> {
    log.lines().map(|line| parse(line).map(stored)).collect()
}

fn stored(recorded: Recorded) -> StoreEvent<Recorded> {
    StoreEvent {
        id: ID,
        aggregate_id: ID,
        occurred_on: recorded.at,
        sequence_number: i32::try_from(recorded.position).unwrap_or(i32::MAX),
        version: None,
        payload: recorded,
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

    async fn by_aggregate_id(&self, _: Uuid) -> Result<Vec<StoreEvent<Recorded>>, Self::Error> {
        (self.read)(self.log)
    }

    async fn persist(
        &self,
        _: &mut AggregateState<Enterprise>,
        _: Vec<Recorded>,
    ) -> Result<Vec<StoreEvent<Recorded>>, Self::Error> {
        Err(only_read())
    }

    async fn publish(&self, _: &[StoreEvent<Recorded>]) {}

    async fn delete(&self, _: Uuid) -> Result<(), Self::Error> {
        Err(only_read())
    }
}

fn only_read() -> serde_json::Error {
    serde::de::Error::custom("this store is only replayed")
}
