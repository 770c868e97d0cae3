//! Why not: the one error of `decide`, and the reasons for which access is denied.

use alloc::string::{String, ToString};

use serde::{Serialize, Serializer};

use crate::credential::{
    ADMIN_ENTERPRISE_SCOPE, ADMIN_ORG_SCOPE, ENTERPRISE_CREDENTIALS_WRITE, ORGANIZATION_ADMINISTRATION_WRITE,
    READ_ORG_SCOPE,
};
use crate::id::{CredentialId, OrganizationId, PersonId, RevocationId};
use crate::limits::{KEYS_OF_REQUESTER_MAX, UNFINISHED_OF_ORGANIZATION_MAX};
use crate::name::{EnterpriseSlug, IdempotencyKey, Login};
use crate::person::{EnterpriseKind, Role};
use crate::rule::Rule;
use crate::timestamp::Timestamp;

/// The request is at fault: a rule forbids the command in this state. Nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// [`Rule::EnterpriseExists`]
    #[error("the enterprise does not exist: create it first")]
    EnterpriseUnknown,
    /// [`Rule::StrangerSeesNothing`]
    #[error("the caller has no role in the enterprise")]
    Stranger,
    /// The credential in question does not authenticate; the reason names the rule.
    #[error(transparent)]
    Credential(#[from] CredentialDenial),
    /// [`Rule::CredentialOfCaller`]
    #[error("credential `{credential}` is not a credential of person `{person}`")]
    CredentialOfAnother {
        /// Which credential.
        credential: CredentialId,
        /// Who called with it.
        person: PersonId,
    },
    /// [`Rule::SshKeyIsNoApiCredential`]
    #[error("credential `{0}` is an SSH key, which does not authenticate at the API")]
    SshKey(CredentialId),
    /// [`Rule::FineGrainedPatCannotCall`]
    #[error("fine-grained personal access tokens cannot call this operation")]
    FineGrainedPat,
    /// [`Rule::AdminEnterpriseScope`]
    #[error("the token needs the scope `{ADMIN_ENTERPRISE_SCOPE}`")]
    ScopeMissing,
    /// [`Rule::EnterpriseCredentialsWrite`]
    #[error("the app needs the permission `{ENTERPRISE_CREDENTIALS_WRITE}`")]
    AppPermissionMissing,
    /// [`Rule::OwnerOrPermission`]
    #[error("person `{0}` is neither an enterprise owner nor a holder of `write_enterprise_credentials`")]
    NotQualified(PersonId),
    /// [`Rule::OrganizationOfPath`]
    #[error("organization `{0}` is not in the enterprise")]
    OrganizationAbsent(OrganizationId),
    /// [`Rule::AdminOrgScope`]
    #[error("the token needs the scope `{ADMIN_ORG_SCOPE}`")]
    AdminOrgScopeMissing,
    /// [`Rule::OrganizationOfPath`]: a name, not an id, was asked for.
    #[error("no organization of that name is in the enterprise")]
    OrganizationNameUnknown,
    /// [`Rule::ReadOrgScope`]
    #[error("the token needs the scope `{READ_ORG_SCOPE}`, or one that includes it")]
    ReadOrgScopeMissing,
    /// [`Rule::OrganizationAdministration`]
    #[error("the app needs the permission `{ORGANIZATION_ADMINISTRATION_WRITE}`, or to list alone `=read`")]
    OrganizationPermissionMissing,
    /// [`Rule::OrganizationAdministration`]: it is limited to another organization.
    #[error("the app's installation is limited to organization `{0}`")]
    InstallationOfAnother(OrganizationId),
    /// [`Rule::TokenAuthorizedForOrganization`]
    #[error("the token itself may not be used for the organization: {0}")]
    TokenNotAuthorized(AccessDenial),
    /// [`Rule::OrganizationOwnerRequired`]
    #[error("person `{person}` is no owner of organization `{organization}`")]
    NotOrganizationOwner {
        /// Who asked.
        person: PersonId,
        /// Of which organization.
        organization: OrganizationId,
    },
    /// [`Rule::PersonOfPath`]
    #[error("person `{0}` is not in the enterprise")]
    TargetAbsent(PersonId),
    /// [`Rule::RevocationNamesItsScope`]
    #[error(
        "the request names no organization, no person and no type of credential: to revoke everything, ask for that"
    )]
    ScopeNotNamed,
    /// [`Rule::OrganizationDestroysNothing`]
    #[error("an organization's revocation destroys no credential: ask without `revoke_credentials`")]
    OrganizationCannotDestroy,
    /// [`Rule::FirstOwnerIsNoTarget`]
    #[error("person `{0}` is the first EMU owner, who is no target")]
    FirstOwner(PersonId),
    /// [`Rule::ManagedUsersOnly`]
    #[error("`revoke_credentials` is only available for Enterprise Managed User (EMU) enterprises")]
    NotManagedUsers,
    /// [`Rule::IdempotencyKeyForOneRequest`]
    #[error("idempotency key `{key}` stands for revocation `{revocation}`, requested with other parameters")]
    IdempotencyKeyReused {
        /// The key.
        key: IdempotencyKey,
        /// What it stands for.
        revocation: RevocationId,
    },
    /// [`Rule::UnfinishedOfOrganizationBounded`]
    #[error(
        "organization `{0}` has {UNFINISHED_OF_ORGANIZATION_MAX} unfinished revocations or more: ask again when one \
         of them is completed"
    )]
    TooManyOfOrganization(OrganizationId),
    /// [`Rule::UnfinishedOfEnterpriseBounded`]
    #[error(
        "the enterprise has {unfinished} unfinished revocations, and less than {max} may be joined by this request: \
         ask again when more of them are completed"
    )]
    TooManyUnfinished {
        /// How many there are.
        unfinished: usize,
        /// From how many on such a request is refused: one to revoke everything later than all others.
        max: usize,
    },
    /// [`Rule::KeysOfRequesterBounded`]
    #[error(
        "{KEYS_OF_REQUESTER_MAX} idempotency keys of yours or more were first used within 24 hours: ask again without \
         a key"
    )]
    TooManyKeys,
    /// [`Rule::EnterpriseCreatedOnce`]
    #[error("the enterprise exists as `{slug}` with {kind}")]
    EnterpriseDiffers {
        /// The slug it has.
        slug: EnterpriseSlug,
        /// The kind it has.
        kind: EnterpriseKind,
    },
    /// [`Rule::OrganizationKnown`]
    #[error("organization `{0}` was never added to the enterprise")]
    OrganizationUnknown(OrganizationId),
    /// [`Rule::OrganizationPresent`]
    #[error("organization `{0}` is not in the enterprise any more")]
    OrganizationGone(OrganizationId),
    /// [`Rule::OrganizationDataUnchanged`]
    #[error("organization `{organization}` is present under the login `{login}`: remove it first")]
    OrganizationDiffers {
        /// Which.
        organization: OrganizationId,
        /// The login it has.
        login: Login,
    },
    /// [`Rule::LoginNamesOne`]
    #[error("organization `{organization}` is present under the login `{login}`: choose another login")]
    OrganizationLoginTaken {
        /// Which organization has it.
        organization: OrganizationId,
        /// As that one writes it.
        login: Login,
    },
    /// [`Rule::LoginNamesOne`]
    #[error("person `{member}` is present under the login `{login}`: choose another login")]
    MemberLoginTaken {
        /// Who has it.
        member: PersonId,
        /// As that one writes it.
        login: Login,
    },
    /// [`Rule::OrganizationOwnerIsMember`]
    #[error("a {role} cannot own an organization: owners, members and billing managers of the enterprise can")]
    CannotOwnOrganization {
        /// The person's role.
        role: Role,
    },
    /// [`Rule::MemberKnown`]
    #[error("person `{0}` was never added to the enterprise")]
    MemberUnknown(PersonId),
    /// [`Rule::MemberPresent`]
    #[error("person `{0}` is not in the enterprise any more: add them again first")]
    MemberGone(PersonId),
    /// [`Rule::MemberDataUnchanged`]
    #[error("person `{member}` is present as `{login}` in the role {role}: change the role, or remove them first")]
    MemberDiffers {
        /// Who.
        member: PersonId,
        /// The login they have.
        login: Login,
        /// The role they have.
        role: Role,
    },
    /// [`Rule::RoleFitsEnterpriseKind`]
    #[error("an enterprise with {kind} has no {role}")]
    RoleDoesNotFit {
        /// The role asked for.
        role: Role,
        /// The enterprise's kind.
        kind: EnterpriseKind,
    },
    /// [`Rule::CredentialIdNeverReused`]
    #[error("credential id `{0}` is taken: choose one that was never issued")]
    CredentialIdTaken(CredentialId),
    /// [`Rule::RevokedPairIsTombstone`]
    #[error(
        "a revocation took organization `{organization}` from credential `{credential}` for good: issue a new \
         credential"
    )]
    Tombstone {
        /// Which credential.
        credential: CredentialId,
        /// Which organization.
        organization: OrganizationId,
    },
    /// [`Rule::RevocationKnown`]
    #[error("revocation `{0}` was never requested")]
    RevocationUnknown(RevocationId),
    /// [`Rule::RevocationsInOrder`]
    #[error("revocation `{earlier}` is still running: continue it before `{revocation}`")]
    EarlierRevocationRuns {
        /// What was asked for.
        revocation: RevocationId,
        /// What comes first.
        earlier: RevocationId,
    },
}

