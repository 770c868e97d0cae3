//! What a request covers, and what it does not.

use enterprise_credentials::{AlreadyPending, CredentialKind, Loss, OwnerLoss, PersonId, Role};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, THIRD_TOKEN, TOKEN, World, add, add_organization, authorize,
    authorized, change, completed, destroy, destroyed, issue, issue_with, permit, person, remove, remove_organization,
    revoke, revoke_all, revoked, with_token,
};

mod every_authorization_in_scope {
    use super::*;

    #[test]
    fn accepted() {
        for kind in CredentialKind::ALL {
            for owner in [OWNER, MEMBER, GUEST] {
                for world in [World::managed_users(), World::personal_accounts()] {
                    let (mut world, revocation) = world.given_authorized(TOKEN, owner, kind).given_request(false);
                    let events = [revoked(TOKEN, ORG, revocation), completed(revocation, 1, 0)];
                    assert_eq!(world.finish(revocation), events);
                    assert!(world.may_use(TOKEN, ORG).is_err());
                    assert_eq!(world.authenticates(TOKEN), Ok(owner), "an authorization is all it lost");
                }
            }
        }
    }

    #[test]
    fn accepted_for_every_organization() {
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::SshKey)
            .given(authorize(TOKEN, OTHER_ORG))
            .given_request(false);
        world.finish(revocation);
        assert_eq!(world.totals(revocation), (2, 0));
    }

    #[test]
    fn refused() {
        // What is not live at the cut is in nobody's scope.
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, GUEST, CredentialKind::ClassicPat)
            .given_authorized(THIRD_TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(authorize(THIRD_TOKEN, OTHER_ORG))
            .given(revoke(TOKEN, ORG))
            .given(remove(GUEST))
            .given(remove_organization(OTHER_ORG))
            .given(destroy(THIRD_TOKEN))
            .given_request(false);
        assert_eq!(world.finish(revocation), [completed(revocation, 0, 0)]);
    }
}

mod enterprise_members_by_role {
    use super::*;

    #[test]
    fn accepted() {
        for role in [Role::Owner, Role::Member, Role::BillingManager] {
            let (mut world, revocation) = given_credential_of(role).given_request(true);
            let events = [destroyed(TOKEN, revocation), completed(revocation, 0, 1)];
            assert_eq!(world.finish(revocation), events);
        }
    }

    #[test]
    fn refused() {
        for role in [Role::GuestCollaborator, Role::RepositoryCollaborator] {
            let (mut world, revocation) = given_credential_of(role).given_request(true);
            assert_eq!(world.finish(revocation), [completed(revocation, 0, 0)]);
        }
        assert!(!Role::OutsideCollaborator.is_enterprise_member());
    }

    fn given_credential_of(role: Role) -> World {
        let id = person(20);
        World::managed_users()
            .given(add(id, role))
            .given(issue(TOKEN, id, CredentialKind::ClassicPat))
    }
}

mod members_three_kinds_destroyed {
    use super::*;

    const THREE_KINDS: [CredentialKind; 3] = [
        CredentialKind::ClassicPat,
        CredentialKind::FineGrainedPat,
        CredentialKind::SshKey,
    ];

    #[test]
    fn accepted() {
        for kind in THREE_KINDS {
            let (mut world, revocation) = World::managed_users()
                .given_authorized(TOKEN, MEMBER, kind)
                .given_request(true);
            let events = [
                revoked(TOKEN, ORG, revocation),
                destroyed(TOKEN, revocation),
                completed(revocation, 1, 1),
            ];
            assert_eq!(world.finish(revocation), events);
        }
    }

    #[test]
    fn accepted_whether_authorized_or_not() {
        for kind in THREE_KINDS {
            let (mut world, revocation) = World::managed_users()
                .given(issue(TOKEN, MEMBER, kind))
                .given_request(true);
            assert_eq!(
                world.finish(revocation),
                [destroyed(TOKEN, revocation), completed(revocation, 0, 1)]
            );
        }
    }

