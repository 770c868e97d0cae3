//! The enterprises that requests are made to, and who makes them.

use enterprise_credentials::{Caller, Command, Enterprise, Timestamp};

pub(crate) const SLUG: &str = "octo-corp";
pub(crate) const HOUR_MS: i64 = 60 * 60 * 1000;
/// Under this key, owner 7 and installation 55 have made their requests, without `revoke_credentials`.
pub(crate) const USED_KEY: &str = "runbook-1";

pub(crate) struct World {
    pub(crate) enterprise: Enterprise,
    /// When everything in it has happened.
    pub(crate) at: Timestamp,
    pub(crate) is_created: bool,
    pub(crate) is_managed: bool,
}

impl World {
    /// Managed users, personal accounts, and one to which nothing has happened. Each of the first two has a request of
    /// owner 7 and one of installation 55, whose jobs have not run.
    pub(crate) fn all() -> [Self; 3] {
        [
            Self::new("managed_users"),
            Self::new("personal_accounts"),
            Self::empty(),
        ]
    }

    fn empty() -> Self {
        Self {
            enterprise: Enterprise::new(),
            at: "2026-03-10T09:00:00.000Z".parse().unwrap(),
            is_created: false,
            is_managed: false,
        }
    }

    fn new(kind: &str) -> Self {
        let mut world = Self::empty();
        world.is_created = true;
        world.is_managed = kind == "managed_users";
        let collaborator = if world.is_managed {
            "guest_collaborator"
        } else {
            "outside_collaborator"
        };
        let history = HISTORY.replace("KIND", kind).replace("COLLABORATOR", collaborator);
        for command in history.lines() {
            let command: Command = serde_json::from_str(command).unwrap();
            let events = world.enterprise.decide(&command, world.at).unwrap();
            assert!(!events.is_empty());
            for recorded in world.enterprise.record(events, world.at, None) {
                world.enterprise.apply(&recorded).unwrap();
            }
        }
        world
    }
}

/// Credentials are named for their use in [`caller`]. Those of app 903 and token 901 are authorized,
/// 901 before the requests.
const HISTORY: &str = r#"{"type":"CreateEnterprise","slug":"octo-corp","kind":"KIND"}
{"type":"AddOrganization","organization":3,"login":"octo-org"}
{"type":"AddMember","member":7,"login":"mona","role":"owner"}
{"type":"AddMember","member":8,"login":"hubot","role":"owner"}
{"type":"AddMember","member":9,"login":"billing","role":"billing_manager"}
{"type":"GrantPermission","member":9,"permission":"write_enterprise_credentials"}
{"type":"AddMember","member":10,"login":"member","role":"member"}
{"type":"AddMember","member":11,"login":"collaborator","role":"COLLABORATOR"}
{"type":"AddMember","member":12,"login":"departed","role":"owner"}
{"type":"IssueCredential","credential":901,"owner":7,"kind":"classic_pat","scopes":["repo","admin:enterprise"]}
{"type":"IssueCredential","credential":902,"owner":7,"kind":"oauth_app_user_token","scopes":["admin:enterprise"]}
{"type":"IssueCredential","credential":903,"owner":7,"kind":"github_app_user_token","scopes":["enterprise_credentials=write"]}
{"type":"IssueCredential","credential":904,"owner":7,"kind":"fine_grained_pat","scopes":["enterprise_credentials=write"]}
{"type":"IssueCredential","credential":905,"owner":7,"kind":"ssh_key","scopes":[]}
{"type":"IssueCredential","credential":906,"owner":7,"kind":"classic_pat","scopes":["read:enterprise"]}
{"type":"IssueCredential","credential":907,"owner":7,"kind":"github_app_user_token","scopes":["enterprise_credentials=read"]}
{"type":"IssueCredential","credential":908,"owner":7,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"IssueCredential","credential":909,"owner":7,"kind":"classic_pat","scopes":["admin:enterprise"],"expires_at":"2026-03-10T10:00:00.000Z"}
{"type":"IssueCredential","credential":911,"owner":9,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"IssueCredential","credential":921,"owner":10,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"IssueCredential","credential":931,"owner":11,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"IssueCredential","credential":941,"owner":12,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"RemoveMember","member":12}
{"type":"DestroyCredential","credential":908}
{"type":"AuthorizeCredential","credential":901,"organization":3}
{"type":"RevokeAll","caller":{"person":7,"credential":902},"idempotency_key":"runbook-1"}
{"type":"AuthorizeCredential","credential":903,"organization":3}
{"type":"RevokeAll","caller":{"installation":55,"permissions":["enterprise_credentials=write"]},"idempotency_key":"runbook-1"}
{"type":"AuthorizeCredential","credential":911,"organization":3}"#;

/// Whose token this is. Names of tokens that a host does not know are nobody's.
pub(crate) fn caller(token: &str) -> Option<Caller> {
    let caller = match token {
        "901" | "902" | "903" | "904" | "905" | "906" | "907" | "908" | "909" => {
            format!(r#"{{"person":7,"credential":{token}}}"#)
        }
        "911" => r#"{"person":9,"credential":911}"#.into(),
        "921" => r#"{"person":10,"credential":921}"#.into(),
        "931" => r#"{"person":11,"credential":931}"#.into(),
        "941" => r#"{"person":12,"credential":941}"#.into(),
        "another" => r#"{"person":8,"credential":901}"#.into(),
        "unissued" => r#"{"person":7,"credential":999}"#.into(),
        "web" => r#"{"person":7}"#.into(),
        "nobody" => r#"{"person":99}"#.into(),
        "stranger" => "{}".into(),
        "app" => r#"{"installation":55,"permissions":["enterprise_credentials=write"]}"#.into(),
        "reader" => r#"{"installation":56,"permissions":["enterprise_credentials=read"]}"#.into(),
        _ => return None,
    };
    Some(serde_json::from_str(&caller).unwrap())
}
