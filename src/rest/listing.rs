//! The authorizations of an organization, as its owners see them: what is live and not pending.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::credential::CredentialKind;
use crate::enterprise::Enterprise;
use crate::event::{Event, RecordedEvent};
use crate::id::{CredentialId, OrganizationId, PersonId, Position};
use crate::name::{Fingerprint, Login, Scopes};
use crate::rest::exchange::Exchange;
use crate::rest::operation::segment;
use crate::rest::query::{number, parameter};
use crate::rest::request::{Presented, Request};
use crate::rest::response::{Response, not_found};
use crate::timestamp::Timestamp;

/// How many rows a page has where nothing else is asked for.
const PER_PAGE: usize = 30;
/// How many it has at most.
const PER_PAGE_MAX: usize = 100;
/// How many credentials one look is about: few enough that whoever waits to append does not wait long.
const AT_A_LOOK: u32 = 1 << 16;

/// A list that is being made.
///
/// It is made in three steps, since a state may be large and does not hold all that a list shows. A host holds the
/// state in the first and in the last of them, and for a short time only:
///
/// 1. [`Listing::look`] finds the authorizations, among 65,536 credentials at a time. Between two looks a host lets go
///    of the state, so that others may append. Each row was live and not pending when its credential was looked at.
/// 2. [`Listing::observe`] takes what the state does not hold, when each authorization was granted and the fingerprints
///    of SSH keys, from one pass over the stream: each event from its first line up to the position that the state had
///    at the last look, in order. The pass costs as much as decoding the stream, and the list up to 75 bytes for each
///    authorization, with those of SSH keys 50 more, so a host lets few of them run at once.
/// 3. [`Listing::page`] chooses the rows that are asked for, and [`ListedPage::respond`] says of them what the state
///    holds.
#[derive(Debug, Clone)]
pub struct Listing {
    organization: OrganizationId,
    /// Of whom; nothing for everyone.
    owner: Option<PersonId>,
    /// The first credential that was not looked at yet, in order of issue; nothing when there is no other.
    next: Option<u32>,
    found: Vec<CredentialId>,
    /// Of each that was found, once the stream is observed.
    known: Vec<Known>,
    page: Page,
}

/// What the stream says of an authorization.
#[derive(Debug, Clone, Default)]
struct Known {
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

/// The rows of a list that are asked for.
#[derive(Debug, Clone)]
pub struct ListedPage {
    organization: OrganizationId,
    rows: Vec<(CredentialId, Known)>,
    links: Option<String>,
}

/// Begins the answer to `GET /orgs/{org}/credential-authorizations`: a list of which nothing is found yet.
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
        return Err(not_found(request.request_id));
    };
    let login = parameter(query, "login").filter(|login| !login.is_empty());
    let owner = login.as_ref().map(|login| presented.enterprise.person_by_login(login));
    // Of a login that nobody has there is nothing to list.
    let next = (owner != Some(None)).then_some(0);
    let mut link = format!("/orgs/{}/credential-authorizations?", segment(request.path.owner));
    if let Some(login) = login {
        link.push_str(&format!("login={}&", segment(&login)));
    }
    Ok(Listing {
        organization,
        owner: owner.flatten(),
        next,
        found: Vec::new(),
        known: Vec::new(),
        page: Page {
            number: number(query, "page").unwrap_or(1),
            rows: number(query, "per_page").unwrap_or(PER_PAGE).min(PER_PAGE_MAX),
            link,
        },
    })
}

impl Listing {
    /// Looks for authorizations among the next credentials of the token's enterprise: whether there are others to look
    /// at then. The state may have changed since the look before.
    pub fn look(&mut self, enterprise: &Enterprise) -> bool {
        let Some(first) = self.next else {
            return false;
        };
        let end = first.saturating_add(AT_A_LOOK);
        self.found
            .extend(enterprise.held_for(self.organization, self.owner, first..end));
        self.next = (end < enterprise.issued_so_far()).then_some(end);
        self.next.is_some()
    }

