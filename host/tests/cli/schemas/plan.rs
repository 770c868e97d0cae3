//! `plan --json`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde_json::Value;

use super::audit::Survivors;
use super::values::{
    Authority, Count, CredentialKind, CredentialType, EnterpriseKind, EnterpriseSlug, Id, Login, Nullable, Position,
    Reason, Role, Rule, Timestamp,
};

/// What a request to revoke would take, from whom, and what it would leave: `plan --json`.
#[derive(JsonSchema)]
pub(super) struct Document {
    slug: Nullable<EnterpriseSlug>,
    kind: Nullable<EnterpriseKind>,
    /// The last event of the history that was asked.
    position: Position,
    /// When the request would be made.
    at: Timestamp,
    limited_to: Limits,
    plan: Plan,
    /// What would still authenticate after it, and why.
    survivors: Vec<Survivors>,
    /// Why the caller's token is among them, if it is.
    caller_survives: Option<Reason>,
    /// What the history was made from, if `import-inventory` made it.
    made_from: Option<MadeFrom>,
    /// The plan if everybody whose role is not known is a member. In `plan` they are collaborators.
    plan_with_members: Option<Plan>,
    /// Kinds of access that no log holds, so that no plan counts them.
    not_modelled: Vec<String>,
    /// The rule that refuses this request whoever makes it.
    refused_to_all_by: Option<Rule>,
    /// With `--as`.
    answer: Option<Answer>,
}

/// What a history that `import-inventory` made says of itself. Its times are invented.
#[derive(JsonSchema)]
pub(super) struct MadeFrom {
    exported_at: Timestamp,
    /// Credentials that are in the history.
    credentials: Count,
    /// Credentials that are not, because their rows could not be taken at their word.
    left_out: Count,
    /// How many there are of each kind that no log holds.
    not_modelled: BTreeMap<String, Count>,
    people: Count,
    /// People whose role is not known. The history calls them collaborators.
    unknown_roles: Count,
    /// People who were given `assumed_role`.
    assumed_roles: Count,
    assumed_role: Option<Role>,
}

/// What the request is limited to; empty for everything.
#[derive(JsonSchema)]
struct Limits {
    organization: Option<Named>,
    person: Option<Named>,
    credential_type: Option<CredentialType>,
}

#[derive(JsonSchema)]
struct Named {
    id: Id,
    login: Login,
}

/// What the operation would answer over HTTP.
#[derive(JsonSchema)]
struct Answer {
    #[schemars(range(min = 100, max = 599))]
    status: u16,
    /// The body of that answer.
    body: Value,
    /// By what it would be accepted.
    authority: Option<Authority>,
    refused_by: Option<Rule>,
}

/// What a request would do if it were the next event.
#[derive(JsonSchema)]
pub(super) struct Plan {
    /// The position that the request would have: its cut, and the id of the revocation.
    cut: Position,
    /// The organization that it is limited to.
    organization: Option<Id>,
    /// The person whom it is limited to.
    person: Option<Id>,
    /// The type of credential that it is limited to.
    credential_type: Option<CredentialType>,
    /// Whether tokens and keys are destroyed too.
    revoke_credentials: bool,
    /// Authorizations that would be revoked.
    authorizations_revoked: Count,
    /// Credentials that would be destroyed.
    credentials_destroyed: Count,
    /// The same for every kind of credential.
    by_kind: Vec<KindLoss>,
    /// The same for every role of an owner.
    by_role: Vec<RoleLoss>,
    /// The same for every organization that loses an authorization, in order of id.
    by_organization: Vec<OrganizationLoss>,
    /// What each enterprise owner would lose, in order of arrival.
    owners: Vec<OwnerLoss>,
    /// What would become of the caller's own token.
    caller: Option<CallerLoss>,
    already_pending: AlreadyPending,
    not_covered: NotCovered,
}

#[derive(JsonSchema)]
struct KindLoss {
    kind: CredentialKind,
    authorizations_revoked: Count,
    credentials_destroyed: Count,
}

#[derive(JsonSchema)]
struct RoleLoss {
    role: Role,
    authorizations_revoked: Count,
    credentials_destroyed: Count,
}

#[derive(JsonSchema)]
struct OrganizationLoss {
    organization: Id,
    login: Login,
    authorizations_revoked: Count,
}

#[derive(JsonSchema)]
struct OwnerLoss {
    person: Id,
    login: Login,
    authorizations_revoked: Count,
    credentials_destroyed: Count,
    already_pending: AlreadyPending,
}

/// What happens to the token that the request is made with.
#[derive(JsonSchema)]
struct CallerLoss {
    credential: Id,
    /// Its authorizations that this request revokes.
    authorizations_revoked: Count,
    /// Its authorizations that earlier revocations have taken already and will record.
    authorizations_pending: Count,
    fate: Fate,
    /// The earlier revocation that is to destroy it, where that is its fate.
    revocation: Option<Id>,
    /// When it expired, if it has.
    expired_at: Option<Timestamp>,
    /// Whether the answer carries the warning if the request is accepted.
    warned: bool,
}

/// What becomes of a token. Of all but `kept` and `destroyed` it is dead already.
#[derive(JsonSchema)]
#[schemars(rename_all = "snake_case")]
enum Fate {
    Destroyed,
    DestructionPending,
    AlreadyDestroyed,
    OwnerDeparted,
    Kept,
}

/// What earlier revocations have taken already and will record: not counted in the plan.
#[derive(JsonSchema)]
struct AlreadyPending {
    authorizations: Count,
    credentials: Count,
}

/// Credentials that match the request and still authenticate once it is done. The first two are all of them; the others
/// are parts of both.
#[derive(JsonSchema)]
struct NotCovered {
    /// Of guests and collaborators.
    collaborator_credentials: Count,
    /// Of enterprise members, and app tokens of a person whom the request names.
    member_credentials: Count,
    /// Those of which the request takes no authorization.
    without_authorization: Count,
    /// Those that may be authorized again where an authorization is taken from them.
    may_be_authorized_again: Count,
}
