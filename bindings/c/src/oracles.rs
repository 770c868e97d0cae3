//! The oracles that callers have and have not given back.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use enterprise_credentials_carrier::Carrier;

/// By number. A number is never given out twice, so one that was given back names nothing ever again.
#[derive(Debug)]
pub(crate) struct Oracles(Mutex<Table>);

#[derive(Debug)]
struct Table {
    last: u64,
    live: BTreeMap<u64, Arc<Mutex<Carrier>>>,
}

impl Oracles {
    pub(crate) const fn new() -> Self {
        let live = BTreeMap::new();
        Self(Mutex::new(Table { last: 0, live }))
    }

    /// The number of a new one, from 1 on.
    pub(crate) fn begin(&self) -> u64 {
        let mut table = self.table();
        table.last += 1;
        let number = table.last;
        table.live.insert(number, Arc::default());
        number
    }

    /// Takes one back. A call of it that still runs in another thread comes to its end. False where there is none.
    pub(crate) fn free(&self, number: u64) -> bool {
        let taken = self.table().live.remove(&number);
        taken.is_some()
    }

    /// The one with this number. Whoever has it may end a call of it though it is given back meanwhile.
    pub(crate) fn get(&self, number: u64) -> Option<Arc<Mutex<Carrier>>> {
        self.table().live.get(&number).map(Arc::clone)
    }

    pub(crate) fn count(&self) -> usize {
        self.table().live.len()
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
