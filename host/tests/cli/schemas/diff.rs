//! `diff --json`.

use schemars::JsonSchema;

use super::replay::Progress;
use super::values::{
    AuthorizationStatus, Count, CredentialKind, CredentialStatus, EnterpriseKind, EnterpriseSlug, Id, Login, Nullable,
    Position, Role, Scopes, Timestamp,
};

/// Where two logs part, and whose standing differs at their ends: `diff --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    /// Whether the logs have the same lines.
    same: bool,
    lines: Lines,
    /// The first line that differs.
    first_difference: Option<FirstDifference>,
    /// Whose standing differs; absent where that cannot be told.
    standings: Option<Standings>,
    /// Why it cannot.
    fault: Option<String>,
}

/// How many lines each log has.
#[derive(JsonSchema)]
struct Lines {
    a: Count,
    b: Count,
}

/// Where two logs part.
#[derive(JsonSchema)]
struct FirstDifference {
    position: Position,
    /// The line of the log A; nothing where it has ended.
    a: Nullable<String>,
    /// That of the log B.
    b: Nullable<String>,
}

/// Whose standing differs, `from` the log A `to` the log B.
#[derive(JsonSchema)]
struct Standings {
    /// The time that decides what has expired.
    at: Timestamp,
    differences: Vec<Difference>,
}

/// Something whose standing differs.
#[derive(JsonSchema)]
#[schemars(tag = "of", rename_all = "snake_case")]
enum Difference {
    Enterprise {
        from: Nullable<EnterpriseStanding>,
        to: Nullable<EnterpriseStanding>,
    },
    Organization {
        organization: Id,
        from: Nullable<OrganizationStanding>,
        to: Nullable<OrganizationStanding>,
    },
    Person {
        person: Id,
        from: Nullable<PersonStanding>,
        to: Nullable<PersonStanding>,
    },
    OrganizationOwner {
        organization: Id,
        person: Id,
        from: Nullable<bool>,
        to: Nullable<bool>,
    },
    Credential {
        credential: Id,
        from: Nullable<CredentialStanding>,
        to: Nullable<CredentialStanding>,
    },
    Authorization {
        credential: Id,
        organization: Id,
        from: Nullable<AuthorizationStatus>,
        to: Nullable<AuthorizationStatus>,
    },
    Revocation {
        revocation: Id,
        from: Nullable<Progress>,
        to: Nullable<Progress>,
    },
}

#[derive(JsonSchema)]
struct EnterpriseStanding {
    slug: EnterpriseSlug,
    kind: EnterpriseKind,
}

#[derive(JsonSchema)]
struct OrganizationStanding {
    is_present: bool,
    /// Its login, or the last one.
    login: Login,
}

#[derive(JsonSchema)]
struct PersonStanding {
    is_present: bool,
    /// Their role, or the last one.
    role: Role,
    /// Their login, or the last one.
    login: Login,
    /// Whether they are there and hold `write_enterprise_credentials`.
    may_write_credentials: bool,
    /// Whether they are there as the first EMU owner.
    is_first_owner: bool,
}

#[derive(JsonSchema)]
struct CredentialStanding {
    status: CredentialStatus,
    kind: CredentialKind,
    owner: Id,
    scopes: Scopes,
    expires_at: Option<Timestamp>,
}
