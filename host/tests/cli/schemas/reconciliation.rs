//! `reconcile --json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;

use super::values::{Count, EnterpriseKind, EnterpriseSlug, Id, Nullable, Position, Timestamp};

/// Where a log and the service's own list of credentials differ: `reconcile --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    slug: Nullable<EnterpriseSlug>,
    kind: Nullable<EnterpriseKind>,
    /// The end of the log that was compared.
    position: Position,
    at: Timestamp,
    list: List,
    /// Whether the ids of the list are those of the log.
    same_ids: bool,
    summary: Summary,
    /// Empty where nothing differs and every row could be taken at its word.
    findings: Vec<Finding>,
}

/// Whose list it is: the provider's inventory, or one of `credentials`.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum List {
    Inventory,
    Credentials,
}

/// How much was compared, and how much of it differs.
#[derive(JsonSchema)]
struct Summary {
    /// Rows of the list, without that of the names.
    rows: Count,
    /// Credentials of the list, without those that no log holds.
    listed: Count,
    /// Those of them that were found in the log.
    found: Count,
    /// Those that the service calls dead and the log does not have.
    dead_and_not_in_log: Count,
    /// What is listed and no log holds, by what the list calls its kind.
    not_modelled: BTreeMap<String, Count>,
    /// How many findings there are of each kind.
    findings: BTreeMap<String, Count>,
}

/// Where log and list differ, or what is wrong with the list.
#[derive(JsonSchema)]
struct Finding {
    /// What it is, in one word for counts.
    what: String,
    /// Which record of the list it is: 1 for the first one behind the names of the columns.
    record: Option<Count>,
    /// At which byte of the list the record begins, counted from 0.
    byte: Option<Count>,
    /// The type that the list gives it.
    listed_type: Option<String>,
    /// The id that the list gives it.
    listed_id: Option<String>,
    /// The credential of the log, if it was found there.
    credential: Option<Id>,
    /// The same for a person.
    message: String,
}
