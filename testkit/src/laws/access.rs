//! What the access checks answer: the law of the cut, and the law of access.

use std::format;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::exploration::differ;
use crate::laws::{Law, Violation};
use crate::model::{Grant, Limits, Model};
use crate::run::{Moment, Run};
use crate::world;
use enterprise_credentials::{AccessDenial, Command, CredentialDenial, CredentialKind, Requested, Rule, Timestamp};

pub(crate) fn access<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for moment in &run.moments {
        for at in boundaries(&moment.witness_after, moment.at) {
            for credential in world::credentials() {
                let (expected, found) = (
                    moment.witness_after.authenticates(credential, at),
                    moment.after.authenticates(credential, at),
                );
                Law::Access.at(moment, found == expected, || {
                    differ(
                        &format!("whether credential {credential} authenticates at {at}"),
                        &expected,
                        &found,
                    )
                })?;
            }
            for (credential, organization) in world::pairs() {
                let expected = moment.witness_after.may_use(credential, organization, at);
                let found = moment.after.may_use(credential, organization, at);
                Law::Access.at(moment, found == expected, || {
                    let pair = format!("credential {credential} for organization {organization}");
                    differ(&format!("the use of {pair} at {at}"), &expected, &found)
                })?;
            }
        }
    }
    Ok(())
}

pub(crate) fn the_cut<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for moment in &run.moments {
        taken_is_dead(moment)?;
    }
    for (moment, request) in run.requests() {
        others_are_untouched(moment, request)?;
    }
    Ok(())
}

/// Whatever a revocation has taken, pending or recorded, is dead for every query and command.
fn taken_is_dead<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    let (state, witness, at) = (&moment.after, &moment.witness_after, moment.at);
    for credential in &witness.credentials {
        let id = credential.id;
        if credential.destruction.is_some() {
            let found = state.authenticates(id, Timestamp::MIN);
            let dead = matches!(found, Err(CredentialDenial::DestructionPending { .. }));
            Law::TheCut.at(moment, dead, || {
                format!("credential {id} is to be destroyed, and authenticates: {found:?}")
            })?;
        }
        for &(organization, grant) in &credential.grants {
            let (Grant::Pending(revocation) | Grant::Taken(revocation)) = grant else {
                continue;
            };
            let used = state.may_use(id, organization, Timestamp::MIN);
            Law::TheCut.at(moment, used.is_err(), || {
                format!("a revocation took organization {organization} from credential {id}, and it may be used")
            })?;
            let alive = witness.authenticates(id, at).is_ok() && credential.destruction.is_none();
            let present = matches!(witness.organizations.get(&organization), Some(Some(_)));
            let tombstone = witness.is_of_enterprise(revocation) && credential.kind != CredentialKind::FineGrainedPat;
            if alive && present {
                let command = Command::AuthorizeCredential {
                    credential: id,
                    organization,
                };
                let found = state.decide(&command, at);
                let as_it_must = match &found {
                    Err(refusal) => tombstone && refusal.rule() == Rule::RevokedPairIsTombstone,
                    // What still waits for its job is recorded first.
                    Ok(events) => !tombstone && events.len() == 1 + usize::from(grant == Grant::Pending(revocation)),
                };
                Law::TheCut.at(moment, as_it_must, || {
                    format!(
                        "revocation {revocation} took organization {organization} from credential {id}, for good: \
                         {tombstone}; asked again: {found:?}"
                    )
                })?;
            }
        }
    }
    Ok(())
}

/// A request changes nothing for what it does not take; and what was settled meanwhile stays with its own revocation.
fn others_are_untouched<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    let limits = Limits::from(request);
    let (before, after, at) = (&moment.before, &moment.after, moment.at);
    for credential in world::credentials() {
        let (was, is) = (
            before.authenticates(credential, at),
            after.authenticates(credential, at),
        );
        let taken = moment.witness_after.credential(credential).map(|it| it.destruction);
        let newly = taken != moment.witness_before.credential(credential).map(|it| it.destruction);
        Law::TheCut.at(moment, newly || was == is, || {
            differ(
                &format!("credential {credential} is not in scope, and changed"),
                &was,
                &is,
            )
        })?;
    }
    for (credential, organization) in world::pairs() {
        let (was, is) = (
            before.may_use(credential, organization, at),
            after.may_use(credential, organization, at),
        );
        let pending = matches!(
            is,
            Err(AccessDenial::RevocationPending { .. } | AccessDenial::Credential(_))
        );
        let known = moment.witness_before.credential(credential);
        let within =
            known.is_some_and(|it| limits.has_credential(it.owner, it.kind)) && limits.has_organization(organization);
        // With the credential dies what it was authorized for, whatever the request is limited to.
        let as_it_must = if within { pending } else { is.is_ok() };
        Law::TheCut.at(moment, as_it_must || was.is_err(), || {
            format!(
                "credential {credential} could be used for organization {organization}, which is within: {within}; and \
                 after the request: {is:?}"
            )
        })?;
        let of_credential =
            matches!(was, Err(AccessDenial::Credential(_))) || matches!(is, Err(AccessDenial::Credential(_)));
        Law::TheCut.at(moment, was.is_ok() || was == is || of_credential, || {
            differ(
                &format!("credential {credential} for organization {organization} was dead, and changed"),
                &was,
                &is,
            )
        })?;
    }
    let recorded = moment.recorded.iter().filter(|recorded| !recorded.event.is_request());
    Law::TheCut.at(moment, recorded.count() == 0, || {
        format!("a request records more than itself: {:?}", moment.recorded)
    })
}

/// Now, long ago, and around every expiry.
fn boundaries(witness: &Model, now: Timestamp) -> Vec<Timestamp> {
    let mut times = Vec::from([now, Timestamp::MIN]);
    for expires_at in witness
        .credentials
        .iter()
        .filter_map(|credential| credential.expires_at)
    {
        times.push(expires_at);
        times.extend(Timestamp::from_milliseconds(expires_at.milliseconds() - 1));
    }
    times.sort_unstable();
    times.dedup();
    times
}
