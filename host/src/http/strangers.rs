//! Requests without a valid token: how many come from where in a second, which of them have a line of their own in the
//! log, and when a failed one is told to slow down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::address::AddressBlock;

/// What counts together.
const SECOND: Duration = Duration::from_secs(1);
/// How many requests of one address the log tells one by one in a second.
const LINES_EACH: u32 = 5;
/// How many it tells of all addresses together.
const LINES_ALL: u32 = 100;
/// How many addresses are counted one by one in a second. Of those beyond it, all together are.
const BLOCKS_MAX: usize = 8192;

/// The strangers of a host.
#[derive(Debug)]
pub(super) struct Strangers {
    failures_max: NonZeroU32,
    second: Mutex<Second>,
}

/// What came since it began.
#[derive(Debug)]
struct Second {
    begun_at: Instant,
    blocks: HashMap<AddressBlock, Tally>,
    all: Tally,
    limited: u32,
    logged: u32,
}

#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    requests: u32,
    failures: u32,
}

/// What is to be done about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Whether the log has a line for it alone.
    pub(super) is_logged: bool,
    /// Whether its address had too many failures in this second.
    pub(super) is_limited: bool,
}

impl Strangers {
    /// With so many failures allowed to each address in a second.
    pub(super) fn new(failures_max: NonZeroU32) -> Self {
        Self {
            failures_max,
            second: Mutex::new(Second::begin()),
        }
    }

    /// Counts a request. If it is the first in its second that the log does not tell,
    /// the number of them is told at the end of that second.
    pub(super) fn count(self: &Arc<Self>, client: IpAddr, has_failed: bool) -> Verdict {
        let mut second = self.second();
        if second.begun_at.elapsed() >= SECOND {
            second.end();
        }
        let all_logged = second.logged == second.all.requests;
        let verdict = second.count(AddressBlock::of(client), has_failed, self.failures_max.get());
        if all_logged && !verdict.is_logged {
            let (strangers, end) = (Arc::clone(self), second.begun_at + SECOND);
            tokio::spawn(async move {
                sleep_until(end).await;
                let mut second = strangers.second();
                if second.begun_at.elapsed() >= SECOND {
                    second.end();
                }
            });
        }
        verdict
    }

    /// Tells what the log does not have yet, before the second is over.
    pub(super) fn report(&self) {
        self.second().end();
    }

    fn second(&self) -> MutexGuard<'_, Second> {
        self.second.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Second {
    fn begin() -> Self {
        Self {
            begun_at: Instant::now(),
            blocks: HashMap::new(),
            all: Tally::default(),
            limited: 0,
            logged: 0,
        }
    }

    /// Tells what the log does not have yet, and begins anew.
    fn end(&mut self) {
        let Self {
            blocks,
            all,
            limited,
            logged,
            ..
        } = std::mem::replace(self, Self::begin());
        if logged == all.requests {
            return;
        }
        let busiest = blocks.iter().max_by_key(|(_, tally)| tally.requests);
        tracing::warn!(
            requests = all.requests,
            failures = all.failures,
            limited,
            logged,
            addresses = blocks.len(),
            most_from = busiest.map(|(block, _)| tracing::field::display(block)),
            most = busiest.map(|(_, tally)| tally.requests),
            "many requests without a valid token in a second: only some have lines of their own"
        );
    }

    fn count(&mut self, block: AddressBlock, has_failed: bool, failures_max: u32) -> Verdict {
        self.all.add(has_failed);
        let is_known = self.blocks.contains_key(&block) || self.blocks.len() < BLOCKS_MAX;
        let tally = is_known.then(|| self.blocks.entry(block).or_default());
        let tally = tally.map(|tally| *tally.add(has_failed)).unwrap_or_default();
        let verdict = Verdict {
            is_logged: tally.requests <= LINES_EACH && self.logged < LINES_ALL,
            is_limited: has_failed && tally.failures > failures_max,
        };
        self.limited += u32::from(verdict.is_limited);
        self.logged += u32::from(verdict.is_logged);
        verdict
    }
}

impl Tally {
    fn add(&mut self, has_failed: bool) -> &Self {
        self.requests = self.requests.saturating_add(1);
        self.failures = self.failures.saturating_add(u32::from(has_failed));
        self
    }
}
