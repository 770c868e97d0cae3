//! Single commands: values, issue, revocation and destruction.

use enterprise_credentials::{
    CredentialDenial, CredentialId, CredentialKind, EnterpriseSlug, Fingerprint, IdempotencyKey, InvalidValue, Login,
    OrganizationId, PersonId, Position, Refusal, Role, Rule, Scope, Scopes, limits,
};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, TOKEN, UNKNOWN, World, add, add_organization, authorize, change,
    completed, destroy, destroyed, issue, issue_with, permit, remove, remove_organization, revoke, revoked, withdraw,
};

mod values_within_limits {
    use super::*;

    #[test]
    fn accepted() {
        assert!(
            [1, limits::ID_MAX]
                .into_iter()
                .all(|id| PersonId::new(id).is_ok() && CredentialId::new(id).is_ok())
        );
        assert_eq!(Position::new(0), Ok(Position::START));
        for slug in ["a", "octo-corp", "0-0", &"a".repeat(60)] {
            assert!(EnterpriseSlug::new(slug).is_ok(), "{slug}");
        }
        assert!(Login::new(&"~".repeat(100)).is_ok() && Login::new("!").is_ok());
        assert!(Fingerprint::new(&"=".repeat(128)).is_ok());
        assert!(IdempotencyKey::new(&"k".repeat(255)).is_ok());
        let longest = "s".repeat(64);
        assert!(Scopes::parse([longest.as_str(); 64]).is_ok());
        assert!(Scopes::parse([]).is_ok());
    }

    #[test]
    fn refused() {
        for found in [0, limits::ID_MAX + 1, u64::MAX] {
            assert_eq!(
                PersonId::new(found),
                Err(InvalidValue::Id {
                    what: "a person id",
                    found
                })
            );
            assert_eq!(
                OrganizationId::new(found),
                Err(InvalidValue::Id {
                    what: "an organization id",
                    found
                })
            );
            assert_eq!(
                CredentialId::new(found),
                Err(InvalidValue::Id {
                    what: "a credential id",
                    found
                })
            );
        }
        for slug in ["", "-a", "a-", "a--b", "Octo", "octo_corp", "é", &"a".repeat(61)] {
            assert_eq!(
                EnterpriseSlug::new(slug),
                Err(InvalidValue::Slug { found: slug.to_owned() })
            );
        }
        for text in ["", "a b", "a\tb", "é", "\u{7f}", &"a".repeat(256)] {
            assert!(Login::new(text).is_err() && Fingerprint::new(text).is_err(), "{text:?}");
            assert!(
                Scope::new(text).is_err() && IdempotencyKey::new(text).is_err(),
                "{text:?}"
            );
        }
        assert!(Login::new(&"a".repeat(101)).is_err() && Fingerprint::new(&"a".repeat(129)).is_err());
        assert!(Scope::new(&"a".repeat(65)).is_err());
        assert_eq!(Scopes::parse(["repo"; 65]), Err(InvalidValue::Scopes { found: 65 }));
    }
}

mod credential_id_never_reused {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users().given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat));
        assert_eq!(
            world.when(issue(OTHER_TOKEN, MEMBER, CredentialKind::ClassicPat)).len(),
            1
        );
    }

    #[test]
    fn refused() {
        let issued = World::managed_users().given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat));
        let (destroyed, departed) = (
            issued.clone().given(destroy(TOKEN)),
            issued.clone().given(remove(MEMBER)),
        );
        for world in [issued, destroyed, departed] {
            for owner in [MEMBER, OWNER, UNKNOWN] {
                let command = issue(TOKEN, owner, CredentialKind::ClassicPat);
                world.refuses(
                    &command,
                    Refusal::CredentialIdTaken(TOKEN),
                    Rule::CredentialIdNeverReused,
                );
            }
        }
    }
}

mod any_kind_destroyed_singly {
    use super::*;

    #[test]
    fn accepted() {
        for kind in CredentialKind::ALL {
            for owner in [OWNER, MEMBER, GUEST] {
                let mut world = World::managed_users().given_authorized(TOKEN, owner, kind);
                assert_eq!(world.when(destroy(TOKEN)), [destroyed(TOKEN, None)]);
                assert_eq!(world.authenticates(TOKEN), Err(CredentialDenial::Destroyed(TOKEN)));
            }
        }
    }

