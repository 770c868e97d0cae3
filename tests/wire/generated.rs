//! Recorded events of every shape, each value anywhere within its limits. They are no history: nothing folds them.

use enterprise_credentials::{
    Actor, Authority, CredentialId, CredentialKind, CredentialType, EnterpriseKind, EnterpriseSlug, Event, Fingerprint,
    IdempotencyKey, InstallationId, Login, OrganizationId, Permission, PersonId, Position, RecordedEvent, RevocationId,
    Role, Scope, Scopes, Timestamp,
};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Years 0 to 9999, in milliseconds from 1970.
const MILLISECONDS: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;
const IDS: std::ops::RangeInclusive<u64> = 1..=(1 << 53) - 1;

pub(crate) fn recorded_event() -> impl Strategy<Value = RecordedEvent> {
    let position = IDS.prop_map(|value| Position::new(value).unwrap());
    (position, timestamp(), option::of(actor()), event()).prop_map(|(position, at, by, event)| RecordedEvent {
        position,
        at,
        by,
        event,
    })
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![memberships(), credentials(), revocations()]
}

fn memberships() -> impl Strategy<Value = Event> {
    let permission = Permission::WriteEnterpriseCredentials;
    prop_oneof![
        (slug(), select(&EnterpriseKind::ALL[..])).prop_map(|(slug, kind)| Event::EnterpriseCreated { slug, kind }),
        (organization(), login()).prop_map(|(organization, login)| Event::OrganizationAdded { organization, login }),
        organization().prop_map(|organization| Event::OrganizationRemoved { organization }),
        (person(), login(), role()).prop_map(|(member, login, role)| Event::MemberAdded { member, login, role }),
        (person(), role()).prop_map(|(member, role)| Event::MemberRoleChanged { member, role }),
        person().prop_map(|member| Event::MemberRemoved { member }),
        person().prop_map(move |member| Event::PermissionGranted { member, permission }),
        person().prop_map(move |member| Event::PermissionWithdrawn { member, permission }),
        (organization(), person(), any::<bool>()).prop_map(|(organization, member, added)| match added {
            true => Event::OrganizationOwnerAdded { organization, member },
            false => Event::OrganizationOwnerRemoved { organization, member },
        }),
    ]
}

fn credentials() -> impl Strategy<Value = Event> {
    let fingerprint = "[!-~]{1,128}".prop_map(|text| Fingerprint::new(&text).unwrap());
    let kind = select(&CredentialKind::ALL[..]);
    let issued = (
        credential(),
        person(),
        kind,
        scopes(),
        option::of(timestamp()),
        option::of(fingerprint),
    );
    prop_oneof![
        issued.prop_map(|(credential, owner, kind, scopes, expires_at, fingerprint)| {
            Event::CredentialIssued {
                credential,
                owner,
                kind,
                scopes,
                expires_at,
                fingerprint,
            }
        }),
        (credential(), organization()).prop_map(|(credential, organization)| Event::CredentialAuthorized {
            credential,
            organization
        }),
        (credential(), organization(), option::of(revocation())).prop_map(|(credential, organization, revocation)| {
            Event::AuthorizationRevoked {
                credential,
                organization,
                revocation,
            }
        }),
        (credential(), option::of(revocation()))
            .prop_map(|(credential, revocation)| Event::CredentialDestroyed { credential, revocation }),
    ]
}

fn revocations() -> impl Strategy<Value = Event> {
    let authority = select(&Authority::ALL[..]);
    let key = "[!-~]{1,255}".prop_map(|text| IdempotencyKey::new(&text).unwrap());
    let limits = (
        option::of(organization()),
        option::of(person()),
        option::of(select(&CredentialType::ALL[..])),
    );
    let is_of_something = |limits: &(Option<OrganizationId>, Option<PersonId>, Option<CredentialType>)| {
        limits.0.is_some() || limits.1.is_some() || limits.2.is_some()
    };
    let limits = limits.prop_filter("it names its scope", is_of_something);
    let narrower = (
        actor(),
        authority.clone(),
        limits,
        any::<bool>(),
        option::of(key.clone()),
    );
    prop_oneof![
        narrower.prop_map(
            |(requested_by, authority, limits, revoke_credentials, idempotency_key)| {
                let (organization, person, credential_type) = limits;
                Event::RevocationRequested {
                    requested_by,
                    authority,
                    organization,
                    person,
                    credential_type,
                    revoke_credentials: revoke_credentials && organization.is_none(),
                    idempotency_key,
                }
            }
        ),
        (actor(), authority, any::<bool>(), option::of(key)).prop_map(
            |(requested_by, authority, revoke_credentials, idempotency_key)| Event::RevokeAllRequested {
                requested_by,
                authority,
                revoke_credentials,
                idempotency_key,
            }
        ),
        (revocation(), any::<u64>(), any::<u64>()).prop_map(
            |(revocation, authorizations_revoked, credentials_destroyed)| Event::RevocationCompleted {
                revocation,
                authorizations_revoked,
                credentials_destroyed,
            }
        ),
    ]
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        (person(), option::of(credential())).prop_map(|(person, credential)| Actor::Person { person, credential }),
        IDS.prop_map(|id| Actor::Installation {
            installation: InstallationId::new(id).unwrap()
        }),
    ]
}

fn organization() -> impl Strategy<Value = OrganizationId> {
    IDS.prop_map(|id| OrganizationId::new(id).unwrap())
}

fn person() -> impl Strategy<Value = PersonId> {
    IDS.prop_map(|id| PersonId::new(id).unwrap())
}

fn credential() -> impl Strategy<Value = CredentialId> {
    IDS.prop_map(|id| CredentialId::new(id).unwrap())
}

fn revocation() -> impl Strategy<Value = RevocationId> {
    IDS.prop_map(|id| RevocationId::new(id).unwrap())
}

pub(crate) fn timestamp() -> impl Strategy<Value = Timestamp> {
    MILLISECONDS.prop_map(|milliseconds| Timestamp::from_milliseconds(milliseconds).unwrap())
}

fn slug() -> impl Strategy<Value = EnterpriseSlug> {
    "[a-z0-9]{1,20}(-[a-z0-9]{1,9}){0,4}".prop_map(|text| EnterpriseSlug::new(&text).unwrap())
}

fn login() -> impl Strategy<Value = Login> {
    "[!-~]{1,100}".prop_map(|text| Login::new(&text).unwrap())
}

fn role() -> impl Strategy<Value = Role> {
    select(&Role::ALL[..])
}

fn scopes() -> impl Strategy<Value = Scopes> {
    let scope = "[!-~]{1,64}".prop_map(|text| Scope::new(&text).unwrap());
    prop::collection::vec(scope, 0..=64).prop_map(|scopes| Scopes::new(scopes).unwrap())
}
