//! eventually: the plain decider as its aggregate, and a store for it beside the crate's in-memory one.

use ::eventually::Aggregate;
use ::eventually::store::{AppendError, EventStore, EventStream, Expected, Persisted, Select};
use chrono::{DateTime, Utc};
use futures::future::{BoxFuture, ready};
use futures::stream::{self, StreamExt};

use crate::lines::parse;
use crate::plain::{Command, Enterprise, Recorded, Refusal};

/// The one aggregate there is.
pub(crate) const ID: &str = "octo-corp";

/// Names the aggregate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deciding;

impl Aggregate for Deciding {
    type Id = &'static str;
    type State = Enterprise;
    type Event = Recorded;
    type Command = (Command, DateTime<Utc>);
    type Error = Refusal;

    fn apply(mut state: Enterprise, recorded: Recorded) -> Result<Enterprise, Refusal> {
        state.apply(recorded);
        Ok(state)
    }

    fn handle<'a, 's: 'a>(
        &'a self,
        _: &'s &'static str,
        state: &'s Enterprise,
        (command, at): Self::Command,
    ) -> BoxFuture<'a, Result<Option<Vec<Recorded>>, Refusal>> {
        let decided = state.decide(command, at);
        Box::pin(ready(
            decided.map(|events| Some(state.record(events, at, None).collect())),
        ))
    }
}

/// The best store to replay with: each line becomes an event as the stream is drawn.
pub(crate) struct Lines<'a>(pub(crate) &'a str);

/// A line that is no event.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Unreadable(#[from] serde_json::Error);

impl AppendError for Unreadable {
    fn is_conflict_error(&self) -> bool {
        false
    }
}

impl Lines<'_> {
    fn events(&self, after: usize) -> EventStream<'_, Self> {
        let lines = (1..).zip(self.0.lines()).skip(after);
        stream::iter(lines.map(|(version, line)| {
            let event = Persisted::from(ID, parse(line)?);
            Ok(event.version(version).sequence_number(version - 1))
        }))
        .boxed()
    }
}

impl EventStore for Lines<'_> {
    type SourceId = &'static str;
    type Event = Recorded;
    type Error = Unreadable;

    fn append(&mut self, _: &'static str, _: Expected, _: Vec<Recorded>) -> BoxFuture<'_, Result<u32, Unreadable>> {
        Box::pin(ready(Err(only_read())))
    }

    fn stream(&self, _: &'static str, select: Select) -> BoxFuture<'_, Result<EventStream<'_, Self>, Unreadable>> {
        self.stream_all(select)
    }

    fn stream_all(&self, select: Select) -> BoxFuture<'_, Result<EventStream<'_, Self>, Unreadable>> {
        let after = match select {
            Select::All => 0,
            Select::From(version) => usize::try_from(version.saturating_sub(1)).unwrap_or(usize::MAX),
        };
        Box::pin(ready(Ok(self.events(after))))
    }

    fn remove(&mut self, _: &'static str) -> BoxFuture<'_, Result<(), Unreadable>> {
        Box::pin(ready(Err(only_read())))
    }
}

fn only_read() -> Unreadable {
    Unreadable(serde::de::Error::custom("this store is only replayed"))
}
