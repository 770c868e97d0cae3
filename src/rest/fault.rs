//! What is wrong with a request: the rule that it breaks, and how the answer says so.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use crate::limits::{BODY_BYTES_MAX, IDEMPOTENCY_KEY_LENGTH_MAX};
use crate::refusal::Refusal;
use crate::rest::operation::Operation;
use crate::rule::Rule;

/// Where the API is documented: for those who are not known to ask for the operation.
pub(super) const API_URL: &str = "https://docs.github.com/rest";

/// What is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The core says no.
    Refused(Refusal),
    UserAgentMissing,
    /// No token, or one that the host does not know.
    TokenUnknown,
    /// As asked for, shortened.
    ApiVersion(String),
    OtherEnterprise,
    /// The path names a person who is not in the enterprise.
    PersonUnknown,
    IdempotencyKey,
    BodyTooLarge,
    BodyNotJson,
    BodyNotObject,
    OptionRepeated,
    /// No type of credential, or none that there is, where the operation needs one.
    TypeNotNamed,
    OptionNotBoolean,
    /// The path names a credential without an authorization to remove.
    NothingToRemove,
    /// Progress was asked of what this enterprise never requested.
    RevocationUnknown,
}

impl Fault {
    pub(super) const fn rule(&self) -> Rule {
        match self {
            Self::Refused(refusal) => refusal.rule(),
            Self::UserAgentMissing => Rule::UserAgentRequired,
            Self::TokenUnknown => Rule::TokenKnown,
            Self::ApiVersion(_) => Rule::ApiVersionKnown,
            Self::OtherEnterprise => Rule::EnterpriseOfToken,
            Self::PersonUnknown => Rule::PersonOfPath,
            Self::IdempotencyKey => Rule::IdempotencyKeyWellFormed,
            Self::BodyTooLarge => Rule::BodyWithinLimit,
            Self::BodyNotJson => Rule::BodyIsJson,
            Self::BodyNotObject => Rule::BodyIsObject,
            Self::OptionRepeated => Rule::RevokeCredentialsOnce,
            Self::TypeNotNamed => Rule::CredentialTypeNamed,
            Self::OptionNotBoolean => Rule::RevokeCredentialsBoolean,
            Self::NothingToRemove => Rule::AuthorizationOfPath,
            Self::RevocationUnknown => Rule::RevocationKnown,
        }
    }

    /// The status of the rule; for the rules that have none, since this operation's request cannot break them, 404 for
    /// what is not there and 422 for all else.
    pub(super) const fn status(&self) -> u16 {
        match (self, self.rule().http()) {
            (_, Some(http)) => http.status,
            (Self::RevocationUnknown | Self::NothingToRemove, None) => 404,
            (_, None) => 422,
        }
    }

    /// Its turn among several faults; what is in no order comes last.
    pub(super) fn precedence(&self) -> u8 {
        self.rule().http().map_or(u8::MAX, |http| http.precedence)
    }

    pub(super) fn message(&self) -> Cow<'static, str> {
        match self {
            Self::Refused(refusal) => refusal_message(refusal),
            Self::UserAgentMissing => "Request forbidden: a User-Agent header is required".into(),
            Self::TokenUnknown => BAD_CREDENTIALS.into(),
            Self::ApiVersion(asked) => format!("API version `{asked}` is not supported").into(),
            Self::OtherEnterprise | Self::PersonUnknown | Self::RevocationUnknown | Self::NothingToRemove => {
                NOT_FOUND.into()
            }
            Self::IdempotencyKey => format!(
                "Idempotency-Key must be given once, with 1 to {IDEMPOTENCY_KEY_LENGTH_MAX} visible ASCII characters"
            )
            .into(),
            Self::BodyTooLarge => format!("Request body is too large: at most {BODY_BYTES_MAX} bytes").into(),
            Self::BodyNotJson | Self::OptionRepeated => "Problems parsing JSON".into(),
            Self::BodyNotObject => "Body should be a JSON object".into(),
            Self::TypeNotNamed => "The `credential_type` parameter is required and must be one of: classic_pat, \
                                   fine_grained_pat, ssh_key, oauth_app_token"
                .into(),
            Self::OptionNotBoolean => INVALID_REQUEST.into(),
        }
    }

    /// Where the reader learns more.
    pub(super) const fn documentation_url(&self, operation: Operation) -> &'static str {
        if self.status() == 401 {
            API_URL
        } else {
            operation.documentation_url()
        }
    }
}

const BAD_CREDENTIALS: &str = "Bad credentials";
const INVALID_REQUEST: &str = "Invalid request";
pub(super) const NOT_FOUND: &str = "Not Found";

/// The documented message of what the core refuses. Others cannot be broken by this request: their own words will do.
fn refusal_message(refusal: &Refusal) -> Cow<'static, str> {
    match refusal {
        Refusal::Credential(_) | Refusal::CredentialOfAnother { .. } | Refusal::SshKey(_) => BAD_CREDENTIALS.into(),
        Refusal::EnterpriseUnknown
        | Refusal::Stranger
        | Refusal::OrganizationAbsent(_)
        | Refusal::OrganizationNameUnknown
        | Refusal::TargetAbsent(_) => NOT_FOUND.into(),
        Refusal::FineGrainedPat => "Resource not accessible by personal access token".into(),
        Refusal::ScopeMissing => "This token needs the admin:enterprise scope".into(),
        Refusal::AppPermissionMissing | Refusal::OrganizationPermissionMissing | Refusal::InstallationOfAnother(_) => {
            "Resource not accessible by integration".into()
        }
        Refusal::AdminOrgScopeMissing => "This token needs the admin:org scope".into(),
        Refusal::ReadOrgScopeMissing => "This token needs the read:org scope".into(),
        Refusal::TokenNotAuthorized(_) => "Resource protected by organization SAML enforcement. You must grant your \
                                           Personal Access token access to this organization."
            .into(),
        Refusal::NotOrganizationOwner { .. } => "Must be an organization owner".into(),
        Refusal::OrganizationCannotDestroy => INVALID_REQUEST.into(),
        Refusal::FirstOwner(_) => "The first EMU owner cannot be targeted for credential revocation.".into(),
        Refusal::NotQualified(_) => {
            "Must be an enterprise owner or have the write_enterprise_credentials permission".into()
        }
        Refusal::NotManagedUsers => {
            "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises".into()
        }
        Refusal::IdempotencyKeyReused { key, .. } => {
            format!("Idempotency-Key `{key}` was used within 24 hours with other parameters: choose another").into()
        }
        other => other.to_string().into(),
    }
}
