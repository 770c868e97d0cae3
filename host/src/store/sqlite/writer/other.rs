//! Everything that the writer does, except appends in one piece.

use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;
use rusqlite::Connection;

use super::{APPEND, Changed, Writer, group, late};
use crate::store::sqlite::connection::{Sorts, set_sorts};
use crate::store::sqlite::failure::Failure;
use crate::store::sqlite::look_up::LaidAside;
use crate::store::sqlite::pieces::{Piece, Session};
use crate::store::sqlite::queue::Other;
use crate::store::sqlite::snapshots::{self, Step};
use crate::store::sqlite::watch::Change;
use crate::store::sqlite::{checkpoints, heads, segments};
use crate::store::{Batch, Head, StoreError};

/// How often those that wait behind an append in pieces are looked after.
const LOOK_EVERY: Duration = Duration::from_millis(50);
const KEEP: &str = "keep a snapshot";
const PROBE: &str = "write to the file";

impl Writer {
    pub(super) fn other(&mut self, other: Other) {
        // Nobody needs to be there to hear the answers.
        match other {
            Other::Session(session) => {
                self.sort(Sorts::InFile);
                self.session(session);
                self.sort(Sorts::InMemory);
            }
            Other::Snapshot {
                enterprise,
                position,
                step,
                answer,
            } => {
                let done = self.transaction(KEEP, |connection| {
                    if matches!(step, Step::Current { .. }) && snapshots::is_late(connection, &enterprise, position)? {
                        return Ok(snapshots::Done::Nothing);
                    }
                    snapshots::step(connection, &enterprise, position, &step).map_err(|e| Failure::of(KEEP, e).told())
                });
                let _ = answer.send(done);
            }
            Other::Checkpoint {
                enterprise,
                checkpoint,
                answer,
            } => {
                let kept = self.transaction(checkpoints::KEEP, |connection| {
                    checkpoints::keep(connection, &enterprise, &checkpoint)
                });
                let _ = answer.send(kept);
            }
            Other::NameLogs { name, answer } => {
                let named = self.transaction(checkpoints::KEEP, |connection| {
                    checkpoints::name_logs(connection, &name)
                });
                let _ = answer.send(named);
            }
            Other::Probe(answer) => {
                let probed = self.transaction(PROBE, |connection| {
                    let update = "UPDATE probe SET at = at + 1";
                    let updated = connection
                        .prepare_cached(update)
                        .and_then(|mut update| update.execute([]));
                    updated.map(drop).map_err(|error| Failure::of(PROBE, error).told())
                });
                let _ = answer.send(probed);
            }
            Other::Examine(answer) => {
                let examined = self.connection().map(drop).map_err(|failure| failure.told());
                let _ = answer.send(examined);
            }
        }
    }

    /// Something that is to be committed by itself.
    fn transaction<T>(
        &mut self,
        action: &'static str,
        act: impl Fn(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let deadline = Instant::now() + self.shared.patience;
        loop {
            let begun = self.begin(|now| now < deadline).map_err(|failure| failure.told())?;
            let (Some(()), Some(open)) = (begun, &self.open) else {
                self.roll_back();
                return Err(late());
            };
            let done = match act(&open.connection) {
                Ok(done) => done,
                Err(error) => {
                    self.roll_back();
                    return Err(match Failure::try_from(error) {
                        Ok(failure) => self.gave_out(failure).told(),
                        Err(error) => error,
                    });
                }
            };
            if let Ok(committed) = self.commit(action) {
                committed.map_err(|failure| failure.told())?;
                self.checkpoint();
                return Ok(done);
            }
        }
    }

    /// The connection may be a new one by the time: it sorts in memory then,
    /// which is slower for many fingerprints at most.
    fn sort(&mut self, sorts: Sorts) {
        if let Some(open) = &self.open
            && set_sorts(&open.connection, sorts).is_err()
        {
            self.open = None;
        }
    }

    /// An append in pieces, from its beginning to its end.
    fn session(&mut self, session: Session) {
        let Session {
            enterprise,
            expected,
            deadline,
            begun,
            pieces,
        } = session;
        let checked = match self.begin(|now| now < deadline) {
            Ok(Some(())) => match &self.open {
                Some(open) => heads::check(&open.connection, &enterprise, &expected),
                None => Err(late()),
            },
            Ok(None) => Err(late()),
            Err(failure) => Err(failure.told()),
        };
        let has_begun = checked.is_ok();
        if begun.send(checked).is_err() || !has_begun {
            return self.roll_back();
        }
        let mut laid_aside = LaidAside::default();
        // To all others it is as if another process held the lock.
        self.shared.status.waits();
        loop {
            match pieces.recv_timeout(LOOK_EVERY) {
                Ok(Piece::Batch(batch, answer)) => {
                    let inserted = self.piece(&enterprise, &batch, &mut laid_aside);
                    let _ = answer.send(inserted);
                }
                Ok(Piece::Commit(head, answer)) => {
                    let inserted = self.last_piece(&enterprise, &head, laid_aside);
                    let committed = inserted.and_then(|()| self.commit_pieces());
                    if committed.is_ok() {
                        self.shared.known.note(&enterprise, &head);
                        self.truncate_log();
                    }
                    self.roll_back();
                    let _ = answer.send(committed.map(|()| head));
                    return;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.roll_back(),
            }
            let late = self.shared.queue.take_late(Instant::now());
            late.into_iter().for_each(group::tell_late);
        }
    }

    fn piece(
        &mut self,
        enterprise: &EnterpriseSlug,
        batch: &Batch,
        laid_aside: &mut LaidAside,
    ) -> Result<(), StoreError> {
        self.within(|connection| {
            segments::insert(connection, enterprise, batch.expected(), batch.page())
                .map_err(|error| Failure::of(APPEND, error).told())?;
            laid_aside.add(connection, batch.issued())
        })
    }

    fn last_piece(
        &mut self,
        enterprise: &EnterpriseSlug,
        head: &Head,
        laid_aside: LaidAside,
    ) -> Result<(), StoreError> {
        self.within(|connection| {
            laid_aside.end(connection, enterprise)?;
            heads::write(connection, enterprise, head).map_err(|error| Failure::of(APPEND, error).told())
        })
    }

    /// Commits what is too long to begin again because another process has made a checkpoint meanwhile.
    fn commit_pieces(&mut self) -> Result<(), StoreError> {
        if self.shared.watch.change() == Change::Content {
            self.shared.examine_beside().map_err(|failure| failure.told())?;
        }
        match self.commit(APPEND) {
            Ok(committed) => committed.map_err(|failure| failure.told()),
            Err(Changed) => Err(StoreError::transient(APPEND, self.shared.watch.replaced())),
        }
    }

    /// Does a part of the transaction that is open. After an error there is none any more.
    fn within(&mut self, act: impl FnOnce(&Connection) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let done = match &self.open {
            Some(open) if !open.connection.is_autocommit() => act(&open.connection),
            _ => Err(StoreError::transient(APPEND, "the append was given up")),
        };
        done.map_err(|error| {
            self.roll_back();
            match Failure::try_from(error) {
                Ok(failure) => self.gave_out(failure).told(),
                Err(error) => error,
            }
        })
    }
}
