//! Requests that take less than everything: what they may be limited to, and what is then in scope.

use enterprise_credentials::{
    Caller, CredentialId, CredentialKind, CredentialType, Event, OrganizationId, PersonId, Plan, Refusal, RevocationId,
    Revoke, Role, Rule,
};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, THIRD_TOKEN, TOKEN, UNKNOWN, World, add, add_organization,
    authorize, authorized, change, completed, credential, destroyed, issue, permit, remove, remove_organization,
    revoke, revoke_all, revoked, web_session,
};
use crate::limited::{add_owner, asked, destroying, limited, of_organization, of_person, of_type};

impl World {
    /// Three people, the member an owner of both organizations, and an authorized credential of each of them.
    fn limited() -> Self {
        Self::managed_users()
            .given(add_owner(ORG, MEMBER))
            .given(add_owner(OTHER_ORG, MEMBER))
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_authorized(THIRD_TOKEN, GUEST, CredentialKind::ClassicPat)
    }

    /// What a request is planned to take and then takes.
    #[track_caller]
    fn taken(&mut self, request: &Revoke) -> (RevocationId, u64, u64) {
        let planned: Plan = self.enterprise.plan(request, self.now);
        self.when(asked(request));
        let revocation = self.enterprise.last_cut().unwrap();
        for earlier in self.enterprise.pending_revocations().collect::<Vec<_>>() {
            self.finish(earlier);
        }
        let totals = self.totals(revocation);
        assert_eq!((planned.authorizations_revoked, planned.credentials_destroyed), totals);
        (revocation, totals.0, totals.1)
    }

    fn lives(&self, id: CredentialId, organization: OrganizationId) -> (bool, bool) {
        (self.authenticates(id).is_ok(), self.may_use(id, organization).is_ok())
    }
}

fn by_owner() -> Caller {
    web_session(OWNER)
}

mod person_of_path {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::limited();
        assert_eq!(world.when(asked(&of_person(by_owner(), MEMBER))).len(), 1);
        let at_organization = Revoke {
            organization: Some(ORG),
            ..of_person(web_session(MEMBER), GUEST)
        };
        assert_eq!(world.when(asked(&at_organization)).len(), 1);
    }

    #[test]
    fn refused() {
        let gone = World::limited().given(remove(GUEST));
        for person in [UNKNOWN, GUEST] {
            let at_organization = Revoke {
                organization: Some(ORG),
                ..of_person(web_session(MEMBER), person)
            };
            for request in [of_person(by_owner(), person), at_organization] {
                gone.refuses(&asked(&request), Refusal::TargetAbsent(person), Rule::PersonOfPath);
            }
        }
    }

    #[test]
    fn refused_to_the_unqualified_as_any_person_is() {
        let world = World::limited();
        for person in [UNKNOWN, OWNER, GUEST] {
            let request = asked(&of_person(web_session(MEMBER), person));
            world.refuses(&request, Refusal::NotQualified(MEMBER), Rule::OwnerOrPermission);
        }
    }
}

mod organization_destroys_nothing {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::limited();
        let (revocation, authorizations, credentials) = world.taken(&of_organization(web_session(MEMBER), ORG));
        assert_eq!((authorizations, credentials), (3, 0));
        assert!(!world.enterprise.progress(revocation).unwrap().revoke_credentials);
        assert_eq!(world.lives(TOKEN, ORG), (true, false));
    }

    #[test]
    fn refused() {
        for world in [
            World::limited(),
            World::personal_accounts().given(add_owner(ORG, MEMBER)),
        ] {
            let request = destroying(of_organization(web_session(MEMBER), ORG));
            let rule = Rule::OrganizationDestroysNothing;
            world.refuses(&asked(&request), Refusal::OrganizationCannotDestroy, rule);
        }
    }
}

