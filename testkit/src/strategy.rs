//! Random words, for proptest. They are weighted so that a few hundred reach every rule, and they shrink to a few
//! readable steps.

use core::num::NonZeroU32;
use std::vec::Vec;

use proptest::bool::weighted;
use proptest::collection::vec;
use proptest::prelude::{Just, any};
use proptest::prop_oneof;
use proptest::sample::select;
use proptest::strategy::{BoxedStrategy, Strategy};

use crate::word::{Ask, Step, Word};
use crate::world::{self, valid};
use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, CredentialType, EnterpriseKind, IdempotencyKey, OrganizationId,
    Permission, PersonId, Revoke, RevokeAll, Role, Scopes, Timestamp,
};

const PASSAGES_MAX: usize = 45;
const HOUR_MS: u64 = 60 * 60 * 1000;
const DAY_MS: u64 = 24 * HOUR_MS;

/// Whole histories: mostly a populated enterprise, of which single commands may be missing, and what happens in it.
pub fn words() -> impl Strategy<Value = Word> {
    let populated = prop_oneof![
        12 => kept(world::populated(EnterpriseKind::ManagedUsers)),
        4 => kept(world::populated(EnterpriseKind::PersonalAccounts)),
        1 => Just(Vec::new()).boxed(),
    ];
    let passages = prop_oneof![9 => steps().prop_map(|step| Vec::from([step])), 1 => passages()];
    (populated, vec(passages, 0..PASSAGES_MAX))
        .prop_map(|(populated, passages)| Word(populated.into_iter().chain(passages.into_iter().flatten()).collect()))
}

/// Short passages that single steps would seldom put together. Shrinking takes any step away.
pub fn passages() -> impl Strategy<Value = Vec<Step>> {
    let again = (credentials(), organizations()).prop_map(|(credential, organization)| {
        let revoke = Command::RevokeAuthorization {
            credential,
            organization,
        };
        Vec::from(
            [
                revoke,
                Command::AuthorizeCredential {
                    credential,
                    organization,
                },
            ]
            .map(Step::from),
        )
    });
    let destroyed_early = (requests_of_owners(), credentials()).prop_map(|(request, credential)| {
        Vec::from([request, Command::DestroyCredential { credential }].map(Step::from))
    });
    let taken_and_back = (narrower_of_owners(), credentials(), organizations());
    let taken_and_back = taken_and_back.prop_map(|(mut request, credential, organization)| {
        if request.organization.is_some() {
            request.organization = Some(organization);
        }
        let authorize = Command::AuthorizeCredential {
            credential,
            organization,
        };
        Vec::from([Command::Revoke(request), authorize].map(Step::from))
    });
    let out_of_turn = (requests_of_owners(), requests_of_owners()).prop_map(|(one, other)| {
        let continued = Ask::Continue {
            nth: 1,
            limit: NonZeroU32::MIN,
        };
        let requests = [one, other].map(Step::from);
        requests
            .into_iter()
            .chain([Step {
                wait_ms: 0,
                ask: continued,
            }])
            .collect::<Vec<_>>()
    });
    let retried = (requests_of_owners(), any::<bool>(), waits()).prop_map(|(request, altered, wait_ms)| {
        let ask = Ask::Retry { nth: 0, altered };
        Vec::from([Step::from(request), Step { wait_ms, ask }])
    });
    let passage = prop_oneof![
        4 => again.boxed(),
        2 => destroyed_early.boxed(),
        3 => taken_and_back.boxed(),
        2 => out_of_turn.boxed(),
        2 => retried.boxed(),
    ];
    (passage, vec(weighted(0.95), 3)).prop_map(|(passage, kept)| {
        let kept = passage.into_iter().zip(kept).filter(|(_, kept)| *kept);
        kept.map(|(step, _)| step).collect()
    })
}

/// Requests of everything or less, made by those who may in a populated enterprise.
fn requests_of_owners() -> impl Strategy<Value = Command> {
    let of_everything = requests().prop_map(|request| {
        let caller = in_a_web_session(1);
        Command::RevokeAll(RevokeAll { caller, ..request })
    });
    prop_oneof![1 => of_everything, 1 => narrower_of_owners().prop_map(Command::Revoke)]
}

fn narrower_of_owners() -> impl Strategy<Value = Revoke> {
    narrower_requests().prop_map(|request| {
        let caller = in_a_web_session(if request.organization.is_some() { 2 } else { 1 });
        Revoke { caller, ..request }
    })
}

fn in_a_web_session(person: u64) -> Caller {
    Caller::Person {
        person: valid(PersonId::new(person)),
        credential: None,
    }
}

