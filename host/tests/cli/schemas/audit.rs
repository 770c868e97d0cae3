//! `audit --json`.

use schemars::JsonSchema;

use super::events::Actor;
use super::plan::{MadeFrom, Plan};
use super::replay::Progress;
use super::values::{
    Authority, Count, CredentialKind, CredentialType, EnterpriseKind, EnterpriseSlug, Id, IdempotencyKey, Login,
    Nullable, Position, Reason, Role, Rule, Timestamp,
};

/// Who revoked what, by what authority, what is still alive, and what breaks a rule: `audit --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    /// The SHA-256 of all bytes that were read, in hexadecimal digits.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    sha256: String,
    /// Whether the log was read to its end. Of one that was not, the report covers what could be read.
    complete: bool,
    /// With `--until`.
    as_of: Option<AsOf>,
    /// What the log was made from, if `import-inventory` made it: its times are invented.
    made_from: Option<MadeFrom>,
    /// With `--checkpoint`.
    seal: Option<Seal>,
    /// Kinds of access that no log holds.
    not_modelled: Vec<String>,
    /// The limits by which revocations were chosen.
    chosen_by: Option<ChosenBy>,
    slug: Nullable<EnterpriseSlug>,
    kind: Nullable<EnterpriseKind>,
    /// The last event.
    position: Position,
    last_at: Nullable<Timestamp>,
    /// The evidence of each revocation, in order of their cuts.
    revocations: Vec<Evidence>,
    /// The revocation that `survivors` is about: the last, or the one that was asked for.
    survivors_of: Nullable<Id>,
    /// What was still alive at the end, and why.
    survivors: Vec<Survivors>,
    /// Every rule or law that an event breaks. Empty where the log keeps them all.
    findings: Vec<Finding>,
}

/// The moment as of which the log is reported.
#[derive(JsonSchema)]
struct AsOf {
    /// The time that was asked for, or that of the last event up to the position that was.
    at: Timestamp,
    /// How many lines the log has beyond. They are not in the report.
    later_lines: Count,
}

/// What a checkpoint says of the log.
#[derive(JsonSchema)]
struct Seal {
    /// Of which log it is.
    origin: String,
    /// How many lines it covers.
    size: Count,
    /// The root of the tree over them, in base64.
    root: String,
    /// The ids of the keys that signed it.
    signed_by: Vec<String>,
    /// The witnesses that were asked for.
    cosigned_by: Option<Vec<Cosignature>>,
    /// Whether the first `size` lines of the log are those that were sealed.
    holds: bool,
    /// How many lines are behind them.
    not_covered: Option<Count>,
    /// Why it does not hold.
    fault: Option<String>,
}

#[derive(JsonSchema)]
struct Cosignature {
    witness: String,
    /// In seconds from 1970, by the witness's clock.
    time: Count,
    /// By the clock of the machine that ran the audit.
    age_seconds: Count,
}

#[derive(JsonSchema)]
struct ChosenBy {
    person: Option<Login>,
    credential_type: Option<CredentialType>,
    organization: Option<Login>,
}

/// The evidence of one revocation: its progress, and its request as it was when it was recorded.
#[derive(JsonSchema)]
struct Evidence {
    #[schemars(flatten)]
    progress: Progress,
    requested_by: Actor,
    /// Of the person who asked.
    login: Option<Login>,
    /// Of the person who asked.
    role: Option<Role>,
    /// Of the organization that it is limited to.
    organization_login: Option<Login>,
    /// Of the person whom it is limited to.
    person_login: Option<Login>,
    authority: Authority,
    idempotency_key: Option<IdempotencyKey>,
    /// What it was to take, computed from the events before it.
    plan: Plan,
    /// What was still alive at the end, where revocations were chosen by their limits.
    survivors: Option<Vec<Survivors>>,
}

/// Credentials of one kind that authenticate, or live authorizations of them, for one reason.
#[derive(JsonSchema)]
pub(super) struct Survivors {
    reason: Reason,
    kind: CredentialKind,
    count: Count,
    /// The first few credentials, in order of issue.
    examples: Vec<Id>,
}

#[derive(JsonSchema)]
struct Finding {
    position: Position,
    at: Timestamp,
    /// The rule, where one is broken that requests are held to.
    rule: Option<Rule>,
    /// What is wrong, in a sentence.
    what: String,
}