mod first_owner_is_no_target {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::limited().given(change(MEMBER, Role::Owner));
        let second = destroying(of_person(by_owner(), MEMBER));
        assert_eq!(
            world.when(asked(&second)).len(),
            1,
            "a change of role makes nobody the first"
        );
        let at_organization = Revoke {
            organization: Some(ORG),
            ..of_person(web_session(MEMBER), OWNER)
        };
        assert_eq!(
            world.when(asked(&at_organization)).len(),
            1,
            "at an organization they are"
        );
        let by_type = destroying(of_type(web_session(MEMBER), CredentialType::ClassicPat));
        world.when(asked(&by_type));
        assert!(world.authenticates(TOKEN).is_err(), "a type spares nobody");
    }

    #[test]
    fn accepted_in_another_membership_and_nobody_follows() {
        let world = World::managed_users()
            .given(add(UNKNOWN, Role::Owner))
            .given(remove(OWNER))
            .given(add(OWNER, Role::Owner));
        for person in [OWNER, UNKNOWN] {
            assert!(!world.enterprise.is_first_owner(person));
            assert_eq!(
                world
                    .decide(&asked(&of_person(web_session(UNKNOWN), person)))
                    .map(|it| it.len()),
                Ok(1)
            );
        }
        let mut personal = World::personal_accounts();
        assert_eq!(
            personal.when(asked(&of_person(by_owner(), OWNER))).len(),
            1,
            "no managed users"
        );
    }

    #[test]
    fn refused() {
        let demoted = World::limited()
            .given(change(MEMBER, Role::Owner))
            .given(change(OWNER, Role::Member))
            .given(permit(OWNER));
        for world in [World::limited().given(change(MEMBER, Role::Owner)), demoted] {
            assert!(world.enterprise.is_first_owner(OWNER));
            let alone = of_person(web_session(MEMBER), OWNER);
            let of_one_type = Revoke {
                credential_type: Some(CredentialType::SshKey),
                ..alone.clone()
            };
            for request in [alone.clone(), destroying(alone), of_one_type] {
                let rule = Rule::FirstOwnerIsNoTarget;
                world.refuses(&asked(&request), Refusal::FirstOwner(OWNER), rule);
            }
        }
    }
}

mod revocation_names_its_scope {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::limited();
        let request = of_type(by_owner(), CredentialType::SshKey);
        let expected = Event::RevocationRequested {
            requested_by: by_owner().actor().unwrap(),
            authority: enterprise_credentials::Authority::Owner,
            organization: None,
            person: None,
            credential_type: Some(CredentialType::SshKey),
            revoke_credentials: false,
            idempotency_key: None,
        };
        assert_eq!(world.when(asked(&request)), [expected]);
    }

    #[test]
    fn refused() {
        let world = World::limited();
        let request = asked(&destroying(limited(by_owner())));
        world.refuses(&request, Refusal::ScopeNotNamed, Rule::RevocationNamesItsScope);
    }
}

mod filters_narrow_the_scope {
    use super::*;

    #[test]
    fn accepted() {
        let all = [
            (TOKEN, ORG),
            (OTHER_TOKEN, ORG),
            (THIRD_TOKEN, ORG),
            (OTHER_TOKEN, OTHER_ORG),
        ];
        let of_both = Revoke {
            credential_type: Some(CredentialType::ClassicPat),
            ..of_person(by_owner(), MEMBER)
        };
        let of_member_there = Revoke {
            person: Some(MEMBER),
            ..of_organization(web_session(MEMBER), ORG)
        };
        for (request, taken) in [
            (
                of_person(by_owner(), MEMBER),
                vec![(OTHER_TOKEN, ORG), (OTHER_TOKEN, OTHER_ORG)],
            ),
            (of_type(by_owner(), CredentialType::ClassicPat), all.to_vec()),
            (of_type(by_owner(), CredentialType::SshKey), vec![]),
            (of_both, vec![(OTHER_TOKEN, ORG), (OTHER_TOKEN, OTHER_ORG)]),
            (
                of_organization(web_session(MEMBER), OTHER_ORG),
                vec![(OTHER_TOKEN, OTHER_ORG)],
            ),
            (of_member_there, vec![(OTHER_TOKEN, ORG)]),
        ] {
            let mut world = World::limited().given(authorize(OTHER_TOKEN, OTHER_ORG));
            world.when(asked(&request));
            for (id, organization) in all {
                let is_taken = taken.contains(&(id, organization));
                assert_eq!(
                    world.may_use(id, organization).is_err(),
                    is_taken,
                    "{id} {organization} {request:?}"
                );
            }
            let revocation = world.enterprise.last_cut().unwrap();
            world.finish(revocation);
            assert_eq!(world.totals(revocation), (taken.len() as u64, 0));
        }
    }