    #[test]
    fn accepted_after_expiry() {
        let world = World::managed_users();
        let expiring = issue_with(TOKEN, MEMBER, CredentialKind::ClassicPat, &[], Some(world.in_hours(1)));
        assert_eq!(
            world.given(expiring).after_hours(2).when(destroy(TOKEN)),
            [destroyed(TOKEN, None)]
        );
    }

    #[test]
    fn refused() {
        let unknown = CredentialDenial::Unknown(TOKEN);
        World::managed_users().refuses(&destroy(TOKEN), unknown, Rule::CredentialKnown);
    }
}

mod nothing_to_do_is_no_event {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(issue(OTHER_TOKEN, GUEST, CredentialKind::ClassicPat))
            .given(permit(OWNER));
        let nothing = [
            add_organization(ORG),
            add(MEMBER, Role::Member),
            change(MEMBER, Role::Member),
            permit(OWNER),
            withdraw(MEMBER),
            authorize(TOKEN, ORG),
            revoke(TOKEN, OTHER_ORG),
        ];
        for command in nothing {
            assert_eq!(world.when(command.clone()), [], "{command:?}");
        }
        let mut world = world.given(destroy(TOKEN)).given(remove(GUEST));
        for command in [destroy(TOKEN), revoke(TOKEN, ORG), destroy(OTHER_TOKEN)] {
            assert_eq!(world.when(command.clone()), [], "dead already: {command:?}");
        }
    }

    #[test]
    fn refused() {
        // Where something is pending there is something to do, though the item is dead already.
        let (mut world, revocation) = World::managed_users()
            .given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat))
            .given_request(true);
        world.when(remove(MEMBER));
        assert_eq!(world.when(destroy(TOKEN)), [destroyed(TOKEN, revocation)]);
        assert_eq!(world.when(destroy(TOKEN)), []);
    }
}

mod pending_item_recorded_early {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_request(true);
        assert_eq!(world.when(revoke(TOKEN, ORG)), [revoked(TOKEN, ORG, revocation)]);
        assert_eq!(world.when(destroy(TOKEN)), [destroyed(TOKEN, revocation)]);
        assert_eq!(world.finish(revocation), [completed(revocation, 1, 1)]);
    }

    #[test]
    fn accepted_for_what_died_some_other_way_meanwhile() {
        let (world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_request(true);
        let mut world = world.given(remove(MEMBER)).given(remove_organization(ORG));
        assert_eq!(world.when(revoke(TOKEN, ORG)), [revoked(TOKEN, ORG, revocation)]);
        assert_eq!(world.when(destroy(TOKEN)), [destroyed(TOKEN, revocation)]);
    }

    #[test]
    fn refused() {
        // What is not pending is recorded singly, and once.
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, GUEST, CredentialKind::ClassicPat)
            .given_request(true);
        assert_eq!(
            world.when(destroy(TOKEN)),
            [destroyed(TOKEN, None)],
            "a guest's credential is not in scope"
        );
        assert_eq!(world.when(revoke(TOKEN, ORG)), [revoked(TOKEN, ORG, revocation)]);
        assert_eq!(world.when(revoke(TOKEN, ORG)), []);
    }
}

mod single_destruction_settles_only_itself {
    use super::*;

    #[test]
    fn accepted() {
        for (owner, owned_by_job) in [(MEMBER, true), (GUEST, false)] {
            let (mut world, revocation) = World::managed_users()
                .given_authorized(TOKEN, owner, CredentialKind::ClassicPat)
                .given_request(true);
            assert_eq!(
                world.when(destroy(TOKEN)),
                [destroyed(TOKEN, owned_by_job.then_some(revocation))]
            );
            let rest = [
                revoked(TOKEN, ORG, revocation),
                completed(revocation, 1, u64::from(owned_by_job)),
            ];
            assert_eq!(world.finish(revocation), rest);
        }
    }

    #[test]
    fn refused() {
        // Destroyed before the cut, a credential leaves no authorization to a job.
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(destroy(TOKEN))
            .given_request(true);
        assert_eq!(world.finish(revocation), [completed(revocation, 0, 0)]);
    }
}
