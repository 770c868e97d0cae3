//! What a request with filters takes, and what it leaves: one request alone, and two that overlap.

use core::num::NonZeroU32;
use std::format;
use std::vec::Vec;

use crate::candidate::Candidate;
use crate::exploration::differ;
use crate::laws::{Law, Violation};
use crate::model::Limits;
use crate::run::{Moment, Run};
use crate::world;
use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialType, OrganizationId, PersonId, Requested, RevocationId, Scopes, Timestamp,
};

pub(crate) fn filters<C: Candidate>(run: &Run<C>) -> Result<(), Violation> {
    for (moment, request) in run.requests() {
        others_are_as_they_were(moment, request)?;
        nothing_is_left_within(moment, request)?;
        first_owner_is_no_target(moment, request)?;
    }
    for moment in &run.moments {
        overlapping_requests_split_their_items(moment)?;
        names_mean_one(moment)?;
    }
    Ok(())
}

/// Whether a credential is of the request's person and type, as the core itself says whose and what it is.
fn is_within<C: Candidate>(moment: &Moment<C>, limits: Limits, credential: CredentialId) -> bool {
    let known = moment.before.enterprise().credential(credential);
    known.is_some_and(|known| limits.has_credential(known.owner(), known.kind()))
}

/// What no filter matches answers as before, in every word.
fn others_are_as_they_were<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    let limits = Limits::from(request);
    for credential in world::credentials().filter(|id| !is_within(moment, limits, *id)) {
        let (was, is) = (
            moment.before.authenticates(credential, moment.at),
            moment.after.authenticates(credential, moment.at),
        );
        Law::Filters.at(moment, was == is, || {
            differ(
                &format!("credential {credential}, which {limits:?} leave out"),
                &was,
                &is,
            )
        })?;
    }
    for (credential, organization) in world::pairs() {
        if is_within(moment, limits, credential) && limits.has_organization(organization) {
            continue;
        }
        let (was, is) = (
            moment.before.may_use(credential, organization, moment.at),
            moment.after.may_use(credential, organization, moment.at),
        );
        Law::Filters.at(moment, was == is, || {
            let pair = format!("credential {credential} for organization {organization}");
            differ(&format!("{pair}, which {limits:?} leave out"), &was, &is)
        })?;
    }
    Ok(())
}

/// A request within one that was just made finds no authorization.
fn nothing_is_left_within<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    for limits in samples() {
        let narrower = Requested {
            caller: request.caller,
            organization: request.organization.or(limits.organization),
            person: request.person.or(limits.person),
            credential_type: request.credential_type.or(limits.credential_type),
            revoke_credentials: false,
            idempotency_key: None,
        };
        let left = moment.after.plan(narrower, moment.at).authorizations_revoked;
        Law::Filters.at(moment, left == 0, || {
            format!("within {request:?} the narrower {narrower:?} still finds {left} authorizations")
        })?;
    }
    Ok(())
}

/// At the enterprise nobody names the first EMU owner.
fn first_owner_is_no_target<C: Candidate>(moment: &Moment<C>, request: Requested<'_>) -> Result<(), Violation> {
    let is_target = request.organization.is_none()
        && request.person.is_some()
        && moment.witness_before.first_owner == Some(request.person);
    Law::Filters.at(moment, !is_target, || {
        format!("the first EMU owner is the target of {request:?}")
    })
}