    /// A filter means who and what is there at the cut, and not who returns under the same id.
    #[test]
    fn refused() {
        let mut world = World::limited();
        world.when(asked(&of_person(by_owner(), GUEST)));
        world.when(asked(&of_organization(web_session(MEMBER), ORG)));
        let (of_guest, of_organization) = {
            let pending: Vec<_> = world.enterprise.pending_revocations().collect();
            (pending[0], pending[1])
        };
        let fresh = credential(950);
        let mut world = world
            .given(remove(GUEST))
            .given(add(GUEST, Role::GuestCollaborator))
            .given(remove_organization(ORG))
            .given(add_organization(ORG))
            .given(issue(fresh, GUEST, CredentialKind::ClassicPat))
            .given(authorize(fresh, ORG));
        assert_eq!(world.lives(fresh, ORG), (true, true));
        assert_eq!(
            world.finish(of_guest),
            [revoked(THIRD_TOKEN, ORG, of_guest), completed(of_guest, 1, 0)],
            "what was covered is recorded"
        );
        assert_eq!(
            world.finish(of_organization).last(),
            Some(&completed(of_organization, 2, 0))
        );
        assert_eq!(world.lives(fresh, ORG), (true, true));
    }

    /// The earliest request that covers an item has it; a narrower one inside a wider one finds nothing.
    #[test]
    fn refused_what_an_earlier_request_took() {
        let mut world = World::limited();
        world.when(asked(&of_person(by_owner(), MEMBER)));
        let wide = of_type(by_owner(), CredentialType::ClassicPat);
        assert_eq!(world.enterprise.plan(&wide, world.now).authorizations_revoked, 2);
        assert_eq!(
            world.enterprise.plan(&wide, world.now).already_pending.authorizations,
            1
        );
        world.when(asked(&wide));
        let inside = of_organization(web_session(MEMBER), ORG);
        assert_eq!(world.enterprise.plan(&inside, world.now).authorizations_revoked, 0);
        world.when(asked(&inside));
        let pending: Vec<_> = world.enterprise.pending_revocations().collect();
        let waiting = world.enterprise.progress(pending[2]).unwrap();
        assert_eq!((waiting.behind, waiting.organization), (Some(pending[0]), Some(ORG)));
        let totals = pending.map_totals(&mut world);
        assert_eq!(totals, [(1, 0), (2, 0), (0, 0)]);
    }

    trait MapTotals {
        fn map_totals(self, world: &mut World) -> Vec<(u64, u64)>;
    }

    impl MapTotals for Vec<RevocationId> {
        fn map_totals(self, world: &mut World) -> Vec<(u64, u64)> {
            let finished = self.into_iter().map(|revocation| {
                world.finish(revocation);
                world.totals(revocation)
            });
            finished.collect()
        }
    }
}

mod app_tokens_are_one_type {
    use super::*;

    #[test]
    fn accepted() {
        for kind in [CredentialKind::OauthAppUserToken, CredentialKind::GithubAppUserToken] {
            let mut world = World::managed_users().given_authorized(TOKEN, MEMBER, kind);
            let request = destroying(of_type(by_owner(), CredentialType::OauthAppToken));
            let (_, authorizations, credentials) = world.taken(&request);
            assert_eq!((authorizations, credentials), (1, 0), "{kind}");
            assert_eq!(world.lives(TOKEN, ORG), (true, false), "{kind}");
        }
    }

