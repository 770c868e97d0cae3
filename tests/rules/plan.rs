//! The plan before a request, and what the job then does.

use enterprise_credentials::{
    AlreadyPending, CallerFate, Corruption, CredentialKind, KindLoss, NotCovered, Role, RoleLoss,
};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, THIRD_TOKEN, TOKEN, UNKNOWN, World, add, authorize, change,
    completed, credential, destroy, issue, issue_with, organization, remove, remove_organization, request, revoke,
    web_session, with_token,
};
use crate::limited::{destroying, of_organization, of_person};

mod not_covered_is_counted {
    use super::*;

    #[test]
    fn accepted() {
        let not_covered = NotCovered {
            collaborator_credentials: 2,
            member_credentials: 1,
            without_authorization: 2,
            may_be_authorized_again: 0,
        };
        assert_eq!(
            given_survivors().plan(true).not_covered,
            not_covered,
            "with revoke_credentials"
        );
        let not_covered = NotCovered {
            collaborator_credentials: 2,
            member_credentials: 3,
            without_authorization: 3,
            may_be_authorized_again: 0,
        };
        assert_eq!(given_survivors().plan(false).not_covered, not_covered, "without");
    }

    #[test]
    fn refused() {
        // What is dead already, expired, or pending in an earlier revocation does not stay alive.
        let world = given_survivors().given(remove(GUEST));
        let expiring = issue_with(
            credential(960),
            OWNER,
            CredentialKind::OauthAppUserToken,
            &[],
            Some(world.in_hours(1)),
        );
        let (world, _) = world.given(expiring).after_hours(1).given_request(true);
        let plan = world.plan(true);
        let not_covered = NotCovered {
            collaborator_credentials: 0,
            member_credentials: 1,
            without_authorization: 1,
            may_be_authorized_again: 0,
        };
        assert_eq!(plan.not_covered, not_covered);
        assert_eq!(
            plan.already_pending,
            AlreadyPending {
                authorizations: 1,
                credentials: 2
            }
        );
    }

    #[test]
    fn the_count_is_what_authenticates_in_the_end() {
        for revoke_credentials in [false, true] {
            let mut world = given_survivors();
            let not_covered = world.plan(revoke_credentials).not_covered;
            let revocation = world.request(revoke_credentials);
            world.finish(revocation);
            let credentials = world.enterprise.credentials();
            let alive = credentials
                .filter(|credential| world.authenticates(credential.id()).is_ok())
                .count();
            assert_eq!(
                alive as u64,
                not_covered.collaborator_credentials + not_covered.member_credentials
            );
        }
    }

    #[test]
    fn the_callers_own_token_is_told_apart() {
        let world = given_survivors().given(issue(credential(970), OWNER, CredentialKind::ClassicPat));
        let own = |revoke_credentials| {
            let request = request(with_token(OWNER, credential(970)), revoke_credentials);
            let caller = world.enterprise.plan(&request, world.now).caller.unwrap();
            (caller.authorizations_revoked, caller.fate, caller.warned)
        };
        assert_eq!(own(false), (0, CallerFate::Kept, false));
        assert_eq!(own(true), (0, CallerFate::Destroyed, true));
    }

    #[test]
    fn the_callers_own_token_loses_only_what_no_earlier_request_took() {
        let world = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(authorize(TOKEN, OTHER_ORG));
        let own = |world: &World| {
            let request = request(with_token(OWNER, TOKEN), true);
            let caller = world.enterprise.plan(&request, world.now).caller.unwrap();
            let authorizations = (caller.authorizations_revoked, caller.authorizations_pending);
            (authorizations, caller.fate, caller.warned)
        };
        assert_eq!(own(&world), ((2, 0), CallerFate::Destroyed, true));
        let (world, _) = world.given_request(false);
        let pending = ((0, 2), CallerFate::Destroyed, true);
        assert_eq!(own(&world), pending, "its authorizations are pending already");
        let (world, revocation) = world.given_request(true);
        let pending = ((0, 2), CallerFate::DestructionPending { revocation }, true);
        assert_eq!(own(&world), pending, "and now its destruction, too");
    }

    #[test]
    fn a_dead_token_is_never_said_to_be_kept() {
        let given = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        let own = |world: &World, revoke_credentials| {
            let request = request(with_token(OWNER, TOKEN), revoke_credentials);
            let caller = world.enterprise.plan(&request, world.now).caller.unwrap();
            (caller.fate, caller.expired_at)
        };
        for revoke_credentials in [false, true] {
            let destroyed = given.clone().given(destroy(TOKEN));
            let fate = own(&destroyed, revoke_credentials);
            assert_eq!(fate, (CallerFate::AlreadyDestroyed, None), "singly");
            let (mut pending, revocation) = given.clone().given_request(true);
            let fate = own(&pending, revoke_credentials);
            assert_eq!(fate, (CallerFate::DestructionPending { revocation }, None));
            pending.finish(revocation);
            let fate = own(&pending, revoke_credentials);
            assert_eq!(fate, (CallerFate::AlreadyDestroyed, None), "by an earlier revocation");
            let departed = given.clone().given(remove(OWNER)).given(add(OWNER, Role::Owner));
            let fate = own(&departed, revoke_credentials);
            assert_eq!(fate, (CallerFate::OwnerDeparted, None), "who returned, without it");
        }
        let world = World::managed_users();
        let expiry = world.in_hours(1);
        let world = world.given(issue_with(TOKEN, OWNER, CredentialKind::ClassicPat, &[], Some(expiry)));
        assert_eq!(own(&world, false), (CallerFate::Kept, None));
        let world = world.after_hours(1);
        assert_eq!(own(&world, false), (CallerFate::Kept, Some(expiry)));
        assert_eq!(
            own(&world, true),
            (CallerFate::Destroyed, Some(expiry)),
            "expired or not"
        );
    }

