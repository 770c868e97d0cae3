//! cqrs-es: the plain decider as its aggregate, and stores for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::cqrs_es::event_sink::EventSink;
use ::cqrs_es::persist::{
    PersistedEventRepository, PersistenceError, ReplayStream, SerializedEvent, SerializedSnapshot,
};
use ::cqrs_es::{Aggregate, AggregateContext, AggregateError, DomainEvent, EventEnvelope, EventStore};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::lines::{Document, parse};
use crate::plain::{Command, Enterprise, Recorded, Refusal};

/// The one aggregate there is.
pub(crate) const ID: &str = "octo-corp";

/// The clock, as the service that the crate hands to its aggregates.
pub(crate) struct Clock(pub(crate) DateTime<Utc>);

impl DomainEvent for Recorded {
    fn event_type(&self) -> String {
        self.event.name().to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for Enterprise {
    const TYPE: &'static str = "enterprise";
    type Command = Command;
    type Event = Recorded;
    type Error = Refusal;
    type Services = Clock;

    async fn handle(&mut self, command: Command, clock: &Clock, sink: &EventSink<Self>) -> Result<(), Refusal> {
        let events = self.decide(command, clock.0)?;
        for recorded in self.record(events, clock.0, None) {
            sink.write(recorded, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, recorded: Recorded) {
        Self::apply(self, recorded);
    }
}

/// The best store that its trait allows: the state stays in memory, is lent to each command and comes back from it, and
/// events are put into their envelopes and go nowhere, as with the other contestants.
#[derive(Clone, Default)]
pub(crate) struct Cached(Arc<Mutex<Home>>);

#[derive(Default)]
struct Home {
    aggregate: Option<Box<Enterprise>>,
    sequence: usize,
}

impl Cached {
    pub(crate) fn new(enterprise: Enterprise) -> Self {
        let store = Self::default();
        store.home(|home| home.aggregate = Some(Box::new(enterprise)));
        store
    }

    /// How many events were committed.
    pub(crate) fn committed(&self) -> u64 {
        self.home(|home| home.sequence as u64)
    }

    fn home<R>(&self, work: impl FnOnce(&mut Home) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The state while a command has it. Comes back on drop, since a refused command commits nothing.
pub(crate) struct Lent {
    aggregate: Option<Box<Enterprise>>,
    store: Cached,
}

impl Lent {
    pub(crate) fn state(&self) -> &Enterprise {
        self.aggregate.as_ref().expect("lent once at a time")
    }
}

impl AggregateContext<Enterprise> for Lent {
    fn aggregate(&mut self) -> &mut Enterprise {
        self.aggregate.get_or_insert_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let aggregate = self.aggregate.take();
        self.store.home(|home| home.aggregate = aggregate);
    }
}

impl EventStore<Enterprise> for Cached {
    type AC = Lent;

    async fn load_events(&self, _: &str) -> Result<Vec<EventEnvelope<Enterprise>>, AggregateError<Refusal>> {
        Ok(Vec::new())
    }

    async fn load_aggregate(&self, _: &str) -> Result<Lent, AggregateError<Refusal>> {
        let aggregate = self.home(|home| home.aggregate.take());
        let store = self.clone();
        Ok(Lent { aggregate, store })
    }

    async fn commit(
        &self,
        events: Vec<Recorded>,
        _: Lent,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Enterprise>>, AggregateError<Refusal>> {
        let after = self.home(|home| {
            let after = home.sequence;
            home.sequence += events.len();
            after
        });
        let envelope = |(sequence, payload)| EventEnvelope {
            aggregate_id: ID.to_owned(),
            sequence,
            payload,
            metadata: metadata.clone(),
        };
        Ok((after + 1..).zip(events).map(envelope).collect())
    }
}

/// The best store to replay with: the lines' events straight into the aggregate.
pub(crate) struct Lines<'a>(pub(crate) &'a str);

/// A state that was replayed.
pub(crate) struct Replayed(pub(crate) Enterprise);

impl AggregateContext<Enterprise> for Replayed {
    fn aggregate(&mut self) -> &mut Enterprise {
        &mut self.0
    }
}

impl EventStore<Enterprise> for Lines<'_> {
    type AC = Replayed;

    async fn load_events(&self, _: &str) -> Result<Vec<EventEnvelope<Enterprise>>, AggregateError<Refusal>> {
        let envelope = |(sequence, line)| {
            Ok(EventEnvelope {
                aggregate_id: ID.to_owned(),
                sequence,
                payload: parse(line)?,
                metadata: HashMap::new(),
            })
        };
        (1..).zip(self.0.lines()).map(envelope).collect()
    }

    async fn load_aggregate(&self, _: &str) -> Result<Replayed, AggregateError<Refusal>> {
        Ok(Replayed(crate::lines::replay(self.0)?))
    }

    async fn commit(
        &self,
        _: Vec<Recorded>,
        _: Replayed,
        _: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Enterprise>>, AggregateError<Refusal>> {
        Err(AggregateError::UnexpectedError("this store is only read".into()))
    }
}

/// What the crate's `PersistedEventStore`, the one behind its PostgreSQL, MySQL and DynamoDB stores,
/// is given as a database.
pub(crate) struct Documents<'a>(pub(crate) &'a str);

impl Documents<'_> {
    fn events_after(&self, sequence: usize) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.0.lines().skip(sequence).map(serialized).collect()
    }
}

fn serialized(line: &str) -> Result<SerializedEvent, PersistenceError> {
    let Document {
        position,
        at,
        by,
        payload: event,
    } = Document::parse(line)?;
    let event_type = event.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(SerializedEvent {
        aggregate_id: ID.to_owned(),
        sequence: usize::try_from(position).unwrap_or(usize::MAX),
        aggregate_type: Enterprise::TYPE.to_owned(),
        event_type,
        event_version: "1".to_owned(),
        payload: [
            ("position", position.into()),
            ("at", at.into()),
            ("by", by),
            ("event", event),
        ]
        .into_iter()
        .collect(),
        metadata: json!({}),
    })
}

impl PersistedEventRepository for Documents<'_> {
    async fn get_events<A: Aggregate>(&self, _: &str) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.events_after(0)
    }

    async fn get_last_events<A: Aggregate>(
        &self,
        _: &str,
        last_sequence: usize,
    ) -> Result<Vec<SerializedEvent>, PersistenceError> {
        self.events_after(last_sequence)
    }

    async fn get_snapshot<A: Aggregate>(&self, _: &str) -> Result<Option<SerializedSnapshot>, PersistenceError> {
        Ok(None)
    }

    async fn persist<A: Aggregate>(
        &self,
        _: &[SerializedEvent],
        _: Option<(String, Value, usize)>,
    ) -> Result<(), PersistenceError> {
        Err(only_read())
    }

    async fn stream_events<A: Aggregate>(&self, _: &str) -> Result<ReplayStream, PersistenceError> {
        Err(only_read())
    }

    async fn stream_all_events<A: Aggregate>(&self) -> Result<ReplayStream, PersistenceError> {
        Err(only_read())
    }
}

fn only_read() -> PersistenceError {
    PersistenceError::UnknownError("this store is only replayed".into())
}
