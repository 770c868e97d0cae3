//! The operation's HTTP contract: every status, header and body as documented, and of several faults the right one.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "rest_contract/answers.rs"]
mod answers;
#[path = "rest_contract/arbitrary.rs"]
mod arbitrary;
#[path = "rest_contract/idempotency.rs"]
mod idempotency;
#[path = "rest_contract/operations.rs"]
mod operations;
#[path = "rest_contract/organization.rs"]
mod organization;
#[path = "rest_contract/parsing.rs"]
mod parsing;
#[path = "rest_contract/precedence.rs"]
mod precedence;
#[path = "rest_contract/progress.rs"]
mod progress;
#[path = "rest_contract/warning.rs"]
mod warning;
#[path = "rest_contract/world.rs"]
mod world;
