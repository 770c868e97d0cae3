//! The catalogue of rules. Every rule of the operation is here once, with its sentence, source, HTTP status and
//! precedence.
//!
//! The check of a rule cites it as `Rule::Name`. Most checks are in `decide/`, `enterprise/` or `rest/`. The examples
//! of a rule are in `tests/rules`, under the same id. `docs/rules.md` lists both.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::limits::{InvalidValue, excerpt};
use crate::name::TextVisitor;

/// Where a rule comes from.
///
/// Exhaustive: a rule is documented or it is ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The provider's public documentation.
    Fact,
    /// Our ruling, where the documentation is silent or disagrees; the decision record of this number says why.
    Ruling(u16),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fact => f.write_str("documented"),
            Self::Ruling(number) => write!(f, "decision {number:04}"),
        }
    }
}

/// A rule's HTTP face, where it has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HttpRefusal {
    /// The status that says no.
    pub status: u16,
    /// Its turn: of several refusals the one with the lowest number is given. Rules of one number exclude each other.
    pub precedence: u8,
}

/// Declares the rules and their catalogue from one table.
macro_rules! rules {
    ($($(#[$section:meta])* $rule:ident, $id:literal, $source:expr, $http:expr, $sentence:literal;)*) => {
        /// A rule of the operation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = $sentence] $rule,)*
        }

        impl Rule {
            /// Every rule, in the order of the catalogue.
            pub const ALL: &'static [Self] = &[$(Self::$rule,)*];

            /// The id: the rule's name in code, in tests and in documents.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$rule => $id,)* }
            }

            /// The rule in one sentence.
            pub const fn sentence(self) -> &'static str {
                match self { $(Self::$rule => $sentence,)* }
            }

            /// Where the rule comes from.
            pub const fn source(self) -> Source {
                match self { $(Self::$rule => $source,)* }
            }

            /// Status and precedence of the refusal over HTTP;
            /// nothing for rules that the operation's request cannot break.
            pub const fn http(self) -> Option<HttpRefusal> {
                match self { $(Self::$rule => $http,)* }
            }
        }
    };
}

const fn http(precedence: u8, status: u16) -> Option<HttpRefusal> {
    Some(HttpRefusal { status, precedence })
}

use Source::{Fact, Ruling};

