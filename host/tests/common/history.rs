//! Histories, made by asking the core.

use enterprise_credentials::log::{read, replay, write_line};
use enterprise_credentials::{
    Caller, Command, CredentialId, Enterprise, EnterpriseSlug, Event, PersonId, Plan, RecordedEvent, RevokeAll,
    Timestamp,
};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{Store, Streams};
use enterprise_credentials_host::token::fingerprint;

/// What an event of a job records, which none may record twice: what became of it, its credential or revocation,
/// its organization.
pub(crate) fn recorded_item(event: &Event) -> Option<(&'static str, u64, u64)> {
    match event {
        Event::AuthorizationRevoked {
            credential,
            organization,
            ..
        } => Some(("revoked", credential.value(), organization.value())),
        Event::CredentialDestroyed { credential, .. } => Some(("destroyed", credential.value(), 0)),
        Event::RevocationCompleted { revocation, .. } => Some(("completed", revocation.value(), 0)),
        _ => None,
    }
}

/// The owner, with every kind of token that may call. Their tokens are `TOKEN_…`.
pub(crate) const OWNER: u64 = 7;
/// A holder of the permission, with a classic PAT.
pub(crate) const HOLDER: u64 = 8;
/// A member with an unqualified token, and with one that lacks the scope.
pub(crate) const MEMBER: u64 = 9;

pub(crate) const TOKEN_OWNER: &str = "ghp_ownersOwnClassicToken";
pub(crate) const TOKEN_OWNER_OAUTH: &str = "gho_ownersOauthAppToken";
pub(crate) const TOKEN_OWNER_APP: &str = "ghu_ownersGithubAppToken";
pub(crate) const TOKEN_OWNER_FINE: &str = "github_pat_ownersFineGrained";
pub(crate) const TOKEN_OWNER_EXPIRED: &str = "ghp_ownersExpiredToken";
pub(crate) const TOKEN_HOLDER: &str = "ghp_holdersClassicToken";
pub(crate) const TOKEN_MEMBER: &str = "ghp_membersClassicToken";
pub(crate) const TOKEN_MEMBER_NO_SCOPE: &str = "ghp_membersTokenWithoutScope";

/// Credential ids from here on are those of [`History::with_credentials`].
pub(crate) const FIRST_OF_MANY: u64 = 10_000;

/// An enterprise and the log that made it.
#[derive(Debug, Clone)]
pub(crate) struct History {
    pub(crate) enterprise: Enterprise,
    pub(crate) log: Vec<u8>,
    at: Timestamp,
}

impl History {
    /// Nothing but the enterprise.
    pub(crate) fn new(slug: &str, kind: &str) -> Self {
        let mut history = Self {
            enterprise: Enterprise::new(),
            log: Vec::new(),
            at: Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap(),
        };
        history.ask(&format!(
            r#"{{"type":"CreateEnterprise","slug":"{slug}","kind":"{kind}"}}"#
        ));
        history
    }

    /// An enterprise of managed users with two organizations and the people above. `salt` keeps the tokens of one test
    /// enterprise apart from those of another: it stands behind each.
    pub(crate) fn sample(slug: &str, salt: &str) -> Self {
        Self::sample_of(slug, "managed_users", salt)
    }

    pub(crate) fn sample_of(slug: &str, kind: &str, salt: &str) -> Self {
        let mut history = Self::new(slug, kind);
        for (id, login) in [(1, "octo-org"), (2, "octo-labs")] {
            history.ask(&format!(
                r#"{{"type":"AddOrganization","organization":{id},"login":"{login}"}}"#
            ));
        }
        for (id, login, role) in [
            (OWNER, "mona", "owner"),
            (HOLDER, "hubot", "member"),
            (MEMBER, "lisa", "member"),
        ] {
            history.ask(&format!(
                r#"{{"type":"AddMember","member":{id},"login":"{login}","role":"{role}"}}"#
            ));
        }
        history.ask(&format!(
            r#"{{"type":"GrantPermission","member":{HOLDER},"permission":"write_enterprise_credentials"}}"#
        ));
        let admin = r#"["admin:enterprise"]"#;
        let app = r#"["enterprise_credentials=write"]"#;
        for (id, owner, kind, scopes, token) in [
            (901, OWNER, "classic_pat", admin, TOKEN_OWNER),
            (902, OWNER, "oauth_app_user_token", admin, TOKEN_OWNER_OAUTH),
            (903, OWNER, "github_app_user_token", app, TOKEN_OWNER_APP),
            (904, OWNER, "fine_grained_pat", app, TOKEN_OWNER_FINE),
            (906, HOLDER, "classic_pat", admin, TOKEN_HOLDER),
            (907, MEMBER, "classic_pat", admin, TOKEN_MEMBER),
            (
                908,
                MEMBER,
                "classic_pat",
                r#"["read:enterprise"]"#,
                TOKEN_MEMBER_NO_SCOPE,
            ),
        ] {
            history.issue(id, owner, kind, scopes, &format!("{token}{salt}"), "");
            history.authorize(id, 1);
        }
        let expiry = r#","expires_at":"2026-03-11T00:00:00.000Z""#;
        history.issue(
            905,
            OWNER,
            "classic_pat",
            admin,
            &format!("{TOKEN_OWNER_EXPIRED}{salt}"),
            expiry,
        );
        history
    }

