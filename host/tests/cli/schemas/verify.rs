//! `verify --json`.

use schemars::JsonSchema;

use super::values::{Count, Nullable};

/// Whether a store holds what was appended to it: `verify --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    streams: Count,
    /// Lines of these streams.
    lines: Count,
    look_up_rows: Count,
    /// How many differences there are.
    findings: Count,
    differences: Vec<Difference>,
}

#[derive(JsonSchema)]
struct Difference {
    /// The name of the stream; null where it is the storage as a whole.
    stream: Nullable<String>,
    /// Its name, for machines.
    #[schemars(regex(pattern = "^[a-z_]+$"))]
    kind: String,
    /// What it is, for people.
    says: String,
    /// What to do about it.
    cure: String,
}
