//! The PostgreSQL engine on one real server: the contract of the port, and what only this engine has.
//!
//! A script starts the server, and names it in `POSTGRES_URL`, without a database; words behind the program name the tests to run.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod server;

use std::process::ExitCode;

use enterprise_credentials_host::store::contract::{self, Storage};
use enterprise_credentials_host::store::{self, AnyStore, IfMissing, StoreError};

use server::Database;

impl Storage for Database {
    type Store = AnyStore;

    async fn open(&self) -> Result<AnyStore, StoreError> {
        store::open(&self.url(), IfMissing::Create).await
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    let report = contract::check(async || Ok(Database::new().await)).await;
    println!("{report}");
    if report.is_kept() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