rules! {
    UserAgentRequired, "user_agent_required", Fact, http(1, 403), "A request names its User-Agent.";

    TokenKnown, "token_known", Fact, http(2, 401),
        "A request carries one token that the service knows, as Bearer or token, the word in any case.";
    CredentialKnown, "credential_known", Ruling(2), http(2, 401),
        "A credential that was never issued authenticates nowhere, and no command can be about it.";
    CredentialOfCaller, "credential_of_caller", Ruling(2), http(2, 401),
        "A person calls with a credential of their own.";
    CredentialOwnerPresent, "credential_owner_present", Ruling(5), http(2, 401),
        "The credentials of a person who left authenticate nowhere and are granted nothing, even when the person \
         returns.";
    CredentialNotDestroyed, "credential_not_destroyed", Fact, http(2, 401),
        "A destroyed credential authenticates nowhere and is granted nothing.";
    CredentialNotDestructionPending, "credential_not_destruction_pending", Ruling(7), http(2, 401),
        "A credential whose destruction is pending authenticates nowhere and is granted nothing.";
    CredentialNotExpired, "credential_not_expired", Ruling(9), http(2, 401),
        "A credential authenticates nowhere, and is granted nothing, from its expiry on.";
    SshKeyIsNoApiCredential, "ssh_key_is_no_api_credential", Ruling(17), http(2, 401),
        "An SSH key does not authenticate at the API.";

    ApiVersionKnown, "api_version_known", Ruling(2), http(3, 400),
        "A request that names an API version names a known one; without a name it gets the default.";

    EnterpriseOfToken, "enterprise_of_token", Ruling(3), http(4, 404),
        "A token opens one enterprise; for any other slug, malformed, absent or real, the answer is the same.";
    EnterpriseExists, "enterprise_exists", Fact, http(4, 404),
        "An enterprise exists from its creation on; before it nothing can be asked of it.";
    StrangerSeesNothing, "stranger_sees_nothing", Ruling(3), http(4, 404),
        "A caller without any role in the enterprise does not learn that it exists.";
    OrganizationOfPath, "organization_of_path", Ruling(41), http(4, 404),
        "An operation on an organization names one that is in the token's enterprise now; absent and foreign ones are \
         answered alike.";

    FineGrainedPatCannotCall, "fine_grained_pat_cannot_call", Fact, http(5, 403),
        "Fine-grained personal access tokens cannot call the operations.";
    AdminEnterpriseScope, "admin_enterprise_scope", Fact, http(6, 403),
        "At the enterprise classic personal access tokens and OAuth app tokens need the scope admin:enterprise \
         itself, not one of its children.";
    EnterpriseCredentialsWrite, "enterprise_credentials_write", Fact, http(6, 403),
        "At the enterprise GitHub App user tokens and installations need the app permission \
         enterprise_credentials=write.";
    AdminOrgScope, "admin_org_scope", Fact, http(6, 403),
        "To revoke at an organization classic personal access tokens and OAuth app tokens need the scope admin:org.";
    ReadOrgScope, "read_org_scope", Fact, http(6, 403),
        "To list an organization's authorizations classic personal access tokens and OAuth app tokens need read:org, \
         or a scope that includes it.";
    OrganizationAdministration, "organization_administration", Ruling(41), http(6, 403),
        "At an organization GitHub App user tokens and installations need the app permission \
         organization_administration, write to revoke and read to list; an installation on one organization calls \
         there alone.";
    TokenAuthorizedForOrganization, "token_authorized_for_organization", Fact, http(7, 403),
        "At an organization a personal token must itself be usable for that organization; web sessions and \
         installations need no authorization.";
    OwnerOrPermission, "owner_or_permission", Fact, http(8, 403),
        "At the enterprise only an enterprise owner or a present holder of write_enterprise_credentials may revoke; \
         an installation needs no user.";
    OrganizationOwnerRequired, "organization_owner_required", Fact, http(8, 403),
        "At an organization only its owners may list or revoke, enterprise owners and holders of the permission as \
         such not; an installation needs no user.";

    PersonOfPath, "person_of_path", Ruling(41), http(9, 404),
        "A request about one person names somebody who is in the enterprise now; nobody unqualified learns who is.";

    IdempotencyKeyWellFormed, "idempotency_key_well_formed", Ruling(11), http(10, 422),
        "An idempotency key is one header of 1 to 255 visible ASCII characters.";
    BodyWithinLimit, "body_within_limit", Ruling(2), http(11, 413), "A body is at most 64 KiB.";
    BodyIsJson, "body_is_json", Fact, http(12, 400),
        "A body, where there is one, is JSON, whatever its Content-Type; zero bytes are no body.";
    BodyIsObject, "body_is_object", Fact, http(12, 400),
        "A body, where there is one, is a JSON object; keys other than the operation's own are not read.";
    RevokeCredentialsOnce, "revoke_credentials_once", Ruling(2), http(12, 400),
        "A body names revoke_credentials, and credential_type, at most once.";
    CredentialTypeNamed, "credential_type_named", Fact, http(13, 422),
        "A request about one type of credential names it in its body: classic_pat, fine_grained_pat, ssh_key or \
         oauth_app_token.";
    RevokeCredentialsBoolean, "revoke_credentials_boolean", Fact, http(14, 422),
        "revoke_credentials is true or false, not null nor anything else; absent it is false.";
    OrganizationDestroysNothing, "organization_destroys_nothing", Ruling(40), http(14, 422),
        "An organization's revocation destroys no credential: revoke_credentials is refused there, never dropped.";
    FirstOwnerIsNoTarget, "first_owner_is_no_target", Fact, http(15, 422),
        "The first EMU owner, who is the first person added as an owner of managed users, is no target at the \
         enterprise while that membership lasts.";
    ManagedUsersOnly, "managed_users_only", Fact, http(16, 422),
        "revoke_credentials is for Enterprise Managed Users only.";
    IdempotencyKeyForOneRequest, "idempotency_key_for_one_request", Ruling(11), http(17, 422),
        "Within 24 hours an idempotency key stands for one request; with other parameters, or for another operation, \
         it is refused.";
    UnfinishedOfOrganizationBounded, "unfinished_of_organization_bounded", Ruling(48), http(18, 429),
        "In its present membership an organization has at most 1,000 unfinished revocations; further requests at it \
         wait for one to complete.";
    UnfinishedOfEnterpriseBounded, "unfinished_of_enterprise_bounded", Ruling(48), http(19, 429),
        "An enterprise has at most 100,000 unfinished revocations, and only requests to revoke everything are \
         accepted from 50,000 on.";
    KeysOfRequesterBounded, "keys_of_requester_bounded", Ruling(48), http(20, 429),
        "A person or an installation first uses at most 10,000 idempotency keys within 24 hours; further requests \
         need no key.";

    EnterpriseCreatedOnce, "enterprise_created_once", Ruling(5), None,
        "An enterprise is created once; the same again changes nothing, other data is refused.";
    OrganizationKnown, "organization_known", Ruling(5), None, "A command names an organization that was added before.";
    OrganizationPresent, "organization_present", Ruling(5), None,
        "A credential is authorized for an organization that is in the enterprise now.";
    OrganizationDataUnchanged, "organization_data_unchanged", Ruling(5), None,
        "Adding a present organization again changes nothing with the same login and is refused with another.";
    OrganizationOwnerIsMember, "organization_owner_is_member", Ruling(41), None,
        "Owners, members and billing managers of the enterprise may own an organization that is in it; guests and \
         collaborators may not.";
    OwnershipEnds, "ownership_ends", Ruling(41), None,
        "The ownership of an organization ends with either membership and with the role of a guest or collaborator, \
         and does not come back.";
    LoginNamesOne, "login_names_one", Ruling(42), None,
        "Of those in the enterprise now no two people, and no two organizations, have logins that differ in nothing \
         but the case of letters.";
    MemberKnown, "member_known", Ruling(5), None, "A command names a person who was added before.";
    MemberPresent, "member_present", Ruling(5), None,
        "Only a present person, in whatever role, gets another role, a permission or a credential.";
    MemberDataUnchanged, "member_data_unchanged", Ruling(5), None,
        "Adding a present person again changes nothing with the same login and role and is refused with others.";
    RoleFitsEnterpriseKind, "role_fits_enterprise_kind", Fact, None,
        "Guest and repository collaborators exist on EMU enterprises only, outside collaborators on enterprises of \
         personal accounts only.";
    CredentialIdNeverReused, "credential_id_never_reused", Ruling(5), None,
        "A credential id is issued once, whatever became of it.";
    RevokedPairIsTombstone, "revoked_pair_is_tombstone", Fact, None,
        "A credential cannot be authorized again for an organization that a revocation of the enterprise took from \
         it, from the cut on and for good.";
    AuthorizationOfPath, "authorization_of_path", Ruling(45), None,
        "A single removal at an organization names a credential with a live or pending authorization for it; all else \
         is not there.";
    ListedInOrderOfGrant, "listed_in_order_of_grant", Ruling(45), None,
        "An organization's list shows its live authorizations that are not pending, those of expired credentials too, \
         in order of grant.";
    RevocationKnown, "revocation_known", Ruling(8), None, "A command names a revocation that was requested.";
    RevocationsInOrder, "revocations_in_order", Ruling(8), None,
        "Jobs run in the order of their cuts: continuing a later one while an earlier runs is refused.";

    RevocationNamesItsScope, "revocation_names_its_scope", Ruling(40), None,
        "A request for less than everything names an organization, a person or a type of credential.";

    ValuesWithinLimits, "values_within_limits", Ruling(14), None,
        "Ids, slugs, logins, fingerprints, scopes and idempotency keys are within their limits: a value that exists \
         is valid.";

    EveryAuthorizationInScope, "every_authorization_in_scope", Fact, None,
        "Every live authorization of every kind of credential is revoked, whatever the owner's role, collaborators \
         included.";
    EnterpriseMembersByRole, "enterprise_members_by_role", Ruling(13), None,
        "Enterprise members are the owners, the members and the billing managers.";
    MembersThreeKindsDestroyed, "members_three_kinds_destroyed", Fact, None,
        "With revoke_credentials the classic and fine-grained tokens and the SSH keys of enterprise members are \
         destroyed, authorized or not; app tokens are not.";
    CollaboratorsKeepCredentials, "collaborators_keep_credentials", Fact, None,
        "Guests and collaborators are not enterprise members: they lose authorizations and keep every credential, \
         unless a request names the person.";
    NobodyIsSpared, "nobody_is_spared", Ruling(12), None,
        "Within the scope all means all: neither the setup user, nor another owner, nor the caller's own token is \
         spared.";
    ScopeIsSettledAtTheCut, "scope_is_settled_at_the_cut", Ruling(6), None,
        "In scope is what was live just before the request; what comes after it, roles and removals included, changes \
         nothing in it.";
    FiltersNarrowTheScope, "filters_narrow_the_scope", Ruling(40), None,
        "Of a request with filters only that is in scope which matches them all: the organization and the person in \
         the membership present at the cut, and the type.";
    AppTokensAreOneType, "app_tokens_are_one_type", Ruling(40), None,
        "The type oauth_app_token is that of OAuth app tokens and of GitHub App user tokens; it destroys nothing.";
    PersonWhateverTheRole, "person_whatever_the_role", Ruling(43), None,
        "A request about one person destroys their credentials of the three kinds whatever their role, a guest's too.";
    NotCoveredIsCounted, "not_covered_is_counted", Fact, None,
        "What stays alive is named and counted in the plan: first credentials of guests and collaborators, then of \
         members, and of both those not authorized at the cut, which may be authorized later, and those that may be \
         authorized again.";
    AuthorizationRequired, "authorization_required", Fact, None,
        "A credential is used for an organization only while it holds a live authorization for the organization's \
         present membership.";
    EffectiveAtOnce, "effective_at_once", Ruling(7), None,
        "From the request on everything in its scope is refused, before any job has run.";
    RevocationPendingStillAuthenticates, "revocation_pending_still_authenticates", Ruling(7), None,
        "A credential whose authorization is pending is refused for that organization and still authenticates at \
         enterprise level.";
    EarliestRevocationOwnsItem, "earliest_revocation_owns_item", Ruling(6), None,
        "An item belongs to the earliest running revocation that covers it, and is recorded once.";
    LaterRequestHasItsOwnCut, "later_request_has_its_own_cut", Ruling(8), None,
        "A request while a job runs is accepted, has its own cut and job, and finds what is left.";
    JobInOrderOfIssue, "job_in_order_of_issue", Ruling(8), None,
        "A job records credentials in order of issue, each with its authorizations in order of grant and then its \
         destruction.";
    JobResumesFromTheStream, "job_resumes_from_the_stream", Ruling(8), None,
        "A job resumes after any of its events from the stream alone, repeats nothing, and records the same in \
         batches of any size.";
    CompletedOnceWhenNothingIsLeft, "completed_once_when_nothing_is_left", Ruling(8), None,
        "The batch that empties the scope ends with one completion; a completed revocation yields nothing more.";
    NothingToRevokeCompletesWithZeros, "nothing_to_revoke_completes_with_zeros", Ruling(8), None,
        "A request that finds nothing is accepted, and its job completes with zeros.";
    TotalsEqualThePlan, "totals_equal_the_plan", Ruling(8), None,
        "The totals at completion equal the plan at the request, whatever came between.";
    PendingItemRecordedEarly, "pending_item_recorded_early", Ruling(8), None,
        "A single command on a pending item succeeds and is recorded as part of the revocation that covers it.";
    SingleDestructionSettlesOnlyItself, "single_destruction_settles_only_itself", Ruling(8), None,
        "A single destruction settles only the destruction: the credential's pending authorizations stay for the job.";
    AnyKindDestroyedSingly, "any_kind_destroyed_singly", Ruling(8), None,
        "A single command destroys a credential of any kind: that app tokens cannot be destroyed speaks of revoke-all.";
    ExpiryKeepsScope, "expiry_keeps_scope", Ruling(9), None,
        "Expiry takes nothing out of scope; it only stops a token from authenticating.";
    FineGrainedMayAskAgain, "fine_grained_may_ask_again", Fact, None,
        "A fine-grained token's owner may ask again; a pending revocation of the old grant is recorded first, in the \
         same decision.";
    OrganizationLeavesNoTombstone, "organization_leaves_no_tombstone", Fact, None,
        "What an organization's revocation took may be authorized again, in every order with those of the enterprise; \
         while it is pending its revocation is recorded first, in the same decision.";
    SinglyRevokedMayBeGrantedAgain, "singly_revoked_may_be_granted_again", Ruling(10), None,
        "A pair revoked singly, outside any revocation, may be granted again to a live credential.";
    NothingOldComesBack, "nothing_old_comes_back", Ruling(5), None,
        "People and organizations return as new memberships: no role, permission, credential or authorization of the \
         old one comes back; a live credential may be authorized anew.";
    NothingToDoIsNoEvent, "nothing_to_do_is_no_event", Ruling(5), None,
        "A command that would change nothing, with nothing pending, is accepted and yields no events.";
    WarningForOwnToken, "warning_for_own_token", Fact, None,
        "The answer warns when, after acceptance, the caller's own credential has anything pending; installations are \
         never warned.";
    IdempotentFor24Hours, "idempotent_for_24_hours", Ruling(11), None,
        "The same key of the same person or installation, less than 24 hours after the first by the stream's time, is \
         the first request again; later it is a new one.";
    AuthorityRecorded, "authority_recorded", Ruling(4), None,
        "The request records who asked, with which credential, and by what authority: owner before permission, \
         organization_owner at an organization, or installation.";
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.id())
    }
}

impl FromStr for Rule {
    type Err = InvalidValue;

    /// Reads the id.
    fn from_str(text: &str) -> Result<Self, InvalidValue> {
        let named = Self::ALL.iter().find(|rule| rule.id() == text);
        named.copied().ok_or_else(|| InvalidValue::Name {
            what: "a rule",
            allowed: "an id of the catalogue".into(),
            found: excerpt(text),
        })
    }
}

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TextVisitor::new(Self::from_str))
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.id())
    }
}
