//! Who may revoke all, and what is recorded of it.

use enterprise_credentials::{
    Actor, Authority, Caller, CredentialKind, InstallationId, Refusal, RevocationId, Role, Rule,
};

use crate::given::{
    GUEST, MEMBER, ORG, OWNER, TOKEN, UNKNOWN, World, add, add_organization, authorize, change, continue_revocation,
    destroy, installation, issue, issue_with, permit, remove, requested_by, revoke, revoke_all, web_session,
    with_token, withdraw,
};

mod enterprise_exists {
    use super::*;

    #[test]
    fn accepted() {
        World::managed_users().accepts_caller(web_session(OWNER), Authority::Owner);
    }

    #[test]
    fn refused() {
        let (world, rule) = (World::empty(), Rule::EnterpriseExists);
        let revocation = RevocationId::new(1).unwrap();
        let commands = [
            add_organization(ORG),
            add(OWNER, Role::Owner),
            change(OWNER, Role::Member),
            remove(OWNER),
            permit(OWNER),
            issue(TOKEN, OWNER, CredentialKind::ClassicPat),
            authorize(TOKEN, ORG),
            revoke(TOKEN, ORG),
            destroy(TOKEN),
            continue_revocation(revocation, 1),
        ];
        for command in commands {
            world.refuses(&command, Refusal::EnterpriseUnknown, rule);
        }
        for caller in [
            web_session(OWNER),
            installation(&["enterprise_credentials=write"]),
            Caller::Stranger {},
        ] {
            world.refuses_caller(caller, Refusal::EnterpriseUnknown, rule);
        }
    }
}

mod stranger_sees_nothing {
    use super::*;

    #[test]
    fn accepted() {
        World::managed_users().accepts_caller(web_session(OWNER), Authority::Owner);
    }

    #[test]
    fn refused() {
        let world = World::managed_users();
        world.refuses_caller(Caller::Stranger {}, Refusal::Stranger, Rule::StrangerSeesNothing);
        world.refuses_caller(web_session(UNKNOWN), Refusal::Stranger, Rule::StrangerSeesNothing);
    }

    #[test]
    fn refused_to_an_owner_who_left() {
        let world = World::managed_users().given(remove(OWNER));
        world.refuses_caller(web_session(OWNER), Refusal::Stranger, Rule::StrangerSeesNothing);
    }
}

mod fine_grained_pat_cannot_call {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users().given(issue(TOKEN, OWNER, CredentialKind::ClassicPat));
        world.accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
    }

    #[test]
    fn refused() {
        let scopes = ["admin:enterprise", "enterprise_credentials=write"];
        let token = issue_with(TOKEN, OWNER, CredentialKind::FineGrainedPat, &scopes, None);
        let world = World::managed_users().given(token);
        world.refuses_caller(
            with_token(OWNER, TOKEN),
            Refusal::FineGrainedPat,
            Rule::FineGrainedPatCannotCall,
        );
    }

    #[test]
    fn refused_before_the_role_is_asked() {
        let world = World::managed_users().given(issue(TOKEN, GUEST, CredentialKind::FineGrainedPat));
        world.refuses_caller(
            with_token(GUEST, TOKEN),
            Refusal::FineGrainedPat,
            Rule::FineGrainedPatCannotCall,
        );
    }
}

mod admin_enterprise_scope {
    use super::*;

    const KINDS: [CredentialKind; 2] = [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken];

    #[test]
    fn accepted() {
        for kind in KINDS {
            let token = issue_with(TOKEN, OWNER, kind, &["repo", "admin:enterprise"], None);
            World::managed_users()
                .given(token)
                .accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
        }
    }

    #[test]
    fn refused() {
        let children = [
            "manage_runners:enterprise",
            "manage_billing:enterprise",
            "read:enterprise",
        ];
        for kind in KINDS {
            for scopes in [&[][..], &["admin:org"], &children, &["enterprise_credentials=write"]] {
                let world = World::managed_users().given(issue_with(TOKEN, OWNER, kind, scopes, None));
                world.refuses_caller(
                    with_token(OWNER, TOKEN),
                    Refusal::ScopeMissing,
                    Rule::AdminEnterpriseScope,
                );
            }
        }
    }

    #[test]
    fn refused_before_the_role_is_asked() {
        let world = World::managed_users().given(issue_with(TOKEN, MEMBER, CredentialKind::ClassicPat, &[], None));
        world.refuses_caller(
            with_token(MEMBER, TOKEN),
            Refusal::ScopeMissing,
            Rule::AdminEnterpriseScope,
        );
    }
}

mod enterprise_credentials_write {
    use super::*;

    #[test]
    fn accepted() {
        let token = issue(TOKEN, OWNER, CredentialKind::GithubAppUserToken);
        let world = World::managed_users().given(token);
        world.accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
        world.accepts_caller(installation(&["enterprise_credentials=write"]), Authority::Installation);
    }

    #[test]
    fn refused() {
        for permissions in [
            &[][..],
            &["enterprise_credentials=read", "enterprise_credentials"],
            &["admin:enterprise"],
        ] {
            let token = issue_with(TOKEN, OWNER, CredentialKind::GithubAppUserToken, permissions, None);
            let world = World::managed_users().given(token);
            for caller in [with_token(OWNER, TOKEN), installation(permissions)] {
                world.refuses_caller(caller, Refusal::AppPermissionMissing, Rule::EnterpriseCredentialsWrite);
            }
        }
    }
}