    #[test]
    fn an_owner_who_has_lost_everything_is_told_from_one_who_loses_nothing() {
        let (world, _) = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(issue(OTHER_TOKEN, OWNER, CredentialKind::SshKey))
            .given_authorized(THIRD_TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_request(true);
        let owners = world.plan(true).owners;
        let losses = owners.iter().map(|loss| {
            let now = (loss.loss.authorizations_revoked, loss.loss.credentials_destroyed);
            (loss.person, now, loss.already_pending)
        });
        let pending = AlreadyPending {
            authorizations: 1,
            credentials: 2,
        };
        assert_eq!(losses.collect::<Vec<_>>(), [(OWNER, (0, 0), pending)]);
    }

    /// Two credentials of a guest, one of them authorized; two of a member that would be destroyed, one of them
    /// authorized; and an owner's app token that is not authorized.
    fn given_survivors() -> World {
        World::managed_users()
            .given_authorized(TOKEN, GUEST, CredentialKind::ClassicPat)
            .given(issue(OTHER_TOKEN, GUEST, CredentialKind::SshKey))
            .given_authorized(THIRD_TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(issue(credential(904), MEMBER, CredentialKind::SshKey))
            .given(issue(credential(905), OWNER, CredentialKind::OauthAppUserToken))
    }
}

mod totals_equal_the_plan {
    use super::*;

    #[test]
    fn accepted() {
        let given = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(authorize(TOKEN, OTHER_ORG))
            .given_authorized(OTHER_TOKEN, GUEST, CredentialKind::FineGrainedPat)
            .given(issue(THIRD_TOKEN, OWNER, CredentialKind::SshKey));
        let meanwhile = [
            vec![],
            vec![destroy(TOKEN), destroy(OTHER_TOKEN)],
            vec![revoke(TOKEN, ORG), destroy(THIRD_TOKEN)],
            vec![
                authorize(OTHER_TOKEN, ORG),
                revoke(OTHER_TOKEN, ORG),
                authorize(OTHER_TOKEN, ORG),
            ],
            vec![
                remove(MEMBER),
                add(MEMBER, Role::Member),
                remove_organization(ORG),
                change(GUEST, Role::Owner),
            ],
        ];
        for commands in meanwhile {
            let mut world = given.clone();
            let plan = world.plan(true);
            assert_eq!((plan.authorizations_revoked, plan.credentials_destroyed), (3, 2));
            let revocation = world.request(true);
            let mut world = commands.iter().cloned().fold(world, World::given);
            world.finish(revocation);
            assert_eq!(world.totals(revocation), (3, 2), "{commands:?}");
        }
    }

    #[test]
    fn the_plan_tells_the_same_by_kind_by_role_and_by_organization() {
        let plan = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(authorize(TOKEN, OTHER_ORG))
            .given_authorized(OTHER_TOKEN, GUEST, CredentialKind::SshKey)
            .plan(true);
        let kinds = plan
            .by_kind
            .iter()
            .map(|KindLoss { kind, loss }| (*kind, loss.authorizations_revoked, loss.credentials_destroyed));
        let lost = |(_, authorizations, credentials): &(CredentialKind, u64, u64)| authorizations + credentials > 0;
        let expected = [(CredentialKind::ClassicPat, 2, 1), (CredentialKind::SshKey, 1, 0)];
        assert_eq!(kinds.filter(lost).collect::<Vec<_>>(), expected);
        let roles = plan
            .by_role
            .iter()
            .map(|RoleLoss { role, loss }| (*role, loss.authorizations_revoked, loss.credentials_destroyed));
        let losing = roles
            .filter(|(_, authorizations, _)| *authorizations > 0)
            .collect::<Vec<_>>();
        assert_eq!(losing, [(Role::Member, 2, 1), (Role::GuestCollaborator, 1, 0)]);
        let organizations = plan
            .by_organization
            .iter()
            .map(|loss| (loss.organization, loss.authorizations_revoked));
        assert_eq!(organizations.collect::<Vec<_>>(), [(ORG, 2), (OTHER_ORG, 1)]);
    }

    #[test]
    fn refused() {
        let (world, revocation) = World::managed_users().given_request(false);
        let mut enterprise = world.enterprise.clone();
        let mut recorded = enterprise.record(vec![completed(revocation, 1, 0)], world.now, None);
        let totals = Corruption::Totals {
            authorizations_revoked: 0,
            credentials_destroyed: 0,
        };
        assert_eq!(
            enterprise
                .apply(&recorded.next().unwrap())
                .map_err(|corrupt| corrupt.reason),
            Err(totals)
        );
        assert_eq!(enterprise, world.enterprise);
    }
}

/// A request about them is refused, and a plan asks nobody's leave.
#[test]
fn a_plan_about_who_never_was_takes_nothing() {
    let world = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat);
    let of_owner = |person| destroying(of_person(web_session(OWNER), person));
    let at = |organization| of_organization(web_session(OWNER), organization);
    for (request, taken) in [
        (of_owner(UNKNOWN), (0, 0)),
        (of_owner(OWNER), (1, 1)),
        (at(organization(99)), (0, 0)),
        (at(ORG), (1, 0)),
    ] {
        let plan = world.enterprise.plan(&request, world.now);
        assert_eq!(
            (plan.authorizations_revoked, plan.credentials_destroyed),
            taken,
            "{request:?}"
        );
    }
}
