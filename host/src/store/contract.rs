//! The contract of the port, for whoever writes a [`Store`] of their own. It asks an implementation every rule that
//! [`Store`] and its methods promise. It also has stores that are wrong on purpose, and some rule finds each of them.
//! Feature `contract`, off by default.
//!
//! This is the whole test of a store. Here [`Memory`] stands for the store, and for the place of its streams:
//!
//! ```
//! use enterprise_credentials_host::store::StoreError;
//! use enterprise_credentials_host::store::contract::{self, Memory, Storage};
//!
//! struct Database(Memory); // what is gone when the test ends: a directory, a schema
//!
//! impl Storage for Database {
//!     type Store = Memory;
//!     async fn open(&self) -> Result<Memory, StoreError> { Ok(self.0.another_process()) }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! let report = contract::check(async || Ok(Database(Memory::default()))).await;
//! assert!(report.is_kept(), "{report}");
//! # });
//! ```
//!
//! | concern | here |
//! | --- | --- |
//! | asks every rule | [`check`], of a [`Storage`] |
//! | the rules | [`Rule`] |
//! | what was found | [`Report`], [`Broken`] |
//! | a store that is right, in memory | [`Memory`] |
//! | stores that are wrong, and which rule says so | [`Bug`], with [`Memory::with`] |

mod bug;
mod failure;
mod lines;
mod memory;
mod rules;
mod sample;

use std::error::Error;
use std::fmt;
use std::future::Future;

pub use bug::Bug;
pub use memory::{Appending, Memory};
pub use rules::Rule;

use super::{Store, StoreError};
use crate::error_chain;
use failure::Failure;

/// What a store keeps its streams in: a file, a database. Two stores that are open over one storage are two processes.
pub trait Storage {
    /// The store that is held to the contract.
    type Store: Store;

    /// Opens the storage once more, as another process does.
    ///
    /// # Errors
    /// Why it cannot be opened, which breaks the rule that is asked.
    fn open(&self) -> impl Future<Output = Result<Self::Store, StoreError>>;
}

/// Asks every rule, one after the other, each of an empty storage of its own, which is dropped before the next.
///
/// What only happens when a storage fails or is tampered with is not asked: [`StoreError::Unknown`],
/// [`StoreError::Transient`], and an [`Altered`](super::Altered) stream that was not forked by its own caller.
pub async fn check<T: Storage>(mut fresh: impl AsyncFnMut() -> Result<T, Box<dyn Error + Send + Sync>>) -> Report {
    let mut report = Report { broken: Vec::new() };
    for rule in Rule::ALL {
        let judged = match fresh().await {
            Ok(storage) => rule.judge(&storage).await,
            Err(error) => Err(Failure(format!("no storage to ask it of: {}", error_chain(&*error)))),
        };
        if let Err(Failure(how)) = judged {
            report.broken.push(Broken { rule, how });
        }
    }
    report
}

/// Which rules a store breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    broken: Vec<Broken>,
}

/// A rule that a store breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which rule.
    pub rule: Rule,
    /// What does not hold, or what the store said where it should have done as asked.
    pub how: String,
}

impl Report {
    /// Whether every rule is kept.
    pub const fn is_kept(&self) -> bool {
        self.broken.is_empty()
    }

    /// The rules that are broken, in the order of [`Rule::ALL`].
    pub fn broken(&self) -> &[Broken] {
        &self.broken
    }
}

/// How many rules are broken, and two lines for each of these.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} rules are broken", self.broken.len(), Rule::ALL.len())?;
        for Broken { rule, how } in &self.broken {
            write!(f, "\n{}: {how}\n    ({})", rule.name(), rule.sentence())?;
        }
        Ok(())
    }
}
