//! A service's own list of credentials, read from CSV: the provider's credential inventory, or a list of this package.
//!
//! A list has a row for each credential and organization. Here the rows of one credential become one [`Entry`].
//! What cannot be read as one is [`Faulty`], and names its record and its byte: a field may hold line feeds,
//! so lines tell nothing.

mod columns;
mod entry;
mod fault;
mod group;

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::hash::BuildHasher;
use std::io::{Chain, Cursor, Read};

use csv::StringRecord;
use enterprise_credentials::OrganizationId;
use serde::Serialize;

use columns::{Columns, FIRST_BYTES, check};
pub use columns::{Format, InventoryError};
pub use entry::{Entry, Faulty, Named, NotModelled, State};
pub use fault::Fault;
use group::{Group, Key};

/// Where a record begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Place {
    /// Which record it is: 1 for the first one behind the names of the columns.
    pub record: u64,
    /// At which byte of the file it begins, counted from 0.
    pub byte: u64,
}

/// What the rows of one credential say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// A credential.
    Entry(Entry),
    /// Rows that cannot be taken at their word.
    Faulty(Faulty),
    /// An access that no log holds.
    NotModelled(NotModelled),
}

/// Reads a list, and gives what it says of each credential, in the order in which their rows are complete.
///
/// The provider's inventory says with each row how many there are of its credential, so rows may come in any order.
/// Only what waits for more rows is kept: where the rows of a credential stand together, that is one.
/// A list of this package does not say it, so there they must stand together, as they do where it was written:
/// it remembers of each credential that it was there, in 8 bytes and some room between them.
pub struct Inventory<R> {
    reader: csv::Reader<Chain<Cursor<Vec<u8>>, R>>,
    columns: Columns,
    record: StringRecord,
    waiting: BTreeMap<Key, Group>,
    /// Whose row came last.
    last: Option<Key>,
    /// The hashes of those whose rows are over, where only standing together says so.
    over: HashSet<u64>,
    hasher: RandomState,
    ready: VecDeque<Listed>,
    rows: u64,
    is_read: bool,
}

impl<R: Read> Inventory<R> {
    /// Reads the names of the columns, which say whose list it is.
    ///
    /// # Errors
    /// [`InventoryError`] where it is no CSV, where a column is missing or there twice,
    /// where the separator is no comma, and where the file cannot be read.
    pub fn open(mut bytes: R) -> Result<Self, InventoryError> {
        let mut first = Vec::new();
        let whole = bytes.by_ref().take(FIRST_BYTES).read_to_end(&mut first);
        whole.map_err(InventoryError::Input)?;
        check(&first)?;
        let mut reader = csv::Reader::from_reader(Cursor::new(first).chain(bytes));
        let columns = Columns::of(reader.headers()?)?;
        Ok(Self {
            reader,
            columns,
            record: StringRecord::new(),
            waiting: BTreeMap::new(),
            last: None,
            over: HashSet::new(),
            hasher: RandomState::new(),
            ready: VecDeque::new(),
            rows: 0,
            is_read: false,
        })
    }

    /// Whose list it is.
    pub const fn format(&self) -> Format {
        self.columns.format()
    }

    /// How many rows were read so far, without that of the names.
    pub const fn rows(&self) -> u64 {
        self.rows
    }

    /// What the next complete credential is; nothing at the end.
    ///
    /// # Errors
    /// [`InventoryError`] where the file is no CSV any more, or where rows of one credential stand apart that must not:
    /// nothing behind can be trusted.
    pub fn next_listed(&mut self) -> Result<Option<Listed>, InventoryError> {
        loop {
            if let Some(listed) = self.ready.pop_front() {
                return Ok(Some(listed));
            }
            if self.is_read {
                return Ok(None);
            }
            if self.reader.read_record(&mut self.record)? {
                self.rows += 1;
                self.take_row()?;
            } else {
                self.is_read = true;
                self.end_all();
            }
        }
    }

    fn take_row(&mut self) -> Result<(), InventoryError> {
        let place = place(&self.record);
        let key = Key::of(&self.columns, &self.record, place);
        if self.last.as_ref() != Some(&key) {
            self.end_last();
            if self.over.contains(&self.hasher.hash_one(&key)) {
                return Err(InventoryError::Apart {
                    record: place.record,
                    byte: place.byte,
                    id: key.id().escape_debug().to_string(),
                });
            }
            self.last = Some(key.clone());
        }
        let group = self.waiting.entry(key);
        let group = group.or_insert_with(|| Group::begin(&self.columns, &self.record, place));
        group.take(&self.columns, &self.record, place);
        Ok(())
    }

    /// Ends the credential whose row came last, unless rows of it are still to come.
    fn end_last(&mut self) {
        let Some(last) = self.last.take() else {
            return;
        };
        if self.waiting.get(&last).is_some_and(Group::is_complete)
            && let Some(group) = self.waiting.remove(&last)
        {
            if self.format() == Format::Credentials {
                self.over.insert(self.hasher.hash_one(&last));
            }
            self.ready.push_back(group.end(&self.columns));
        }
    }

    fn end_all(&mut self) {
        let mut rest: Vec<Group> = std::mem::take(&mut self.waiting).into_values().collect();
        rest.sort_unstable_by_key(Group::place);
        let listed = rest.into_iter().map(|group| group.end(&self.columns));
        self.ready.extend(listed);
    }
}

fn place(record: &StringRecord) -> Place {
    let position = record.position();
    debug_assert!(position.is_some(), "the reader sets it");
    Place {
        record: position.map_or(0, csv::Position::record),
        byte: position.map_or(0, csv::Position::byte),
    }
}

/// The organizations of an entry, with their logins where the list has them.
type Organizations = BTreeMap<OrganizationId, String>;