    #[test]
    fn refused() {
        for kind in [CredentialKind::OauthAppUserToken, CredentialKind::GithubAppUserToken] {
            let (mut world, revocation) = World::managed_users()
                .given_authorized(TOKEN, MEMBER, kind)
                .given_request(true);
            assert_eq!(
                world.finish(revocation),
                [revoked(TOKEN, ORG, revocation), completed(revocation, 1, 0)]
            );
            assert_eq!(world.authenticates(TOKEN), Ok(MEMBER));
        }
    }

    #[test]
    fn refused_without_revoke_credentials() {
        for kind in CredentialKind::ALL {
            let (mut world, revocation) = World::managed_users()
                .given(issue(TOKEN, MEMBER, kind))
                .given_request(false);
            assert_eq!(world.finish(revocation), [completed(revocation, 0, 0)]);
            assert_eq!(world.authenticates(TOKEN), Ok(MEMBER));
        }
    }
}

mod collaborators_keep_credentials {
    use super::*;

    #[test]
    fn accepted() {
        for role in [Role::GuestCollaborator, Role::RepositoryCollaborator] {
            for kind in CredentialKind::ALL {
                let world = World::managed_users()
                    .given(change(GUEST, role))
                    .given_authorized(TOKEN, GUEST, kind);
                let (mut world, revocation) = world.given_request(true);
                let authorization_only = [revoked(TOKEN, ORG, revocation), completed(revocation, 1, 0)];
                assert_eq!(world.finish(revocation), authorization_only);
                assert_eq!(world.authenticates(TOKEN), Ok(GUEST));
            }
        }
    }

    #[test]
    fn refused() {
        // A collaborator's token is alive, and yet for no organization: it can be authorized for none that it lost.
        let (world, _) = World::managed_users()
            .given_authorized(TOKEN, GUEST, CredentialKind::ClassicPat)
            .given_request(true);
        assert!(world.may_use(TOKEN, ORG).is_err());
        assert!(world.decide(&authorize(TOKEN, ORG)).is_err());
        assert_eq!(
            world.decide(&authorize(TOKEN, OTHER_ORG)),
            Ok(vec![authorized(TOKEN, OTHER_ORG)])
        );
    }

    #[test]
    fn a_permission_makes_nobody_a_member() {
        let (world, _) = World::managed_users()
            .given(permit(GUEST))
            .given(issue(TOKEN, GUEST, CredentialKind::ClassicPat))
            .given_request(true);
        assert_eq!(world.authenticates(TOKEN), Ok(GUEST));
    }
}

mod nobody_is_spared {
    use super::*;

    const SETUP_USER: PersonId = OWNER;
    const SECOND_OWNER: PersonId = person(20);

    #[test]
    fn accepted() {
        let mut world = given_two_owners();
        world.when(revoke_all(with_token(SECOND_OWNER, OTHER_TOKEN), true));
        let revocation = world.enterprise.last_cut().unwrap();
        world.finish(revocation);
        assert_eq!(
            world.totals(revocation),
            (2, 2),
            "the first owner of the stream and the caller's own token"
        );
    }

    #[test]
    fn refused() {
        let mut world = given_two_owners();
        world.when(revoke_all(with_token(SECOND_OWNER, OTHER_TOKEN), true));
        assert!(world.authenticates(TOKEN).is_err());
        assert!(world.authenticates(OTHER_TOKEN).is_err());
    }

    #[test]
    fn the_plan_lists_what_each_owner_would_lose() {
        let owners = given_two_owners().given(permit(MEMBER)).plan(true).owners;
        let loss = |person: PersonId| OwnerLoss {
            person,
            login: format!("person-{person}").parse().unwrap(),
            loss: Loss {
                authorizations_revoked: 1,
                credentials_destroyed: 1,
            },
            already_pending: AlreadyPending::default(),
        };
        assert_eq!(owners, [loss(SETUP_USER), loss(SECOND_OWNER)]);
    }

    fn given_two_owners() -> World {
        World::managed_users()
            .given(add(SECOND_OWNER, Role::Owner))
            .given_authorized(TOKEN, SETUP_USER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, SECOND_OWNER, CredentialKind::ClassicPat)
    }
}

mod scope_is_settled_at_the_cut {
    use super::*;