/// Single steps of every sort, waiting included.
pub fn steps() -> impl Strategy<Value = Step> {
    let nth = prop_oneof![6 => Just(0), 3 => 0..4_usize];
    let limit =
        prop_oneof![6 => 1..4_u32, 1 => Just(50)].prop_map(|limit| NonZeroU32::new(limit).unwrap_or(NonZeroU32::MIN));
    let ask = prop_oneof![
        24 => commands().prop_map(Ask::Command),
        6 => (nth, limit).prop_map(|(nth, limit)| Ask::Continue { nth, limit }),
        3 => (0..3_usize, weighted(0.25)).prop_map(|(nth, altered)| Ask::Retry { nth, altered }),
    ];
    (waits(), ask).prop_map(|(wait_ms, ask)| Step { wait_ms, ask })
}

/// Every command, over the ids of the small [`world`].
///
/// Each sort in a box of its own: together they are more than a test's stack should hold.
pub fn commands() -> impl Strategy<Value = Command> {
    prop_oneof![
        1 => select(&EnterpriseKind::ALL).prop_map(|kind| Command::CreateEnterprise { slug: world::slug(), kind }),
        9 => about_organizations().boxed(),
        12 => about_people().boxed(),
        25 => about_credentials().boxed(),
        6 => requests().prop_map(Command::RevokeAll).boxed(),
        8 => narrower_requests().prop_map(Command::Revoke).boxed(),
        1 => Just(Command::ContinueRevocation {
            revocation: world::revocation_never_requested(),
            limit: NonZeroU32::MIN,
        }),
    ]
}

/// Requests to revoke less than all, by everyone: most of them qualified. Of every shape, and now and then of none.
pub fn narrower_requests() -> impl Strategy<Value = Revoke> {
    let person = || prop_oneof![1 => Just(None), 1 => people().prop_map(Some)];
    let of_type = || prop_oneof![1 => Just(None), 1 => select(&CredentialType::ALL).prop_map(Some)];
    let one_of_both = prop_oneof![
        people().prop_map(|person| (Some(person), None)),
        select(&CredentialType::ALL).prop_map(|of| (None, Some(of))),
    ];
    let at_enterprise = prop_oneof![4 => one_of_both, 3 => (person(), of_type())];
    let at_enterprise = (at_enterprise, any::<bool>()).prop_map(|(limits, destroys)| (None, limits, destroys));
    let at_organization = (organizations(), (person(), of_type()), weighted(0.05));
    let at_organization = at_organization.prop_map(|(of, limits, destroys)| (Some(of), limits, destroys));
    let asked = prop_oneof![at_enterprise, at_organization];
    (callers(), asked, keys()).prop_map(|(caller, asked, idempotency_key)| {
        let (organization, (person, credential_type), revoke_credentials) = asked;
        Revoke {
            caller,
            organization,
            person,
            credential_type,
            revoke_credentials,
            idempotency_key,
        }
    })
}

fn keys() -> impl Strategy<Value = Option<IdempotencyKey>> {
    let key = select(&["breach-1", "breach-2"]).prop_map(|text| Some(valid(IdempotencyKey::new(text))));
    prop_oneof![3 => Just(None), 2 => key]
}

/// Requests to revoke all, by everyone: most of them qualified.
pub fn requests() -> impl Strategy<Value = RevokeAll> {
    (callers(), any::<bool>(), keys()).prop_map(|(caller, revoke_credentials, idempotency_key)| RevokeAll {
        caller,
        revoke_credentials,
        idempotency_key,
    })
}

/// Callers of every sort: mostly those of a populated enterprise, with their own credentials.
pub fn callers() -> impl Strategy<Value = Caller> {
    let owned: Vec<(u64, u64)> = Vec::from([(1, 1), (2, 2), (2, 3), (1, 4), (1, 5), (4, 6), (3, 7), (3, 8)]);
    let own = prop_oneof![1 => Just((1, 1)), 3 => select(owned)];
    let any_pair = (1..=world::PEOPLE, 1..=world::CREDENTIALS);
    let with_credential = prop_oneof![6 => own, 1 => any_pair].prop_map(|(person, credential)| Caller::Person {
        person: valid(PersonId::new(person)),
        credential: Some(valid(CredentialId::new(credential))),
    });
    let session = prop_oneof![2 => Just(valid(PersonId::new(1))), 2 => Just(valid(PersonId::new(2))), 1 => people()];
    let session = session.prop_map(|person| Caller::Person {
        person,
        credential: None,
    });
    let limited_to = prop_oneof![4 => Just(None), 1 => organizations().prop_map(Some)];
    let installation = (1..=2_u64, limited_to, scopes());
    let installation = installation.prop_map(|(id, organization, permissions)| Caller::Installation {
        installation: world::installation(id),
        organization,
        permissions,
    });
    prop_oneof![6 => with_credential, 3 => session, 2 => installation, 1 => Just(Caller::Stranger {})]
}

