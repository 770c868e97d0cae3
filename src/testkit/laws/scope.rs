//! What a revoke-all takes, and whom it warns.

use std::format;

use crate::testkit::candidate::Candidate;
use crate::testkit::laws::{Law, Violation};
use crate::testkit::run::{Moment, Run};
use crate::testkit::world;
use crate::{
    AccessDenial, Command, CredentialDenial, CredentialId, CredentialKind, Enterprise, Event, OrganizationId,
    RevokeAll, Role, Timestamp,
};

pub(crate) fn scope<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for (moment, request) in run.requests() {
        authorizations_of_everyone(moment)?;
        credentials_of_members(moment, request)?;
    }
    for moment in &run.moments {
        if let (Command::RevokeAll(request), Ok(_)) = (&moment.command, &moment.decided) {
            warning(moment, request)?;
        }
        three_kinds_of_members_recorded(moment)?;
    }
    Ok(())
}

/// Whatever could be used for an organization cannot be used any more, whoever its owner is.
fn authorizations_of_everyone<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    for (credential, organization) in world::pairs() {
        let usable = moment.after.may_use(credential, organization, Timestamp::MIN);
        Law::Scope.at(moment, usable.is_err(), || {
            format!("credential {credential} may be used for organization {organization} after a revoke-all")
        })?;
    }
    Ok(())
}

/// Three kinds of enterprise members' credentials are to be destroyed, where asked; no other credential is.
fn credentials_of_members<C: Candidate>(moment: &Moment<C>, request: &RevokeAll) -> Result<(), Violation> {
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
        let in_scope = request.revoke_credentials && is_destroyable(moment, credential);
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
                format!("a revoke-all destroys {kind:?}: {event:?}")
            })?;
            let taken = moment
                .witness_before
                .credential(*credential)
                .is_some_and(|it| it.destruction.is_some());
            Law::Scope.at(moment, taken, || {
                format!("no revoke-all took what it destroys: {event:?}")
            })?;
        }
    }
    Ok(())
}

/// The caller is warned exactly when, after acceptance, anything of their own token is pending.
fn warning<C: Candidate>(moment: &Moment<C>, request: &RevokeAll) -> Result<(), Violation> {
    let warned = moment.before.warns(request, moment.at);
    let own = request.caller.credential();
    let due = own.is_some_and(|own| has_anything_pending(moment.after.enterprise(), own));
    Law::Scope.at(moment, warned == due, || {
        format!("the caller's own token {own:?} has something pending: {due}, the caller is warned: {warned}")
    })
}

fn is_destroyable<C: Candidate>(moment: &Moment<C>, credential: CredentialId) -> bool {
    let credential = moment.witness_before.credential(credential);
    credential.is_some_and(|credential| {
        let role = moment.witness_before.person(credential.owner).map(|owner| owner.role);
        let by_kind = !matches!(
            credential.kind,
            CredentialKind::OauthAppUserToken | CredentialKind::GithubAppUserToken
        );
        by_kind && matches!(role, Some(Role::Owner | Role::Member | Role::BillingManager))
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
