//! Histories to measure with: 200 organizations, up to 20,000 owners, and as many credentials as asked.

use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug, Event, Fingerprint,
    Login, OrganizationId, PersonId, Position, RecordedEvent, Revoke, RevokeAll, Role, Scopes, Timestamp, log,
};

/// How many organizations there are.
pub const ORGANIZATIONS: u64 = 200;
/// How many people there are at most.
pub const OWNERS_MAX: u64 = 20_000;

/// 2026-03-10T09:00:00.000Z
const BEGIN_MS: i64 = 1_773_133_200_000;

/// A log as bytes, in the mix of the targets: of 100 events 40 CredentialIssued, 35 CredentialAuthorized, 15
/// AuthorizationRevoked and 10 CredentialDestroyed, on random credentials.
pub struct MixedLog {
    /// The log, canonical.
    pub bytes: Vec<u8>,
    /// How many events it holds.
    pub events: u64,
}

impl MixedLog {
    /// Writes a log of at least this many events. With fingerprints it is what a host of tokens has.
    pub fn new(events: u64, fingerprints: bool) -> Self {
        let mut enterprise = Enterprise::new();
        let mut bytes = Vec::new();
        let mut record = |enterprise: &mut Enterprise, events: Vec<Event>| {
            for recorded in enterprise.record(events, at(enterprise.position().value()), None) {
                log::write_line(&recorded, &mut bytes);
                enterprise.apply(&recorded).expect("a decided event fits");
            }
        };
        record(&mut enterprise, founding(events).collect());
        let mut mix = Mix::new(fingerprints);
        while enterprise.position().value() < events {
            let command = mix.next(owners(events));
            if let Ok(decided) = enterprise.decide(&command, at(enterprise.position().value())) {
                mix.note(&decided);
                record(&mut enterprise, decided);
            }
        }
        let events = enterprise.position().value();
        Self { bytes, events }
    }
}

/// Commands in the mix of the targets, on random credentials of those that it has noted.
pub struct Mix {
    random: Random,
    fingerprints: bool,
    credentials: Vec<CredentialId>,
    authorizations: Vec<(CredentialId, OrganizationId)>,
}

impl Mix {
    /// A mix that has noted nothing yet.
    pub fn new(fingerprints: bool) -> Self {
        Self {
            random: Random(1),
            fingerprints,
            credentials: Vec::new(),
            authorizations: Vec::new(),
        }
    }

    /// The next command. What is issued belongs to one of the first `owners` people.
    pub fn next(&mut self, owners: u64) -> Command {
        let share = self.random.below(100);
        match (
            self.random.pick(&self.credentials),
            self.random.pick(&self.authorizations),
        ) {
            (Some(credential), _) if (40..75).contains(&share) => Command::AuthorizeCredential {
                credential,
                organization: organization(self.random.below(ORGANIZATIONS)),
            },
            (_, Some((credential, organization))) if (75..90).contains(&share) => Command::RevokeAuthorization {
                credential,
                organization,
            },
            (Some(credential), _) if share >= 90 => Command::DestroyCredential { credential },
            _ => self.issue(owners),
        }
    }

    fn issue(&mut self, owners: u64) -> Command {
        let number = self.credentials.len() as u64;
        let fingerprint = format!("{number:043}=");
        Command::IssueCredential {
            credential: credential(number),
            owner: person(number % owners),
            kind: kind(number),
            scopes: scopes(number),
            expires_at: None,
            fingerprint: (self.fingerprints).then(|| Fingerprint::new(&fingerprint).expect("visible ASCII")),
        }
    }

    /// Notes the credentials and authorizations that these events made.
    pub fn note(&mut self, events: &[Event]) {
        for event in events {
            match event {
                Event::CredentialIssued { credential, .. } => self.credentials.push(*credential),
                Event::CredentialAuthorized {
                    credential,
                    organization,
                } => self.authorizations.push((*credential, *organization)),
                _ => {}
            }
        }
    }
}

/// A history that only grows: credentials with 0 to 3 authorizations, 1.5 on average, granted in random order.
#[derive(Debug, Clone, Copy)]
pub struct Grown {
    /// How many credentials there are.
    pub credentials: u64,
}

impl Grown {
    /// How many authorizations there are.
    pub const fn authorizations(self) -> u64 {
        self.credentials / 4 * 6
    }

    /// The enterprise, its organizations and people, as events: what comes before the credentials.
    pub fn founding(self) -> impl Iterator<Item = Event> {
        founding(self.credentials)
    }

    /// The state before the first credential.
    pub fn founded(self) -> Enterprise {
        let mut enterprise = Enterprise::new();
        let founding = self.founding().collect();
        for recorded in enterprise.record(founding, at(0), None) {
            enterprise.apply(&recorded).expect("the founding fits");
        }
        enterprise
    }

    /// The credentials and their authorizations, as events.
    pub fn events(self) -> impl Iterator<Item = Event> {
        let owners = owners(self.credentials);
        let issued = (0..self.credentials).map(move |number| Event::CredentialIssued {
            credential: credential(number),
            owner: person(number % owners),
            kind: kind(number),
            scopes: scopes(number),
            expires_at: None,
            fingerprint: None,
        });
        let authorized = (0..3).flat_map(move |pass| {
            let chosen = self.shuffled().filter(move |number| number % 4 > pass);
            chosen.map(move |number| Event::CredentialAuthorized {
                credential: credential(number),
                organization: self.organization(number, pass),
            })
        });
        issued.chain(authorized)
    }

