//! Which path and method is which operation. It comes from the core's table, so everything in the table is served.

use std::borrow::Cow;
use std::sync::LazyLock;

use axum::http::Method;
use enterprise_credentials::rest::{Operation, Place};
use percent_encoding::percent_decode_str;

/// What a route leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Goal {
    /// An operation.
    Operation(Operation),
    /// The progress of what one has begun.
    Progress(Place),
    /// The latest checkpoint of an enterprise's log.
    Checkpoint,
    /// The proof that it goes on from another.
    Consistency,
}

impl Goal {
    /// The operation; of a request for progress or for what was signed, one of the same place.
    pub(super) const fn operation(self) -> Operation {
        match self {
            Self::Operation(operation) => operation,
            Self::Progress(Place::Enterprise) | Self::Checkpoint | Self::Consistency => Operation::RevokeAll,
            Self::Progress(Place::Organization) => Operation::OrganizationRevokeAll,
        }
    }
}

/// A method of a path.
#[derive(Debug)]
pub(super) struct Route {
    goal: Goal,
    method: &'static str,
    /// The path, with the names of what changes in braces. For the log, which must not hold a path as it was asked for.
    pub(super) pattern: String,
}

/// What a path and a method lead to.
#[derive(Debug)]
pub(super) enum Found {
    /// A route, and the names in the path.
    Route {
        route: &'static Route,
        goal: Goal,
        names: Names,
    },
    /// Nothing with this method: a route with another one, and all methods that there are, for the header `Allow`.
    OtherMethods { route: &'static Route, allow: String },
    /// Nothing.
    Nothing,
}

/// What a path names, percent-decoded once. What is no UTF-8 then names nobody: it is left empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// The enterprise or the organization.
    pub(super) owner: String,
    /// The person, the credential or the revocation; empty where the path has none.
    pub(super) target: String,
}

/// All of them. No two with one method have a path in common, though a path may be of several methods:
/// `…/revocations/revoke` is the progress of a revocation, and revokes what the person `revocations` has.
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let operations = Operation::ALL.into_iter().map(|operation| Route {
        goal: Goal::Operation(operation),
        method: operation.method(),
        pattern: operation.path(),
    });
    let progress = [Place::Enterprise, Place::Organization].map(|place| Route {
        goal: Goal::Progress(place),
        method: "GET",
        pattern: place.progress_path(),
    });
    let sealed = [
        (
            Goal::Checkpoint,
            "/enterprises/{enterprise}/credential-authorizations/checkpoint",
        ),
        (
            Goal::Consistency,
            "/enterprises/{enterprise}/credential-authorizations/checkpoint/consistency/{old}",
        ),
    ];
    let sealed = sealed.map(|(goal, pattern)| Route {
        goal,
        method: "GET",
        pattern: pattern.to_owned(),
    });
    operations.chain(progress).chain(sealed).collect()
});

/// What `method` of `path` leads to. The path is split first and then decoded, so that a name may hold a slash.
pub(super) fn find(method: &Method, path: &str) -> Found {
    let method = if *method == Method::HEAD {
        "GET"
    } else {
        method.as_str()
    };
    let segments: Vec<&str> = path.split('/').collect();
    let mut others = Vec::new();
    for route in ROUTES.iter() {
        match route.names(&segments) {
            Some(names) if route.method == method => {
                let goal = route.goal;
                return Found::Route { route, goal, names };
            }
            Some(_) => others.push(route),
            None => {}
        }
    }
    let Some(route) = others.first() else {
        return Found::Nothing;
    };
    let allow: Vec<&str> = others.iter().map(|route| route.allows()).collect();
    Found::OtherMethods {
        route,
        allow: allow.join(", "),
    }
}

impl Route {
    /// The names in a path, if it is one of this route's.
    fn names(&self, segments: &[&str]) -> Option<Names> {
        let patterns = self.pattern.split('/');
        if patterns.clone().count() != segments.len() {
            return None;
        }
        let mut names = Vec::new();
        for (pattern, segment) in patterns.zip(segments) {
            let decoded = percent_decode_str(segment).decode_utf8();
            if pattern.starts_with('{') {
                names.push(name(segment, decoded.ok())?);
            } else if decoded.ok()? != pattern {
                return None;
            }
        }
        let mut names = names.into_iter();
        Some(Names {
            owner: names.next().unwrap_or_default(),
            target: names.next().unwrap_or_default(),
        })
    }

    /// Its methods: whoever may get may ask for the head alone.
    fn allows(&self) -> &'static str {
        match self.method {
            "GET" => "GET, HEAD",
            method => method,
        }
    }
}

