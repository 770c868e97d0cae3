//! From tables to a stream: how a service that has users, organizations and tokens already moves in, while it goes on
//! issuing tokens. `docs/onboarding.md` walks through it.
//!
//! Run it with `cargo run --example onboarding`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;

use enterprise_credentials::limits::COMMANDS_MAX;
use enterprise_credentials::reconcile::{Finding, Listed, Reconciler};
use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug, Event, Fingerprint,
    InvalidValue, ListRefusal, Login, OrganizationId, PersonId, RecordedEvent, RevokeAll, Role, Scopes, Timestamp,
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// What the service has, read in one transaction, so that the rows belong together.
struct Tables {
    /// When they were read.
    read_at: &'static str,
    /// id, login
    users: Vec<(i64, &'static str)>,
    /// id, login
    organizations: Vec<(i64, &'static str)>,
    /// user, role
    memberships: Vec<(i64, &'static str)>,
    tokens: Vec<Token>,
    /// token, organization
    authorizations: Vec<(i64, i64)>,
}

struct Token {
    id: i64,
    /// Nobody, where the user was deleted.
    user: Option<i64>,
    kind: &'static str,
    scopes: &'static str,
    hashed_token: &'static str,
    expires_at: Option<&'static str>,
    revoked_at: Option<&'static str>,
}

/// A row, for the report: its table and its key.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Row(&'static str, i64);

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

/// What a row becomes: a command, or nothing and why.
type Asked = (Row, Result<Command, String>);

/// The rows in the order in which the rules want them: whoever is named has to be there.
fn commands(tables: &Tables) -> Vec<Asked> {
    let logins: BTreeMap<i64, &str> = tables.users.iter().copied().collect();
    let organizations =
        (tables.organizations.iter()).map(|(id, login)| (Row("organization", *id), add_organization(*id, login)));
    let members = tables.memberships.iter().map(|(user, role)| {
        let login = logins.get(user).ok_or_else(|| "no such user".to_owned());
        (
            Row("membership", *user),
            login.and_then(|login| add_member(*user, login, role)),
        )
    });
    // A token that was revoked before is left out: what the stream does not know authenticates nowhere.
    let living = tables.tokens.iter().filter(|token| token.revoked_at.is_none());
    let tokens = living.map(|token| (Row("token", token.id), issue(token)));
    let authorizations = (tables.authorizations.iter())
        .map(|(token, organization)| (Row("authorization of token", *token), authorize(*token, *organization)));
    organizations
        .chain(members)
        .chain(tokens)
        .chain(authorizations)
        .collect()
}

fn add_organization(id: i64, login: &str) -> Result<Command, String> {
    let (organization, login) = (id.try_into().map_err(unfit)?, login.parse().map_err(unfit)?);
    Ok(Command::AddOrganization { organization, login })
}

fn add_member(user: i64, login: &str, role: &str) -> Result<Command, String> {
    let (member, login): (PersonId, Login) = (user.try_into().map_err(unfit)?, login.parse().map_err(unfit)?);
    let role = match role {
        "admin" => Role::Owner,
        "billing" => Role::BillingManager,
        "user" => Role::Member,
        // Whoever has access to a repository and belongs to no organization.
        "outside" => Role::OutsideCollaborator,
        other => return Err(format!("no role of ours is a `{other}`")),
    };
    Ok(Command::AddMember { member, login, role })
}

fn issue(token: &Token) -> Result<Command, String> {
    let owner = token
        .user
        .ok_or("belongs to nobody: destroy it, or give it to a machine user")?;
    let expires_at = token
        .expires_at
        .map(Timestamp::parse_rfc3339)
        .transpose()
        .map_err(unfit)?;
    Ok(Command::IssueCredential {
        credential: token.id.try_into().map_err(unfit)?,
        owner: owner.try_into().map_err(unfit)?,
        kind: token.kind.parse().map_err(unfit)?,
        scopes: Scopes::parse(token.scopes.split_whitespace()).map_err(unfit)?,
        expires_at,
        fingerprint: Some(token.hashed_token.parse().map_err(unfit)?),
    })
}

fn authorize(token: i64, organization: i64) -> Result<Command, String> {
    Ok(Command::AuthorizeCredential {
        credential: token.try_into().map_err(unfit)?,
        organization: organization.try_into().map_err(unfit)?,
    })
}

fn unfit(value: InvalidValue) -> String {
    value.to_string()
}

/// One enterprise's stream, and who has which fingerprint. In a database: two tables, written in one transaction.
#[derive(Default)]
struct Host {
    enterprise: Enterprise,
    stream: Vec<RecordedEvent>,
    look_up: BTreeMap<Fingerprint, CredentialId>,
}

impl Host {
    /// Appends and applies. A real host appends where its stream is still at `enterprise.position()`, all or nothing.
    fn record(&mut self, events: Vec<Event>, at: Timestamp) -> Outcome<()> {
        let recorded: Vec<_> = self.enterprise.record(events, at, None).collect();
        for recorded in &recorded {
            if let Event::CredentialIssued {
                credential,
                fingerprint: Some(fingerprint),
                ..
            } = &recorded.event
            {
                self.look_up.insert(fingerprint.clone(), *credential);
            }
        }
        self.enterprise.apply_all(&recorded)?;
        self.stream.extend(recorded);
        Ok(())
    }

    /// The other credential of this enterprise that a command's fingerprint stands for already. No rule knows
    /// fingerprints, since the state has none: the look-up does.
    fn same_fingerprint(&self, earlier: &[(Row, Command)], command: &Command) -> Option<CredentialId> {
        let Command::IssueCredential {
            fingerprint: Some(wanted),
            ..
        } = command
        else {
            return None;
        };
        let in_list = earlier.iter().find_map(|(_, command)| match command {
            Command::IssueCredential {
                credential,
                fingerprint,
                ..
            } if fingerprint.as_ref() == Some(wanted) => Some(*credential),
            _ => None,
        });
        self.look_up.get(wanted).copied().or(in_list)
    }

    /// Moves rows into the stream, many at a time. A row that cannot get in is reported, and never dropped in silence.
    fn take_in(&mut self, rows: Vec<Asked>, at: Timestamp) -> Outcome<Vec<(Row, String)>> {
        let mut left_out = Vec::new();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let mut list: Vec<(Row, Command)> = Vec::new();
            for (row, asked) in rows.by_ref().take(COMMANDS_MAX) {
                match asked {
                    Err(why) => left_out.push((row, why)),
                    Ok(command) => match self.same_fingerprint(&list, &command) {
                        Some(other) => left_out.push((row, format!("has the fingerprint of token {other}"))),
                        None => list.push((row, command)),
                    },
                }
            }
            self.take_list(list, at, &mut left_out)?;
        }
        Ok(left_out)
    }

    /// Decides one list as a whole, without the rows that a rule refuses.
    fn take_list(
        &mut self,
        list: Vec<(Row, Command)>,
        at: Timestamp,
        left_out: &mut Vec<(Row, String)>,
    ) -> Outcome<()> {
        let (mut rows, mut commands): (Vec<Row>, Vec<Command>) = list.into_iter().unzip();
        let events = loop {
            match self.enterprise.decide_all(&commands, at) {
                Ok(events) => break events,
                Err(ListRefusal::Refused { index, refusal }) => {
                    commands.remove(index);
                    left_out.push((rows.remove(index), format!("{}: {refusal}", refusal.rule())));
                }
                Err(other) => return Err(other.into()),
            }
        };
        self.record(events, at)
    }

    /// Follows a write of the service that was made after the tables were read. One that the stream has already is no
    /// fault: an outbox may deliver twice.
    fn follow(&mut self, command: &Command, at: Timestamp) -> Outcome<()> {
        let is_known = |id: CredentialId| self.enterprise.credential(id).is_some();
        if matches!(command, Command::IssueCredential { credential, .. } if is_known(*credential)) {
            return Ok(());
        }
        let events = self.enterprise.decide(command, at)?;
        self.record(events, at)
    }

    /// What the service's own tables and the stream do not agree on.
    fn reconcile(&self, tables: &Tables) -> Outcome<Vec<Finding>> {
        let at = Timestamp::parse_rfc3339(tables.read_at)?;
        let mut reconciler = Reconciler::new(&self.enterprise, at);
        self.stream
            .iter()
            .for_each(|recorded| reconciler.learn(&recorded.event));
        let mut findings = Vec::new();
        // What is dead there and alive here shows as not listed.
        for token in tables.tokens.iter().filter(|token| token.revoked_at.is_none()) {
            findings.extend(reconciler.compare(&listed(token, tables, at)?));
        }
        findings.extend(reconciler.finish());
        Ok(findings)
    }
}

/// A token that the service has not revoked, as its own tables have it.
fn listed(token: &Token, tables: &Tables, at: Timestamp) -> Outcome<Listed> {
    let expires_at = token.expires_at.map(Timestamp::parse_rfc3339).transpose()?;
    let organizations = (tables.authorizations.iter()).filter(|(of, _)| *of == token.id);
    let organizations = organizations.map(|(_, organization)| OrganizationId::try_from(*organization));
    Ok(Listed {
        credential: Some(token.id.try_into()?),
        fingerprint: Some(token.hashed_token.parse()?),
        // A token without an owner is alive all the same, and not in the log: whose it is stated to be does not matter.
        owner: token.user.unwrap_or(1).try_into()?,
        kind: token.kind.parse()?,
        expires_at,
        is_alive: expires_at.is_none_or(|expires_at| at < expires_at),
        organizations: organizations.collect::<Result<_, _>>()?,
        shared_with: None,
    })
}

fn main() -> Outcome<()> {
    let mut tables = sample();
    let at = Timestamp::parse_rfc3339(tables.read_at)?;
    let mut host = Host::default();

    // 1. The rows, all dated with the time at which they were read: the stream tells when it learnt of them.
    let create = Command::CreateEnterprise {
        slug: EnterpriseSlug::new("octo-corp")?,
        kind: EnterpriseKind::PersonalAccounts,
    };
    let founding = (Row("enterprise", 1), Ok(create));
    let rows = [founding].into_iter().chain(commands(&tables)).collect();
    let left_out = host.take_in(rows, at)?;
    left_out
        .iter()
        .for_each(|(row, why)| println!("left out: {row}: {why}"));

    // 2. What the service wrote meanwhile, in its order, from the outbox.
    let fresh = new_token();
    let later = Timestamp::parse_rfc3339("2026-03-10 09:00:07.25+00")?;
    let outbox = [
        issue(&fresh)?,
        authorize(fresh.id, 3)?,
        authorize(fresh.id, 3)?,
        issue(&fresh)?,
    ];
    for command in &outbox {
        host.follow(command, later)?;
    }
    tables.tokens.push(fresh);
    tables.authorizations.push((107, 3));
    tables.read_at = "2026-03-10 09:00:08+00";

    // 3. Does the stream know what the service knows? What was left out shows here, until somebody settles it.
    let findings = host.reconcile(&tables)?;
    findings.iter().for_each(|finding| println!("reconcile: {finding}"));
    assert_eq!(findings.len(), 3);
    settle(&mut tables);
    assert_eq!(host.reconcile(&tables)?, []);

    // 4. From here on writes go to the stream first, and access checks ask it. A revocation reaches every token.
    let now = Timestamp::parse_rfc3339("2026-03-10 12:00:00+00")?;
    let (person, credential) = (PersonId::new(7)?, Some(CredentialId::new(101)?));
    let request = RevokeAll {
        caller: Caller::Person { person, credential },
        revoke_credentials: false,
        idempotency_key: Some("incident-2026-03-10".parse()?),
    };
    let plan = host.enterprise.plan(&request, now);
    let events = host.enterprise.decide(&Command::RevokeAll(request), now)?;
    host.record(events, now)?;
    for token in tables.tokens.iter().filter(|token| token.revoked_at.is_none()) {
        let usable = host
            .enterprise
            .may_use(CredentialId::try_from(token.id)?, OrganizationId::new(3)?, now);
        println!(
            "token {}: {}",
            token.id,
            usable.err().ok_or("a token outlives the revocation")?
        );
    }
    println!(
        "{} authorizations are dead before any job has run",
        plan.authorizations_revoked
    );
    Ok(())
}

/// A service of seven tokens, with what such tables have in them.
fn sample() -> Tables {
    let token = |id, user, kind, hashed_token| Token {
        id,
        user,
        kind,
        scopes: "",
        hashed_token,
        expires_at: None,
        revoked_at: None,
    };
    Tables {
        read_at: "2026-03-10 09:00:00.5+00",
        users: vec![(7, "mona"), (8, "hubot"), (9, "gone"), (10, "contractor")],
        organizations: vec![(3, "octo-org"), (4, "octo-labs")],
        memberships: vec![(7, "admin"), (8, "user"), (10, "outside")],
        tokens: vec![
            Token {
                scopes: "admin:enterprise repo",
                ..token(101, Some(7), "classic_pat", "aGFzaCBvZiB0b2tlbiAxMDE=")
            },
            Token {
                expires_at: Some("2026-03-01 00:00:00+00"),
                ..token(102, Some(8), "classic_pat", "aGFzaCBvZiB0b2tlbiAxMDI=")
            },
            Token {
                revoked_at: Some("2025-11-30 17:00:00+00"),
                ..token(108, Some(7), "classic_pat", "aGFzaCBvZiB0b2tlbiAxMDg=")
            },
            // Its user was deleted, and so is nobody.
            token(103, None, "classic_pat", "aGFzaCBvZiB0b2tlbiAxMDM="),
            // Its user has left the enterprise.
            token(104, Some(9), "fine_grained_pat", "aGFzaCBvZiB0b2tlbiAxMDQ="),
            // The same key was uploaded twice.
            token(
                105,
                Some(10),
                "ssh_key",
                "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
            ),
            token(
                106,
                Some(8),
                "ssh_key",
                "SHA256:nThbg6kXUpJWGl7E1IGOCspRomTxdCARLviKw6E5SY8",
            ),
        ],
        authorizations: vec![(101, 3), (101, 4), (102, 3), (104, 3), (105, 3)],
    }
}

/// Issued while the backfill ran.
fn new_token() -> Token {
    Token {
        id: 107,
        user: Some(8),
        kind: CredentialKind::OauthAppUserToken.as_str(),
        scopes: "repo",
        hashed_token: "aGFzaCBvZiB0b2tlbiAxMDc=",
        expires_at: None,
        revoked_at: None,
    }
}

/// What the service's people do about the report: tokens that nobody answers for end at the service, too.
fn settle(tables: &mut Tables) {
    tables.tokens.retain(|token| ![103, 104, 106].contains(&token.id));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_keeps_its_promises() {
        super::main().unwrap();
    }
}
