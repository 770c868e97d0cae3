//! Which credentials authenticate, and which of them at the API.

use enterprise_credentials::{
    Authority, CredentialDenial, CredentialKind, OrganizationId, Refusal, Role, Rule, Timestamp,
};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, TOKEN, World, add, add_organization, authorize, destroy, issue,
    issue_with, remove, remove_organization, revoke, revoke_all_under, with_token,
};

mod credential_known {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        assert_eq!(world.authenticates(TOKEN), Ok(OWNER));
    }

    #[test]
    fn refused() {
        let world = World::managed_users();
        let (unknown, rule) = (CredentialDenial::Unknown(TOKEN), Rule::CredentialKnown);
        assert_eq!(world.authenticates(TOKEN), Err(unknown));
        assert_eq!(world.may_use(TOKEN, ORG), Err(unknown.into()));
        for command in [authorize(TOKEN, ORG), revoke(TOKEN, ORG), destroy(TOKEN)] {
            world.refuses(&command, unknown, rule);
        }
        world.refuses_caller(with_token(OWNER, TOKEN), unknown, rule);
    }

    #[test]
    fn refused_before_the_enterprise_exists() {
        World::empty().refuses_caller(
            with_token(OWNER, TOKEN),
            CredentialDenial::Unknown(TOKEN),
            Rule::CredentialKnown,
        );
    }
}

mod credential_of_caller {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        world.accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
    }

    #[test]
    fn refused() {
        let world = World::managed_users().given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat));
        let refusal = Refusal::CredentialOfAnother {
            credential: TOKEN,
            person: OWNER,
        };
        world.refuses_caller(with_token(OWNER, TOKEN), refusal, Rule::CredentialOfCaller);
    }
}

mod credential_owner_present {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat);
        assert_eq!(world.authenticates(TOKEN), Ok(OWNER));
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
    }

    #[test]
    fn refused() {
        let world = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(remove(OWNER));
        refused_in(&world);
    }

    #[test]
    fn refused_even_when_the_owner_returns() {
        let world = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat);
        refused_in(&world.given(remove(OWNER)).given(add(OWNER, Role::Owner)));
    }

    fn refused_in(world: &World) {
        let (departed, rule) = (CredentialDenial::OwnerDeparted(TOKEN), Rule::CredentialOwnerPresent);
        assert_eq!(world.authenticates(TOKEN), Err(departed));
        assert_eq!(world.may_use(TOKEN, ORG), Err(departed.into()));
        world.refuses(&authorize(TOKEN, OTHER_ORG), departed, rule);
        world.refuses_caller(with_token(OWNER, TOKEN), departed, rule);
    }
}

mod credential_not_destroyed {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(destroy(OTHER_TOKEN));
        assert_eq!(world.authenticates(TOKEN), Ok(OWNER));
    }

    #[test]
    fn refused() {
        let world = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given(destroy(TOKEN));
        refused_in(&world);
    }

    #[test]
    fn refused_once_a_job_has_destroyed_it() {
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given_request(true);
        world.finish(revocation);
        refused_in(&world);
    }

    fn refused_in(world: &World) {
        let (destroyed, rule) = (CredentialDenial::Destroyed(TOKEN), Rule::CredentialNotDestroyed);
        assert_eq!(world.authenticates(TOKEN), Err(destroyed));
        assert_eq!(world.may_use(TOKEN, ORG), Err(destroyed.into()));
        world.refuses(&authorize(TOKEN, OTHER_ORG), destroyed, rule);
        world.refuses_caller(with_token(OWNER, TOKEN), destroyed, rule);
    }
}

mod credential_not_destruction_pending {
    use super::*;

    #[test]
    fn accepted() {
        let (world, _) = World::managed_users()
            .given(issue(TOKEN, OWNER, CredentialKind::OauthAppUserToken))
            .given_request(true);
        assert_eq!(world.authenticates(TOKEN), Ok(OWNER));
        world.accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
    }

    #[test]
    fn refused() {
        let (world, revocation) = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given_request(true);
        let pending = CredentialDenial::DestructionPending {
            credential: TOKEN,
            revocation,
        };
        let rule = Rule::CredentialNotDestructionPending;
        assert_eq!(world.authenticates(TOKEN), Err(pending));
        assert_eq!(world.may_use(TOKEN, ORG), Err(pending.into()));
        world.refuses(&authorize(TOKEN, OTHER_ORG), pending, rule);
        world.refuses_caller(with_token(OWNER, TOKEN), pending, rule);
    }

    #[test]
    fn refused_for_a_fine_grained_token_that_might_else_ask_again() {
        let (world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::FineGrainedPat)
            .given_request(true);
        let pending = CredentialDenial::DestructionPending {
            credential: TOKEN,
            revocation,
        };
        world.refuses(&authorize(TOKEN, ORG), pending, Rule::CredentialNotDestructionPending);
    }