impl Refusal {
    /// The rule that says no.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::EnterpriseUnknown => Rule::EnterpriseExists,
            Self::Stranger => Rule::StrangerSeesNothing,
            Self::Credential(denial) => denial.rule(),
            Self::CredentialOfAnother { .. } => Rule::CredentialOfCaller,
            Self::SshKey(_) => Rule::SshKeyIsNoApiCredential,
            Self::FineGrainedPat => Rule::FineGrainedPatCannotCall,
            Self::ScopeMissing => Rule::AdminEnterpriseScope,
            Self::AppPermissionMissing => Rule::EnterpriseCredentialsWrite,
            Self::NotQualified(_) => Rule::OwnerOrPermission,
            Self::OrganizationAbsent(_) | Self::OrganizationNameUnknown => Rule::OrganizationOfPath,
            Self::ReadOrgScopeMissing => Rule::ReadOrgScope,
            Self::AdminOrgScopeMissing => Rule::AdminOrgScope,
            Self::OrganizationPermissionMissing | Self::InstallationOfAnother(_) => Rule::OrganizationAdministration,
            Self::TokenNotAuthorized(_) => Rule::TokenAuthorizedForOrganization,
            Self::NotOrganizationOwner { .. } => Rule::OrganizationOwnerRequired,
            Self::TargetAbsent(_) => Rule::PersonOfPath,
            Self::ScopeNotNamed => Rule::RevocationNamesItsScope,
            Self::OrganizationCannotDestroy => Rule::OrganizationDestroysNothing,
            Self::FirstOwner(_) => Rule::FirstOwnerIsNoTarget,
            Self::NotManagedUsers => Rule::ManagedUsersOnly,
            Self::IdempotencyKeyReused { .. } => Rule::IdempotencyKeyForOneRequest,
            Self::TooManyOfOrganization(_) => Rule::UnfinishedOfOrganizationBounded,
            Self::TooManyUnfinished { .. } => Rule::UnfinishedOfEnterpriseBounded,
            Self::TooManyKeys => Rule::KeysOfRequesterBounded,
            Self::EnterpriseDiffers { .. } => Rule::EnterpriseCreatedOnce,
            Self::OrganizationUnknown(_) => Rule::OrganizationKnown,
            Self::OrganizationGone(_) => Rule::OrganizationPresent,
            Self::OrganizationDiffers { .. } => Rule::OrganizationDataUnchanged,
            Self::OrganizationLoginTaken { .. } | Self::MemberLoginTaken { .. } => Rule::LoginNamesOne,
            Self::CannotOwnOrganization { .. } => Rule::OrganizationOwnerIsMember,
            Self::MemberUnknown(_) => Rule::MemberKnown,
            Self::MemberGone(_) => Rule::MemberPresent,
            Self::MemberDiffers { .. } => Rule::MemberDataUnchanged,
            Self::RoleDoesNotFit { .. } => Rule::RoleFitsEnterpriseKind,
            Self::CredentialIdTaken(_) => Rule::CredentialIdNeverReused,
            Self::Tombstone { .. } => Rule::RevokedPairIsTombstone,
            Self::RevocationUnknown(_) => Rule::RevocationKnown,
            Self::EarlierRevocationRuns { .. } => Rule::RevocationsInOrder,
        }
    }
}

