//! What becomes of people, organizations and credentials: the commands that come later, each with its time.

use enterprise_credentials::{Command, CredentialId, Login, OrganizationId, Permission, PersonId, Role};

use super::draw::Draw;

pub(super) const HOUR_MS: i64 = 60 * 60 * 1_000;
/// The longest that anything keeps its course: 90 days.
const DELAY_MAX_MS: u64 = 90 * 24 * 60 * 60 * 1_000;

/// Whether the organization with this number joins only after the founding.
pub(super) fn joins_late(number: u32) -> bool {
    number == 4
}

/// One organization joins late, one leaves and comes back, one leaves for good. Times are hundredths of the history.
pub(super) fn of_organization(number: u32, organization: OrganizationId, login: &Login) -> Vec<(i64, Command)> {
    let join = Command::AddOrganization {
        organization,
        login: login.clone(),
    };
    let leave = Command::RemoveOrganization { organization };
    match number {
        4 => vec![(30, join)],
        3 => vec![(45, leave), (55, join)],
        5 => vec![(70, leave)],
        _ => Vec::new(),
    }
}

/// Some leave, and some of those come back; some change their role, or are given the permission for a while.
pub(super) fn of_person(draw: &mut Draw, add: &Command) -> Vec<(i64, Command)> {
    let Command::AddMember { member, role, .. } = *add else {
        return Vec::new();
    };
    let first = delay_ms(draw);
    let second = first + delay_ms(draw);
    if draw.happens(50) {
        let mut fate = vec![(first, Command::RemoveMember { member })];
        if draw.happens(250) {
            fate.push((second, add.clone()));
        }
        return fate;
    }
    let permission = Permission::WriteEnterpriseCredentials;
    if draw.happens(2) {
        return vec![
            (first, Command::GrantPermission { member, permission }),
            (second, Command::WithdrawPermission { member, permission }),
        ];
    }
    let next = match role {
        Role::Member => Role::BillingManager,
        Role::Owner | Role::BillingManager | Role::OutsideCollaborator => Role::Member,
        Role::GuestCollaborator | Role::RepositoryCollaborator => Role::Member,
    };
    let chance = if role.is_enterprise_member() { 5 } else { 60 };
    if draw.happens(chance) {
        return vec![(first, Command::ChangeMemberRole { member, role: next })];
    }
    Vec::new()
}

/// Some members own an organization some time after they joined, and some of those do not for long.
pub(super) fn of_ownership(draw: &mut Draw, member: PersonId, organizations: u32) -> Vec<(i64, Command)> {
    let (owns, first) = (draw.happens(20), delay_ms(draw));
    let (ends, second) = (draw.happens(500), first + delay_ms(draw));
    let Ok(organization) = OrganizationId::new(draw.below(organizations.into()) + 1) else {
        return Vec::new();
    };
    let begin = Command::AddOrganizationOwner { organization, member };
    let end = Command::RemoveOrganizationOwner { organization, member };
    match (owns, ends) {
        (false, _) => Vec::new(),
        (true, false) => vec![(first, begin)],
        (true, true) => vec![(first, begin), (second, end)],
    }
}

/// Some credentials are destroyed, one by one.
pub(super) fn of_credential(draw: &mut Draw, credential: CredentialId) -> Option<(i64, Command)> {
    let delay_ms = delay_ms(draw);
    draw.happens(40)
        .then_some((delay_ms, Command::DestroyCredential { credential }))
}

/// Some authorizations are revoked, one by one, and some of those are granted again.
pub(super) fn of_authorization(
    draw: &mut Draw,
    credential: CredentialId,
    organization: OrganizationId,
) -> Vec<(i64, Command)> {
    if !draw.happens(40) {
        return Vec::new();
    }
    let first = delay_ms(draw);
    let mut fate = vec![(
        first,
        Command::RevokeAuthorization {
            credential,
            organization,
        },
    )];
    if draw.happens(250) {
        fate.push((
            first + delay_ms(draw),
            Command::AuthorizeCredential {
                credential,
                organization,
            },
        ));
    }
    fate
}

fn delay_ms(draw: &mut Draw) -> i64 {
    HOUR_MS + i64::try_from(draw.below(DELAY_MAX_MS)).unwrap_or_default()
}