mod owner_or_permission {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users();
        world.accepts_caller(web_session(OWNER), Authority::Owner);
        world.accepts_caller(installation(&["enterprise_credentials=write"]), Authority::Installation);
    }

    #[test]
    fn accepted_from_a_holder_in_any_role() {
        for role in Role::ALL {
            let world = match role {
                Role::OutsideCollaborator => World::personal_accounts(),
                _ => World::managed_users(),
            };
            let world = world
                .given(remove(MEMBER))
                .given(add(MEMBER, role))
                .given(permit(MEMBER));
            let authority = if role == Role::Owner {
                Authority::Owner
            } else {
                Authority::Permission
            };
            world.accepts_caller(web_session(MEMBER), authority);
        }
    }

    #[test]
    fn refused() {
        let unqualified = Role::ALL.into_iter().filter(|role| *role != Role::Owner);
        for role in unqualified {
            let world = match role {
                Role::OutsideCollaborator => World::personal_accounts(),
                _ => World::managed_users(),
            };
            let world = world.given(remove(MEMBER)).given(add(MEMBER, role));
            world.refuses_caller(
                web_session(MEMBER),
                Refusal::NotQualified(MEMBER),
                Rule::OwnerOrPermission,
            );
        }
    }

    #[test]
    fn refused_with_the_best_of_tokens() {
        for kind in [
            CredentialKind::ClassicPat,
            CredentialKind::OauthAppUserToken,
            CredentialKind::GithubAppUserToken,
        ] {
            let world = World::managed_users().given(issue(TOKEN, MEMBER, kind));
            let refusal = Refusal::NotQualified(MEMBER);
            world.refuses_caller(with_token(MEMBER, TOKEN), refusal, Rule::OwnerOrPermission);
        }
    }

    #[test]
    fn refused_once_the_permission_is_withdrawn_or_the_owner_demoted() {
        let world = World::managed_users().given(permit(MEMBER)).given(withdraw(MEMBER));
        world.refuses_caller(
            web_session(MEMBER),
            Refusal::NotQualified(MEMBER),
            Rule::OwnerOrPermission,
        );
        let world = World::managed_users().given(change(OWNER, Role::BillingManager));
        world.refuses_caller(
            web_session(OWNER),
            Refusal::NotQualified(OWNER),
            Rule::OwnerOrPermission,
        );
    }
}

mod managed_users_only {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        assert_eq!(world.when(revoke_all(web_session(OWNER), true)).len(), 1);
    }

    #[test]
    fn refused() {
        let world = World::personal_accounts();
        let (command, rule) = (revoke_all(web_session(OWNER), true), Rule::ManagedUsersOnly);
        world.refuses(&command, Refusal::NotManagedUsers, rule);
    }

    #[test]
    fn accepted_on_personal_accounts_without_revoke_credentials() {
        World::personal_accounts().accepts_caller(web_session(OWNER), Authority::Owner);
    }

    #[test]
    fn refused_only_after_authority_is_settled() {
        let world = World::personal_accounts();
        world.refuses_caller(
            web_session(MEMBER),
            Refusal::NotQualified(MEMBER),
            Rule::OwnerOrPermission,
        );
        world.refuses_caller(Caller::Stranger {}, Refusal::Stranger, Rule::StrangerSeesNothing);
    }
}

mod authority_recorded {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users()
            .given(permit(OWNER))
            .given(permit(MEMBER))
            .given(issue(TOKEN, MEMBER, CredentialKind::OauthAppUserToken));
        let mut recorded = |caller| requested_by(&world.when(revoke_all(caller, false)));
        let session = |person| Actor::Person {
            person,
            credential: None,
        };
        assert_eq!(
            recorded(web_session(OWNER)),
            (session(OWNER), Authority::Owner),
            "even if also a holder"
        );
        assert_eq!(recorded(web_session(MEMBER)), (session(MEMBER), Authority::Permission));
        let actor = Actor::Person {
            person: MEMBER,
            credential: Some(TOKEN),
        };
        assert_eq!(recorded(with_token(MEMBER, TOKEN)), (actor, Authority::Permission));
        let actor = Actor::Installation {
            installation: InstallationId::new(55).unwrap(),
        };
        let caller = installation(&["enterprise_credentials=write"]);
        assert_eq!(recorded(caller), (actor, Authority::Installation));
    }

    #[test]
    fn refused() {
        // What the host names as the cause of a decision never stands beside, or instead of, the requester.
        let world = World::managed_users();
        let host = Actor::Person {
            person: MEMBER,
            credential: None,
        };
        let request = world.decide(&revoke_all(web_session(OWNER), false)).unwrap();
        let causes = |events| {
            let recorded = world.enterprise.record(events, world.now, Some(host));
            recorded.map(|recorded| recorded.by).collect::<Vec<_>>()
        };
        assert_eq!(causes(request), [None]);
        assert_eq!(causes(world.decide(&permit(MEMBER)).unwrap()), [Some(host)]);
    }
}
