//! One enterprise's state in memory.

use std::ops::Deref;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use enterprise_credentials::{CorruptHistory, Enterprise, EnterpriseSlug, Position};

use super::EnterpriseError;
use super::cache::{BYTES_PER_EVENT, BYTES_PER_STATE};
use crate::store::Head;

/// One enterprise's state, behind locks that are never held while anything is waited for.
#[derive(Debug)]
pub struct Live {
    slug: EnterpriseSlug,
    held: RwLock<Held>,
    /// How many events it holds, for those who do not wait for its lock.
    events: AtomicU64,
    /// How many of them its last snapshot holds.
    snapshot: AtomicU64,
    /// Held while lines are read and folded, so that a long stream is loaded once.
    pub(super) catching_up: tokio::sync::Mutex<()>,
    /// Held from a decision to its append, so that two within this process never conflict.
    pub(super) deciding: tokio::sync::Mutex<()>,
    /// Held by the one who may be next to pass over the stream.
    pub(super) passing: Arc<tokio::sync::Mutex<()>>,
}

/// A state, and the head of the very lines that it was folded from.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) enterprise: Enterprise,
    pub(super) head: Head,
    /// It is not here, but being brought up to an end that is far ahead.
    is_away: bool,
}

impl Held {
    pub(super) fn new(enterprise: Enterprise, head: Head) -> Self {
        Self {
            enterprise,
            head,
            is_away: false,
        }
    }
}

/// A state to be asked. It must not be held while anything is waited for.
#[derive(Debug)]
pub struct Ready<'a>(RwLockReadGuard<'a, Held>);

impl Ready<'_> {
    /// The head of the lines that the state was folded from.
    pub(super) fn head(&self) -> &Head {
        &self.0.head
    }
}

impl Deref for Ready<'_> {
    type Target = Enterprise;

    fn deref(&self) -> &Enterprise {
        &self.0.enterprise
    }
}

impl Live {
    pub(super) fn new(slug: EnterpriseSlug) -> Self {
        Self {
            slug,
            held: RwLock::default(),
            events: AtomicU64::default(),
            snapshot: AtomicU64::default(),
            catching_up: tokio::sync::Mutex::default(),
            deciding: tokio::sync::Mutex::default(),
            passing: Arc::default(),
        }
    }

    /// Whose state it is.
    pub const fn slug(&self) -> &EnterpriseSlug {
        &self.slug
    }

    /// The state.
    ///
    /// # Errors
    /// [`EnterpriseError::Loading`] while it is being brought up to an end that is far ahead,
    /// [`EnterpriseError::Lost`] after a panic in a fold.
    pub fn read(&self) -> Result<Ready<'_>, EnterpriseError> {
        let held = self.held.read().map_err(|_| self.lost())?;
        if held.is_away {
            return Err(EnterpriseError::Loading {
                enterprise: self.slug.clone(),
            });
        }
        Ok(Ready(held))
    }

    /// Takes the state out, to be brought up to date: nobody can ask it until it is put back.
    pub(super) fn take(&self) -> Result<Held, EnterpriseError> {
        let mut held = self.write()?;
        let away = Held {
            is_away: true,
            ..Held::default()
        };
        Ok(std::mem::replace(&mut *held, away))
    }

    /// Puts a state in place of the one that was taken out; an empty one is loaded anew when it is next asked for.
    pub(super) fn put(&self, held: Held) -> Result<(), EnterpriseError> {
        let events = held.head.position().value();
        *self.write()? = held;
        self.events.store(events, Ordering::Relaxed);
        Ok(())
    }

    /// Folds what leads to `head`. Nothing where the state holds it already:
    /// the same events may arrive from an append and from a read.
    pub(super) fn advance(
        &self,
        head: &Head,
        fold: impl FnOnce(&mut Enterprise) -> Result<(), CorruptHistory>,
    ) -> Result<(), EnterpriseError> {
        let mut held = self.write()?;
        if held.is_away || held.head.position() >= head.position() {
            return Ok(());
        }
        fold(&mut held.enterprise).map_err(|source| EnterpriseError::Corrupt {
            enterprise: self.slug.clone(),
            source,
        })?;
        held.head = head.clone();
        self.events.store(head.position().value(), Ordering::Relaxed);
        self.check_name(&held.enterprise)
    }

    /// Fails unless the stream is filed under its own name.
    pub(super) fn check_name(&self, enterprise: &Enterprise) -> Result<(), EnterpriseError> {
        match enterprise.slug() {
            Some(slug) if *slug != self.slug => Err(EnterpriseError::Misfiled {
                enterprise: self.slug.clone(),
            }),
            _ => Ok(()),
        }
    }

    /// Whether nothing was loaded yet.
    pub(super) fn is_cold(&self) -> bool {
        self.events.load(Ordering::Relaxed) == Position::START.value()
    }

    /// About how much memory it takes.
    pub(super) fn bytes(&self) -> u64 {
        BYTES_PER_STATE + BYTES_PER_EVENT * self.events.load(Ordering::Relaxed)
    }

    /// How far it is beyond its last snapshot, in events.
    pub(super) fn beyond_snapshot(&self) -> u64 {
        let events = self.events.load(Ordering::Relaxed);
        events.saturating_sub(self.snapshot.load(Ordering::Relaxed))
    }

    /// A snapshot was taken at `position`.
    pub(super) fn has_snapshot_at(&self, position: Position) {
        self.snapshot.store(position.value(), Ordering::Relaxed);
    }

    /// Whether a fold ended in a panic.
    pub(super) fn is_lost(&self) -> bool {
        self.held.is_poisoned()
    }

    pub(super) fn lost(&self) -> EnterpriseError {
        EnterpriseError::Lost {
            enterprise: self.slug.clone(),
        }
    }

    fn write(&self) -> Result<RwLockWriteGuard<'_, Held>, EnterpriseError> {
        self.held.write().map_err(|_| self.lost())
    }
}
