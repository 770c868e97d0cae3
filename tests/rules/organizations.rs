//! Who owns an organization, and who may revoke there.

use enterprise_credentials::rest::{self, Operation, Outcome, Path, Presented, Request};
use enterprise_credentials::{
    AccessDenial, Authority, Caller, CredentialKind, Event, Login, OrganizationAccess, OrganizationId, PersonId,
    Refusal, Role, Rule,
};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, TOKEN, UNKNOWN, World, add, add_organization, authorize, change,
    issue_with, organization, permit, remove, remove_organization, revoke, web_session, with_token,
};
use crate::limited::{add_owner, asked, installed, named, of_organization, remove_owner};

const WRITE: &str = "organization_administration=write";

/// The member owns the organization, and has an authorized token of this kind with these scopes.
#[track_caller]
fn given_owner(kind: CredentialKind, scopes: &[&str]) -> World {
    World::managed_users()
        .given(add_owner(ORG, MEMBER))
        .given(issue_with(TOKEN, MEMBER, kind, scopes, None))
        .given(authorize(TOKEN, ORG))
}

#[track_caller]
fn accepts(world: &World, caller: Caller, authority: Authority) {
    let found = world
        .enterprise
        .authorize_at_organization(&caller, ORG, OrganizationAccess::Write, world.now);
    assert_eq!(found, Ok(authority));
    let events = world.decide(&asked(&of_organization(caller.clone(), ORG))).unwrap();
    let expected = Event::RevocationRequested {
        requested_by: caller.actor().unwrap(),
        authority,
        organization: Some(ORG),
        person: None,
        credential_type: None,
        revoke_credentials: false,
        idempotency_key: None,
    };
    assert_eq!(events, [expected]);
}

#[track_caller]
fn refuses(world: &World, caller: Caller, organization: OrganizationId, refusal: &Refusal, rule: Rule) {
    let found = world
        .enterprise
        .authorize_at_organization(&caller, organization, OrganizationAccess::Write, world.now);
    assert_eq!(found, Err(refusal.clone()));
    world.refuses(&asked(&of_organization(caller, organization)), refusal.clone(), rule);
}

mod organization_of_path {
    use super::*;

    #[test]
    fn accepted() {
        let world = given_owner(CredentialKind::ClassicPat, &["admin:org"]);
        accepts(&world, web_session(MEMBER), Authority::OrganizationOwner);
    }

    #[test]
    fn refused() {
        let gone = given_owner(CredentialKind::ClassicPat, &["admin:org"]).given(remove_organization(ORG));
        for (of, caller) in [
            (ORG, web_session(MEMBER)),
            (organization(99), web_session(MEMBER)),
            (organization(99), with_token(MEMBER, TOKEN)),
            (ORG, installed(None, &[WRITE])),
        ] {
            let refusal = Refusal::OrganizationAbsent(of);
            refuses(&gone, caller, of, &refusal, Rule::OrganizationOfPath);
        }
    }

    /// Whoever may not ask learns no more of an absent organization than of a present one.
    #[test]
    fn refused_to_a_stranger_as_any_organization_is() {
        let world = World::managed_users();
        for of in [ORG, organization(99)] {
            refuses(
                &world,
                web_session(UNKNOWN),
                of,
                &Refusal::Stranger,
                Rule::StrangerSeesNothing,
            );
            refuses(
                &world,
                Caller::Stranger {},
                of,
                &Refusal::Stranger,
                Rule::StrangerSeesNothing,
            );
        }
    }
}

mod admin_org_scope {
    use super::*;

    #[test]
    fn accepted() {
        for kind in [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken] {
            let world = given_owner(kind, &["repo", "admin:org"]);
            accepts(&world, with_token(MEMBER, TOKEN), Authority::OrganizationOwner);
        }
    }

    #[test]
    fn refused() {
        for kind in [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken] {
            let world = given_owner(kind, &["write:org", "read:org", "admin:enterprise"]);
            let caller = with_token(MEMBER, TOKEN);
            refuses(&world, caller, ORG, &Refusal::AdminOrgScopeMissing, Rule::AdminOrgScope);
        }
    }