    #[test]
    fn refused() {
        let personal = World::personal_accounts();
        let request = destroying(of_type(by_owner(), CredentialType::OauthAppToken));
        personal.refuses(&asked(&request), Refusal::NotManagedUsers, Rule::ManagedUsersOnly);
        let mut world = World::limited();
        assert_eq!(world.taken(&request).1, 0, "classic tokens are of another type");
    }
}

mod person_whatever_the_role {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::limited().given(issue(credential(950), GUEST, CredentialKind::OauthAppUserToken));
        let request = destroying(of_person(by_owner(), GUEST));
        let not_covered = world.enterprise.plan(&request, world.now).not_covered;
        assert_eq!(
            (not_covered.collaborator_credentials, not_covered.member_credentials),
            (0, 1)
        );
        let (revocation, authorizations, credentials) = world.taken(&request);
        assert_eq!((authorizations, credentials), (1, 1));
        assert_eq!(
            world.authenticates(THIRD_TOKEN).unwrap_err().rule(),
            Rule::CredentialNotDestroyed
        );
        assert!(world.authenticates(credential(950)).is_ok(), "an app token");
        assert_eq!(world.enterprise.progress(revocation).unwrap().person, Some(GUEST));
    }

    #[test]
    fn accepted_whatever_becomes_of_the_role() {
        let mut world = World::limited();
        let request = destroying(Revoke {
            credential_type: Some(CredentialType::ClassicPat),
            ..of_person(by_owner(), GUEST)
        });
        world.when(asked(&request));
        let revocation = world.enterprise.last_cut().unwrap();
        let mut world = world.given(change(GUEST, Role::Member)).given(remove(GUEST));
        let expected = [
            revoked(THIRD_TOKEN, ORG, revocation),
            destroyed(THIRD_TOKEN, revocation),
            completed(revocation, 1, 1),
        ];
        assert_eq!(world.finish(revocation), expected);
    }

    #[test]
    fn refused() {
        let mut world = World::limited();
        let request = destroying(of_type(by_owner(), CredentialType::ClassicPat));
        let (_, authorizations, credentials) = world.taken(&request);
        assert_eq!((authorizations, credentials), (3, 2), "by its type a guest's is spared");
        assert_eq!(world.lives(THIRD_TOKEN, ORG), (true, false));
    }
}

mod organization_leaves_no_tombstone {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::limited();
        world.when(asked(&of_organization(web_session(MEMBER), ORG)));
        let revocation = world.enterprise.last_cut().unwrap();
        assert_eq!(
            world.when(authorize(TOKEN, ORG)),
            [revoked(TOKEN, ORG, revocation), authorized(TOKEN, ORG)],
            "pending: recorded first"
        );
        world.when(revoke(OTHER_TOKEN, ORG));
        assert_eq!(world.finish(revocation).last(), Some(&completed(revocation, 3, 0)));
        for id in [OTHER_TOKEN, THIRD_TOKEN] {
            assert_eq!(world.when(authorize(id, ORG)), [authorized(id, ORG)]);
        }
        assert_eq!(world.lives(TOKEN, ORG), (true, true));
    }

    #[test]
    fn accepted_also_where_the_enterprise_asks_while_it_is_pending() {
        let mut world = World::limited();
        world.when(asked(&of_organization(web_session(MEMBER), ORG)));
        let first = world.enterprise.last_cut().unwrap();
        let plan = world.plan(false);
        assert_eq!(
            (plan.authorizations_revoked, plan.already_pending.authorizations),
            (0, 3)
        );
        assert_eq!(plan.not_covered.may_be_authorized_again, 3, "the operator is told");
        let second = world.request(false);
        assert_eq!(
            world.when(authorize(TOKEN, ORG)),
            [revoked(TOKEN, ORG, first), authorized(TOKEN, ORG)]
        );
        world.finish(first);
        world.finish(second);
        assert_eq!(world.totals(second), (0, 0));
        assert_eq!(world.when(authorize(OTHER_TOKEN, ORG)).len(), 1);
        assert_eq!(
            world.plan(false).not_covered.may_be_authorized_again,
            1,
            "what was not authorized again"
        );
        world.when(remove_organization(ORG));
        assert_eq!(
            world.plan(false).not_covered.may_be_authorized_again,
            0,
            "an organization that left takes no authorization"
        );
    }

    #[test]
    fn refused() {
        let refusal = |id| Refusal::Tombstone {
            credential: id,
            organization: ORG,
        };
        let (mut world, first) = World::limited().given_request(false);
        world.when(asked(&of_organization(web_session(MEMBER), ORG)));
        world.refuses(&authorize(TOKEN, ORG), refusal(TOKEN), Rule::RevokedPairIsTombstone);
        world.finish(first);
        let second = world.enterprise.last_cut().unwrap();
        world.finish(second);
        assert_eq!(world.totals(second), (0, 0));
        world.refuses(&authorize(TOKEN, ORG), refusal(TOKEN), Rule::RevokedPairIsTombstone);
        // What may be authorized again after an organization's, the enterprise may still take for good.
        let mut world = World::limited();
        world.taken(&of_organization(web_session(MEMBER), ORG));
        world.when(authorize(TOKEN, ORG));
        world.when(revoke_all(by_owner(), false));
        world.refuses(&authorize(TOKEN, ORG), refusal(TOKEN), Rule::RevokedPairIsTombstone);
    }
}

