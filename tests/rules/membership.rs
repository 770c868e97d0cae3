//! Enterprises, organizations, people and credentials that come, change, go and come back.

use enterprise_credentials::{
    AccessDenial, Command, CredentialDenial, CredentialId, CredentialKind, EnterpriseKind, EnterpriseSlug, Event,
    Login, OrganizationId, Refusal, Role, Rule,
};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OWNER, TOKEN, UNKNOWN, World, add, add_organization, authorize, authorized, change,
    create, issue, organization, permit, remove, remove_organization, revoke, withdraw,
};

mod enterprise_created_once {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::empty();
        assert_eq!(world.when(create(EnterpriseKind::ManagedUsers)).len(), 1);
        assert_eq!(world.when(create(EnterpriseKind::ManagedUsers)), [], "the same again");
    }

    #[test]
    fn refused() {
        let world = World::managed_users();
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let refusal = Refusal::EnterpriseDiffers {
            slug,
            kind: EnterpriseKind::ManagedUsers,
        };
        let rule = Rule::EnterpriseCreatedOnce;
        world.refuses(&create(EnterpriseKind::PersonalAccounts), refusal.clone(), rule);
        let slug = EnterpriseSlug::new("hexa-corp").unwrap();
        let other_slug = Command::CreateEnterprise {
            slug,
            kind: EnterpriseKind::ManagedUsers,
        };
        world.refuses(&other_slug, refusal, rule);
    }
}

mod organization_known {
    use super::*;

    const NEVER_ADDED: OrganizationId = organization(99);

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        let removed = Event::OrganizationRemoved { organization: ORG };
        assert_eq!(world.when(remove_organization(ORG)), [removed]);
        assert_eq!(world.when(remove_organization(ORG)), [], "known, and gone already");
    }

    #[test]
    fn refused() {
        let world = World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        for command in [
            remove_organization(NEVER_ADDED),
            authorize(TOKEN, NEVER_ADDED),
            revoke(TOKEN, NEVER_ADDED),
        ] {
            world.refuses(
                &command,
                Refusal::OrganizationUnknown(NEVER_ADDED),
                Rule::OrganizationKnown,
            );
        }
        let unknown = AccessDenial::OrganizationUnknown(NEVER_ADDED);
        assert_eq!(world.may_use(TOKEN, NEVER_ADDED), Err(unknown));
    }
}

mod organization_present {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users().given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat));
        assert_eq!(world.when(authorize(TOKEN, ORG)), [authorized(TOKEN, ORG)]);
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
    }

    #[test]
    fn refused() {
        let world = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(remove_organization(ORG));
        world.refuses(
            &authorize(TOKEN, ORG),
            Refusal::OrganizationGone(ORG),
            Rule::OrganizationPresent,
        );
        assert_eq!(world.may_use(TOKEN, ORG), Err(AccessDenial::OrganizationGone(ORG)));
    }
}

mod organization_data_unchanged {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        assert_eq!(world.when(add_organization(ORG)), [], "the same again");
        world.when(remove_organization(ORG));
        assert_eq!(world.when(renamed()).len(), 1, "a new membership may have a new login");
    }

    #[test]
    fn refused() {
        let login = Login::new("org-3").unwrap();
        let refusal = Refusal::OrganizationDiffers {
            organization: ORG,
            login,
        };
        World::managed_users().refuses(&renamed(), refusal, Rule::OrganizationDataUnchanged);
    }

    fn renamed() -> Command {
        Command::AddOrganization {
            organization: ORG,
            login: Login::new("renamed").unwrap(),
        }
    }
}

mod member_known {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        assert_eq!(world.when(remove(MEMBER)), [Event::MemberRemoved { member: MEMBER }]);
        assert_eq!(world.when(remove(MEMBER)), [], "known, and gone already");
        assert_eq!(world.when(withdraw(MEMBER)), [], "the permission left with them");
    }

    #[test]
    fn refused() {
        let world = World::managed_users();
        let commands = [
            change(UNKNOWN, Role::Member),
            remove(UNKNOWN),
            permit(UNKNOWN),
            withdraw(UNKNOWN),
            issue(TOKEN, UNKNOWN, CredentialKind::ClassicPat),
        ];
        for command in commands {
            world.refuses(&command, Refusal::MemberUnknown(UNKNOWN), Rule::MemberKnown);
        }
    }
}