/// Why a credential does not authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialDenial {
    /// [`Rule::CredentialKnown`]
    #[error("credential `{0}` was never issued")]
    Unknown(CredentialId),
    /// [`Rule::CredentialOwnerPresent`]
    #[error("the owner of credential `{0}` left the enterprise")]
    OwnerDeparted(CredentialId),
    /// [`Rule::CredentialNotDestroyed`]
    #[error("credential `{0}` is destroyed")]
    Destroyed(CredentialId),
    /// [`Rule::CredentialNotDestructionPending`]
    #[error("credential `{credential}` is to be destroyed by revocation `{revocation}`")]
    DestructionPending {
        /// Which credential.
        credential: CredentialId,
        /// By which revocation.
        revocation: RevocationId,
    },
    /// [`Rule::CredentialNotExpired`]
    #[error("credential `{credential}` expired at {expires_at}")]
    Expired {
        /// Which credential.
        credential: CredentialId,
        /// When.
        expires_at: Timestamp,
    },
}

impl CredentialDenial {
    /// The rule that says no.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::Unknown(_) => Rule::CredentialKnown,
            Self::OwnerDeparted(_) => Rule::CredentialOwnerPresent,
            Self::Destroyed(_) => Rule::CredentialNotDestroyed,
            Self::DestructionPending { .. } => Rule::CredentialNotDestructionPending,
            Self::Expired { .. } => Rule::CredentialNotExpired,
        }
    }
}