    #[test]
    fn refused_to_kinds_that_no_scope_helps() {
        let world = given_owner(CredentialKind::FineGrainedPat, &["admin:org"]);
        let caller = with_token(MEMBER, TOKEN);
        refuses(
            &world,
            caller.clone(),
            ORG,
            &Refusal::FineGrainedPat,
            Rule::FineGrainedPatCannotCall,
        );
        let world = given_owner(CredentialKind::SshKey, &["admin:org"]);
        refuses(
            &world,
            caller,
            ORG,
            &Refusal::SshKey(TOKEN),
            Rule::SshKeyIsNoApiCredential,
        );
    }
}

mod organization_administration {
    use super::*;

    #[test]
    fn accepted() {
        let world = given_owner(CredentialKind::GithubAppUserToken, &[WRITE]);
        accepts(&world, with_token(MEMBER, TOKEN), Authority::OrganizationOwner);
        accepts(&world, installed(None, &[WRITE]), Authority::Installation);
        accepts(&world, installed(Some(ORG), &[WRITE]), Authority::Installation);
    }

    #[test]
    fn refused() {
        let without = ["organization_administration=read", "enterprise_credentials=write"];
        let world = given_owner(CredentialKind::GithubAppUserToken, &without);
        let refusal = Refusal::OrganizationPermissionMissing;
        for caller in [
            with_token(MEMBER, TOKEN),
            installed(None, &without),
            installed(Some(ORG), &without),
        ] {
            refuses(&world, caller, ORG, &refusal, Rule::OrganizationAdministration);
        }
    }

    #[test]
    fn refused_to_an_installation_beyond_its_organization() {
        let world = World::managed_users();
        let caller = installed(Some(OTHER_ORG), &[WRITE, "enterprise_credentials=write"]);
        let refusal = Refusal::InstallationOfAnother(OTHER_ORG);
        refuses(&world, caller.clone(), ORG, &refusal, Rule::OrganizationAdministration);
        world.refuses_caller(caller, Refusal::AppPermissionMissing, Rule::EnterpriseCredentialsWrite);
    }
}

mod token_authorized_for_organization {
    use super::*;

    #[test]
    fn accepted() {
        let world = given_owner(CredentialKind::ClassicPat, &["admin:org"]);
        accepts(&world, with_token(MEMBER, TOKEN), Authority::OrganizationOwner);
        let session = world.given(revoke(TOKEN, ORG));
        accepts(&session, web_session(MEMBER), Authority::OrganizationOwner);
    }

    #[test]
    fn refused() {
        let rule = Rule::TokenAuthorizedForOrganization;
        let world = given_owner(CredentialKind::ClassicPat, &["admin:org"]).given(revoke(TOKEN, ORG));
        let refusal = Refusal::TokenNotAuthorized(AccessDenial::Revoked(ORG));
        refuses(&world, with_token(MEMBER, TOKEN), ORG, &refusal, rule);
        let elsewhere = world
            .given(authorize(TOKEN, OTHER_ORG))
            .given(add_owner(OTHER_ORG, MEMBER));
        refuses(&elsewhere, with_token(MEMBER, TOKEN), ORG, &refusal, rule);
    }

    #[test]
    fn refused_to_a_token_that_was_just_cut_off() {
        let mut world = given_owner(CredentialKind::ClassicPat, &["admin:org"]);
        world.when(asked(&of_organization(with_token(MEMBER, TOKEN), ORG)));
        let revocation = world.enterprise.last_cut().unwrap();
        let pending = AccessDenial::RevocationPending {
            organization: ORG,
            revocation,
        };
        let rule = Rule::TokenAuthorizedForOrganization;
        let refusal = Refusal::TokenNotAuthorized(pending);
        refuses(&world, with_token(MEMBER, TOKEN), ORG, &refusal, rule);
    }
}

mod organization_owner_required {
    use super::*;

    #[test]
    fn accepted() {
        for role in [Role::Owner, Role::Member, Role::BillingManager] {
            let joined = World::managed_users().given(add(UNKNOWN, role));
            let world = joined.given(add_owner(ORG, UNKNOWN));
            accepts(&world, web_session(UNKNOWN), Authority::OrganizationOwner);
        }
    }

    #[test]
    fn refused() {
        let world = World::managed_users()
            .given(permit(MEMBER))
            .given(add_owner(OTHER_ORG, MEMBER));
        for person in [OWNER, MEMBER, GUEST] {
            refuses(
                &world,
                web_session(person),
                ORG,
                &not_owner(person),
                Rule::OrganizationOwnerRequired,
            );
        }
    }