    #[test]
    fn refused_for_the_repetition_of_its_own_request() {
        let mut world = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        let command = revoke_all_under("breach-1", with_token(OWNER, TOKEN), true);
        world.when(command.clone());
        let revocation = world.enterprise.last_cut().unwrap();
        let pending = CredentialDenial::DestructionPending {
            credential: TOKEN,
            revocation,
        };
        world.refuses(&command, pending, Rule::CredentialNotDestructionPending);
    }
}

mod credential_not_expired {
    use super::*;

    #[test]
    fn accepted() {
        let world = expiring_in_one_hour();
        assert_eq!(world.authenticates(TOKEN), Ok(OWNER));
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
        world.accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
    }

    #[test]
    fn refused() {
        let world = expiring_in_one_hour().after_hours(1);
        let (expired, rule) = (expired_at_the_hour(&world), Rule::CredentialNotExpired);
        assert_eq!(world.authenticates(TOKEN), Err(expired));
        assert_eq!(world.may_use(TOKEN, ORG), Err(expired.into()));
        world.refuses(&authorize(TOKEN, OTHER_ORG), expired, rule);
        world.refuses_caller(with_token(OWNER, TOKEN), expired, rule);
    }

    #[test]
    fn accepted_to_the_last_millisecond() {
        let world = expiring_in_one_hour();
        let just_before = world.in_hours(1).milliseconds() - 1;
        let just_before = Timestamp::from_milliseconds(just_before).unwrap();
        assert_eq!(world.enterprise.authenticates(TOKEN, just_before), Ok(OWNER));
    }

    fn expiring_in_one_hour() -> World {
        let world = World::managed_users();
        let expires_at = Some(world.in_hours(1));
        let kind = CredentialKind::ClassicPat;
        world
            .given(issue_with(TOKEN, OWNER, kind, &["admin:enterprise"], expires_at))
            .given(authorize(TOKEN, ORG))
    }

    fn expired_at_the_hour(world: &World) -> CredentialDenial {
        CredentialDenial::Expired {
            credential: TOKEN,
            expires_at: world.now,
        }
    }
}

mod ssh_key_is_no_api_credential {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users().given_authorized(TOKEN, OWNER, CredentialKind::SshKey);
        assert_eq!(world.authenticates(TOKEN), Ok(OWNER), "a key opens repositories");
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
    }

    #[test]
    fn refused() {
        let world = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::SshKey));
        let rule = Rule::SshKeyIsNoApiCredential;
        world.refuses_caller(with_token(OWNER, TOKEN), Refusal::SshKey(TOKEN), rule);
    }

    #[test]
    fn refused_before_anything_is_told_of_the_owner() {
        let world = World::managed_users().given(issue(TOKEN, GUEST, CredentialKind::SshKey));
        let rule = Rule::SshKeyIsNoApiCredential;
        world.refuses_caller(with_token(GUEST, TOKEN), Refusal::SshKey(TOKEN), rule);
    }

    #[test]
    fn refused_even_with_the_scope() {
        let key = issue_with(TOKEN, OWNER, CredentialKind::SshKey, &["admin:enterprise"], None);
        let world = World::managed_users().given(key);
        let rule = Rule::SshKeyIsNoApiCredential;
        world.refuses_caller(with_token(OWNER, TOKEN), Refusal::SshKey(TOKEN), rule);
    }
}

mod authorization_required {
    use super::*;

    #[test]
    fn accepted() {
        for kind in CredentialKind::ALL {
            let world = World::managed_users().given_authorized(TOKEN, MEMBER, kind);
            assert_eq!(world.may_use(TOKEN, ORG), Ok(()), "{kind}");
        }
    }

    #[test]
    fn refused() {
        let issued = World::managed_users().given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat));
        let authorized = || World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        for world in [
            issued,
            authorized().given(revoke(TOKEN, ORG)),
            authorized()
                .given(remove_organization(ORG))
                .given(add_organization(ORG)),
        ] {
            let denied = world.may_use(TOKEN, ORG).map_err(|denial| denial.rule());
            assert_eq!(denied, Err(Rule::AuthorizationRequired));
            assert_eq!(
                world.authenticates(TOKEN),
                Ok(MEMBER),
                "it is for this organization alone"
            );
        }
    }

    #[test]
    fn every_denial_names_its_rule() {
        let authorized = || World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        let gone = authorized().given(remove_organization(ORG));
        let dead = authorized().given(destroy(TOKEN));
        let (pending, _) = authorized().given_request(false);
        let unknown = OrganizationId::new(424_242).unwrap();
        for (world, organization, rule) in [
            (authorized(), unknown, Rule::OrganizationKnown),
            (gone, ORG, Rule::OrganizationPresent),
            (dead, ORG, Rule::CredentialNotDestroyed),
            (pending, ORG, Rule::EffectiveAtOnce),
        ] {
            let denied = world.may_use(TOKEN, organization).map_err(|denial| denial.rule());
            assert_eq!(denied, Err(rule));
        }
    }
}
