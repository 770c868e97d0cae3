//! Why the rows of a credential cannot be taken at their word.

use enterprise_credentials::InvalidValue;

use crate::counted;

/// What is wrong with the rows of one credential.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// An `item_type` that is not known.
    #[error("has the item_type `{found}`, which is not known")]
    UnknownItemType {
        /// What was found.
        found: String,
    },
    /// A type of credential that is not known.
    #[error("is of the type `{found}`, which is not known")]
    UnknownType {
        /// What was found.
        found: String,
    },
    /// A state that is not known.
    #[error("is in the state `{found}`, which is not known")]
    UnknownState {
        /// What was found.
        found: String,
    },
    /// A state of an authorization that is not known.
    #[error("has an authorization in the state `{found}`, which is not known")]
    UnknownAuthorization {
        /// What was found.
        found: String,
    },
    /// The owner is no user.
    #[error("is owned by a `{found}`, and only users own credentials here")]
    OwnerIsNoUser {
        /// What the owner is.
        found: String,
    },
    /// There is no owner's id.
    #[error("has no owner's id in `{column}`")]
    NoOwner {
        /// Where it should be.
        column: &'static str,
    },
    /// A value that is none.
    #[error("has no valid `{column}`: {why}")]
    Unreadable {
        /// In which column.
        column: &'static str,
        /// Why not.
        why: InvalidValue,
    },
    /// A row has two hashes, and they are not the same.
    #[error("has in `hashed_token` another hash than in `fingerprint`")]
    HashesDisagree,
    /// A count that is no number.
    #[error("has no number in `{column}`, but {}", found_in_words(found))]
    NoNumber {
        /// In which column.
        column: &'static str,
        /// What was found.
        found: String,
    },
    /// Two rows of the credential say different things.
    #[error("has another `{column}` in record {record}")]
    RowsDisagree {
        /// In which column.
        column: &'static str,
        /// Which record differs from the first one.
        record: u64,
    },
    /// A row says what an earlier one said.
    #[error("is listed again in record {record}")]
    ListedAgain {
        /// Which record.
        record: u64,
    },
    /// There are fewer rows than the rows themselves say: the export was cut short.
    #[error(
        "has {} with an organization, and by `authorization_count` {count}: the list was cut short",
        rows_in_words(*rows)
    )]
    TooFewRows {
        /// How many organizations there are rows for.
        rows: u64,
        /// How many there should be.
        count: u64,
    },
    /// There are more rows than the rows themselves say.
    #[error("has {} with an organization, and by `authorization_count` {count}", rows_in_words(*rows))]
    TooManyRows {
        /// How many organizations there are rows for.
        rows: u64,
        /// How many there should be.
        count: u64,
    },
}

fn found_in_words(found: &str) -> String {
    match found {
        "" => "nothing".to_owned(),
        found => format!("`{found}`"),
    }
}

fn rows_in_words(rows: u64) -> String {
    counted(rows, "row", "rows")
}

impl Fault {
    /// What kind of fault it is, in one word for lists and counts.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::UnknownItemType { .. } => "unknown_item_type",
            Self::UnknownType { .. } => "unknown_type",
            Self::UnknownState { .. } => "unknown_state",
            Self::UnknownAuthorization { .. } => "unknown_authorization",
            Self::OwnerIsNoUser { .. } => "owner_is_no_user",
            Self::NoOwner { .. } => "no_owner",
            Self::Unreadable { .. } | Self::NoNumber { .. } => "unreadable",
            Self::HashesDisagree => "hashes_disagree",
            Self::RowsDisagree { .. } => "rows_disagree",
            Self::ListedAgain { .. } => "listed_again",
            Self::TooFewRows { .. } => "too_few_rows",
            Self::TooManyRows { .. } => "too_many_rows",
        }
    }
}