    /// And the other way round: an organization's owner as such is nobody at the enterprise.
    #[test]
    fn refused_to_an_organizations_owner_at_the_enterprise() {
        let world = World::managed_users().given(add_owner(ORG, MEMBER));
        world.refuses_caller(
            web_session(MEMBER),
            Refusal::NotQualified(MEMBER),
            Rule::OwnerOrPermission,
        );
    }
}

mod organization_owner_is_member {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        let added = Event::OrganizationOwnerAdded {
            organization: ORG,
            member: MEMBER,
        };
        assert_eq!(world.when(add_owner(ORG, MEMBER)), [added]);
        assert_eq!(world.when(add_owner(ORG, MEMBER)), [], "the same again");
        assert!(world.enterprise.is_organization_owner(MEMBER, ORG));
        assert_eq!(
            world.enterprise.organization_owners().collect::<Vec<_>>(),
            [(ORG, MEMBER)]
        );
        let removed = Event::OrganizationOwnerRemoved {
            organization: ORG,
            member: MEMBER,
        };
        assert_eq!(world.when(remove_owner(ORG, MEMBER)), [removed]);
        assert_eq!(world.when(remove_owner(ORG, MEMBER)), [], "the same again");
        assert!(!world.enterprise.is_organization_owner(MEMBER, ORG));
    }

    #[test]
    fn refused() {
        let rule = Rule::OrganizationOwnerIsMember;
        for (world, role) in [
            (World::managed_users(), Role::GuestCollaborator),
            (
                World::managed_users().given(change(GUEST, Role::RepositoryCollaborator)),
                Role::RepositoryCollaborator,
            ),
            (World::personal_accounts(), Role::OutsideCollaborator),
        ] {
            world.refuses(&add_owner(ORG, GUEST), Refusal::CannotOwnOrganization { role }, rule);
        }
    }

    #[test]
    fn refused_where_either_is_not_there() {
        let world = World::managed_users();
        let unknown = organization(99);
        for command in [add_owner(unknown, MEMBER), remove_owner(unknown, MEMBER)] {
            world.refuses(&command, Refusal::OrganizationUnknown(unknown), Rule::OrganizationKnown);
        }
        for command in [add_owner(ORG, UNKNOWN), remove_owner(ORG, UNKNOWN)] {
            world.refuses(&command, Refusal::MemberUnknown(UNKNOWN), Rule::MemberKnown);
        }
        let mut gone = world.given(remove(MEMBER)).given(remove_organization(OTHER_ORG));
        gone.refuses(
            &add_owner(ORG, MEMBER),
            Refusal::MemberGone(MEMBER),
            Rule::MemberPresent,
        );
        let absent = Refusal::OrganizationGone(OTHER_ORG);
        gone.refuses(&add_owner(OTHER_ORG, OWNER), absent, Rule::OrganizationPresent);
        assert_eq!(
            gone.when(remove_owner(OTHER_ORG, MEMBER)),
            [],
            "nothing is left to lose"
        );
    }
}

mod ownership_ends {
    use super::*;

    #[test]
    fn accepted() {
        let world = World::managed_users().given(add_owner(ORG, MEMBER));
        for role in [Role::Owner, Role::BillingManager] {
            accepts(
                &world.clone().given(change(MEMBER, role)),
                web_session(MEMBER),
                Authority::OrganizationOwner,
            );
        }
    }

    #[test]
    fn refused() {
        let world = World::managed_users().given(add_owner(ORG, MEMBER));
        let demoted = world
            .clone()
            .given(change(MEMBER, Role::GuestCollaborator))
            .given(change(MEMBER, Role::Owner));
        let returned = world.clone().given(remove(MEMBER)).given(add(MEMBER, Role::Owner));
        let moved = world.given(remove_organization(ORG)).given(add_organization(ORG));
        for (mut world, how) in [(demoted, "role"), (returned, "person"), (moved, "organization")] {
            assert!(!world.enterprise.is_organization_owner(MEMBER, ORG), "{how}");
            assert_eq!(world.enterprise.organization_owners().count(), 0, "{how}");
            refuses(
                &world,
                web_session(MEMBER),
                ORG,
                &not_owner(MEMBER),
                Rule::OrganizationOwnerRequired,
            );
            assert_eq!(world.when(remove_owner(ORG, MEMBER)), [], "{how}");
            assert_eq!(world.when(add_owner(ORG, MEMBER)).len(), 1, "{how}: anew");
        }
    }
}

