//! Each rule of the catalogue with its examples: a module named by the rule's id,
//! with what is accepted and what is refused.
//!
//! `docs/rules.md` is written from the catalogue and these files: `UPDATE_DOCS=1 cargo test --test rules`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a broken rule ends the test"
)]

#[path = "rules/authentication.rs"]
mod authentication;
#[path = "rules/authority.rs"]
mod authority;
#[path = "rules/body.rs"]
mod body;
#[path = "rules/bounds.rs"]
mod bounds;
#[path = "rules/catalogue.rs"]
mod catalogue;
#[path = "rules/commands.rs"]
mod commands;
#[path = "rules/effect.rs"]
mod effect;
#[path = "rules/given.rs"]
mod given;
#[path = "rules/http.rs"]
mod http;
#[path = "rules/job.rs"]
mod job;
#[path = "rules/limited.rs"]
mod limited;
#[path = "rules/membership.rs"]
mod membership;
#[path = "rules/narrower.rs"]
mod narrower;
#[path = "rules/organizations.rs"]
mod organizations;
#[path = "rules/plan.rs"]
mod plan;
#[path = "rules/post.rs"]
mod post;
#[path = "rules/requests.rs"]
mod requests;
#[path = "rules/scope.rs"]
mod scope;
#[path = "rules/tombstones.rs"]
mod tombstones;
