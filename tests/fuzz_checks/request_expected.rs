//! What the documents say of a request, told again without the crate's help: its faults in the order of the table, and
//! the body by the grammar of JSON.

use enterprise_credentials::{IdempotencyKey, Position};

use super::json::Json;
use super::world::{HOUR_MS, SLUG, USED_KEY, World};

type Headers<'a> = [(&'a str, &'a [u8])];

pub(crate) struct Asked<'a> {
    pub(crate) world: &'a World,
    /// The token, if it is anybody's.
    pub(crate) token: Option<&'a str>,
    pub(crate) later_ms: i64,
    pub(crate) slug: &'a str,
    pub(crate) headers: &'a Headers<'a>,
    pub(crate) body: &'a [u8],
}

/// A refusal; without a message where that repeats what was sent.
pub(crate) struct Expected {
    pub(crate) status: u16,
    pub(crate) message: Option<String>,
}

/// A key that is well formed.
pub(crate) struct Key<'a>(&'a str);

impl Key<'_> {
    pub(crate) fn parse_key(&self) -> IdempotencyKey {
        IdempotencyKey::new(self.0).unwrap()
    }
}

fn refused(status: u16, message: &str) -> Option<Expected> {
    Some(refusal(status, message))
}

fn refusal(status: u16, message: &str) -> Expected {
    let message = (!message.is_empty()).then(|| message.to_string());
    Expected { status, message }
}

impl<'a> Asked<'a> {
    /// All that is asked of every request, of whatever path.
    pub(crate) fn before_the_key(&self) -> Option<Expected> {
        let agents = values(self.headers, "user-agent");
        if agents.iter().all(|agent| agent.iter().all(u8::is_ascii_whitespace)) {
            return refused(403, "Request forbidden: a User-Agent header is required");
        }
        if self.is_unauthenticated() {
            return refused(401, "Bad credentials");
        }
        match values(self.headers, "x-github-api-version").as_slice() {
            [] | [b"2022-11-28" | b"2026-03-10"] => {}
            _ => return refused(400, ""),
        }
        let token = self.token.unwrap_or_default();
        if self.slug != SLUG || !self.world.is_created || matches!(token, "nobody" | "stranger") {
            return refused(404, "Not Found");
        }
        match token {
            "904" => refused(403, "Resource not accessible by personal access token"),
            "906" => refused(403, "This token needs the admin:enterprise scope"),
            "907" | "reader" => refused(403, "Resource not accessible by integration"),
            "921" | "931" => refused(
                403,
                "Must be an enterprise owner or have the write_enterprise_credentials permission",
            ),
            _ => None,
        }
    }

    pub(crate) fn before_the_body(&self) -> Option<Expected> {
        self.before_the_key().or_else(|| {
            let is_malformed = self.key().is_none() && !values(self.headers, "idempotency-key").is_empty();
            is_malformed.then(|| refused(422, "")).flatten()
        })
    }

    /// What the body asks for.
    pub(crate) fn of_the_body(&self) -> Result<bool, Expected> {
        if self.body.is_empty() {
            return Ok(false);
        }
        if self.body.len() > 65_536 {
            return Err(refusal(413, ""));
        }
        match Json::read(self.body) {
            None => Err(refusal(400, "Problems parsing JSON")),
            Some(Json::Other) => Err(refusal(400, "Body should be a JSON object")),
            Some(Json::Object(members)) => option(&members),
        }
    }

    pub(crate) fn after_the_body(&self, revoke_credentials: bool) -> Option<Expected> {
        if revoke_credentials && !self.world.is_managed {
            return refused(
                422,
                "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises",
            );
        }
        // The first requests under the key were made without it.
        (revoke_credentials && self.first_under_the_key().is_some())
            .then(|| refused(422, ""))
            .flatten()
    }

    /// The caller's earlier request that the key stands for.
    pub(crate) fn first_under_the_key(&self) -> Option<Position> {
        let Key(key) = self.key()?;
        let is_first = key == USED_KEY && self.later_ms < 24 * HOUR_MS;
        let mut requests = self.world.enterprise.revocations().map(|requested| requested.id.cut());
        let of_the_owner = requests.next();
        match self.token? {
            "911" => None,
            "app" => requests.next(),
            _ => of_the_owner,
        }
        .filter(|_| is_first)
    }

    pub(crate) fn key(&self) -> Option<Key<'a>> {
        match values(self.headers, "idempotency-key").as_slice() {
            [key] if (1..=255).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic) => {
                Some(Key(std::str::from_utf8(key).unwrap()))
            }
            _ => None,
        }
    }

    fn is_unauthenticated(&self) -> bool {
        match self.token {
            None | Some("905" | "908" | "941" | "another" | "unissued") => true,
            Some("909") if self.later_ms >= HOUR_MS => true,
            Some("web" | "nobody" | "stranger" | "app" | "reader") => false,
            Some(_) => !self.world.is_created,
        }
    }
}

/// `Bearer T` or `token T` in the only header of that name.
pub(crate) fn token<'a>(headers: &Headers<'a>) -> Option<&'a [u8]> {
    let [value] = values(headers, "authorization")[..] else {
        return None;
    };
    let space = value.iter().position(|byte| *byte == b' ')?;
    let scheme = value[..space].to_ascii_lowercase();
    let start = space + value[space..].iter().position(|byte| *byte != b' ')?;
    let token = &value[start..];
    let is_known = scheme == b"bearer" || scheme == b"token";
    (is_known && token.iter().all(u8::is_ascii_graphic)).then_some(token)
}

fn values<'a>(headers: &Headers<'a>, name: &str) -> Vec<&'a [u8]> {
    let named = headers.iter().filter(|(header, _)| header.to_ascii_lowercase() == name);
    named.map(|(_, value)| *value).collect()
}

/// The value of the one option, under however its key is written. A key with half a surrogate pair is not text.
fn option(members: &[(&[u8], &[u8])]) -> Result<bool, Expected> {
    let mut options = Vec::new();
    for (key, value) in members {
        let Ok(key) = serde_json::from_slice::<String>(key) else {
            return Err(refusal(400, "Problems parsing JSON"));
        };
        if key == "revoke_credentials" {
            options.push(*value);
        }
    }
    match options.as_slice() {
        [] | [b"false"] => Ok(false),
        [b"true"] => Ok(true),
        [_] => Err(refusal(422, "Invalid request")),
        _ => Err(refusal(400, "Problems parsing JSON")),
    }
}
