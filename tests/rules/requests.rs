//! The answer to a request: the warning, and requests under an idempotency key.

use enterprise_credentials::{
    Caller, CredentialDenial, CredentialKind, IdempotencyKey, InstallationId, Refusal, RevokeAll, Role, Rule, Scopes,
    Timestamp,
};

use crate::given::{
    MEMBER, ORG, OTHER_TOKEN, OWNER, TOKEN, World, authorize, change, destroy, installation, issue, permit, request,
    request_under, revoke, revoke_all, revoke_all_under, web_session, with_token,
};

const KEY: &str = "breach-1";

mod warning_for_own_token {
    use super::*;

    #[test]
    fn accepted() {
        let authorized = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat);
        assert!(
            warns(&authorized, &request(with_token(OWNER, TOKEN), false)),
            "its authorization"
        );
        let unauthorized = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        assert!(
            warns(&unauthorized, &request(with_token(OWNER, TOKEN), true)),
            "its destruction"
        );
    }

    #[test]
    fn accepted_for_what_an_earlier_revocation_has_pending() {
        let world = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::OauthAppUserToken);
        let (world, _) = world.given_request(false);
        assert!(warns(&world, &request(with_token(OWNER, TOKEN), false)));
    }

    #[test]
    fn accepted_on_a_repetition_while_something_is_pending() {
        let mut world = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat);
        let repeated = request_under(KEY, with_token(OWNER, TOKEN), false);
        world.when(revoke_all_under(KEY, with_token(OWNER, TOKEN), false));
        assert!(warns(&world, &repeated));
        let revocation = world.enterprise.last_cut().unwrap();
        world.finish(revocation);
        assert!(!warns(&world, &repeated), "nothing is pending any more");
    }

    #[test]
    fn refused() {
        let world = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(issue(OTHER_TOKEN, OWNER, CredentialKind::OauthAppUserToken));
        assert!(
            !warns(&world, &request(with_token(OWNER, OTHER_TOKEN), true)),
            "an app token without authorizations"
        );
        assert!(!warns(&world, &request(web_session(OWNER), true)), "no token");
        assert!(
            !warns(&world, &request(installation(&["enterprise_credentials=write"]), true)),
            "an installation"
        );
    }

    #[test]
    fn refused_where_revoked_singly_before() {
        let world = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(revoke(TOKEN, ORG));
        assert!(!warns(&world, &request(with_token(OWNER, TOKEN), false)));
    }

    #[test]
    fn refused_to_a_qualified_collaborators_unauthorized_token() {
        let collaborator = Role::RepositoryCollaborator;
        let world = World::managed_users()
            .given(change(MEMBER, collaborator))
            .given(permit(MEMBER))
            .given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat));
        assert!(
            !warns(&world, &request(with_token(MEMBER, TOKEN), true)),
            "it keeps its credential"
        );
        let world = world.given(authorize(TOKEN, ORG));
        assert!(
            warns(&world, &request(with_token(MEMBER, TOKEN), true)),
            "and loses its authorization"
        );
    }

    fn warns(world: &World, request: &RevokeAll) -> bool {
        let warned = world.enterprise.warns(request, world.now);
        let planned = world.enterprise.plan(request, world.now).caller;
        assert_eq!(planned.is_some_and(|own| own.warned), warned, "the plan says the same");
        warned
    }
}

mod idempotency_key_for_one_request {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        assert_eq!(world.when(revoke_all_under(KEY, web_session(OWNER), false)).len(), 1);
        assert_eq!(world.when(revoke_all_under(KEY, web_session(OWNER), false)), []);
        assert_eq!(
            world.when(revoke_all_under("breach-2", web_session(OWNER), true)).len(),
            1,
            "another key"
        );
    }

    #[test]
    fn refused() {
        for first in [false, true] {
            let mut world = World::managed_users();
            world.when(revoke_all_under(KEY, web_session(OWNER), first));
            let revocation = world.enterprise.last_cut().unwrap();
            let refusal = Refusal::IdempotencyKeyReused {
                key: IdempotencyKey::new(KEY).unwrap(),
                revocation,
            };
            let other_parameters = revoke_all_under(KEY, web_session(OWNER), !first);
            world.refuses(&other_parameters, refusal, Rule::IdempotencyKeyForOneRequest);
        }
    }

    #[test]
    fn refused_after_authority_and_managed_users() {
        let mut world = World::personal_accounts();
        world.when(revoke_all_under(KEY, web_session(OWNER), false));
        let other_parameters = revoke_all_under(KEY, web_session(OWNER), true);
        world.refuses(&other_parameters, Refusal::NotManagedUsers, Rule::ManagedUsersOnly);
        let world = world.given(change(OWNER, Role::Member));
        world.refuses(&other_parameters, Refusal::NotQualified(OWNER), Rule::OwnerOrPermission);
    }
}

