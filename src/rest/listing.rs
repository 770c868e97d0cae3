//! The authorizations of an organization, as its owners see them: what is live and not pending.

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::Serialize;

use crate::credential::CredentialKind;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, Position};
use crate::name::Fingerprint;
use crate::rest::exchange::Exchange;
use crate::rest::operation::segment;
use crate::rest::request::{Presented, Request};
use crate::rest::response::Response;
use crate::timestamp::Timestamp;

/// How many rows a page has where nothing else is asked for.
const PER_PAGE: usize = 30;
/// How many it has at most.
const PER_PAGE_MAX: usize = 100;

/// A list that waits for what the state does not hold: when each authorization was granted,
/// and the fingerprints of SSH keys.
///
/// They come from one pass over the stream, from its first line: each event is given to [`Listing::observe`], those up
/// to the state's position in order. The pass costs as much as decoding the stream, and the list itself some 100 bytes
/// for each live authorization of the organization, so a host lets few of them run at once.
#[derive(Debug, Clone)]
pub struct Listing {
    organization: OrganizationId,
    rows: BTreeMap<CredentialId, Row>,
    page: Page,
    /// Without its body, and with the headers of every answer.
    response: Response,
}

/// An authorization, as far as it is known.
#[derive(Debug, Clone)]
struct Row {
    login: String,
    kind: CredentialKind,
    scopes: Option<Vec<String>>,
    expires_at: Option<Timestamp>,
    /// Where in the stream it was granted, and when.
    granted: Option<(Position, Timestamp)>,
    fingerprint: Option<Fingerprint>,
}

/// Which rows are asked for.
#[derive(Debug, Clone)]
struct Page {
    /// From 1.
    number: usize,
    rows: usize,
    /// The path, and the parts of the query that stay the same on every page.
    link: String,
}

/// Answers `GET /orgs/{org}/credential-authorizations`, as far as the state goes:
/// with a list that waits for the stream.
///
/// `query` is the raw query string, without its question mark: `per_page`, `page` and `login` are read,
/// the first of each.
///
/// [`Rule::ListedInOrderOfGrant`](crate::Rule::ListedInOrderOfGrant)
///
/// # Errors
/// The response to send instead, where the caller may not list.
pub fn list(
    request: &Request<'_>,
    presented: Option<&Presented<'_>>,
    query: &str,
    at: Timestamp,
) -> Result<Listing, Response> {
    let exchange = Exchange::new(request, presented, at);
    let presented = exchange.authorize().map_err(|fault| exchange.refuse(&fault))?;
    let Some(organization) = exchange.organization(presented) else {
        debug_assert!(false, "who may list an organization that is not there?");
        return Err(super::not_found(request.request_id));
    };
    let enterprise = presented.enterprise;
    let login = parameter(query, "login").filter(|login| !login.is_empty());
    // Of a login that nobody has there is nothing to list.
    let owner = login.as_ref().map(|login| enterprise.person_by_login(login));
    let rows = match owner {
        Some(None) => BTreeMap::new(),
        owner => rows(presented, organization, owner.flatten()),
    };
    let mut link = format!("/orgs/{}/credential-authorizations?", segment(request.path.owner));
    if let Some(login) = login {
        link.push_str(&format!("login={}&", segment(&login)));
    }
    let rows_a_page = number(query, "per_page").unwrap_or(PER_PAGE).min(PER_PAGE_MAX);
    Ok(Listing {
        organization,
        rows,
        page: Page {
            number: number(query, "page").unwrap_or(1),
            rows: rows_a_page,
            link,
        },
        response: exchange.respond(200, &()),
    })
}

fn rows(
    presented: &Presented<'_>,
    organization: OrganizationId,
    owner: Option<PersonId>,
) -> BTreeMap<CredentialId, Row> {
    let held = presented.enterprise.held_for(organization, owner);
    let rows = held.map(|(credential, login)| {
        let is_token = credential.kind() != CredentialKind::SshKey;
        let row = Row {
            login: login.to_string(),
            kind: credential.kind(),
            scopes: is_token.then(|| credential.scopes().iter().map(String::from).collect()),
            expires_at: credential.expires_at(),
            granted: None,
            fingerprint: None,
        };
        (credential.id(), row)
    });
    rows.collect()
}

impl Listing {
    /// Whether the stream has anything to say: an empty list needs no pass.
    pub fn needs_stream(&self) -> bool {
        !self.rows.is_empty()
    }

    /// Takes the next event of the stream.
    pub fn observe(&mut self, recorded: &RecordedEvent) {
        match &recorded.event {
            Event::CredentialIssued {
                credential,
                kind: CredentialKind::SshKey,
                fingerprint: Some(fingerprint),
                ..
            } => {
                if let Some(row) = self.rows.get_mut(credential) {
                    row.fingerprint = Some(fingerprint.clone());
                }
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } if *organization == self.organization => {
                if let Some(row) = self.rows.get_mut(credential) {
                    // The last grant is the one that is live.
                    row.granted = Some((recorded.position, recorded.at));
                }
            }
            _ => {}
        }
    }

