//! Would `decide` have recorded this event? It is asked again, by the command that the event answers.

use alloc::format;
use alloc::string::String;
use core::num::NonZeroU32;

use crate::command::{Caller, Command, Revoke, RevokeAll};
use crate::credential::{ENTERPRISE_CREDENTIALS_WRITE, ORGANIZATION_ADMINISTRATION_WRITE};
use crate::enterprise::Enterprise;
use crate::event::{Actor, Event, RecordedEvent};
use crate::name::Scopes;
use crate::refusal::Refusal;
use crate::rule::Rule;

/// A rule that an event breaks, where decide names one, and what is wrong, in a sentence.
pub(crate) type Breach = (Option<Rule>, String);

/// Asks decide for the event. A stream that decide has written has no breach.
///
/// An item of a revocation is asked for by its single command: decide answers with the same event, whether the job, a
/// single command or a renewed grant recorded it.
pub(super) fn check(enterprise: &Enterprise, recorded: &RecordedEvent) -> Option<Breach> {
    match enterprise.decide(&command_of(&recorded.event), recorded.at) {
        Ok(events) if events.last() == Some(&recorded.event) && events.len() == 1 => None,
        Ok(events) => Some(difference(&recorded.event, events.last())),
        Err(refusal) => Some(refused(&recorded.event, &refusal)),
    }
}

/// The caller of a recorded request. An installation's permissions are not in the stream:
/// its host has vouched for them.
pub(super) fn caller(requested_by: Actor) -> Caller {
    match requested_by {
        Actor::Person { person, credential } => Caller::Person { person, credential },
        Actor::Installation { installation } => {
            let permissions = Scopes::parse([ENTERPRISE_CREDENTIALS_WRITE, ORGANIZATION_ADMINISTRATION_WRITE]);
            debug_assert!(permissions.is_ok(), "{permissions:?}");
            let permissions = permissions.unwrap_or_default();
            Caller::Installation {
                installation,
                organization: None,
                permissions,
            }
        }
    }
}

fn refused(event: &Event, refusal: &Refusal) -> Breach {
    let rule = refusal.rule();
    (
        Some(rule),
        format!("{} was recorded, but decide refuses it: {refusal}", event.name()),
    )
}

pub(crate) fn difference(event: &Event, decided: Option<&Event>) -> Breach {
    match (event, decided) {
        (Event::RevokeAllRequested { .. } | Event::RevocationRequested { .. }, None) => (
            Some(Rule::IdempotentFor24Hours),
            format!(
                "{} was recorded, but its idempotency key stands for an earlier request",
                event.name()
            ),
        ),
        (
            Event::RevokeAllRequested { authority, .. } | Event::RevocationRequested { authority, .. },
            Some(
                Event::RevokeAllRequested {
                    authority: expected, ..
                }
                | Event::RevocationRequested {
                    authority: expected, ..
                },
            ),
        ) => (
            Some(Rule::AuthorityRecorded),
            format!(
                "the request was recorded by authority `{}`, but it was `{}`",
                authority.as_str(),
                expected.as_str()
            ),
        ),
        (Event::RevocationCompleted { .. }, Some(_)) => (
            Some(Rule::CompletedOnceWhenNothingIsLeft),
            String::from("RevocationCompleted was recorded, but decide would record other totals, or items before it"),
        ),
        (_, None) => (
            Some(Rule::NothingToDoIsNoEvent),
            format!("{} was recorded, but there was nothing to do", event.name()),
        ),
        (_, Some(decided)) => (
            None,
            format!(
                "{} was recorded, but decide gives another {}",
                event.name(),
                decided.name()
            ),
        ),
    }
}

/// The command that an audit asks again, to see whether it is answered with this event alone.
///
/// An item of a revocation is asked for by its single command, and a completion by a batch of one. The permissions of
/// an installation are not in the stream: they are taken to be what the request needs.
pub fn command_of(event: &Event) -> Command {
    match event.clone() {
        Event::EnterpriseCreated { slug, kind } => Command::CreateEnterprise { slug, kind },
        Event::OrganizationAdded { organization, login } => Command::AddOrganization { organization, login },
        Event::OrganizationRemoved { organization } => Command::RemoveOrganization { organization },
        Event::MemberAdded { member, login, role } => Command::AddMember { member, login, role },
        Event::MemberRoleChanged { member, role } => Command::ChangeMemberRole { member, role },
        Event::MemberRemoved { member } => Command::RemoveMember { member },
        Event::PermissionGranted { member, permission } => Command::GrantPermission { member, permission },
        Event::PermissionWithdrawn { member, permission } => Command::WithdrawPermission { member, permission },
        Event::OrganizationOwnerAdded { organization, member } => {
            Command::AddOrganizationOwner { organization, member }
        }
        Event::OrganizationOwnerRemoved { organization, member } => {
            Command::RemoveOrganizationOwner { organization, member }
        }
        Event::CredentialIssued {
            credential,
            owner,
            kind,
            scopes,
            expires_at,
            fingerprint,
        } => Command::IssueCredential {
            credential,
            owner,
            kind,
            scopes,
            expires_at,
            fingerprint,
        },
        Event::CredentialAuthorized {
            credential,
            organization,
        } => Command::AuthorizeCredential {
            credential,
            organization,
        },
        Event::RevokeAllRequested {
            requested_by,
            revoke_credentials,
            idempotency_key,
            ..
        } => Command::RevokeAll(RevokeAll {
            caller: caller(requested_by),
            revoke_credentials,
            idempotency_key,
        }),
        Event::RevocationRequested {
            requested_by,
            organization,
            person,
            credential_type,
            revoke_credentials,
            idempotency_key,
            ..
        } => Command::Revoke(Revoke {
            caller: caller(requested_by),
            organization,
            person,
            credential_type,
            revoke_credentials,
            idempotency_key,
        }),
        Event::AuthorizationRevoked {
            credential,
            organization,
            ..
        } => Command::RevokeAuthorization {
            credential,
            organization,
        },
        Event::CredentialDestroyed { credential, .. } => Command::DestroyCredential { credential },
        Event::RevocationCompleted { revocation, .. } => Command::ContinueRevocation {
            revocation,
            limit: NonZeroU32::MIN,
        },
    }
}
