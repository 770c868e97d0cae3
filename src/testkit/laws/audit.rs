//! Audits: every history that the core writes is clean, and every altered one is found out, or could have been written.

use std::format;

use crate::testkit::candidate::Candidate;
use crate::testkit::laws::tampering::{Tampered, tamper};
use crate::testkit::laws::{Law, Violation};
use crate::testkit::model::Model;
use crate::testkit::run::Run;
use crate::{
    Actor, Caller, Command, ENTERPRISE_CREDENTIALS_WRITE, Event, Position, RecordedEvent, RevokeAll, Scopes, Timestamp,
};

pub(crate) fn audit<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    let report = C::audit(&run.history);
    let clean = report.as_ref().is_ok_and(|report| report.is_clean());
    Law::Audit.of(clean, || format!("what the core wrote is no clean history: {report:?}"))?;
    for Tampered { how, history } in tamper(&run.history) {
        let accepted = C::audit(&history).is_ok_and(|report| report.is_clean());
        let harmless = could_have_been_written(&history);
        Law::Audit.of(accepted == harmless, || {
            let findings = C::audit(&history).map(|report| report.findings);
            format!("{how}\n  could have been written so: {harmless}, but the audit says: {findings:?}")
        })?;
    }
    Ok(())
}

/// Whether the model would have answered each event to the command that asks for it, at its place and time.
fn could_have_been_written(history: &[RecordedEvent]) -> bool {
    let mut model = Model::new();
    let (mut last, mut last_at) = (Position::START, Timestamp::MIN);
    for recorded in history {
        let follows = recorded.position == last.next() && recorded.at >= last_at;
        let answer = model.decide(&asking_for(&recorded.event), recorded.at);
        if !follows || answer.as_deref() != Ok(core::slice::from_ref(&recorded.event)) {
            return false;
        }
        model.apply(&recorded.event, recorded.at);
        (last, last_at) = (recorded.position, recorded.at);
    }
    true
}

/// The command that is answered with this event. An installation's permissions are not in the stream.
fn asking_for(event: &Event) -> Command {
    match event.clone() {
        Event::EnterpriseCreated { slug, kind } => Command::CreateEnterprise { slug, kind },
        Event::OrganizationAdded { organization, login } => Command::AddOrganization { organization, login },
        Event::OrganizationRemoved { organization } => Command::RemoveOrganization { organization },
        Event::MemberAdded { member, login, role } => Command::AddMember { member, login, role },
        Event::MemberRoleChanged { member, role } => Command::ChangeMemberRole { member, role },
        Event::MemberRemoved { member } => Command::RemoveMember { member },
        Event::PermissionGranted { member, permission } => Command::GrantPermission { member, permission },
        Event::PermissionWithdrawn { member, permission } => Command::WithdrawPermission { member, permission },
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
            limit: core::num::NonZeroU32::MIN,
        },
        Event::RevokeAllRequested {
            requested_by,
            revoke_credentials,
            idempotency_key,
            ..
        } => {
            let caller = match requested_by {
                Actor::Person { person, credential } => Caller::Person { person, credential },
                Actor::Installation { installation } => Caller::Installation {
                    installation,
                    permissions: Scopes::parse([ENTERPRISE_CREDENTIALS_WRITE]).unwrap_or_default(),
                },
            };
            Command::RevokeAll(RevokeAll {
                caller,
                revoke_credentials,
                idempotency_key,
            })
        }
    }
}
