//! The reference host: the HTTP operation, storage and the background worker around the pure core.

mod error_chain;
mod log_line;
mod whole_file;

pub mod clock;
pub mod enterprises;
pub mod host;
pub mod http;
pub mod import;
pub mod mark;
pub mod repair;
pub mod sample;
pub mod store;
pub mod token;
pub mod worker;

pub use error_chain::error_chain;
pub use log_line::read_log_line;
