//! A store with several enterprises, as a file.

use std::path::{Path, PathBuf};

use enterprise_credentials::log::write_line;
use enterprise_credentials::{Command, Enterprise, EnterpriseSlug, Timestamp};
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::import::Stream;
use enterprise_credentials_host::store::{self, IfMissing, StoreUrl, Streams};
use enterprise_credentials_host::token::fingerprint;
use tokio::runtime::Runtime;

use crate::asked::{Asked, ask_all};

/// Known in two enterprises: dead in the first, alive in the second.
const SHARED: &str = "ghp_knownInTwoEnterprises";
const OWNER: u64 = 1;
const MEMBER: u64 = 2;
/// Lines that are imported at a time, in turn: so segments have all sizes.
const PIECES: [usize; 6] = [1, 700, 2, 90, 33, 1_500];

pub(crate) struct World {
    /// The bytes of the file.
    pub(crate) file: Vec<u8>,
    pub(crate) streams: Vec<History>,
    pub(crate) tokens: Vec<Token>,
    /// Where the tokens' fingerprints stand in the file.
    pub(crate) fingerprints: Vec<usize>,
    /// The right answers.
    pub(crate) expected: Vec<Asked>,
    /// What would be right if each enterprise alone knew its tokens.
    pub(crate) alone: Vec<Asked>,
}

/// A token, and at which enterprise it is used.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) enterprise: EnterpriseSlug,
    /// The enterprise's last revocation; 1 where there is none.
    pub(crate) revocation: u64,
    pub(crate) token: String,
}

/// An enterprise, and the log that made it.
pub(crate) struct History {
    enterprise: Enterprise,
    pub(crate) log: Vec<u8>,
    revocation: u64,
    tokens: Vec<String>,
    at: Timestamp,
}

impl World {
    /// Has the store written below `directory`.
    pub(crate) fn build(directory: &Path, with_snapshots: bool) -> Self {
        std::fs::create_dir_all(directory).unwrap();
        let streams = histories();
        let path = directory.join("whole.db");
        let runtime = runtime();
        runtime.block_on(write(&path, &streams, with_snapshots));
        let tokens = tokens(&streams);
        let file = std::fs::read(&path).unwrap();
        let places = tokens.iter().flat_map(|token| {
            let fingerprint = fingerprint(&token.token).unwrap();
            memchr::memmem::find_iter(&file, fingerprint.as_str()).collect::<Vec<_>>()
        });
        let fingerprints = places.collect();
        let expected = runtime.block_on(answers(&path, &tokens));
        let alone = runtime.block_on(alone(directory, &streams));
        assert_ne!(alone, expected, "no token is dead because of another enterprise");
        for status in [200, 202, 401, 403, 404] {
            assert!(
                expected.iter().any(|asked| asked.status == status),
                "no token is answered with {status}: {expected:?}"
            );
        }
        Self {
            file,
            streams,
            tokens,
            fingerprints,
            expected,
            alone,
        }
    }
}

/// What a store answers to these tokens.
async fn answers(path: &Path, tokens: &[Token]) -> Vec<Asked> {
    let store = store::open(&url(path), IfMissing::Fail).await.unwrap();
    let answers = ask_all(store.clone(), tokens).await;
    store.close().await;
    answers
}

/// What stores of one stream each answer to their tokens: all that is read comes before all that is asked for.
async fn alone(directory: &Path, streams: &[History]) -> Vec<Asked> {
    let (mut read, mut asked) = (Vec::new(), Vec::new());
    for history in streams {
        let history = std::slice::from_ref(history);
        let path = directory.join(format!("alone-{}.db", history[0].slug()));
        write(&path, history, false).await;
        let mut answers = answers(&path, &tokens(history)).await;
        asked.extend(answers.split_off(answers.len() / 2));
        read.extend(answers);
    }
    read.extend(asked);
    read
}

/// One thread that asks, and those that may block.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

pub(crate) fn url(path: &Path) -> StoreUrl {
    StoreUrl::Sqlite(path.to_owned())
}

/// Puts a file there, and nothing beside it.
pub(crate) fn put(path: &Path, bytes: &[u8]) {
    for suffix in ["-wal", "-shm"] {
        let mut beside = path.to_owned().into_os_string();
        beside.push(suffix);
        let _ = std::fs::remove_file(PathBuf::from(beside));
    }
    std::fs::write(path, bytes).unwrap();
}

async fn write(path: &Path, streams: &[History], with_snapshots: bool) {
    let store = store::open(&url(path), IfMissing::Create).await.unwrap();
    let mut ends = vec![0; streams.len()];
    for piece in PIECES.into_iter().cycle() {
        let mut is_done = true;
        for (history, end) in streams.iter().zip(&mut ends) {
            let lines: Vec<&[u8]> = history.log.split_inclusive(|byte| *byte == b'\n').collect();
            if *end < lines.len() {
                *end = lines.len().min(*end + piece);
                let log = lines[..*end].concat();
                Stream::check(log).unwrap().import(&store).await.unwrap();
                is_done = false;
            }
        }
        if is_done {
            break;
        }
    }
    let (enterprises, _) = Enterprises::new(store.clone(), CacheOptions::default());
    for history in streams {
        enterprises.fresh(&history.slug()).await.unwrap();
    }
    if with_snapshots {
        enterprises.keep_snapshots().await;
    }
    store.close().await;
}

