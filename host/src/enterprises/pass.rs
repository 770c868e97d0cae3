//! Passes over a stream, for answers that need more than a state holds.

use std::sync::Arc;

use enterprise_credentials::log::{Decoder, LogError};
use enterprise_credentials::{Enterprise, EnterpriseSlug, Position, RecordedEvent};
use enterprise_credentials_seal::Frontier;
use tokio::sync::{MutexGuard, OwnedMutexGuard};
use tokio::task::spawn_blocking;

use super::live::Live;
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

    /// Shows a state, as fresh as [`Enterprises::ask`] has it, to `looker` again and again, as long as `look` says that
    /// there is more to see, on a thread that may block. Gives the head of the lines that the state was folded from at
    /// the last look. Between two looks others may append, so that what takes long keeps nobody waiting for long.
    ///
    /// # Errors
    /// As there.
    pub async fn look<T: Send + 'static>(
        &self,
        slug: &EnterpriseSlug,
        looker: T,
        look: fn(&mut T, &Enterprise) -> bool,
    ) -> Result<(T, Head), EnterpriseError> {
        let (mut looker, mut seen) = (looker, Position::START);
        loop {
            let live = self.fresh(slug).await?;
            let looked = spawn_blocking(move || {
                let looked = look_on(&live, &mut looker, &mut seen, look);
                (looker, seen, looked)
            });
            let looked = looked
                .await
                .map_err(|error| StoreError::transient("look at a state", error))?;
            match looked {
                (looker, _, Ok(head)) => return Ok((looker, head)),
                // Others have appended much since: it is waited for as any load is, and looked at from there on.
                (back, so_far, Err(EnterpriseError::Loading { .. })) => (looker, seen) = (back, so_far),
                (_, _, Err(error)) => return Err(error),
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

/// Looks until there is no more to see. `seen` is how far the state was at the last look.
fn look_on<T>(
    live: &Live,
    looker: &mut T,
    seen: &mut Position,
    look: fn(&mut T, &Enterprise) -> bool,
) -> Result<Head, EnterpriseError> {
    loop {
        let state = live.read()?;
        if state.position() < *seen {
            // A load was given up, and left an empty state behind.
            let enterprise = live.slug().clone();
            return Err(EnterpriseError::Loading { enterprise });
        }
        *seen = state.position();
        if !look(looker, &state) {
            return Ok(state.head().clone());
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