    /// Whether the stream has anything to say: an empty list needs no pass.
    pub fn needs_stream(&self) -> bool {
        !self.found.is_empty()
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
                if let Some(known) = self.known(*credential) {
                    known.fingerprint = Some(fingerprint.clone());
                }
            }
            Event::CredentialAuthorized {
                credential,
                organization,
            } if *organization == self.organization => {
                if let Some(known) = self.known(*credential) {
                    // The last grant is the one that is live.
                    known.granted = Some((recorded.position, recorded.at));
                }
            }
            _ => {}
        }
    }

    fn known(&mut self, credential: CredentialId) -> Option<&mut Known> {
        if self.known.is_empty() {
            self.found.sort_unstable();
            self.known.resize_with(self.found.len(), Known::default);
        }
        let place = self.found.binary_search(&credential).ok()?;
        self.known.get_mut(place)
    }

    /// The rows that are asked for, once the stream has been observed. It sorts all that were found, so a host does not
    /// hold the state meanwhile.
    pub fn page(self) -> ListedPage {
        let position = |place: usize| self.known.get(place)?.granted.map(|(position, _)| position);
        let places = 0..self.found.len();
        let mut in_order: Vec<(Option<Position>, usize)> = places.map(|place| (position(place), place)).collect();
        in_order.sort_unstable();
        let begin = (self.page.number - 1).saturating_mul(self.page.rows);
        let asked_for = in_order.iter().skip(begin).take(self.page.rows);
        let rows = asked_for.filter_map(|(_, place)| {
            let known = self.known.get(*place).cloned().unwrap_or_default();
            self.found.get(*place).map(|credential| (*credential, known))
        });
        ListedPage {
            organization: self.organization,
            rows: rows.collect(),
            links: links(&self.page, in_order.len()),
        }
    }
}

impl ListedPage {
    /// The answer. Asks again whether the caller may list, because the stream may have taken seconds, and so the state
    /// is to be read afresh.
    pub fn respond(&self, request: &Request<'_>, presented: Option<&Presented<'_>>, at: Timestamp) -> Response {
        let exchange = Exchange::new(request, presented, at);
        let presented = match exchange.authorize() {
            Ok(presented) => presented,
            Err(fault) => return exchange.refuse(&fault),
        };
        if exchange.organization(presented) != Some(self.organization) {
            // Another one has the name by now.
            return not_found(request.request_id);
        }
        let rows = self.rows.iter();
        let shown = rows.filter_map(|(credential, known)| Shown::of(presented.enterprise(), *credential, known));
        let mut response = exchange.respond(200, &shown.collect::<Vec<_>>());
        let links = self.links.clone();
        response.headers.extend(links.map(|links| ("Link", links)));
        response
    }
}

/// A row as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    login: &'a Login,
    credential_id: CredentialId,
    credential_type: &'static str,
    credential_authorized_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<&'a Scopes>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<&'a Fingerprint>,
    authorized_credential_id: CredentialId,
    authorized_credential_expires_at: Option<Timestamp>,
}

impl<'a> Shown<'a> {
    fn of(enterprise: &'a Enterprise, id: CredentialId, known: &'a Known) -> Option<Self> {
        let (credential, login) = enterprise.with_login(id)?;
        let is_token = credential.kind() != CredentialKind::SshKey;
        Some(Self {
            login,
            credential_id: id,
            credential_type: match credential.kind() {
                CredentialKind::ClassicPat | CredentialKind::FineGrainedPat => "personal access token",
                CredentialKind::SshKey => "SSH key",
                CredentialKind::OauthAppUserToken => "OAuth app token",
                CredentialKind::GithubAppUserToken => "GitHub app token",
            },
            credential_authorized_at: known.granted.map(|(_, at)| at),
            scopes: is_token.then_some(credential.scopes()),
            fingerprint: known.fingerprint.as_ref(),
            authorized_credential_id: id,
            authorized_credential_expires_at: credential.expires_at(),
        })
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

#[cfg(test)]
mod tests {
    use super::*;

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