    #[test]
    fn accepted() {
        let given = || World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        let meanwhile = [
            vec![change(MEMBER, Role::GuestCollaborator)],
            vec![remove(MEMBER)],
            vec![remove(MEMBER), add(MEMBER, Role::GuestCollaborator)],
            vec![remove_organization(ORG)],
            vec![remove_organization(ORG), add_organization(ORG)],
            vec![change(OWNER, Role::Member)],
            vec![remove(OWNER)],
        ];
        for commands in meanwhile {
            let (world, revocation) = given().given_request(true);
            let mut world = commands.iter().cloned().fold(world, World::given);
            let all = [
                revoked(TOKEN, ORG, revocation),
                destroyed(TOKEN, revocation),
                completed(revocation, 1, 1),
            ];
            assert_eq!(world.finish(revocation), all, "{commands:?}");
        }
    }

    #[test]
    fn accepted_though_the_caller_loses_the_token_it_asked_with() {
        let mut world = World::managed_users()
            .given(issue(OTHER_TOKEN, OWNER, CredentialKind::OauthAppUserToken))
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        world.when(revoke_all(with_token(OWNER, OTHER_TOKEN), false));
        let revocation = world.enterprise.last_cut().unwrap();
        let mut world = world
            .given(destroy(OTHER_TOKEN))
            .given(change(OWNER, Role::GuestCollaborator));
        assert_eq!(
            world.finish(revocation),
            [revoked(TOKEN, ORG, revocation), completed(revocation, 1, 0)]
        );
    }

    #[test]
    fn refused() {
        let (world, revocation) = World::managed_users()
            .given(issue(TOKEN, GUEST, CredentialKind::ClassicPat))
            .given_request(true);
        let mut world = world
            .given(change(GUEST, Role::Member))
            .given(authorize(TOKEN, ORG))
            .given_authorized(OTHER_TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(add(person(20), Role::Owner))
            .given_authorized(THIRD_TOKEN, person(20), CredentialKind::SshKey);
        assert_eq!(world.finish(revocation), [completed(revocation, 0, 0)]);
        for id in [TOKEN, OTHER_TOKEN, THIRD_TOKEN] {
            assert_eq!(
                world.may_use(id, ORG),
                Ok(()),
                "promoted, issued or granted after the cut"
            );
        }
    }

    #[test]
    fn each_of_several_cuts_sees_the_role_of_its_time() {
        let (world, first) = World::managed_users()
            .given(issue(TOKEN, GUEST, CredentialKind::ClassicPat))
            .given(issue(OTHER_TOKEN, MEMBER, CredentialKind::ClassicPat))
            .given_request(true);
        let world = world.given(change(GUEST, Role::Member));
        let (world, second) = world.given_request(true);
        let mut world = world.given(change(GUEST, Role::RepositoryCollaborator));
        assert!(world.authenticates(TOKEN).is_err(), "a member at the second cut");
        assert_eq!(
            world.finish(first),
            [destroyed(OTHER_TOKEN, first), completed(first, 0, 1)]
        );
        assert_eq!(
            world.finish(second),
            [destroyed(TOKEN, second), completed(second, 0, 1)]
        );
    }
}

mod expiry_keeps_scope {
    use super::*;

    #[test]
    fn accepted() {
        for after_hours in [0, 2] {
            let world = given_expiring_in_one_hour().after_hours(after_hours);
            let (world, revocation) = world.given_request(true);
            let mut world = world.after_hours(3);
            let all = [
                revoked(TOKEN, ORG, revocation),
                destroyed(TOKEN, revocation),
                completed(revocation, 1, 1),
            ];
            assert_eq!(world.finish(revocation), all);
        }
    }

    #[test]
    fn refused() {
        let world = given_expiring_in_one_hour();
        assert_eq!(world.authenticates(TOKEN), Ok(MEMBER));
        assert!(world.after_hours(1).authenticates(TOKEN).is_err());
    }

    fn given_expiring_in_one_hour() -> World {
        let world = World::managed_users();
        let expires_at = Some(world.in_hours(1));
        world
            .given(issue_with(TOKEN, MEMBER, CredentialKind::ClassicPat, &[], expires_at))
            .given(authorize(TOKEN, ORG))
    }
}
