//! What a revocation takes, and whom it warns.

use std::format;

use crate::candidate::Candidate;
use crate::exploration::differ;
use crate::laws::{Law, Violation};
use crate::model::{Credential, Grant, Life, Limits};
use crate::run::{Moment, Run};
use crate::world;
use enterprise_credentials::{
    AccessDenial, Actor, Authority, Caller, CallerFate, Command, CredentialDenial, CredentialId, CredentialKind,
    Enterprise, Event, OrganizationId, Requested, Role, Timestamp,
};

pub(crate) fn scope<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for (moment, request) in run.requests() {
        authorizations_of_everyone(moment, request)?;
        credentials_of_members(moment, request)?;
    }
    for moment in &run.moments {
        let Some(request) = moment.command.requested() else {
            three_kinds_of_members_recorded(moment)?;
            continue;
        };
        if moment.decided.is_ok() {
            warning(moment, request)?;
        }
        fates_of_callers_tokens(moment, request)?;
    }
    Ok(())
}

/// Whatever is within the limits of the request and could be used for an organization cannot be used any more,
/// whoever its owner is.
fn authorizations_of_everyone<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    for (credential, organization) in world::pairs() {
        let limits = Limits::from(request);
        let known = moment.witness_before.credential(credential);
        let within = known.is_none_or(|it| limits.has_credential(it.owner, it.kind));
        if !within || !limits.has_organization(organization) {
            continue;
        }
        let usable = moment.after.may_use(credential, organization, Timestamp::MIN);
        Law::Scope.at(moment, usable.is_err(), || {
            format!("credential {credential} may be used for organization {organization} after {request:?}")
        })?;
    }
    Ok(())
}

/// Three kinds of enterprise members' credentials are to be destroyed, where asked; no other credential is.
fn credentials_of_members<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    for credential in world::credentials() {
        // Asked of the real state: what a candidate says of it is what is judged.
        if moment
            .before
            .enterprise()
            .authenticates(credential, Timestamp::MIN)
            .is_err()
        {
            continue;
        }
        let in_scope = request.revoke_credentials && is_destroyable(moment, credential, request);
        let found = moment.after.authenticates(credential, Timestamp::MIN);
        let as_it_must = match found {
            Ok(_) => !in_scope,
            Err(CredentialDenial::DestructionPending { .. }) => in_scope,
            Err(_) => false,
        };
        Law::Scope.at(moment, as_it_must, || {
            format!("credential {credential} is in scope: {in_scope}, but after the request: {found:?}")
        })?;
    }
    Ok(())
}

fn three_kinds_of_members_recorded<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    for event in moment.decided.iter().flatten() {
        if let Event::CredentialDestroyed {
            credential,
            revocation: Some(_),
        } = event
        {
            let kind = moment.witness_before.credential(*credential).map(|it| it.kind);
            use CredentialKind::{ClassicPat, FineGrainedPat, SshKey};
            let of_three_kinds = matches!(kind, Some(ClassicPat | FineGrainedPat | SshKey));
            Law::Scope.at(moment, of_three_kinds, || {
                format!("a revocation destroys {kind:?}: {event:?}")
            })?;
            let taken = moment
                .witness_before
                .credential(*credential)
                .is_some_and(|it| it.destruction.is_some());
            Law::Scope.at(moment, taken, || {
                format!("no revocation took what it destroys: {event:?}")
            })?;
        }
    }
    Ok(())
}

/// The caller is warned exactly when, after acceptance, anything of their own token is pending.
fn warning<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    let warned = moment.before.warns(request, moment.at);
    let own = request.caller.credential();
    let due = own.is_some_and(|own| has_anything_pending(moment.after.enterprise(), own));
    Law::Scope.at(moment, warned == due, || {
        format!("the caller's own token {own:?} has something pending: {due}, the caller is warned: {warned}")
    })
}