    /// The organization of a credential's authorization with this number, from 0.
    pub fn organization(self, credential: u64, authorization: u64) -> OrganizationId {
        organization((credential / 4 * 7 + authorization * 67) % ORGANIZATIONS)
    }

    /// The numbers of all credentials, in an order that no cache foresees.
    pub fn shuffled(self) -> impl Iterator<Item = u64> + Clone {
        /// A prime, so that every number comes once.
        const STRIDE: u64 = 2_654_435_761;
        (0..self.credentials).map(move |step| step * STRIDE % self.credentials)
    }

    /// The state at the end of this history.
    pub fn folded(self) -> Enterprise {
        folded(self.founded(), self.events())
    }

    /// The state of another history: each of these credentials is authorized for the first organization alone, which
    /// the first person owns.
    pub fn in_one_organization(self) -> Enterprise {
        let (organization, member) = (organization(0), person(0));
        let owned = Event::OrganizationOwnerAdded { organization, member };
        let is_issued = |event: &Event| matches!(event, Event::CredentialIssued { .. });
        let issued = self.events().take_while(is_issued);
        let authorized = (0..self.credentials).map(move |number| Event::CredentialAuthorized {
            credential: credential(number),
            organization,
        });
        let events = std::iter::once(owned).chain(issued).chain(authorized);
        folded(self.founded(), events)
    }
}

fn folded(mut enterprise: Enterprise, events: impl Iterator<Item = Event>) -> Enterprise {
    for window in windows(enterprise.position(), events) {
        for recorded in &window {
            enterprise.apply(recorded).expect("a grown history fits");
        }
    }
    enterprise
}

/// Puts events into their envelopes, window by window: a large history needs no large memory.
pub fn windows(after: Position, events: impl Iterator<Item = Event>) -> impl Iterator<Item = Vec<RecordedEvent>> {
    let mut position = after;
    let mut recorded = events.map(move |event| {
        position = position.next();
        RecordedEvent {
            position,
            at: at(0),
            by: None,
            event,
        }
    });
    std::iter::from_fn(move || {
        let window: Vec<RecordedEvent> = recorded.by_ref().take(4096).collect();
        (!window.is_empty()).then_some(window)
    })
}

/// The caller's request to revoke everything.
pub fn revoke_all(revoke_credentials: bool) -> RevokeAll {
    let caller = Caller::Person {
        person: person(0),
        credential: Some(credential(0)),
    };
    RevokeAll {
        caller,
        revoke_credentials,
        idempotency_key: None,
    }
}

/// The caller's request to revoke what one person has, from a web session.
pub fn revoke_person(target: PersonId, revoke_credentials: bool) -> Revoke {
    Revoke {
        caller: Caller::Person {
            person: person(0),
            credential: None,
        },
        organization: None,
        person: Some(target),
        credential_type: None,
        revoke_credentials,
        idempotency_key: None,
    }
}

/// The time of the event after this position: 1 ms passes for each.
pub fn at(position: u64) -> Timestamp {
    let passed = i64::try_from(position).expect("a small position");
    Timestamp::from_milliseconds(BEGIN_MS + passed).expect("within the years that can be written")
}

/// The credential with this number, from 0: ids are not consecutive, and have up to ten digits.
pub fn credential(number: u64) -> CredentialId {
    CredentialId::new(((number + 1) * 0x5851_F42D) & u64::from(u32::MAX)).expect("an id")
}

/// The person with this number, from 0.
pub fn person(number: u64) -> PersonId {
    PersonId::new(number + 1).expect("an id")
}

/// The organization with this number, from 0.
pub fn organization(number: u64) -> OrganizationId {
    OrganizationId::new(number + 1).expect("an id")
}

/// How many people own this many credentials.
pub fn owners(credentials: u64) -> u64 {
    credentials.div_ceil(10).min(OWNERS_MAX)
}

fn founding(credentials: u64) -> impl Iterator<Item = Event> {
    let created = Event::EnterpriseCreated {
        slug: EnterpriseSlug::new("octo-corp").expect("a slug"),
        kind: EnterpriseKind::ManagedUsers,
    };
    let organizations = (0..ORGANIZATIONS).map(|number| Event::OrganizationAdded {
        organization: organization(number),
        login: login("org", number),
    });
    let people = (0..owners(credentials)).map(|number| Event::MemberAdded {
        member: person(number),
        login: login("user", number),
        role: if number == 0 { Role::Owner } else { Role::Member },
    });
    std::iter::once(created).chain(organizations).chain(people)
}

fn login(prefix: &str, number: u64) -> Login {
    Login::new(&format!("{prefix}-{number}")).expect("a login")
}

fn kind(number: u64) -> CredentialKind {
    let kinds = CredentialKind::ALL;
    kinds[usize::try_from(number).expect("a small number") % kinds.len()]
}

/// The caller's token may call the operation; keys have no scopes, and the others have one.
fn scopes(number: u64) -> Scopes {
    let scope = match (number, kind(number)) {
        (0, _) => Some("admin:enterprise"),
        (_, CredentialKind::SshKey) => None,
        (_, CredentialKind::FineGrainedPat | CredentialKind::GithubAppUserToken) => Some("contents=read"),
        _ => Some("repo"),
    };
    Scopes::parse(scope).expect("scopes")
}

/// A small generator of random numbers: the same ones on every machine.
pub struct Random(pub u64);

impl Random {
    /// A number below this one.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let place = self.below(from.len().max(1) as u64);
        from.get(usize::try_from(place).ok()?).copied()
    }
}
