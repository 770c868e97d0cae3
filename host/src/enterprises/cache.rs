//! The states in memory. Their number is bounded, and the one that was not asked for the longest goes first.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use enterprise_credentials::EnterpriseSlug;

use super::Live;

/// How much memory the states may take between requests. What is being asked is never given up for it,
/// so one state alone may take more.
#[derive(Debug, Clone, Copy)]
pub struct CacheOptions {
    /// How many states there are at most.
    pub states_max: usize,
    /// How many bytes they take together at most, by an estimate of [`BYTES_PER_EVENT`] and [`BYTES_PER_STATE`].
    pub bytes_max: u64,
}

impl Default for CacheOptions {
    fn default() -> Self {
        Self {
            states_max: 10_000,
            bytes_max: 1 << 30,
        }
    }
}

/// About what a state takes that holds nothing yet.
pub const BYTES_PER_STATE: u64 = 4 * 1024;
/// What an event adds to a state: a credential takes about 35 bytes, and most events add less or nothing.
pub const BYTES_PER_EVENT: u64 = 32;

/// The states, by enterprise.
#[derive(Debug)]
pub(super) struct Cache {
    options: CacheOptions,
    states: Mutex<States>,
}

#[derive(Debug, Default)]
struct States {
    by_slug: HashMap<EnterpriseSlug, Kept>,
    /// Counts the uses: a clock that no two uses share.
    uses: u64,
}

#[derive(Debug)]
struct Kept {
    live: Arc<Live>,
    used: u64,
}

impl Cache {
    pub(super) fn new(options: CacheOptions) -> Self {
        Self {
            options,
            states: Mutex::default(),
        }
    }

    /// The enterprise's state, at first an empty one; that of a fold that ended in a panic is begun anew.
    pub(super) fn live(&self, slug: &EnterpriseSlug) -> Arc<Live> {
        let mut states = self.states();
        states.uses += 1;
        let used = states.uses;
        match states.by_slug.get_mut(slug) {
            Some(kept) if !kept.live.is_lost() => {
                kept.used = used;
                Arc::clone(&kept.live)
            }
            _ => {
                let live = Arc::new(Live::new(slug.clone()));
                let kept = Kept {
                    live: Arc::clone(&live),
                    used,
                };
                states.by_slug.insert(slug.clone(), kept);
                live
            }
        }
    }

    /// All states, that which was used last first.
    pub(super) fn latest_first(&self) -> Vec<Arc<Live>> {
        let states = self.states();
        let mut all: Vec<&Kept> = states.by_slug.values().collect();
        all.sort_unstable_by_key(|kept| Reverse(kept.used));
        all.into_iter().map(|kept| Arc::clone(&kept.live)).collect()
    }

    /// Gives up what is too much, as far as nobody is using it.
    pub(super) fn shrink(&self) -> Vec<Arc<Live>> {
        let mut states = self.states();
        let mut bytes = states.by_slug.values().map(|kept| kept.live.bytes()).sum::<u64>();
        let mut given_up = Vec::new();
        while states.by_slug.len() > self.options.states_max || bytes > self.options.bytes_max {
            // Nobody gets at a state but through this lock: one that only the cache holds stays unused.
            let unused = states
                .by_slug
                .iter()
                .filter(|(_, kept)| Arc::strong_count(&kept.live) == 1);
            let oldest = unused.min_by_key(|(_, kept)| kept.used).map(|(slug, _)| slug.clone());
            let Some(kept) = oldest.and_then(|slug| states.by_slug.remove(&slug)) else {
                break;
            };
            bytes -= kept.live.bytes();
            given_up.push(kept.live);
        }
        given_up
    }

    fn states(&self) -> MutexGuard<'_, States> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
