//! The test kit: for whoever builds an implementation of this operation, and for the core's own tests.
//!
//! | concern | here |
//! | --- | --- |
//! | workload: random histories that reach every corner | [`strategy`], [`Word`], [`explore`] |
//! | oracle: one step at a time, core beside a foreign implementation | [`foreign`] |
//! | specification: what holds in every reachable state | [`Law`] |
//! | a second opinion, in another technique | [`Model`] |
//! | proof that a suite would notice | [`wrong`], [`Coverage`] |
//! | examples | [`scenario`] |
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
mod coverage;
mod exploration;
pub mod foreign;
mod laws;
mod model;
mod run;
pub mod scenario;
pub mod strategy;
mod word;
pub mod world;
pub mod wrong;

pub use candidate::Candidate;
pub use coverage::Coverage;
pub use exploration::{Counterexample, explore};
pub use laws::{Law, Violation};
pub use model::{Model, Pair};
pub use run::{Moment, Run};
pub use word::{Ask, Step, Word};
