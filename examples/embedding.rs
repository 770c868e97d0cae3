//! A hosting service in a page: a store, a command that survives lost races, access checks that are never stale, and a
//! worker. `docs/embedding.md` walks through it.
//!
//! Run it with `cargo run --example embedding`.

use std::error::Error;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use enterprise_credentials::{
    AccessDenial, Actor, Caller, Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug,
    Login, OrganizationId, PersonId, Position, RecordedEvent, RevocationId, RevocationState, RevokeAll, Role, Scopes,
    Timestamp,
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often a command is decided again when somebody else appends first.
const ATTEMPTS_MAX: u32 = 16;
/// How many credentials the worker records in one append.
const BATCH: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// One enterprise's stream. In a database: a table with the primary key (enterprise, position).
#[derive(Default)]
struct Store {
    stream: Mutex<Vec<RecordedEvent>>,
}

/// Somebody else appended first.
#[derive(Debug, PartialEq)]
struct Conflict;

impl Store {
    fn read_after(&self, last: Position) -> Vec<RecordedEvent> {
        let stream = self.stream();
        stream
            .iter()
            .filter(|recorded| recorded.position > last)
            .cloned()
            .collect()
    }

    /// Appends all or nothing, and only where the stream is still at `expected`.
    fn append(&self, expected: Position, events: &[RecordedEvent]) -> Result<(), Conflict> {
        let mut stream = self.stream();
        let head = stream.last().map_or(Position::START, |last| last.position);
        if head != expected {
            return Err(Conflict);
        }
        stream.extend_from_slice(events);
        Ok(())
    }

    fn stream(&self) -> MutexGuard<'_, Vec<RecordedEvent>> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One process of the service, with its own copy of the state.
struct Process<'a> {
    store: &'a Store,
    enterprise: Enterprise,
}

impl<'a> Process<'a> {
    fn new(store: &'a Store) -> Self {
        Self {
            store,
            enterprise: Enterprise::new(),
        }
    }

    /// Applies what other processes have recorded. Without it this process would honour tokens that another saw die.
    fn refresh(&mut self) -> Outcome<()> {
        for recorded in self.store.read_after(self.enterprise.position()) {
            self.enterprise.apply(&recorded)?;
        }
        Ok(())
    }

    /// The stream's time never runs backwards, even where this machine's clock is behind another's.
    fn now(&self) -> Outcome<Timestamp> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH)?;
        let clock = Timestamp::from_milliseconds(i64::try_from(since_1970.as_millis())?)?;
        Ok(self.enterprise.last_at().map_or(clock, |last_at| clock.max(last_at)))
    }

    /// Decides on fresh state and appends. A conflict has changed nothing: decide again,
    /// since the answer may be another.
    fn attempt(&mut self, command: &Command, by: Option<Actor>) -> Outcome<Result<(), Conflict>> {
        self.refresh()?;
        let at = self.now()?;
        let events = self.enterprise.decide(command, at)?;
        let recorded: Vec<_> = self.enterprise.record(events, at, by).collect();
        let appended = self.store.append(self.enterprise.position(), &recorded);
        if appended.is_ok() {
            recorded
                .iter()
                .try_for_each(|recorded| self.enterprise.apply(recorded))?;
        }
        Ok(appended)
    }

    fn execute(&mut self, command: &Command, by: Option<Actor>) -> Outcome<()> {
        for _ in 0..ATTEMPTS_MAX {
            if self.attempt(command, by)?.is_ok() {
                return Ok(());
            }
        }
        Err("the stream is busy: answer 503 and let the client try again".into())
    }

    /// May this token touch that organization's resources? Asked on every request, never cached.
    fn may_use(&mut self, credential: CredentialId, organization: OrganizationId) -> Outcome<Result<(), AccessDenial>> {
        self.refresh()?;
        Ok(self.enterprise.may_use(credential, organization, self.now()?))
    }

    /// Works until no revocation is unfinished. Any number of workers may do so: a lost race is another's progress.
    fn work(&mut self) -> Outcome<()> {
        while let Some(revocation) = self.unfinished_revocation()? {
            let limit = BATCH;
            // Either way the next look shows what is left.
            let _appended = self.attempt(&Command::ContinueRevocation { revocation, limit }, None)?;
        }
        Ok(())
    }

    /// The first in order of the cuts, as jobs run.
    fn unfinished_revocation(&mut self) -> Outcome<Option<RevocationId>> {
        self.refresh()?;
        Ok(self.enterprise.pending_revocations().next())
    }
}

