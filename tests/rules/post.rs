//! A request of the operation, and the HTTP contract's answer.

use enterprise_credentials::rest::{self, Outcome, Path, Presented, Request};
use enterprise_credentials::{Caller, CredentialId, CredentialKind, Rule};

use crate::given::{MEMBER, OTHER_TOKEN, OWNER, TOKEN, World, issue, with_token};

pub(crate) type Headers<'a> = Vec<(&'a str, &'a [u8])>;

pub(crate) const MEMBERS_TOKEN: CredentialId = OTHER_TOKEN;

/// A request, and whether the host knows its token.
pub(crate) struct Post<'a> {
    pub(crate) enterprise: &'a str,
    /// Another operation than to revoke everything.
    pub(crate) path: Option<Path<'a>>,
    pub(crate) headers: Headers<'a>,
    pub(crate) known: bool,
    pub(crate) body: &'a [u8],
}

/// A whole request of the owner, without a body.
pub(crate) fn post<'a>() -> Post<'a> {
    Post {
        enterprise: "octo-corp",
        path: None,
        headers: vec![("User-Agent", b"curl/8.5.0")],
        known: true,
        body: b"",
    }
}

impl<'a> Post<'a> {
    pub(crate) fn at(mut self, path: Path<'a>) -> Self {
        self.path = Some(path);
        self
    }

    pub(crate) fn with_header(mut self, name: &'a str, value: &'a [u8]) -> Self {
        self.headers.push((name, value));
        self
    }
}

#[track_caller]
pub(crate) fn accepts(post: &Post<'_>) -> Outcome {
    let outcome = answer(post);
    assert_eq!((outcome.response.status, outcome.response.refused_by), (202, None));
    assert_eq!(outcome.events.len(), 1);
    outcome
}

/// Refused by this rule, with its status, and nothing to append.
#[track_caller]
pub(crate) fn refuses(post: &Post<'_>, rule: Rule) -> Outcome {
    let outcome = answer(post);
    assert_eq!(outcome.response.refused_by, Some(rule));
    assert_eq!(Some(outcome.response.status), rule.http().map(|http| http.status));
    assert_eq!(outcome.events, []);
    outcome
}

pub(crate) fn answer(post: &Post<'_>) -> Outcome {
    answer_as(with_token(OWNER, TOKEN), post)
}

pub(crate) fn answer_as(caller: Caller, post: &Post<'_>) -> Outcome {
    let world = World::managed_users()
        .given(issue(TOKEN, OWNER, CredentialKind::ClassicPat))
        .given(issue(MEMBERS_TOKEN, MEMBER, CredentialKind::ClassicPat));
    let request = Request {
        path: post.path.unwrap_or(Path::revoke_all(post.enterprise)),
        headers: &post.headers,
        request_id: "C0FFEE",
    };
    let presented = post.known.then_some(Presented {
        enterprise: &world.enterprise,
        caller,
    });
    rest::handle(&request, presented.as_ref(), post.body, world.now)
}
