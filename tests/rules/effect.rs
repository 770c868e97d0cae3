//! What a request does at once, before any job has run.

use enterprise_credentials::{AccessDenial, Authority, CredentialDenial, CredentialKind};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, TOKEN, World, authorize, authorized, continue_revocation, issue,
    remove, revoke, with_token,
};

mod effective_at_once {
    use super::*;

    #[test]
    fn accepted() {
        for kind in CredentialKind::ALL {
            let (world, revocation) = given(kind).given_request(true);
            let pending = AccessDenial::RevocationPending {
                organization: ORG,
                revocation,
            };
            assert_eq!(world.may_use(OTHER_TOKEN, ORG), Err(pending), "a collaborator's token");
            assert!(world.may_use(TOKEN, ORG).is_err(), "a member's");
            assert_eq!(world.authenticates(TOKEN).is_err(), kind.is_destroyed_by_revoke_all());
        }
    }

    #[test]
    fn refused() {
        // The instant before, and for what is granted after: nothing outside the scope is touched.
        for kind in CredentialKind::ALL {
            let world = given(kind);
            assert_eq!(
                (world.may_use(TOKEN, ORG), world.may_use(OTHER_TOKEN, ORG)),
                (Ok(()), Ok(()))
            );
            let (world, _) = world.given_request(false);
            let world = world.given(authorize(TOKEN, OTHER_ORG));
            assert_eq!(world.may_use(TOKEN, OTHER_ORG), Ok(()));
            assert_eq!(world.authenticates(TOKEN), Ok(MEMBER));
        }
    }

    #[test]
    fn nothing_flickers_while_the_job_runs_and_after_it() {
        let (mut world, revocation) = given(CredentialKind::ClassicPat).given_request(true);
        let mut dead = |command| {
            let events = world.when(command);
            assert!(world.may_use(TOKEN, ORG).is_err() && world.may_use(OTHER_TOKEN, ORG).is_err());
            assert!(world.authenticates(TOKEN).is_err());
            events
        };
        dead(continue_revocation(revocation, 1));
        dead(remove(GUEST));
        dead(continue_revocation(revocation, 1));
    }

    fn given(kind: CredentialKind) -> World {
        World::managed_users()
            .given_authorized(TOKEN, MEMBER, kind)
            .given_authorized(OTHER_TOKEN, GUEST, kind)
    }
}

mod revocation_pending_still_authenticates {
    use super::*;

    #[test]
    fn accepted() {
        for kind in [
            CredentialKind::ClassicPat,
            CredentialKind::OauthAppUserToken,
            CredentialKind::GithubAppUserToken,
        ] {
            let (world, revocation) = World::managed_users()
                .given_authorized(TOKEN, OWNER, kind)
                .given_request(false);
            let pending = AccessDenial::RevocationPending {
                organization: ORG,
                revocation,
            };
            assert_eq!(world.may_use(TOKEN, ORG), Err(pending));
            assert_eq!(world.authenticates(TOKEN), Ok(OWNER));
            world.accepts_caller(with_token(OWNER, TOKEN), Authority::Owner);
            assert_eq!(
                world.decide(&authorize(TOKEN, OTHER_ORG)),
                Ok(vec![authorized(TOKEN, OTHER_ORG)])
            );
        }
    }

    #[test]
    fn refused() {
        let (world, revocation) = World::managed_users()
            .given_authorized(TOKEN, OWNER, CredentialKind::ClassicPat)
            .given_request(true);
        let destruction = CredentialDenial::DestructionPending {
            credential: TOKEN,
            revocation,
        };
        assert_eq!(world.authenticates(TOKEN), Err(destruction));
        assert_eq!(world.may_use(TOKEN, ORG), Err(destruction.into()));
    }

    #[test]
    fn the_denial_names_what_was_recorded_once_it_is() {
        let (world, _) = World::managed_users()
            .given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat))
            .given(authorize(TOKEN, ORG))
            .given_request(false);
        let world = world.given(revoke(TOKEN, ORG));
        assert_eq!(world.may_use(TOKEN, ORG), Err(AccessDenial::Revoked(ORG)));
        assert_eq!(world.authenticates(TOKEN), Ok(MEMBER));
    }
}