mod member_present {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        for (place, role) in (1..).zip([Role::Owner, Role::GuestCollaborator, Role::RepositoryCollaborator]) {
            let id = CredentialId::new(place).unwrap();
            assert_eq!(
                world.when(change(MEMBER, role)),
                [Event::MemberRoleChanged { member: MEMBER, role }]
            );
            assert_eq!(world.when(permit(MEMBER)).len(), 1);
            assert_eq!(world.when(issue(id, MEMBER, CredentialKind::SshKey)).len(), 1);
            assert_eq!(world.when(withdraw(MEMBER)).len(), 1);
        }
    }

    #[test]
    fn refused() {
        let world = World::managed_users().given(remove(MEMBER));
        for command in [
            change(MEMBER, Role::Owner),
            permit(MEMBER),
            issue(TOKEN, MEMBER, CredentialKind::SshKey),
        ] {
            world.refuses(&command, Refusal::MemberGone(MEMBER), Rule::MemberPresent);
        }
    }
}

mod member_data_unchanged {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        assert_eq!(world.when(add(MEMBER, Role::Member)), [], "the same again");
        world.when(remove(MEMBER));
        assert_eq!(world.when(renamed()).len(), 1, "a new membership may have other data");
    }

    #[test]
    fn refused() {
        let world = World::managed_users();
        for command in [add(MEMBER, Role::Owner), renamed()] {
            let login = Login::new("person-8").unwrap();
            let refusal = Refusal::MemberDiffers {
                member: MEMBER,
                login,
                role: Role::Member,
            };
            world.refuses(&command, refusal, Rule::MemberDataUnchanged);
        }
    }

    fn renamed() -> Command {
        Command::AddMember {
            member: MEMBER,
            login: Login::new("renamed").unwrap(),
            role: Role::Member,
        }
    }
}

mod role_fits_enterprise_kind {
    use super::*;

    const MANAGED_ONLY: [Role; 2] = [Role::GuestCollaborator, Role::RepositoryCollaborator];

    #[test]
    fn accepted() {
        for role in Role::ALL {
            let mut world = match role {
                Role::OutsideCollaborator => World::personal_accounts(),
                _ => World::managed_users(),
            };
            assert_eq!(world.when(add(UNKNOWN, role)).len(), 1);
        }
        for role in [Role::Owner, Role::Member, Role::BillingManager] {
            assert_eq!(World::personal_accounts().when(add(UNKNOWN, role)).len(), 1);
        }
    }

    #[test]
    fn refused() {
        refused_in(
            &World::managed_users(),
            EnterpriseKind::ManagedUsers,
            &[Role::OutsideCollaborator],
        );
        refused_in(
            &World::personal_accounts(),
            EnterpriseKind::PersonalAccounts,
            &MANAGED_ONLY,
        );
    }

    fn refused_in(world: &World, kind: EnterpriseKind, roles: &[Role]) {
        for role in roles.iter().copied() {
            for command in [add(UNKNOWN, role), change(MEMBER, role)] {
                world.refuses(
                    &command,
                    Refusal::RoleDoesNotFit { role, kind },
                    Rule::RoleFitsEnterpriseKind,
                );
            }
        }
    }
}

mod nothing_old_comes_back {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users()
            .given(issue(TOKEN, GUEST, CredentialKind::ClassicPat))
            .given(authorize(TOKEN, ORG))
            .given(remove_organization(ORG))
            .given(add_organization(ORG));
        assert_eq!(
            world.when(authorize(TOKEN, ORG)),
            [authorized(TOKEN, ORG)],
            "an ended pair, by a live credential"
        );
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
    }

    #[test]
    fn refused() {
        let world = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(remove_organization(ORG))
            .given(add_organization(ORG));
        assert_eq!(world.may_use(TOKEN, ORG), Err(AccessDenial::NotAuthorized(ORG)));
        let world = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(remove(MEMBER))
            .given(add(MEMBER, Role::Member));
        let departed = CredentialDenial::OwnerDeparted(TOKEN);
        assert_eq!(world.authenticates(TOKEN), Err(departed));
        assert_eq!(world.may_use(TOKEN, ORG), Err(departed.into()));
    }

    #[test]
    fn no_role_nor_permission_returns_with_its_holder() {
        let world = World::managed_users().given(permit(OWNER)).given(remove(OWNER));
        assert_eq!(world.enterprise.role(OWNER), None);
        assert!(!world.enterprise.may_write_credentials(OWNER));
        let world = world.given(add(OWNER, Role::Member));
        assert_eq!(world.enterprise.role(OWNER), Some(Role::Member));
        assert!(!world.enterprise.may_write_credentials(OWNER));
    }

    #[test]
    fn what_returned_is_in_scope_only_as_far_as_it_was_granted_anew() {
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(authorize(TOKEN, OTHER_ORG))
            .given(remove_organization(ORG))
            .given(add_organization(ORG))
            .given_request(false);
        world.finish(revocation);
        assert_eq!(world.totals(revocation), (1, 0));
    }
}
