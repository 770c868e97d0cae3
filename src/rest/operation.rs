//! The ten operations, in one table. Every answer takes from it what is particular to its operation.

use alloc::format;
use alloc::string::String;

use crate::credential::{
    ADMIN_ENTERPRISE_SCOPE, ADMIN_ORG_SCOPE, ENTERPRISE_CREDENTIALS_WRITE, ORGANIZATION_ADMINISTRATION_READ,
    ORGANIZATION_ADMINISTRATION_WRITE, OrganizationAccess, READ_ORG_SCOPE,
};

/// Where an operation is called.
///
/// Exhaustive: there are two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// `/enterprises/{enterprise}/credential-authorizations`
    Enterprise,
    /// `/orgs/{org}/credential-authorizations`
    Organization,
}

/// What is queued, as a 202 says it.
const ALL: &str = "Credential authorization revocation";
const TYPE: &str = "Credential type revocation";
/// Nothing is queued.
const NONE: &str = "";

/// Where an operation at the enterprise is documented.
macro_rules! docs {
    ($fragment:literal) => {
        concat!(
            "https://docs.github.com/rest/enterprise-admin/credential-authorizations",
            $fragment
        )
    };
}

/// Where an operation at an organization is documented.
macro_rules! organization_docs {
    ($fragment:literal) => {
        concat!("https://docs.github.com/rest/orgs/orgs", $fragment)
    };
}

/// Declares the operations from one table: method, place, the rest of the path, what is queued, whether the body names
/// a type, and where it is documented.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $operation:ident, $method:literal, $place:ident, $path:literal, $queues:ident, $names_type:literal,
            $docs:expr;
    )*) => {
        /// An operation of the HTTP contract.
        ///
        /// Exhaustive: whoever routes requests must route all of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Operation {
            $($(#[$doc])* $operation,)*
        }

        impl Operation {
            /// All of them.
            pub const ALL: [Self; [$($method),*].len()] = [$(Self::$operation,)*];

            /// The HTTP method.
            pub const fn method(self) -> &'static str {
                match self { $(Self::$operation => $method,)* }
            }

            /// Where it is called.
            pub const fn place(self) -> Place {
                match self { $(Self::$operation => Place::$place,)* }
            }

            /// What of its path follows `credential-authorizations`.
            const fn rest_of_path(self) -> &'static str {
                match self { $(Self::$operation => $path,)* }
            }

            /// What its 202 says is queued.
            const fn queues(self) -> &'static str {
                match self { $(Self::$operation => $queues,)* }
            }

            /// Whether its body must name a `credential_type`. No other reads that key.
            pub const fn names_type(self) -> bool {
                match self { $(Self::$operation => $names_type,)* }
            }

            /// Where it is documented.
            pub const fn documentation_url(self) -> &'static str {
                match self { $(Self::$operation => $docs,)* }
            }
        }
    };
}

operations! {
    /// Revoke everything of the enterprise.
    RevokeAll, "POST", Enterprise, "/revoke-all", ALL, false,
        docs!("#revoke-all-credential-authorizations-for-an-enterprise");
    /// Revoke one type of credential of the enterprise.
    RevokeType, "POST", Enterprise, "/revoke-credential-type", TYPE, true,
        docs!("#revoke-a-single-credential-type-for-an-enterprise");
    /// Revoke what one person has.
    RevokePerson, "POST", Enterprise, "/{username}/revoke", ALL, false,
        docs!("#revoke-credential-authorizations-for-a-user-in-an-enterprise");
    /// Revoke one type of credential of one person.
    RevokePersonType, "POST", Enterprise, "/{username}/revoke-credential-type", TYPE, true,
        docs!("#revoke-a-single-credential-type-for-a-user-in-an-enterprise");
    /// Revoke every authorization for an organization.
    OrganizationRevokeAll, "POST", Organization, "/revoke-all", ALL, false,
        organization_docs!("#revoke-all-credential-authorizations-for-an-organization");
    /// Revoke the authorizations of one type of credential for an organization.
    OrganizationRevokeType, "POST", Organization, "/revoke-credential-type", TYPE, true,
        organization_docs!("#revoke-a-single-credential-type-for-an-organization");
    /// Revoke one person's authorizations for an organization.
    OrganizationRevokePerson, "POST", Organization, "/{username}/revoke", ALL, false,
        organization_docs!("#revoke-credential-authorizations-for-a-user-in-an-organization");
    /// Revoke the authorizations of one type of one person's credentials for an organization.
    OrganizationRevokePersonType, "POST", Organization, "/{username}/revoke-credential-type", TYPE, true,
        organization_docs!("#revoke-a-single-credential-type-for-a-user-in-an-organization");
    /// List the authorizations for an organization.
    List, "GET", Organization, "", NONE, false,
        organization_docs!("#list-saml-sso-authorizations-for-an-organization");
    /// Remove one authorization for an organization.
    Remove, "DELETE", Organization, "/{credential_id}", NONE, false,
        organization_docs!("#remove-a-saml-sso-authorization-for-an-organization");
}

