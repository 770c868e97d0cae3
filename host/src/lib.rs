//! The host around the pure core `enterprise-credentials`: storage, states that are fresh before they answer, the
//! background worker, and the operations over HTTP. The program `enterprise-credentials` is a thin command line over
//! this library.
//!
//! A service in Rust can embed it. The service opens a [`store`] and asks the states of its [`enterprises`]. A
//! [`worker`] records what accepted revocations have made pending. The service adds the operations to its own routes.
//! `examples/service.rs` does all of this in a page.
//!
//! | concern | type |
//! | --- | --- |
//! | where streams are kept | [`store::Store`], opened by [`store::open`] from a [`store::StoreUrl`] |
//! | a state that holds all that its stream holds | [`enterprises::Enterprises::ask`] |
//! | a command, decided and durable | [`enterprises::Enterprises::decide`], and `decide_by` with whose it is |
//! | the job | [`worker::Worker`] |
//! | the operations, and a whole host | `http::router`, `host::Host` (feature `http`) |
//! | what a bearer token is known by | [`token::fingerprint`] |
//! | checkpoints that were signed of a stream, and proofs between them | [`seal`] |
//! | a log into a store, or an altered stream mended with one | [`import`], [`repair`], [`store::verify`] |
//! | a clock that must not be believed | [`clock`] |
//!
//! # Features
//!
//! | feature | brings |
//! | --- | --- |
//! | `cli` (default) | the program, and sample enterprises; brings `http` and `sqlite` |
//! | `sqlite` | the engine of `sqlite:` URLs: one file of this machine |
//! | `postgres` | the engine of `postgres://` URLs: a database that any number of hosts share |
//! | `http` | the operations over HTTP: axum and hyper |
//! | `tls` | HTTP over TLS, by rustls |
//! | `witness` | others who cosign the host's checkpoints, asked over HTTP |
//! | `wrong` | cores that are wrong on purpose, for `oracle --wrong`; brings the test kit |
//! | `contract` | the contract of the storage port, and wrong stores, for the test suite of a store of one's own |
//!
//! Without features it has the port, the states and the worker. A service that has its own HTTP needs no more.

mod error_chain;
mod log_line;
mod whole_file;

pub mod clock;
pub mod enterprises;
#[cfg(feature = "http")]
pub mod host;
#[cfg(feature = "http")]
pub mod http;
pub mod import;
pub mod mark;
pub mod own_file;
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub mod repair;
#[cfg(feature = "cli")]
pub mod sample;
pub mod seal;
pub mod store;
pub mod token;
#[cfg(feature = "witness")]
pub mod witness;
pub mod worker;

pub use error_chain::error_chain;
pub use log_line::read_log_line;