/// Whoever's token the request were made with, dead or alive: the plan says what becomes of it.
fn fates_of_callers_tokens<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    let before = &moment.witness_before;
    let mut after = before.clone();
    after.apply(&requested(request), moment.at);
    for (credential, taken) in before.credentials.iter().zip(&after.credentials) {
        let caller = Caller::Person {
            person: credential.owner,
            credential: Some(credential.id),
        };
        let request = Requested {
            caller: &caller,
            ..request
        };
        let found = (moment.before.plan(request, moment.at).caller)
            .map(|loss| (loss.authorizations_revoked, loss.authorizations_pending, loss.fate));
        let authorizations_pending = count_pending(credential);
        let authorizations_revoked = count_pending(taken) - authorizations_pending;
        let expected = Some((authorizations_revoked, authorizations_pending, fate(credential, taken)));
        Law::Scope.at(moment, found == expected, || {
            differ(
                &format!("what a plan says of the caller's own token {}", credential.id),
                &expected,
                &found,
            )
        })?;
    }
    Ok(())
}

/// The event of a request, whoever makes it. At an organization nothing is destroyed.
fn requested(request: Requested<'_>) -> Event {
    let requested_by = Actor::Installation {
        installation: world::installation(1),
    };
    let (authority, idempotency_key) = (Authority::Installation, None);
    let revoke_credentials = request.revoke_credentials && request.organization.is_none();
    if request.is_of_everything() {
        return Event::RevokeAllRequested {
            requested_by,
            authority,
            revoke_credentials,
            idempotency_key,
        };
    }
    Event::RevocationRequested {
        requested_by,
        authority,
        organization: request.organization,
        person: request.person,
        credential_type: request.credential_type,
        revoke_credentials,
        idempotency_key,
    }
}

/// What becomes of a credential, seen before and after a request.
fn fate(before: &Credential, after: &Credential) -> CallerFate {
    match (before.life, before.destruction, after.destruction) {
        (Life::Destroyed, ..) => CallerFate::AlreadyDestroyed,
        (_, Some(revocation), _) => CallerFate::DestructionPending { revocation },
        (Life::Departed, ..) => CallerFate::OwnerDeparted,
        (Life::Alive, None, Some(_)) => CallerFate::Destroyed,
        (Life::Alive, None, None) => CallerFate::Kept,
    }
}

fn count_pending(credential: &Credential) -> u64 {
    let pending = credential.grants.iter();
    pending
        .map(|(_, grant)| u64::from(matches!(grant, Grant::Pending(_))))
        .sum()
}

fn is_destroyable<C: Candidate>(moment: &Moment<C>, credential: CredentialId, request: Requested<'_>) -> bool {
    let credential = moment.witness_before.credential(credential);
    credential.is_some_and(|credential| {
        let role = moment.witness_before.person(credential.owner).map(|owner| owner.role);
        let by_kind = !matches!(
            credential.kind,
            CredentialKind::OauthAppUserToken | CredentialKind::GithubAppUserToken
        );
        let within = Limits::from(request).has_credential(credential.owner, credential.kind);
        let by_role = matches!(role, Some(Role::Owner | Role::Member | Role::BillingManager));
        within && by_kind && (by_role || request.person.is_some())
    })
}

/// Asked through the core's own answers: the access check, and the single commands, which name the revocation.
fn has_anything_pending(enterprise: &Enterprise, credential: CredentialId) -> bool {
    let denied = enterprise.authenticates(credential, Timestamp::MIN);
    let pair_is_pending = |organization: OrganizationId| {
        let command = Command::RevokeAuthorization {
            credential,
            organization,
        };
        let decided = enterprise.decide(&command, Timestamp::MIN);
        let pending = enterprise.may_use(credential, organization, Timestamp::MIN);
        matches!(pending, Err(AccessDenial::RevocationPending { .. }))
            || matches!(
                decided.as_deref(),
                Ok([Event::AuthorizationRevoked {
                    revocation: Some(_),
                    ..
                }])
            )
    };
    matches!(denied, Err(CredentialDenial::DestructionPending { .. })) || world::organizations().any(pair_is_pending)
}
