//! Who is connected, and who goes if there are too many.
//!
//! Everyone is accepted first. A limit for each address would keep out whoever shares an address with an attacker. So
//! the number of connections of an address only decides who goes.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::connection::Connection;
use crate::http::address::AddressBlock;
use crate::http::clients::Clients;

/// The connections of a host.
#[derive(Debug)]
pub(super) struct Registry {
    max: usize,
    clients: Arc<Clients>,
    connected: Mutex<Connected>,
    counts: Counts,
}

#[derive(Debug, Default)]
struct Connected {
    last_number: u64,
    by_number: HashMap<u64, Arc<Connection>>,
    by_block: HashMap<AddressBlock, usize>,
}

/// What happened since the last report.
#[derive(Debug, Default)]
struct Counts {
    shed: AtomicU64,
    turned_away: AtomicU64,
    unread: AtomicU64,
}

/// A place in the registry, given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    number: u64,
    pub(super) connection: Arc<Connection>,
    pub(super) registry: Arc<Registry>,
}

impl Registry {
    pub(super) fn new(max: usize, clients: Clients) -> Self {
        Self {
            max,
            clients: Arc::new(clients),
            connected: Mutex::default(),
            counts: Counts::default(),
        }
    }

    /// A place for a new connection, if need be that of another one. None where all are about to record something.
    pub(super) fn place(self: &Arc<Self>, peer: IpAddr) -> Option<Place> {
        let mut connected = self.connected();
        if connected.by_number.len() >= self.max {
            let counted = if connected.shed() {
                &self.counts.shed
            } else {
                &self.counts.turned_away
            };
            counted.fetch_add(1, Ordering::Relaxed);
        }
        if connected.by_number.len() >= self.max {
            return None;
        }
        connected.last_number += 1;
        let place = Place {
            number: connected.last_number,
            connection: Arc::new(Connection::new(peer, Arc::clone(&self.clients))),
            registry: Arc::clone(self),
        };
        connected.insert(place.number, Arc::clone(&place.connection));
        Some(place)
    }

    /// Ends the connection that goes first, where the process has no room for another.
    pub(super) fn shed(&self) {
        if self.connected().shed() {
            self.counts.shed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Counts a connection that ended because its client did not read.
    pub(super) fn count_unread(&self) {
        self.counts.unread.fetch_add(1, Ordering::Relaxed);
    }

    /// Says in the log what happened since the last report, if anything did.
    pub(super) fn report(&self) {
        let taken = |count: &AtomicU64| count.swap(0, Ordering::Relaxed);
        let (shed, turned_away, unread) = (
            taken(&self.counts.shed),
            taken(&self.counts.turned_away),
            taken(&self.counts.unread),
        );
        if shed + turned_away > 0 {
            tracing::warn!(
                shed,
                turned_away,
                connections_max = self.max,
                "too many connections: the idlest were closed"
            );
        }
        if unread > 0 {
            tracing::warn!(
                connections = unread,
                "closed connections whose clients did not read their answers"
            );
        }
    }

    /// Says all that is left to say.
    pub(super) fn report_last(&self) {
        self.report();
        self.clients.report();
    }

    fn connected(&self) -> MutexGuard<'_, Connected> {
        self.connected.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connected {
    fn insert(&mut self, number: u64, connection: Arc<Connection>) {
        if let Some(block) = connection.block {
            *self.by_block.entry(block).or_default() += 1;
        }
        self.by_number.insert(number, connection);
    }

    fn remove(&mut self, number: u64) {
        let Some(block) = self.by_number.remove(&number).and_then(|connection| connection.block) else {
            return;
        };
        if let Some(count) = self.by_block.get_mut(&block) {
            *count -= 1;
            if *count == 0 {
                self.by_block.remove(&block);
            }
        }
    }

    /// Ends the connection that has least to say for itself; among equals one of the address with the most, and of
    /// these the idlest. False where none may go.
    fn shed(&mut self) -> bool {
        let ranked = self.by_number.iter().filter_map(|(number, connection)| {
            let (standing, idle_since) = connection.standing()?;
            Some(((standing, Reverse(self.share(connection)), idle_since), *number))
        });
        // Whoever begins to record in this moment stays, and the newcomer goes instead.
        let Some((_, number)) = ranked.min() else {
            return false;
        };
        let dismissed = self
            .by_number
            .get(&number)
            .is_some_and(|connection| connection.dismiss());
        if dismissed {
            self.remove(number);
        }
        dismissed
    }

    /// How many connections its address has. Each of a proxy's counts as if it came from an address of its own.
    fn share(&self, connection: &Connection) -> usize {
        let count = connection.block.and_then(|block| self.by_block.get(&block));
        count.copied().unwrap_or(1)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.registry.connected().remove(self.number);
    }
}