mod login_names_one {
    use super::*;

    #[test]
    fn accepted() {
        let mut world = World::managed_users();
        assert_eq!(world.enterprise.person_by_login("PERSON-8"), Some(MEMBER));
        assert_eq!(world.enterprise.organization_by_login("Org-3"), Some(ORG));
        assert_eq!(world.enterprise.person_by_login("org-3"), None, "no person's");
        assert_eq!(world.enterprise.person_by_login("person-88"), None);
        assert_eq!(world.when(named(organization(12), "PERSON-8")).len(), 1, "a person's");
        // Who left has no login any more, and who returns may have another.
        let mut world = world.given(remove(MEMBER)).given(remove_organization(ORG));
        assert_eq!(world.enterprise.person_by_login("person-8"), None);
        assert_eq!(world.when(person(UNKNOWN, "Person-8")).len(), 1);
        assert_eq!(world.when(person(MEMBER, "hubot")).len(), 1);
        assert_eq!(world.when(named(organization(13), "ORG-3")).len(), 1);
        assert_eq!(world.enterprise.person_by_login("person-8"), Some(UNKNOWN));
        assert_eq!(world.enterprise.person_by_login("HUBOT"), Some(MEMBER));
        assert_eq!(world.enterprise.organization_by_login("org-3"), Some(organization(13)));
    }

    #[test]
    fn refused() {
        let world = World::managed_users();
        let login = |text| Login::new(text).unwrap();
        for name in ["person-8", "Person-8", "PERSON-8"] {
            let refusal = Refusal::MemberLoginTaken {
                member: MEMBER,
                login: login("person-8"),
            };
            world.refuses(&person(UNKNOWN, name), refusal, Rule::LoginNamesOne);
        }
        for name in ["org-3", "oRG-3"] {
            let refusal = Refusal::OrganizationLoginTaken {
                organization: ORG,
                login: login("org-3"),
            };
            world.refuses(&named(organization(13), name), refusal, Rule::LoginNamesOne);
        }
    }

    /// Only an old log has two.
    #[test]
    fn refused_to_whom_a_name_means_where_two_have_it() {
        let mut world = World::managed_users();
        for (member, login) in [(UNKNOWN, "PERSON-8"), (PersonId::new(98).unwrap(), "person-8")] {
            let (role, login) = (Role::Member, Login::new(login).unwrap());
            let added = vec![Event::MemberAdded { member, login, role }];
            for recorded in world.enterprise.record(added, world.now, None) {
                world.enterprise.apply(&recorded).unwrap();
            }
            assert_eq!(world.enterprise.person_by_login("person-8"), None);
        }
        world.when(remove(MEMBER));
        assert_eq!(
            world.enterprise.person_by_login("person-8"),
            None,
            "there are still two"
        );
        world.when(remove(UNKNOWN));
        assert_eq!(world.enterprise.person_by_login("person-8"), PersonId::new(98).ok());
    }

    fn person(member: PersonId, login: &str) -> enterprise_credentials::Command {
        enterprise_credentials::Command::AddMember {
            member,
            login: Login::new(login).unwrap(),
            role: Role::Member,
        }
    }
}

fn not_owner(person: PersonId) -> Refusal {
    Refusal::NotOrganizationOwner {
        person,
        organization: ORG,
    }
}

/// What the HTTP contract answers at the organization.
fn at_path(world: &World, operation: Operation, target: &str, caller: Caller) -> Outcome {
    let request = Request {
        path: Path {
            operation,
            owner: "ORG-3",
            target,
        },
        headers: &[("User-Agent", b"curl/8.5.0")],
        request_id: "C0FFEE",
    };
    let enterprise = &world.enterprise;
    rest::handle(&request, Some(&Presented { enterprise, caller }), b"", world.now)
}

/// The credentials that are listed, or the rule that refuses.
fn listed(world: &World, caller: Caller) -> Result<Vec<u64>, Option<Rule>> {
    let request = Request {
        path: Path {
            operation: Operation::List,
            owner: "org-3",
            target: "",
        },
        headers: &[("User-Agent", b"curl/8.5.0")],
        request_id: "C0FFEE",
    };
    let enterprise = &world.enterprise;
    let presented = Presented { enterprise, caller };
    let listing = rest::list(&request, Some(&presented), "", world.now);
    let mut listing = listing.map_err(|refused| refused.refused_by)?;
    while listing.look(enterprise) {}
    world.stream.iter().for_each(|recorded| listing.observe(recorded));
    let response = listing.page().respond(&request, Some(&presented), world.now);
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&response.body).unwrap();
    Ok(rows.iter().map(|row| row["credential_id"].as_u64().unwrap()).collect())
}