fn about_organizations() -> impl Strategy<Value = Command> {
    prop_oneof![
        3 => organizations().prop_map(|id| add_organization(id, "organization")),
        1 => organizations().prop_map(|id| add_organization(id, "renamed")),
        1 => (organizations(), organizations()).prop_map(|(organization, other)| {
            Command::AddOrganization { organization, login: world::login("Organization", other.value()) }
        }),
        2 => organizations().prop_map(|organization| Command::RemoveOrganization { organization }),
        2 => (organizations(), people()).prop_map(|(organization, member)| {
            Command::AddOrganizationOwner { organization, member }
        }),
        1 => (organizations(), people()).prop_map(|(organization, member)| {
            Command::RemoveOrganizationOwner { organization, member }
        }),
    ]
}

fn about_people() -> impl Strategy<Value = Command> {
    let permission = Permission::WriteEnterpriseCredentials;
    let role = || select(&Role::ALL);
    prop_oneof![
        4 => (people(), role()).prop_map(|(member, role)| {
            Command::AddMember { member, login: world::login("person", member.value()), role }
        }),
        1 => (people(), people(), role()).prop_map(|(member, other, role)| {
            Command::AddMember { member, login: world::login("PERSON", other.value()), role }
        }),
        5 => (people(), role()).prop_map(|(member, role)| Command::ChangeMemberRole { member, role }),
        2 => people().prop_map(|member| Command::RemoveMember { member }),
        1 => people().prop_map(move |member| Command::GrantPermission { member, permission }),
        1 => people().prop_map(move |member| Command::WithdrawPermission { member, permission }),
    ]
}

fn about_credentials() -> impl Strategy<Value = Command> {
    let issue = (
        credentials(),
        people(),
        select(&CredentialKind::ALL),
        scopes(),
        expiry(),
    );
    prop_oneof![
        5 => issue.prop_map(|(credential, owner, kind, scopes, expires_at)| {
            Command::IssueCredential { credential, owner, kind, scopes, expires_at, fingerprint: None }
        }),
        14 => (credentials(), organizations()).prop_map(|(credential, organization)| {
            Command::AuthorizeCredential { credential, organization }
        }),
        4 => (credentials(), organizations()).prop_map(|(credential, organization)| {
            Command::RevokeAuthorization { credential, organization }
        }),
        2 => credentials().prop_map(|credential| Command::DestroyCredential { credential }),
    ]
}

/// The commands as steps, one after the other. Shrinking takes any of them away.
fn kept(commands: Vec<Command>) -> BoxedStrategy<Vec<Step>> {
    let kept = vec(weighted(0.98), commands.len());
    let steps = kept.prop_map(move |kept| {
        let commands = commands.iter().zip(kept).filter(|(_, kept)| *kept);
        commands.map(|(command, _)| Step::from(command.clone())).collect()
    });
    steps.boxed()
}

/// Mostly none; hours, within which keys answer and tokens expire; and the last and the first moment of 24 hours.
fn waits() -> impl Strategy<Value = u64> {
    prop_oneof![
        30 => Just(0),
        4 => 1..1000_u64,
        4 => (1..20_u64).prop_map(|hours| hours * HOUR_MS),
        1 => Just(DAY_MS - 1),
        1 => Just(DAY_MS),
    ]
}

fn scopes() -> impl Strategy<Value = Scopes> {
    let texts: [&[&str]; 6] = [
        &[],
        &["admin:enterprise"],
        &["read:enterprise", "read:org"],
        &["repo", "enterprise_credentials=write"],
        &["admin:org", "admin:enterprise"],
        &["organization_administration=write"],
    ];
    select(Vec::from(texts)).prop_map(|texts| valid(Scopes::parse(texts.iter().copied())))
}

/// At a full hour within three days, so that waiting for hours may meet it exactly.
fn expiry() -> impl Strategy<Value = Option<Timestamp>> {
    let at = (0..60_i64).prop_map(|hours| {
        let hour_ms = 60 * 60 * 1000;
        Timestamp::from_milliseconds(world::start().milliseconds() + hours * hour_ms).ok()
    });
    prop_oneof![1 => Just(None), 1 => at]
}

fn add_organization(organization: OrganizationId, prefix: &str) -> Command {
    let login = world::login(prefix, organization.value());
    Command::AddOrganization { organization, login }
}

fn people() -> impl Strategy<Value = PersonId> {
    select(world::people().collect::<Vec<_>>())
}

fn organizations() -> impl Strategy<Value = OrganizationId> {
    select(world::organizations().collect::<Vec<_>>())
}

fn credentials() -> impl Strategy<Value = CredentialId> {
    select(world::credentials().collect::<Vec<_>>())
}