/// A key stands for one operation and its filters, which are compared as ids.
#[test]
fn a_key_is_for_one_operation() {
    let under = |request: Revoke| Revoke {
        idempotency_key: enterprise_credentials::IdempotencyKey::new("incident-7").ok(),
        ..request
    };
    let mut world = World::limited();
    let first = under(of_person(by_owner(), MEMBER));
    assert_eq!(world.when(asked(&first)).len(), 1);
    assert_eq!(world.when(asked(&first)), [], "the same again");
    let revocation = world.enterprise.last_cut().unwrap();
    for other in [
        of_person(by_owner(), GUEST),
        destroying(of_person(by_owner(), MEMBER)),
        of_type(by_owner(), CredentialType::ClassicPat),
    ] {
        let refusal = Refusal::IdempotencyKeyReused {
            key: first.idempotency_key.clone().unwrap(),
            revocation,
        };
        world.refuses(&asked(&under(other)), refusal, Rule::IdempotencyKeyForOneRequest);
    }
    let everything = crate::given::revoke_all_under("incident-7", by_owner(), false);
    assert_eq!(
        world.decide(&everything).unwrap_err().rule(),
        Rule::IdempotencyKeyForOneRequest
    );
    assert_eq!(world.enterprise.repeated_request(&first, world.now), Some(revocation));
    // Of who left and returned the id is the same. While they are away there is nobody to ask about.
    let away = world.given(remove(MEMBER));
    assert_eq!(away.decide(&asked(&first)).unwrap_err().rule(), Rule::PersonOfPath);
    let mut returned = away.given(add(MEMBER, Role::Member));
    assert_eq!(returned.when(asked(&first)), []);
}

#[test]
fn the_warning_is_given_for_what_the_filters_take() {
    let world = World::limited();
    let own = |request: Revoke| world.enterprise.warns(&request, world.now);
    let caller = || crate::given::with_token(OWNER, TOKEN);
    assert!(own(of_type(caller(), CredentialType::ClassicPat)));
    assert!(!own(of_type(caller(), CredentialType::SshKey)));
    assert!(!own(of_person(caller(), MEMBER)));
    assert!(!own(destroying(of_person(caller(), MEMBER))));
    let of = |person: PersonId| Revoke {
        person: Some(person),
        ..of_organization(crate::given::with_token(MEMBER, OTHER_TOKEN), ORG)
    };
    assert!(own(of(MEMBER)));
    assert!(!own(of(GUEST)));
}