/// The name in a segment; nothing where it is none, as those that mean a place in the path are not.
fn name(segment: &str, decoded: Option<Cow<'_, str>>) -> Option<String> {
    let name = decoded.unwrap_or_default();
    let is_name = !segment.is_empty() && name != "." && name != "..";
    is_name.then(|| name.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENTERPRISE: &str = "/enterprises/octo-corp/credential-authorizations";
    const ORGANIZATION: &str = "/orgs/octo-org/credential-authorizations";

    fn found(method: Method, path: &str) -> (Option<Goal>, String, String) {
        match find(&method, path) {
            Found::Route { goal, names, .. } => (Some(goal), names.owner, names.target),
            Found::OtherMethods { allow, .. } => (None, allow, String::new()),
            Found::Nothing => (None, String::new(), String::new()),
        }
    }

    #[test]
    fn every_operation_of_the_table_has_its_route_and_no_two_share_one() {
        for operation in Operation::ALL {
            let path = operation.path().replace(['{', '}'], "");
            let method = operation.method().parse().unwrap();
            let (goal, owner, target) = found(method, &path);
            assert_eq!(goal, Some(Goal::Operation(operation)), "{path}");
            let expected = match operation.place() {
                Place::Enterprise => "enterprise",
                Place::Organization => "org",
            };
            assert_eq!(owner, expected);
            assert_eq!(target.is_empty(), operation.path().matches('{').count() == 1, "{path}");
        }
    }

    #[test]
    fn a_person_may_be_called_as_a_word_of_a_path() {
        for (place, begin) in [(Place::Enterprise, ENTERPRISE), (Place::Organization, ORGANIZATION)] {
            for login in ["revocations", "revoke", "revoke-all", "revoke-credential-type", "orgs"] {
                for (word, is_it) in [
                    ("revoke", Operation::RevokePerson),
                    ("revoke-credential-type", Operation::RevokePersonType),
                ] {
                    let is_it = match (place, is_it) {
                        (Place::Enterprise, operation) => operation,
                        (_, Operation::RevokePerson) => Operation::OrganizationRevokePerson,
                        _ => Operation::OrganizationRevokePersonType,
                    };
                    let (goal, _, target) = found(Method::POST, &format!("{begin}/{login}/{word}"));
                    assert_eq!((goal, target.as_str()), (Some(Goal::Operation(is_it)), login));
                }
            }
            let (goal, _, target) = found(Method::GET, &format!("{begin}/revocations/revoke"));
            assert_eq!((goal, target.as_str()), (Some(Goal::Progress(place)), "revoke"));
        }
    }

    #[test]
    fn segments_are_decoded_once_and_after_the_path_is_split() {
        for (segment, target) in [
            ("mona", "mona"),
            ("m%6Fna", "mona"),
            ("a%2Fb", "a/b"),
            ("a%252Fb", "a%2Fb"),
            ("%25zz", "%zz"),
            ("%zz", "%zz"),
            ("50%", "50%"),
            ("a%3fb%23", "a?b#"),
            ("a+b", "a+b"),
            ("%ff", ""),
            ("%00", "\0"),
            ("...", "..."),
        ] {
            let expected = (
                Some(Goal::Operation(Operation::RevokePerson)),
                "octo-corp".to_string(),
                target.to_string(),
            );
            assert_eq!(found(Method::POST, &format!("{ENTERPRISE}/{segment}/revoke")), expected);
        }
        let words = "/%65nterprises/octo%2Dcorp/credential%2dauthorizations/revoke%2dall";
        let (goal, owner, _) = found(Method::POST, words);
        assert_eq!(
            (goal, owner.as_str()),
            (Some(Goal::Operation(Operation::RevokeAll)), "octo-corp")
        );
    }

    #[test]
    fn what_is_no_path_leads_nowhere() {
        for path in [
            "",
            "/",
            "*",
            "/enterprises",
            "/enterprises//credential-authorizations/revoke-all",
            "/enterprises/octo-corp/credential-authorizations/revoke-all/",
            "/enterprises/octo-corp/credential-authorizations//revoke",
            "/enterprises/octo-corp/credential-authorizations/./revoke",
            "/enterprises/octo-corp/credential-authorizations/../revoke",
            "/enterprises/octo-corp/credential-authorizations/%2E/revoke",
            "/enterprises/octo-corp/credential-authorizations/.%2e/revoke",
            "/enterprises/octo-corp/credential-authorizations/revoke%2Fall",
            "/enterprises/octo-corp/credential-authorizations%2Frevoke-all",
            "/enterprises/octo-corp/credential-authorizations/%72%ffvoke-all",
            "/enterprises/octo-corp/credential-authorizations",
            "/orgs/octo-org/credential-authorizations/",
            "/ORGS/octo-org/credential-authorizations",
        ] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                assert!(matches!(find(&method, path), Found::Nothing), "{method} {path}");
            }
        }
    }

    #[test]
    fn other_methods_are_told_which_there_are() {
        for (method, path, allow) in [
            (Method::GET, format!("{ENTERPRISE}/revoke-all"), "POST"),
            (Method::HEAD, format!("{ENTERPRISE}/mona/revoke"), "POST"),
            (Method::POST, format!("{ENTERPRISE}/revocations/7"), "GET, HEAD"),
            (
                Method::PUT,
                format!("{ENTERPRISE}/revocations/revoke"),
                "POST, GET, HEAD",
            ),
            (Method::GET, format!("{ORGANIZATION}/revoke-all"), "POST, DELETE"),
            (Method::POST, ORGANIZATION.to_string(), "GET, HEAD"),
            (Method::PATCH, format!("{ORGANIZATION}/7"), "DELETE"),
        ] {
            assert_eq!(found(method, &path), (None, allow.to_string(), String::new()), "{path}");
        }
    }
}