impl Operation {
    /// Its path, with the names of what changes in braces, as routers take it.
    pub fn path(self) -> String {
        format!("{}{}", self.place().path(), self.rest_of_path())
    }

    /// Whether its path names a person.
    pub fn names_person(self) -> bool {
        self.rest_of_path().starts_with("/{username}")
    }

    /// Whether it queues a revocation.
    pub const fn is_revocation(self) -> bool {
        !self.queues().is_empty()
    }

    /// The message of its 202, with the login of the person whom it names.
    pub(super) fn message(self, person: Option<&str>) -> String {
        let queues = self.queues();
        match person {
            Some(login) => format!("{queues} for user '{login}' has been queued"),
            None => format!("{queues} has been queued"),
        }
    }

    /// The warning of its 202.
    pub(super) const fn warning(self, destroys: bool) -> &'static str {
        match (self, destroys) {
            (Self::RevokeAll, _) => {
                "The token used for this request may also be revoked or destroyed as part of this operation"
            }
            (_, false) => {
                "The token used for this request may also have its authorization revoked as part of this operation"
            }
            (_, true) => "The token used for this request may also be destroyed as part of this operation",
        }
    }

    /// What it asks of an organization.
    pub(super) const fn access(self) -> OrganizationAccess {
        match self {
            Self::List => OrganizationAccess::Read,
            _ => OrganizationAccess::Write,
        }
    }

    /// The scope and the app permission that it accepts, for the headers of its answers.
    pub(super) const fn accepts(self) -> (&'static str, &'static str) {
        match (self.place(), self.access()) {
            (Place::Enterprise, _) => (ADMIN_ENTERPRISE_SCOPE, ENTERPRISE_CREDENTIALS_WRITE),
            (Place::Organization, OrganizationAccess::Write) => (ADMIN_ORG_SCOPE, ORGANIZATION_ADMINISTRATION_WRITE),
            (Place::Organization, OrganizationAccess::Read) => (READ_ORG_SCOPE, ORGANIZATION_ADMINISTRATION_READ),
        }
    }
}

impl Place {
    /// The beginning of every path there.
    const fn path(self) -> &'static str {
        match self {
            Self::Enterprise => "/enterprises/{enterprise}/credential-authorizations",
            Self::Organization => "/orgs/{org}/credential-authorizations",
        }
    }

    /// The path under which the progress of a revocation is found, as routers take it.
    pub fn progress_path(self) -> String {
        format!("{}/revocations/{{id}}", self.path())
    }

    /// The path under which that of this revocation is found. `name` is the enterprise's slug,
    /// or the organization's login.
    pub(super) fn location(self, name: &str, revocation: impl core::fmt::Display) -> String {
        let begin = match self {
            Self::Enterprise => "enterprises",
            Self::Organization => "orgs",
        };
        format!(
            "/{begin}/{}/credential-authorizations/revocations/{revocation}",
            segment(name)
        )
    }
}

/// A name as a segment of a path: a login may have characters that a path cannot.
pub(super) fn segment(name: &str) -> String {
    let mut segment = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => segment.push(char::from(byte)),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::segment;

    #[test]
    fn a_segment_holds_what_a_path_cannot() {
        assert_eq!(segment("Octo-Org_1.~"), "Octo-Org_1.~");
        assert_eq!(segment("a/b?c%d#e"), "a%2Fb%3Fc%25d%23e");
    }
}