/// Why a credential may not be used for an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccessDenial {
    /// The credential does not authenticate at all; the reason names the rule.
    #[error(transparent)]
    Credential(#[from] CredentialDenial),
    /// [`Rule::OrganizationKnown`]
    #[error("organization `{0}` was never added to the enterprise")]
    OrganizationUnknown(OrganizationId),
    /// [`Rule::OrganizationPresent`]
    #[error("organization `{0}` is not in the enterprise any more")]
    OrganizationGone(OrganizationId),
    /// [`Rule::AuthorizationRequired`]: none was ever granted, or it ended.
    #[error("the credential is not authorized for organization `{0}`")]
    NotAuthorized(OrganizationId),
    /// [`Rule::AuthorizationRequired`]: it was revoked, by a revocation or singly.
    #[error("the authorization for organization `{0}` is revoked")]
    Revoked(OrganizationId),
    /// [`Rule::EffectiveAtOnce`]: the authorization is in the scope of a running revocation.
    #[error("the authorization for organization `{organization}` is to be revoked by revocation `{revocation}`")]
    RevocationPending {
        /// For which organization.
        organization: OrganizationId,
        /// By which revocation.
        revocation: RevocationId,
    },
}

impl AccessDenial {
    /// The rule that says no.
    pub const fn rule(&self) -> Rule {
        match self {
            Self::Credential(denial) => denial.rule(),
            Self::OrganizationUnknown(_) => Rule::OrganizationKnown,
            Self::OrganizationGone(_) => Rule::OrganizationPresent,
            Self::NotAuthorized(_) | Self::Revoked(_) => Rule::AuthorizationRequired,
            Self::RevocationPending { .. } => Rule::EffectiveAtOnce,
        }
    }
}

/// Writes a refusal as its rule and its message.
macro_rules! serialized {
    ($($type:ident),*) => {$(
        /// As `{"rule":"…","message":"…"}`.
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let (rule, message) = (self.rule(), self.to_string());
                Told { rule, message }.serialize(serializer)
            }
        }
    )*};
}

serialized!(Refusal, CredentialDenial, AccessDenial);

#[derive(Serialize)]
struct Told {
    rule: Rule,
    message: String,
}
