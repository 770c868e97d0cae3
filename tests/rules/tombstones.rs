//! What may be granted again, and what is gone for good.

use enterprise_credentials::{CredentialKind, Refusal, Rule};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, TOKEN, World, add_organization, authorize, authorized, issue, remove_organization,
    revoke, revoked,
};

mod revoked_pair_is_tombstone {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, _) = given_pair(CredentialKind::ClassicPat).given_request(false);
        assert_eq!(
            world.when(authorize(TOKEN, OTHER_ORG)),
            [authorized(TOKEN, OTHER_ORG)],
            "another pair"
        );
        assert_eq!(world.may_use(TOKEN, OTHER_ORG), Ok(()));
    }

    #[test]
    fn refused() {
        for kind in CredentialKind::ALL
            .into_iter()
            .filter(|kind| *kind != CredentialKind::FineGrainedPat)
        {
            let (mut world, revocation) = given_pair(kind).given_request(false);
            refused_in(&world);
            world.finish(revocation);
            refused_in(&world);
            refused_in(&world.after_hours(24 * 365));
        }
    }

    #[test]
    fn refused_even_when_the_organization_returns() {
        let (world, revocation) = given_pair(CredentialKind::ClassicPat).given_request(false);
        let mut world = world.given(remove_organization(ORG)).given(add_organization(ORG));
        refused_in(&world);
        world.finish(revocation);
        refused_in(&world);
    }

    #[test]
    fn refused_when_the_pending_pair_was_revoked_early() {
        let (world, _) = given_pair(CredentialKind::OauthAppUserToken).given_request(false);
        refused_in(&world.given(revoke(TOKEN, ORG)));
    }

    fn given_pair(kind: CredentialKind) -> World {
        World::managed_users().given_authorized(TOKEN, GUEST, kind)
    }

    fn refused_in(world: &World) {
        let refusal = Refusal::Tombstone {
            credential: TOKEN,
            organization: ORG,
        };
        world.refuses(&authorize(TOKEN, ORG), refusal, Rule::RevokedPairIsTombstone);
    }
}

mod fine_grained_may_ask_again {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, revocation) = given_pair().given_request(false);
        world.finish(revocation);
        assert_eq!(world.when(authorize(TOKEN, ORG)), [authorized(TOKEN, ORG)]);
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
    }

    #[test]
    fn accepted_while_the_old_grant_is_pending_and_recorded_first() {
        let (mut world, revocation) = given_pair().given_request(false);
        let both = [revoked(TOKEN, ORG, revocation), authorized(TOKEN, ORG)];
        assert_eq!(world.when(authorize(TOKEN, ORG)), both);
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
        world.finish(revocation);
        assert_eq!(world.totals(revocation), (1, 0));
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()), "the new grant is after the cut");
    }

    #[test]
    fn the_new_grant_falls_to_the_next_request() {
        let (world, first) = given_pair().given_request(false);
        let (mut world, second) = world.given(authorize(TOKEN, ORG)).given_request(false);
        assert_eq!(world.finish(first).len(), 1, "the completion alone");
        world.finish(second);
        assert_eq!((world.totals(first), world.totals(second)), ((1, 0), (1, 0)));
    }

    #[test]
    fn refused() {
        let (world, _) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_request(false);
        let refusal = Refusal::Tombstone {
            credential: TOKEN,
            organization: ORG,
        };
        world.refuses(&authorize(TOKEN, ORG), refusal, Rule::RevokedPairIsTombstone);
    }

    fn given_pair() -> World {
        World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::FineGrainedPat)
    }
}

mod singly_revoked_may_be_granted_again {
    use super::*;

    #[test]
    fn accepted() {
        for kind in CredentialKind::ALL {
            let mut world = World::managed_users().given_authorized(TOKEN, MEMBER, kind);
            assert_eq!(world.when(revoke(TOKEN, ORG)), [revoked(TOKEN, ORG, None)]);
            assert_eq!(world.when(authorize(TOKEN, ORG)), [authorized(TOKEN, ORG)]);
            assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
        }
    }

    #[test]
    fn accepted_after_a_request_that_did_not_find_it() {
        let (mut world, _) = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given(revoke(TOKEN, ORG))
            .given_request(false);
        assert_eq!(world.when(authorize(TOKEN, ORG)), [authorized(TOKEN, ORG)]);
    }

    #[test]
    fn refused() {
        let (world, _) = World::managed_users()
            .given(issue(TOKEN, MEMBER, CredentialKind::ClassicPat))
            .given(authorize(TOKEN, ORG))
            .given(revoke(TOKEN, ORG))
            .given(authorize(TOKEN, ORG))
            .given_request(false);
        let world = world.given(revoke(TOKEN, ORG));
        let refusal = Refusal::Tombstone {
            credential: TOKEN,
            organization: ORG,
        };
        world.refuses(&authorize(TOKEN, ORG), refusal, Rule::RevokedPairIsTombstone);
    }
}
