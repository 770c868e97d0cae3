//! Numbers, times and names as a person reads them.

use enterprise_credentials::audit::{Requested, SurvivalReason};
use enterprise_credentials::{Actor, Authority, EnterpriseKind, Plan, Timestamp};

pub(super) use crate::count::{count, counted};

/// The time between two moments, in the unit that fits.
pub(super) fn duration(from: Timestamp, to: Timestamp) -> String {
    let ms = (to.milliseconds() - from.milliseconds()).max(0);
    match ms {
        0..1_000 => format!("{ms} ms"),
        1_000..120_000 => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        7_200_000..172_800_000 => format!("{} h", ms / 3_600_000),
        _ => format!("{} days", ms / 86_400_000),
    }
}

/// A moment to the second: `2026-03-10 09:00:04 UTC`.
pub(super) fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let to_the_second = text.get(..19).unwrap_or(&text);
    format!("{} UTC", to_the_second.replace('T', " "))
}

/// A name of the wire as words: `guest_collaborator` as `guest collaborator`.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ")
}

pub(super) const fn kind(kind: EnterpriseKind) -> &'static str {
    match kind {
        EnterpriseKind::ManagedUsers => "managed users",
        EnterpriseKind::PersonalAccounts => "personal accounts",
    }
}

pub(super) fn who(request: &Requested) -> String {
    match request.requested_by {
        Actor::Installation { installation } => format!("Installation {installation} of an app"),
        Actor::Person { person, credential } => {
            let login = request
                .login
                .as_ref()
                .map_or("somebody unknown", |login| login.as_str());
            let role = request
                .role
                .map_or_else(|| "no role".to_owned(), |role| words(role.as_str()));
            let means = credential.map_or_else(|| "in a web session".to_owned(), |id| format!("with credential {id}"));
            format!("{login} (person {person}), {role}, {means}")
        }
    }
}

pub(super) const fn right(authority: Authority) -> &'static str {
    match authority {
        Authority::Owner => "enterprise owner",
        Authority::Permission => "holder of the permission write_enterprise_credentials",
        Authority::Installation => "app installation with the permission",
        Authority::OrganizationOwner => "owner of the organization",
    }
}

/// What was asked for, and what it was limited to.
pub(super) fn asked_for(request: &Requested) -> String {
    let Plan {
        organization,
        person,
        credential_type,
        revoke_credentials,
        ..
    } = &request.plan;
    let named =
        |login: Option<String>, id: u64| login.map_or_else(|| id.to_string(), |login| format!("{login} ({id})"));
    let login_of_person = request.person_login.as_ref().map(ToString::to_string);
    let login_of_organization = request.organization_login.as_ref().map(ToString::to_string);
    let limits = [
        person.map(|id| format!("of person {}", named(login_of_person, id.value()))),
        credential_type.map(|of| format!("of type {}", words(of.as_str()))),
        organization.map(|id| format!("for organization {}", named(login_of_organization, id.value()))),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    let what = match (limits.is_empty(), *revoke_credentials) {
        (true, true) => "every authorization, and members’ tokens and keys",
        (true, false) => "every authorization; no credential",
        (false, true) => "the authorizations, and the tokens and keys,",
        (false, false) => "the authorizations",
    };
    [what.to_owned()]
        .into_iter()
        .chain(limits)
        .collect::<Vec<_>>()
        .join(" ")
}

/// What to do about what is alive for this reason.
pub(super) const fn remedy(reason: SurvivalReason) -> &'static str {
    match reason {
        SurvivalReason::OwnerWasCollaborator => "Destroy it singly, or remove the person.",
        SurvivalReason::DestructionNotRequested => {
            "With managed users, request again with revoke_credentials; else destroy singly."
        }
        SurvivalReason::KindIsNotDestroyed => "Destroy it singly, or revoke the app’s access.",
        SurvivalReason::IssuedAfterTheCut => "Look at who issued it, and when.",
        SurvivalReason::AuthorizedAfterTheCut => "Look at whether it was authorized before: then it is a finding.",
        SurvivalReason::AuthorizedAgain => "Look at who authorized it again, and when.",
        _ => "Ask whoever runs the service.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times_are_as_a_person_reads_them() {
        assert_eq!(
            [0, 999, 1_000, 1_234_567].map(count),
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(counted(1, "finding", "findings"), "1 finding");
        assert_eq!(counted(1_000, "finding", "findings"), "1,000 findings");
        let at = |ms| Timestamp::from_milliseconds(ms).unwrap();
        let durations = [7, 1_250, 119_999, 120_000, 7_200_000, 172_800_000].map(|ms| duration(at(0), at(ms)));
        assert_eq!(durations, ["7 ms", "1.2 s", "119.9 s", "2 min", "2 h", "2 days"]);
        assert_eq!(moment(at(0)), "1970-01-01 00:00:00 UTC");
    }
}