mod idempotent_for_24_hours {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users()
            .given(issue(TOKEN, OWNER, CredentialKind::ClassicPat))
            .given(issue(OTHER_TOKEN, OWNER, CredentialKind::OauthAppUserToken));
        world.when(revoke_all_under(KEY, web_session(OWNER), false));
        let first = world.enterprise.last_cut();
        world.finish(first.unwrap());
        for caller in [
            web_session(OWNER),
            with_token(OWNER, TOKEN),
            with_token(OWNER, OTHER_TOKEN),
        ] {
            for after_hours in [0, 23] {
                let mut world = world.clone().after_hours(after_hours);
                let repeated = request_under(KEY, caller.clone(), false);
                assert_eq!(world.enterprise.repeated_request(&repeated, world.now), first);
                assert_eq!(
                    world.when(revoke_all_under(KEY, caller.clone(), false)),
                    [],
                    "whichever token"
                );
            }
        }
    }

    #[test]
    fn accepted_from_the_same_installation() {
        let mut world = World::managed_users();
        let caller = || installation(&["enterprise_credentials=write"]);
        assert_eq!(world.when(revoke_all_under(KEY, caller(), true)).len(), 1);
        assert_eq!(world.when(revoke_all_under(KEY, caller(), true)), []);
    }

    #[test]
    fn refused() {
        let mut world = World::managed_users();
        world.when(revoke_all_under(KEY, web_session(OWNER), false));
        let mut world = world.after_hours(24);
        assert_eq!(
            world
                .enterprise
                .repeated_request(&request_under(KEY, web_session(OWNER), false), world.now),
            None
        );
        assert_eq!(
            world.when(revoke_all_under(KEY, web_session(OWNER), false)).len(),
            1,
            "a new request"
        );
        let mut world = world.after_hours(23);
        assert_eq!(
            world.when(revoke_all_under(KEY, web_session(OWNER), false)),
            [],
            "with its own 24 hours"
        );
    }

    #[test]
    fn refused_to_the_first_millisecond_of_the_25th_hour() {
        let mut world = World::managed_users();
        world.when(revoke_all_under(KEY, web_session(OWNER), false));
        let just_before = world.in_hours(24).milliseconds() - 1;
        let just_before = Timestamp::from_milliseconds(just_before).unwrap();
        let repeated = request_under(KEY, web_session(OWNER), false);
        assert!(world.enterprise.repeated_request(&repeated, just_before).is_some());
        assert!(
            world
                .enterprise
                .repeated_request(&repeated, world.in_hours(24))
                .is_none()
        );
    }

    #[test]
    fn refused_to_others_and_without_a_key() {
        let mut world = World::managed_users().given(permit(MEMBER));
        world.when(revoke_all_under(KEY, web_session(OWNER), false));
        let others = [web_session(MEMBER), installation(&["enterprise_credentials=write"])];
        for caller in others {
            assert_eq!(
                world.when(revoke_all_under(KEY, caller, false)).len(),
                1,
                "the key is another's"
            );
        }
        assert_eq!(
            world.when(revoke_all(web_session(OWNER), false)).len(),
            1,
            "no key, no repetition"
        );
    }

    #[test]
    fn refused_to_an_installation_with_the_number_of_the_person() {
        let mut world = World::managed_users();
        world.when(revoke_all_under(KEY, web_session(OWNER), false));
        let namesake = Caller::Installation {
            installation: InstallationId::new(OWNER.value()).unwrap(),
            organization: None,
            permissions: Scopes::parse(["enterprise_credentials=write"]).unwrap(),
        };
        assert_eq!(world.when(revoke_all_under(KEY, namesake, false)).len(), 1);
    }

    #[test]
    fn refused_to_who_may_not_ask_any_more() {
        let mut world = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        let with_token = revoke_all_under(KEY, with_token(OWNER, TOKEN), false);
        world.when(with_token.clone());
        let dead = CredentialDenial::Destroyed(TOKEN);
        world
            .clone()
            .given(destroy(TOKEN))
            .refuses(&with_token, dead, Rule::CredentialNotDestroyed);
        let demoted = world.given(change(OWNER, Role::Member));
        demoted.refuses(&with_token, Refusal::NotQualified(OWNER), Rule::OwnerOrPermission);
    }
}
