//! Passes over a stream, for answers that need more than a state holds.

use std::sync::Arc;

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{Enterprise, EnterpriseSlug, Position, RecordedEvent, Timestamp};
use enterprise_credentials_seal::Frontier;
use tokio::sync::{MutexGuard, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use super::{EnterpriseError, Enterprises};
use crate::store::{Head, Page, Store, StoreError, walk};

/// The right to pass over a stream, until it is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    _of_host: MutexGuard<'a, ()>,
    _of_enterprise: OwnedMutexGuard<()>,
}

impl<S: Store> Enterprises<S> {
    /// Waits for the turn to pass over a stream. One pass is under way at once, as it may take a core for seconds; and
    /// one of each enterprise waits for it, the others behind that one,
    /// so that who asks often keeps only their own enterprise waiting.
    pub async fn turn(&self, slug: &EnterpriseSlug) -> Turn<'_> {
        let of_enterprise = Arc::clone(&self.cache.live(slug).passing).lock_owned().await;
        Turn {
            _of_host: self.passing.lock().await,
            _of_enterprise: of_enterprise,
        }
    }

    /// Asks as [`Enterprises::ask`] does, on a thread that may block, what takes long of a large state; and gives the
    /// head of the lines that the state was folded from. Nobody can append to the enterprise meanwhile.
    ///
    /// # Errors
    /// As there.
    pub async fn ask_at_length<T: Send + 'static>(
        &self,
        slug: &EnterpriseSlug,
        ask: impl Fn(&Enterprise, Timestamp) -> T + Send + Sync + 'static,
    ) -> Result<(T, Head), EnterpriseError> {
        let ask = Arc::new(ask);
        loop {
            let live = self.fresh(slug).await?;
            let (ask, clock) = (Arc::clone(&ask), Arc::clone(&self.clock));
            let answered = spawn_blocking(move || {
                let state = live.read()?;
                let at = clock.time_for(&state)?;
                Ok((ask(&state, at), state.head().clone()))
            });
            let lost = |error| Err(StoreError::transient("ask a state", error).into());
            match answered.await.unwrap_or_else(lost) {
                // Others have appended much since: it is waited for as any load is.
                Err(EnterpriseError::Loading { .. }) => {}
                answered => return answered,
            }
        }
    }

    /// Shows `observer` every event of a stream up to `head`, in order, without any lock on its state. Dropped before
    /// it is done it reads no further.
    ///
    /// # Errors
    /// [`EnterpriseError`] where the stream cannot be read to `head`,
    /// or its lines are not those that `head` commits to.
    pub async fn pass<T: Send + 'static>(
        &self,
        slug: &EnterpriseSlug,
        head: &Head,
        observer: T,
        observe: fn(&mut T, &RecordedEvent),
    ) -> Result<T, EnterpriseError> {
        let passing = Passing {
            decoder: Decoder::resume(Position::START, None),
            observer,
            observe,
            fault: None,
        };
        let passed = walk(&*self.store, slug, &Frontier::default(), head, passing, Passing::take).await;
        let passed = passed.map_err(EnterpriseError::from);
        self.altered_passes.note(slug, &passed);
        match passed? {
            Passing {
                fault: None, observer, ..
            } => Ok(observer),
            Passing {
                fault: Some(source), ..
            } => Err(EnterpriseError::Unreadable {
                enterprise: slug.clone(),
                source,
            }),
        }
    }
}

/// An observer on its way to a stream's end.
struct Passing<T> {
    decoder: Decoder,
    observer: T,
    observe: fn(&mut T, &RecordedEvent),
    /// What cannot be read. Whether these are the lines that were appended shows at the end.
    fault: Option<LogError>,
}

impl<T> Passing<T> {
    fn take(&mut self, page: &Page) -> Result<(), StoreError> {
        if self.fault.is_none() {
            self.fault = self.try_to_take(page).err();
        }
        Ok(())
    }

    fn try_to_take(&mut self, page: &Page) -> Result<(), LogError> {
        for line in page.lines() {
            (self.observe)(&mut self.observer, &self.decoder.decode(line)?);
        }
        Ok(())
    }
}