mod read_org_scope {
    use super::*;

    #[test]
    fn accepted() {
        for scope in ["read:org", "write:org", "admin:org"] {
            for kind in [CredentialKind::ClassicPat, CredentialKind::OauthAppUserToken] {
                let world = given_owner(kind, &[scope]);
                assert_eq!(
                    listed(&world, with_token(MEMBER, TOKEN)),
                    Ok(vec![TOKEN.value()]),
                    "{scope}"
                );
            }
        }
        let read = "organization_administration=read";
        let world = given_owner(CredentialKind::GithubAppUserToken, &[read]);
        assert!(listed(&world, with_token(MEMBER, TOKEN)).is_ok());
        assert!(listed(&world, installed(Some(ORG), &[read])).is_ok());
        assert!(listed(&world, installed(None, &[WRITE])).is_ok(), "write includes read");
    }

    #[test]
    fn refused() {
        let world = given_owner(CredentialKind::ClassicPat, &["repo", "admin:enterprise"]);
        let caller = with_token(MEMBER, TOKEN);
        let found = world
            .enterprise
            .authorize_at_organization(&caller, ORG, OrganizationAccess::Read, world.now);
        assert_eq!(found, Err(Refusal::ReadOrgScopeMissing));
        assert_eq!(listed(&world, caller), Err(Some(Rule::ReadOrgScope)));
        assert_eq!(
            listed(&world, web_session(OWNER)),
            Err(Some(Rule::OrganizationOwnerRequired))
        );
    }
}

mod authorization_of_path {
    use super::*;

    #[test]
    fn accepted() {
        let world = given_owner(CredentialKind::ClassicPat, &["admin:org"]);
        let outcome = at_path(&world, Operation::Remove, &TOKEN.to_string(), web_session(MEMBER));
        assert_eq!(outcome.response.status, 204);
        assert_eq!(outcome.events, [crate::given::revoked(TOKEN, ORG, None)]);
    }

    #[test]
    fn refused() {
        let world = given_owner(CredentialKind::ClassicPat, &["admin:org"]).given(revoke(TOKEN, ORG));
        for target in [
            TOKEN.to_string(),
            String::from("999"),
            String::from("octocat"),
            String::new(),
        ] {
            let outcome = at_path(&world, Operation::Remove, &target, web_session(MEMBER));
            assert_eq!(outcome.response.refused_by, Some(Rule::AuthorizationOfPath), "{target}");
            assert_eq!((outcome.response.status, outcome.events), (404, vec![]));
        }
    }
}

mod listed_in_order_of_grant {
    use super::*;

    #[test]
    fn accepted() {
        let world = given_owner(CredentialKind::ClassicPat, &["admin:org"]);
        let expiring = issue_with(OTHER_TOKEN, GUEST, CredentialKind::SshKey, &[], Some(world.in_hours(1)));
        let world = world
            .given(expiring)
            .given(authorize(OTHER_TOKEN, ORG))
            .given(revoke(TOKEN, ORG))
            .given(authorize(TOKEN, ORG))
            .after_hours(2);
        let both = vec![OTHER_TOKEN.value(), TOKEN.value()];
        assert_eq!(listed(&world, web_session(MEMBER)), Ok(both), "the expired one first");
    }

    #[test]
    fn refused() {
        let mut world = given_owner(CredentialKind::ClassicPat, &["admin:org"]);
        world.when(asked(&of_organization(web_session(MEMBER), ORG)));
        assert_eq!(listed(&world, web_session(MEMBER)), Ok(vec![]), "what is pending");
        let destroyed = given_owner(CredentialKind::ClassicPat, &["admin:org"]).given(crate::given::destroy(TOKEN));
        assert_eq!(listed(&destroyed, web_session(MEMBER)), Ok(vec![]));
        let elsewhere = given_owner(CredentialKind::ClassicPat, &["admin:org"])
            .given(revoke(TOKEN, ORG))
            .given(authorize(TOKEN, OTHER_ORG));
        assert_eq!(listed(&elsewhere, web_session(MEMBER)), Ok(vec![]));
    }
}