fn main() -> Outcome<()> {
    let store = Store::default();
    let (owner, organization) = (PersonId::new(7)?, OrganizationId::new(3)?);
    let token = CredentialId::new(1)?;
    let mut first = Process::new(&store);
    found_enterprise(&mut first, owner, organization)?;
    let mut second = Process::new(&store);
    assert_eq!(second.may_use(token, organization)?, Ok(()));

    // The second process has decided, but the first appends before it does: the append is refused, nothing is lost.
    let late = Command::RevokeAuthorization {
        credential: token,
        organization,
    };
    let at = second.now()?;
    let decided = second.enterprise.decide(&late, at)?;
    let decided: Vec<_> = second.enterprise.record(decided, at, None).collect();
    let request = RevokeAll {
        caller: Caller::Person {
            person: owner,
            credential: Some(token),
        },
        revoke_credentials: true,
        idempotency_key: None,
    };
    let plan = first.enterprise.plan(&request, at);
    first.execute(&Command::RevokeAll(request), None)?;
    assert_eq!(store.append(second.enterprise.position(), &decided), Err(Conflict));

    // No job has run, and every process refuses the token.
    let denial = second.may_use(token, organization)?.err();
    println!("{}", denial.ok_or("a dead token is honoured")?);

    let workers = std::thread::scope(|scope| {
        let work = || Process::new(&store).work();
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.map(|worker| worker.join().unwrap_or_else(|_| Err("a worker panicked".into())))
    });
    for worked in workers {
        worked?;
    }

    first.refresh()?;
    let revocation = first.enterprise.last_cut().ok_or("nothing was requested")?;
    let progress = first
        .enterprise
        .progress(revocation)
        .ok_or("the revocation is unknown")?;
    assert_eq!(progress.state, RevocationState::Completed);
    assert_eq!(progress.authorizations_revoked, plan.authorizations_revoked);
    assert_eq!(progress.credentials_destroyed, plan.credentials_destroyed);
    println!(
        "revocation {revocation}: {} authorizations revoked, {} credentials destroyed",
        progress.authorizations_revoked, progress.credentials_destroyed
    );
    Ok(())
}

/// An owner with a hundred tokens, all authorized for one organization.
fn found_enterprise(process: &mut Process<'_>, owner: PersonId, organization: OrganizationId) -> Outcome<()> {
    let create = Command::CreateEnterprise {
        slug: EnterpriseSlug::new("octo-corp")?,
        kind: EnterpriseKind::ManagedUsers,
    };
    let add_organization = Command::AddOrganization {
        organization,
        login: Login::new("octo-org")?,
    };
    let add_owner = Command::AddMember {
        member: owner,
        login: Login::new("mona_octo")?,
        role: Role::Owner,
    };
    for command in [create, add_organization, add_owner] {
        process.execute(&command, None)?;
    }
    let by = Actor::Person {
        person: owner,
        credential: None,
    };
    for id in 1..=100 {
        let credential = CredentialId::new(id)?;
        let issue = Command::IssueCredential {
            credential,
            owner,
            kind: CredentialKind::ClassicPat,
            scopes: Scopes::parse(["admin:enterprise"])?,
            expires_at: None,
            fingerprint: None,
        };
        process.execute(&issue, Some(by))?;
        let authorize = Command::AuthorizeCredential {
            credential,
            organization,
        };
        process.execute(&authorize, Some(by))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_example_keeps_its_promises() {
        super::main().unwrap();
    }
}
