//! The test kit: for whoever builds an implementation of this operation, and for the core's own tests.
//!
//! Start with the guide, [docs/testkit.md][guide] in the repository.
//!
//! | concern | here |
//! | --- | --- |
//! | workload: random histories that reach every corner | [`strategy`], [`Word`], [`explore`] |
//! | oracle: one step at a time, core beside a foreign implementation | [`foreign`] |
//! | two instances over one store: stale answers and racy appends | [`hosts`] |
//! | specification: what holds in every reachable state | [`Law`] |
//! | a second opinion, in another technique | [`Model`] |
//! | proof that a suite would notice | [`wrong`], [`Coverage`] |
//! | a variant of the core as JSON | [`Spoken`] |
//! | answers on file, for suites in any language | [`corpus`] |
//! | examples | [`scenario`] |
//!
//! [guide]: https://docs.rs/enterprise-credentials/latest/enterprise_credentials/guides/testkit
//!
//! ```
//! use enterprise_credentials::Enterprise;
//! use enterprise_credentials_testkit::{Coverage, Law, Run, explore};
//!
//! let mut coverage = Coverage::default();
//! let explored = explore(1, 20, |word| {
//!     let run = Run::<Enterprise>::of(word);
//!     coverage.observe(&run);
//!     Law::ALL.into_iter().try_for_each(|law| law.check(&run))
//! });
//! if let Err(counterexample) = explored {
//!     panic!("{counterexample}"); // the seed, the shrunken word, the law and the step
//! }
//! ```

mod candidate;
pub mod corpus;
mod coverage;
mod excerpt;
mod exploration;
pub mod foreign;
pub mod hosts;
mod laws;
mod model;
mod panics;
mod run;
pub mod scenario;
mod served;
mod spoken;
pub mod strategy;
mod word;
pub mod world;
pub mod wrong;

pub use candidate::Candidate;
pub use coverage::{Coverage, is_beyond_commands};
pub use exploration::{Counterexample, explore};
pub use laws::{Law, Violation};
pub use model::{Model, Pair};
pub use run::{Moment, Run};
pub use spoken::Spoken;
pub use word::{Ask, NotAWord, Step, Word};

/// The examples of the guide, compiled and run with the doctests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/testkit.md")]
struct Documents;