/// Where revocations are done, under way and not asked for; where most members are dead, and where nobody is.
fn histories() -> Vec<History> {
    let revoked = History::new("revoked-corp", "managed_users", 250)
        .revoke_all(true, u32::MAX)
        .with_people("After");
    let running = History::new("running-corp", "managed_users", 500)
        .revoke_all(true, 20)
        .with_people("After");
    let personal = History::new("personal-corp", "personal_accounts", 60)
        .revoke_all(false, u32::MAX)
        .with_people("After");
    let quiet = History::new("quiet-corp", "managed_users", 40).with_people("Shared");
    let small = History::new("small-corp", "managed_users", 2);
    vec![revoked, running, personal, quiet, small]
}

/// The dead first: a request that is accepted kills those of its enterprise.
fn tokens(streams: &[History]) -> Vec<Token> {
    let all = streams.iter().flat_map(|history| {
        let tokens = history.tokens.iter();
        tokens.map(|token| Token {
            enterprise: history.slug(),
            revocation: history.revocation,
            token: token.clone(),
        })
    });
    all.collect()
}

impl History {
    /// An enterprise with an owner and a member, who has most of the credentials.
    fn new(slug: &str, kind: &str, credentials: u64) -> Self {
        let mut history = Self {
            enterprise: Enterprise::new(),
            log: Vec::new(),
            revocation: 1,
            tokens: Vec::new(),
            at: Timestamp::parse("2026-03-10T09:00:00.000Z").unwrap(),
        };
        for command in [
            format!(r#"{{"type":"CreateEnterprise","slug":"{slug}","kind":"{kind}"}}"#),
            r#"{"type":"AddOrganization","organization":1,"login":"octo-org"}"#.to_owned(),
            format!(r#"{{"type":"AddMember","member":{OWNER},"login":"mona","role":"owner"}}"#),
            format!(r#"{{"type":"AddMember","member":{MEMBER},"login":"lisa","role":"member"}}"#),
        ] {
            history.ask(&command);
        }
        for number in 0..credentials {
            let token = format!("ghp_{slug}OneOfMany{number}");
            history.issue(MEMBER, &token);
            if number % 40 == 7 {
                history.tokens.push(token);
            }
        }
        if slug == "revoked-corp" {
            history.issue(MEMBER, SHARED);
            history.tokens.push(SHARED.to_owned());
        }
        history.with_people("Before")
    }

    /// Has a member and an owner get a credential each.
    fn with_people(mut self, when: &str) -> Self {
        let slug = self.slug();
        let member = match when {
            "Shared" => SHARED.to_owned(),
            when => format!("ghp_{slug}Member{when}"),
        };
        for (person, token) in [(MEMBER, member), (OWNER, format!("ghp_{slug}Owner{when}"))] {
            self.issue(person, &token);
            self.tokens.push(token);
        }
        self
    }

    fn issue(&mut self, owner: u64, token: &str) {
        let (id, fingerprint) = (self.enterprise.position().value() + 1, fingerprint(token).unwrap());
        self.ask(&format!(
            r#"{{"type":"IssueCredential","credential":{id},"owner":{owner},"kind":"classic_pat","scopes":["admin:enterprise"],"fingerprint":"{fingerprint}"}}"#
        ));
        self.ask(&format!(
            r#"{{"type":"AuthorizeCredential","credential":{id},"organization":1}}"#
        ));
    }

    /// Requests a revocation, and takes so many credentials of it.
    fn revoke_all(mut self, revoke_credentials: bool, limit: u32) -> Self {
        self.ask(&format!(
            r#"{{"type":"RevokeAll","caller":{{"person":{OWNER}}},"revoke_credentials":{revoke_credentials}}}"#
        ));
        self.revocation = self.enterprise.position().value();
        let revocation = self.revocation;
        self.ask(&format!(
            r#"{{"type":"ContinueRevocation","revocation":{revocation},"limit":{limit}}}"#
        ));
        self
    }

    /// Asks the core, records and applies what it answers.
    fn ask(&mut self, command: &str) {
        let command: Command = serde_json::from_str(command).unwrap();
        let events = self.enterprise.decide(&command, self.at).unwrap();
        for recorded in self.enterprise.record(events, self.at, None) {
            self.enterprise.apply(&recorded).unwrap();
            write_line(&recorded, &mut self.log);
        }
        self.at = Timestamp::from_milliseconds(self.at.milliseconds() + 1).unwrap();
    }

    pub(crate) fn slug(&self) -> EnterpriseSlug {
        self.enterprise.slug().unwrap().clone()
    }
}