    /// The answer, once the stream has been observed.
    pub fn finish(self) -> Response {
        let mut rows: Vec<(&CredentialId, &Row)> = self.rows.iter().collect();
        rows.sort_by_key(|(_, row)| row.granted);
        let begin = (self.page.number - 1).saturating_mul(self.page.rows);
        let shown = rows.iter().skip(begin).take(self.page.rows);
        let shown: Vec<Shown<'_>> = shown.map(|(id, row)| Shown::of(**id, row)).collect();
        let mut response = self.response;
        response
            .headers
            .extend(links(&self.page, rows.len()).map(|links| ("Link", links)));
        response.body = serde_json::to_vec(&shown).unwrap_or_default();
        response
    }
}

/// A row as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    login: &'a str,
    credential_id: CredentialId,
    credential_type: &'static str,
    credential_authorized_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a Fingerprint>,
    authorized_credential_id: CredentialId,
    authorized_credential_expires_at: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn of(id: CredentialId, row: &'a Row) -> Self {
        Self {
            login: &row.login,
            credential_id: id,
            credential_type: match row.kind {
                CredentialKind::ClassicPat | CredentialKind::FineGrainedPat => "personal access token",
                CredentialKind::SshKey => "SSH key",
                CredentialKind::OauthAppUserToken => "OAuth app token",
                CredentialKind::GithubAppUserToken => "GitHub app token",
            },
            credential_authorized_at: row.granted.map(|(_, at)| at),
            scopes: row.scopes.as_deref(),
            fingerprint: row.fingerprint.as_ref(),
            authorized_credential_id: id,
            authorized_credential_expires_at: row.expires_at,
        }
    }
}

/// The header `Link`: where the other pages are. Nothing where there is no other.
fn links(page: &Page, rows: usize) -> Option<String> {
    let last = rows.div_ceil(page.rows).max(1);
    let number = page.number;
    let mut pages = Vec::new();
    if number < last {
        pages.extend([("next", number + 1), ("last", last)]);
    }
    if number > 1 {
        pages.extend([("prev", (number - 1).min(last)), ("first", 1)]);
    }
    let (link, per_page) = (&page.link, page.rows);
    let links = pages
        .into_iter()
        .map(|(rel, number)| format!(r#"<{link}per_page={per_page}&page={number}>; rel="{rel}""#));
    let links: Vec<String> = links.collect();
    (!links.is_empty()).then(|| links.join(", "))
}

/// A whole number from 1 on, the greatest there is for a greater one; nothing for what is none.
fn number(query: &str, name: &str) -> Option<usize> {
    let digits = parameter(query, name)?;
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(usize::MAX);
    (number > 0).then_some(number)
}

/// The first parameter of this name, decoded.
fn parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let mut parameters = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = parameters.find(|(key, _)| decoded(key) == name)?;
    Some(decoded(value))
}

/// Percent-decoded; what is no UTF-8 then is replaced.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let escaped = match byte {
            b'+' => Some(b' '),
            b'%' => after.split_first_chunk().and_then(|([high, low], after)| {
                let value = hexadecimal(*high)? << 4 | hexadecimal(*low)?;
                rest = after;
                Some(value)
            }),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*byte));
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        for (query, expected) in [
            ("login=mona", Some("mona")),
            ("page=2&login=mona&login=hubot", Some("mona")),
            ("log%69n=m%6Fna%252B", Some("mona%2B")),
            ("login=a+b%2", Some("a b%2")),
            ("login=%zz%FF", Some("%zz\u{fffd}")),
            ("login", Some("")),
            ("logins=mona", None),
            ("", None),
        ] {
            assert_eq!(parameter(query, "login").as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn a_number_is_from_1_on() {
        for (query, expected) in [
            ("page=3", Some(3)),
            ("page=0", None),
            ("page=-1", None),
            ("page=x", None),
            ("", None),
        ] {
            assert_eq!(number(query, "page"), expected, "{query}");
        }
    }

    #[test]
    fn links_lead_to_every_other_page() {
        let page = |number| Page {
            number,
            rows: 10,
            link: String::from("/l?"),
        };
        let to = |page: u8, rel: &str| format!(r#"</l?per_page=10&page={page}>; rel="{rel}""#);
        assert_eq!(links(&page(1), 0), None);
        assert_eq!(links(&page(1), 10), None);
        assert_eq!(links(&page(1), 11), Some([to(2, "next"), to(2, "last")].join(", ")));
        let between = [to(3, "next"), to(3, "last"), to(1, "prev"), to(1, "first")];
        assert_eq!(links(&page(2), 21), Some(between.join(", ")));
        assert_eq!(links(&page(9), 21), Some([to(3, "prev"), to(1, "first")].join(", ")));
    }
}
