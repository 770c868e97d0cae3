//! The enterprise that is asked, and what its clients ask.

use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::token::fingerprint;

use crate::chance::Chance;
use crate::common::history::{
    HOLDER, History, MEMBER, OWNER, TOKEN_HOLDER, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_FINE, TOKEN_OWNER_OAUTH,
};

pub(crate) const SLUG: &str = "octo-corp";
const TOKEN_DESTROYED: &str = "ghp_destroyedLongAgo";
const TOKEN_UNKNOWN: &str = "ghp_unknown";
/// Whoever may be answered 202: the owner, with a token that outlives all, and two whose tokens do not.
const TOKENS_QUALIFIED: [&str; 3] = [TOKEN_OWNER_OAUTH, TOKEN_HOLDER, TOKEN_OWNER];

/// Every token, with its credential where there is one.
pub(crate) const TOKENS: [(&str, Option<u64>); 7] = [
    (TOKEN_OWNER, Some(901)),
    (TOKEN_OWNER_OAUTH, Some(902)),
    (TOKEN_OWNER_FINE, Some(904)),
    (TOKEN_HOLDER, Some(906)),
    (TOKEN_MEMBER, Some(907)),
    (TOKEN_DESTROYED, Some(911)),
    (TOKEN_UNKNOWN, None),
];

pub(crate) fn slug() -> EnterpriseSlug {
    EnterpriseSlug::new(SLUG).unwrap()
}

/// A small enterprise, as a log. Its time is that of a far future: the host decides at the later of the clock and the
/// last event, so that no clock is seen and the same run writes the same bytes. It is short, so that the host folds it
/// where it was read and no thread of another runtime takes part.
pub(crate) fn history() -> Vec<u8> {
    let mut history = History::new(SLUG, "managed_users");
    for command in [
        r#"{"type":"AddOrganization","organization":1,"login":"octo-org"}"#.to_string(),
        r#"{"type":"AddOrganization","organization":2,"login":"octo-labs"}"#.to_string(),
        format!(r#"{{"type":"AddMember","member":{OWNER},"login":"mona","role":"owner"}}"#),
        format!(r#"{{"type":"AddMember","member":{HOLDER},"login":"hubot","role":"member"}}"#),
        format!(r#"{{"type":"AddMember","member":{MEMBER},"login":"lisa","role":"member"}}"#),
        format!(r#"{{"type":"GrantPermission","member":{HOLDER},"permission":"write_enterprise_credentials"}}"#),
    ] {
        history.ask(&command);
    }
    let admin = r#"["admin:enterprise"]"#;
    for (id, owner, kind, token) in [
        (901, OWNER, "classic_pat", TOKEN_OWNER),
        (902, OWNER, "oauth_app_user_token", TOKEN_OWNER_OAUTH),
        (904, OWNER, "fine_grained_pat", TOKEN_OWNER_FINE),
        (906, HOLDER, "classic_pat", TOKEN_HOLDER),
        (907, MEMBER, "classic_pat", TOKEN_MEMBER),
        (911, MEMBER, "classic_pat", TOKEN_DESTROYED),
    ] {
        history.issue(id, owner, kind, admin, token, "");
        history.authorize(id, 1);
    }
    history.authorize(907, 2);
    history.ask(r#"{"type":"DestroyCredential","credential":911}"#);
    let log = String::from_utf8(history.log).unwrap();
    log.replace("2026-03-10T", "9026-03-10T").into_bytes()
}

/// A request that a client sends, once or until it is answered.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) host: usize,
    pub(crate) pause: Duration,
    pub(crate) enterprise: &'static str,
    pub(crate) token: &'static str,
    pub(crate) ask: Ask,
}

#[derive(Debug, Clone)]
pub(crate) enum Ask {
    RevokeAll {
        body: &'static str,
        key: Option<String>,
    },
    /// Of the revocation that this client was told of last.
    Progress,
}

impl Request {
    pub(crate) fn revoke_all(token: &'static str, body: &'static str, key: &str) -> Self {
        let key = Some(key.to_string());
        Self::to(0, token, Ask::RevokeAll { body, key })
    }

    pub(crate) const fn progress(host: usize, token: &'static str) -> Self {
        Self::to(host, token, Ask::Progress)
    }

    const fn to(host: usize, token: &'static str, ask: Ask) -> Self {
        Self {
            host,
            pause: Duration::from_millis(30),
            enterprise: SLUG,
            token,
            ask,
        }
    }
}

/// What each of two clients asks, one request after the other, of either of two hosts.
pub(crate) fn drawn(seed: u64) -> Vec<Vec<Request>> {
    let mut chance = Chance::new(!seed);
    (0..2)
        .map(|client| (0..5).map(|number| request(&mut chance, client, number)).collect())
        .collect()
}

fn request(chance: &mut Chance, client: u64, number: u64) -> Request {
    let token = if chance.below(3) == 0 {
        chance.pick(&TOKENS).0
    } else {
        chance.pick(&TOKENS_QUALIFIED)
    };
    let ask = if chance.below(5) < 2 {
        Ask::Progress
    } else {
        let bodies = [
            "",
            r#"{"revoke_credentials":true}"#,
            r#"{"revoke_credentials":false}"#,
            "[]",
        ];
        // A key may be that of an earlier request, the body then the same or not.
        let key = format!("key-{client}-{}", chance.below(number + 1));
        Ask::RevokeAll {
            body: chance.pick(&bodies),
            key: (chance.below(4) > 0).then_some(key),
        }
    };
    let mut request = Request::to(usize::try_from(chance.below(2)).unwrap(), token, ask);
    request.pause = Duration::from_millis(chance.below(120));
    if chance.below(12) == 0 {
        request.enterprise = "other-corp";
    }
    request
}

/// The credential behind a token.
pub(crate) fn credential_of(token: &str) -> Option<u64> {
    TOKENS.iter().find(|(known, _)| *known == token)?.1
}

/// Guards the table above against the history.
pub(crate) fn tokens_are_those_of_the_history() -> bool {
    let log = String::from_utf8(history()).unwrap();
    TOKENS.iter().all(|(token, credential)| {
        let fingerprint = fingerprint(token).unwrap();
        let issued = log.lines().find(|line| line.contains(fingerprint.as_str()));
        match credential {
            Some(id) => issued.is_some_and(|line| line.contains(&format!(r#""credential":{id},"#))),
            None => issued.is_none(),
        }
    })
}