    /// Adds `count` classic PATs of the member, each authorized for both organizations. The token of number *n* is
    /// [`token_of_many`].
    pub(crate) fn with_credentials(mut self, count: u64, salt: &str) -> Self {
        for number in 0..count {
            let id = FIRST_OF_MANY + number;
            let token = token_of_many(number, salt);
            self.issue(id, MEMBER, "classic_pat", r#"["admin:enterprise"]"#, &token, "");
            self.authorize(id, 1);
            self.authorize(id, 2);
        }
        self
    }

    pub(crate) fn issue(&mut self, id: u64, owner: u64, kind: &str, scopes: &str, token: &str, more: &str) {
        let fingerprint = fingerprint(token).unwrap();
        self.ask(&format!(
            r#"{{"type":"IssueCredential","credential":{id},"owner":{owner},"kind":"{kind}","scopes":{scopes},"fingerprint":"{fingerprint}"{more}}}"#
        ));
    }

    pub(crate) fn authorize(&mut self, credential: u64, organization: u64) {
        self.ask(&format!(
            r#"{{"type":"AuthorizeCredential","credential":{credential},"organization":{organization}}}"#
        ));
    }

    /// Asks the core, records and applies what it answers.
    pub(crate) fn ask(&mut self, command: &str) {
        let command: Command = serde_json::from_str(command).unwrap();
        let events = self.enterprise.decide(&command, self.at).unwrap();
        for recorded in self.enterprise.record(events, self.at, None) {
            self.enterprise.apply(&recorded).unwrap();
            write_line(&recorded, &mut self.log);
        }
        self.at = Timestamp::from_milliseconds(self.at.milliseconds() + 1).unwrap();
    }

    /// The same history, but for a word: at the same times.
    pub(crate) fn with_other(&self, word: &str, other: &str) -> Self {
        let log = String::from_utf8(self.log.clone()).unwrap();
        let log = log.replace(word, other).into_bytes();
        assert_ne!(log, self.log);
        Self {
            enterprise: replay(&log).unwrap(),
            log,
            at: self.at,
        }
    }

    pub(crate) fn revoke_all(&mut self, revoke_credentials: bool) {
        self.ask(&format!(
            r#"{{"type":"RevokeAll","caller":{{"person":{OWNER}}},"revoke_credentials":{revoke_credentials}}}"#
        ));
    }

    /// The time of what comes next.
    pub(crate) const fn at(&self) -> Timestamp {
        self.at
    }

    pub(crate) fn slug(&self) -> EnterpriseSlug {
        self.enterprise.slug().unwrap().clone()
    }

    pub(crate) fn plan(&self, revoke_credentials: bool) -> Plan {
        let request = RevokeAll {
            caller: Caller::Person {
                person: PersonId::new(OWNER).unwrap(),
                credential: Some(CredentialId::new(901).unwrap()),
            },
            revoke_credentials,
            idempotency_key: None,
        };
        self.enterprise.plan(&request, self.at)
    }

    pub(crate) async fn import(&self, store: &impl Store) {
        Stream::check(self.log.clone()).unwrap().import(store).await.unwrap();
    }
}

pub(crate) fn token_of_many(number: u64, salt: &str) -> String {
    format!("ghp_oneOfMany{number}{salt}")
}

/// The events of a log, which must replay.
pub(crate) fn events(log: &[u8]) -> (Vec<RecordedEvent>, Enterprise) {
    let enterprise = replay(log).unwrap();
    (read(log).map(Result::unwrap).collect(), enterprise)
}

/// A whole stream, as the store holds it.
pub(crate) async fn exported(store: &impl Streams, slug: &EnterpriseSlug) -> Vec<u8> {
    let page = store.read(slug, Default::default(), usize::MAX).await.unwrap();
    page.bytes().to_vec()
}

/// The completions in a log: revocation, authorizations revoked, credentials destroyed.
pub(crate) fn completions(log: &[u8]) -> Vec<(u64, u64, u64)> {
    let (events, _) = events(log);
    let completion = |recorded: RecordedEvent| match recorded.event {
        Event::RevocationCompleted {
            revocation,
            authorizations_revoked,
            credentials_destroyed,
        } => Some((revocation.value(), authorizations_revoked, credentials_destroyed)),
        _ => None,
    };
    events.into_iter().filter_map(completion).collect()
}
