//! What a request says besides its body: its path, its headers, and who is behind its token.

use alloc::string::String;
use alloc::vec::Vec;

use crate::command::Caller;
use crate::enterprise::Enterprise;
use crate::limits::excerpt;
use crate::name::IdempotencyKey;
use crate::rest::decider::Decider;
use crate::rest::fault::Fault;
use crate::rest::operation::{Operation, segment};

/// The API version of a request that asks for none.
pub const API_VERSION_DEFAULT: &str = "2022-11-28";
/// The API versions that a request may ask for.
pub const API_VERSIONS: [&str; 2] = [API_VERSION_DEFAULT, "2026-03-10"];

/// A request, without its body.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is asked for, and of what.
    pub path: Path<'a>,
    /// The headers as received: names in any case, values as bytes, repeated ones kept.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The request's id, to be found in the response and in the host's logs. Visible ASCII.
    pub request_id: &'a str,
}

/// The operation that a path stands for, and the names in it, percent-decoded once,
/// after the path was split into segments.
#[derive(Debug, Clone, Copy)]
pub struct Path<'a> {
    /// The operation. A request for progress is told apart by the function that answers it.
    pub operation: Operation,
    /// The segment `{enterprise}` or `{org}`.
    pub owner: &'a str,
    /// The segment `{username}` or `{credential_id}`; empty where the path has neither.
    pub target: &'a str,
}

impl<'a> Path<'a> {
    /// The path of [`Operation::RevokeAll`].
    pub const fn revoke_all(enterprise: &'a str) -> Self {
        Self {
            operation: Operation::RevokeAll,
            owner: enterprise,
            target: "",
        }
    }

    /// The path as it is sent: what a segment cannot hold is percent-encoded. Nothing where a name is `.` or `..`,
    /// which clients and proxies take for steps in the path.
    pub fn encoded(&self) -> Option<String> {
        let segments = [
            ("{enterprise}", self.owner),
            ("{org}", self.owner),
            ("{username}", self.target),
            ("{credential_id}", self.target),
        ];
        let mut path = self.operation.path();
        for (place, name) in segments {
            if path.contains(place) {
                if matches!(name, "." | "..") {
                    return None;
                }
                path = path.replacen(place, &segment(name), 1);
            }
        }
        Some(path)
    }
}

/// What the host found behind the request's token. A token belongs to one enterprise, whatever the path says.
#[derive(Debug, Clone)]
pub struct Presented<'a> {
    /// The token's enterprise, as fresh as the store has it. That of the path is not even loaded.
    pub enterprise: &'a dyn Decider,
    /// Who calls. The host's word, which is checked against the enterprise.
    pub caller: Caller,
}

impl<'a> Presented<'a> {
    /// The state of the token's enterprise.
    pub(super) fn enterprise(&self) -> &'a Enterprise {
        self.enterprise.enterprise()
    }
}

/// The token in `Authorization: Bearer T` or `token T`, the word in any case.
///
/// Nothing where the header is missing or repeated, names another scheme, or where the token is empty or has a
/// character that is not visible ASCII: to a host that is an unknown token.
///
/// [`Rule::TokenKnown`](crate::Rule::TokenKnown)
pub fn bearer_token<'a>(headers: &[(&'a str, &'a [u8])]) -> Option<&'a str> {
    let mut values = values(headers, "authorization");
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let (scheme, token) = core::str::from_utf8(value).ok()?.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    let token = token.trim_start_matches(' ');
    let visible = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic());
    (known && visible).then_some(token)
}

impl Request<'_> {
    /// Whether the request names its user agent, with more than white space.
    ///
    /// [`Rule::UserAgentRequired`](crate::Rule::UserAgentRequired)
    pub(super) fn names_user_agent(&self) -> bool {
        values(self.headers, "user-agent").any(|value| !value.trim_ascii().is_empty())
    }

    /// The API version that the request asks for, or the default.
    ///
    /// [`Rule::ApiVersionKnown`](crate::Rule::ApiVersionKnown)
    pub(super) fn api_version(&self) -> Result<&'static str, Fault> {
        let Some(asked) = self.text("x-github-api-version") else {
            return Ok(API_VERSION_DEFAULT);
        };
        let known = API_VERSIONS.into_iter().find(|version| *version == asked);
        known.ok_or_else(|| Fault::ApiVersion(excerpt(&asked)))
    }

    /// The idempotency key, if there is one.
    ///
    /// [`Rule::IdempotencyKeyWellFormed`](crate::Rule::IdempotencyKeyWellFormed)
    pub(super) fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, Fault> {
        let key = self.text("idempotency-key").map(|key| IdempotencyKey::new(&key));
        key.transpose().map_err(|_| Fault::IdempotencyKey)
    }

    /// A header as text: repeated ones joined by `, ` as HTTP has it, what is not UTF-8 replaced. No value that is
    /// expected here looks like either.
    fn text(&self, name: &str) -> Option<String> {
        let values: Vec<_> = values(self.headers, name).map(String::from_utf8_lossy).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

fn values<'a>(headers: &[(&'a str, &'a [u8])], name: &str) -> impl Iterator<Item = &'a [u8]> {
    let named = headers
        .iter()
        .filter(move |(header, _)| header.eq_ignore_ascii_case(name));
    named.map(|(_, value)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_written_as_it_is_sent() {
        let of = |operation, owner, target| {
            Path {
                operation,
                owner,
                target,
            }
            .encoded()
        };
        let written = |path: &str| Some(String::from(path));
        assert_eq!(
            of(Operation::RevokePersonType, "octo-corp", "mona/{org}"),
            written("/enterprises/octo-corp/credential-authorizations/mona%2F%7Borg%7D/revoke-credential-type")
        );
        assert_eq!(
            of(Operation::OrganizationRevokeAll, "octo org", ""),
            written("/orgs/octo%20org/credential-authorizations/revoke-all")
        );
        assert_eq!(of(Operation::RevokePerson, "octo-corp", ".."), None);
        assert_eq!(
            of(Operation::Remove, "octo", "7"),
            written("/orgs/octo/credential-authorizations/7")
        );
        assert_eq!(
            of(Operation::RevokeAll, "octo", ".."),
            written("/enterprises/octo/credential-authorizations/revoke-all")
        );
    }
}
