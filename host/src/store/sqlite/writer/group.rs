//! Many appends in one transaction, each in a savepoint of its own. So they share one wait for the disk.

#[cfg(test)]
mod faults;

use std::collections::VecDeque;

use rusqlite::Connection;

use super::{APPEND, Changed, Writer, late};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::queue::{Appending, take_late};
use crate::store::sqlite::{heads, look_up, segments};
use crate::store::{Head, StoreError};

/// How often a group is begun again because another process made a checkpoint meanwhile,
/// or one of it had to be left out.
const ATTEMPTS_MAX: u32 = 64;

/// The appends of a group that has come so far.
#[derive(Default)]
struct Group {
    /// They are in the transaction.
    done: Vec<(Appending, Head)>,
    /// They alone are not.
    refused: Vec<(Appending, StoreError)>,
}

/// Why an append is not in the transaction.
enum Refused {
    /// A conflict, a duplicate, an altered stream: it alone is not.
    Alone(StoreError),
    /// The transaction cannot be relied on any more.
    All(Failure),
}

impl Writer {
    /// Appends each, and tells each what became of it.
    pub(super) fn group(&mut self, mut appends: VecDeque<Appending>) {
        for _ in 0..ATTEMPTS_MAX {
            let begun = self.begin(|now| {
                take_late(&mut appends, now).into_iter().for_each(tell_late);
                !appends.is_empty()
            });
            match begun {
                Ok(Some(())) => {}
                Ok(None) => return self.roll_back(),
                Err(failure) => return tell_all(appends, &failure),
            }
            match self.append_all(appends) {
                Some(again) if !again.is_empty() => appends = again,
                _ => return,
            }
        }
        tell_all(appends, &Failure::transient(APPEND, self.shared.watch.replaced()));
    }

    /// Appends what a transaction that has begun takes, and ends it. Gives those that are to be appended once more.
    fn append_all(&mut self, mut appends: VecDeque<Appending>) -> Option<VecDeque<Appending>> {
        let mut group = Group::default();
        if let Err(failure) = self.append_each(&mut appends, &mut group) {
            let breaker = appends.pop_front();
            let others = group.into_appends(appends);
            breaker.into_iter().for_each(|append| tell(append, Err(failure.told())));
            if failure.is_damage() {
                // Of one stream, perhaps: the others are none the worse for it.
                return Some(others);
            }
            tell_all(others, &failure);
            return None;
        }
        if group.done.is_empty() {
            self.roll_back();
            group.tell(Ok(()));
            return None;
        }
        match self.commit(APPEND) {
            Err(Changed) => Some(group.into_appends(appends)),
            Ok(Err(failure)) => {
                group.tell(Err(failure));
                None
            }
            Ok(Ok(())) => {
                for (append, head) in &group.done {
                    self.shared.known.note(&append.enterprise, head);
                }
                group.tell(Ok(()));
                self.checkpoint();
                None
            }
        }
    }

    /// Appends one after the other. After an error the first that is left is the one that broke the transaction, and
    /// the connection is closed.
    fn append_each(&mut self, appends: &mut VecDeque<Appending>, group: &mut Group) -> Result<(), Failure> {
        while let (Some(open), Some(append)) = (&self.open, appends.front_mut()) {
            let appended = append_one(&open.connection, append);
            match appended {
                Ok(head) => group.done.extend(appends.pop_front().map(|append| (append, head))),
                Err(Refused::Alone(error)) => group.refused.extend(appends.pop_front().map(|append| (append, error))),
                Err(Refused::All(failure)) => return Err(self.gave_out(failure)),
            }
        }
        Ok(())
    }
}

/// One append in its savepoint. After a statement that failed, SQLite is asked whether the transaction is still there:
/// where the disk is full it rolls the whole of it back, and what came then would be a transaction of its own.
fn append_one(connection: &Connection, append: &mut Appending) -> Result<Head, Refused> {
    execute(connection, "SAVEPOINT append")?;
    let appended = insert(connection, append);
    if let Err(Refused::Alone(_)) = appended {
        execute(connection, "ROLLBACK TO append")?;
    }
    if !matches!(appended, Err(Refused::All(_))) {
        execute(connection, "RELEASE append")?;
    }
    appended
}

fn insert(connection: &Connection, append: &mut Appending) -> Result<Head, Refused> {
    let (enterprise, batch) = (&append.enterprise, &append.batch);
    heads::check(connection, enterprise, &append.expected)?;
    segments::insert(connection, enterprise, batch.expected(), batch.page())?;
    look_up::insert(connection, enterprise, batch.issued())?;
    // The runtime that hashes may have ended: that is no reason to fail the others.
    let Some(frontier) = append.frontier.grown() else {
        let ended = StoreError::transient(APPEND, "hashing the lines ended unexpectedly");
        return Err(Refused::Alone(ended));
    };
    let head = append.expected.behind(batch, frontier.clone());
    heads::write(connection, enterprise, &head)?;
    Ok(head)
}

/// Executes a statement of a transaction that must be open before it and after it.
fn execute(connection: &Connection, statement: &'static str) -> Result<(), Refused> {
    if connection.is_autocommit() {
        let gone = std::io::Error::other("SQLite gave up the transaction");
        return Err(Refused::All(Failure::transient(APPEND, gone)));
    }
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::All(Failure::of(APPEND, error))
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Failure::try_from(error).map_or_else(Self::Alone, Self::All)
    }
}

impl Group {
    /// Tells each what became of it, the transaction having ended so.
    fn tell(self, ended: Result<(), Failure>) {
        for (append, error) in self.refused {
            tell(append, Err(error));
        }
        for (append, head) in self.done {
            let outcome = ended.as_ref().map(|()| head).map_err(Failure::told);
            tell(append, outcome);
        }
    }

    /// All its appends again, and the rest behind them, as if nothing had been done.
    fn into_appends(self, rest: VecDeque<Appending>) -> VecDeque<Appending> {
        let done = self.done.into_iter().map(|(append, _)| append);
        let refused = self.refused.into_iter().map(|(append, _)| append);
        let mut appends: VecDeque<_> = done.chain(refused).chain(rest).collect();
        appends.make_contiguous().sort_by_key(|append| append.deadline);
        appends
    }
}

pub(super) fn tell_late(append: Appending) {
    tell(append, Err(late()));
}

fn tell_all(appends: VecDeque<Appending>, failure: &Failure) {
    for append in appends {
        tell(append, Err(failure.told()));
    }
}

fn tell(append: Appending, outcome: Result<Head, StoreError>) {
    // Whoever asked may be gone.
    let _ = append.answer.send(outcome);
}