/// Two requests at one moment: whichever comes first has what both match, each takes what was planned when it was made,
/// and together they take the same.
fn overlapping_requests_split_their_items<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    let samples: Vec<Limits> = samples().collect();
    let mut chosen = samples.iter().cycle().skip(moment.step);
    let (Some(one), Some(other)) = (chosen.next(), chosen.nth(moment.step % samples.len())) else {
        return Ok(());
    };
    let mut sums = Vec::new();
    for order in [[*one, *other], [*other, *one]] {
        let mut state = moment.after.clone();
        let mut planned = Vec::new();
        for limits in order {
            let Some((id, totals)) = made(&mut state, limits, moment.at) else {
                return Ok(());
            };
            planned.push((id, totals));
        }
        let finished = finish(&mut state, moment.at);
        Law::Filters.at(moment, finished.is_some(), || {
            format!("the jobs of {order:?} do not end")
        })?;
        for (id, totals) in &planned {
            let found = state
                .enterprise()
                .progress(*id)
                .map(|it| (it.authorizations_revoked, it.credentials_destroyed));
            Law::Filters.at(moment, found == Some(*totals), || {
                differ(
                    &format!("the totals of revocation {id}, of {order:?}"),
                    &Some(*totals),
                    &found,
                )
            })?;
        }
        let totals = planned.iter().map(|(_, totals)| totals);
        sums.push(totals.fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1)));
    }
    let same = sums.first() == sums.last();
    Law::Filters.at(moment, same, || {
        format!("{one:?} and {other:?} take together {sums:?}, whichever comes first")
    })
}

/// Makes a request by an installation that may: the revocation, and what was planned. Nothing where it is refused.
fn made<C: Candidate>(state: &mut C, limits: Limits, at: Timestamp) -> Option<(RevocationId, (u64, u64))> {
    let caller = Caller::Installation {
        installation: world::installation(9),
        organization: None,
        permissions: Scopes::parse(["enterprise_credentials=write", "organization_administration=write"]).ok()?,
    };
    let request = Requested {
        caller: &caller,
        organization: limits.organization,
        person: limits.person,
        credential_type: limits.credential_type,
        revoke_credentials: limits.organization.is_none(),
        idempotency_key: None,
    };
    let plan = state.plan(request, at);
    let events = state.decide(&request.command(), at).ok()?;
    let recorded = Vec::from_iter(state.enterprise().record(events, at, None));
    recorded.iter().try_for_each(|recorded| state.apply(recorded)).ok()?;
    let id = state.enterprise().last_cut()?;
    Some((id, (plan.authorizations_revoked, plan.credentials_destroyed)))
}

fn finish<C: Candidate>(state: &mut C, at: Timestamp) -> Option<()> {
    loop {
        let next = state.enterprise().pending_revocations().next();
        let Some(revocation) = next else {
            return Some(());
        };
        let limit = NonZeroU32::MAX;
        let events = state
            .decide(&Command::ContinueRevocation { revocation, limit }, at)
            .ok()?;
        if events.is_empty() {
            return None;
        }
        let recorded = Vec::from_iter(state.enterprise().record(events, at, None));
        recorded.iter().try_for_each(|recorded| state.apply(recorded)).ok()?;
    }
}

/// Of those present each is meant by their login, in any case.
fn names_mean_one<C: Candidate>(moment: &Moment<C>) -> Result<(), Violation> {
    for (person, login, _) in moment.after.enterprise().people() {
        for name in [login.as_str().to_ascii_uppercase(), login.as_str().to_ascii_lowercase()] {
            let found = moment.after.person_by_login(&name);
            Law::Filters.at(moment, found == Some(person), || {
                differ(&format!("whom `{name}` means"), &Some(person), &found)
            })?;
        }
    }
    Ok(())
}

/// Filters of every shape.
fn samples() -> impl Iterator<Item = Limits> {
    let organizations = [None, world::organizations().next()];
    let types = [
        None,
        Some(CredentialType::ClassicPat),
        Some(CredentialType::OauthAppToken),
    ];
    organizations
        .into_iter()
        .flat_map(move |organization: Option<OrganizationId>| {
            [None, PersonId::new(2).ok(), PersonId::new(3).ok()]
                .into_iter()
                .flat_map(move |person| {
                    types.map(|credential_type| Limits {
                        organization,
                        person,
                        credential_type,
                    })
                })
        })
}
