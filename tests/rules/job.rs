//! The job that records what a request has done, and requests that overlap.

use enterprise_credentials::{CredentialKind, Event, Refusal, RevocationId, RevocationState, Rule};

use crate::given::{
    GUEST, MEMBER, ORG, OTHER_ORG, OTHER_TOKEN, OWNER, THIRD_TOKEN, TOKEN, World, add_organization, authorize,
    completed, continue_revocation, credential, destroy, destroyed, issue, next_revocation, organization, revoke,
    revoked, web_session,
};
use crate::limited::{asked, destroying, of_person};

mod revocation_known {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, revocation) = World::managed_users().given_request(false);
        assert_eq!(
            world.when(continue_revocation(revocation, 1)),
            [completed(revocation, 0, 0)]
        );
    }

    #[test]
    fn refused() {
        let (world, revocation) = World::managed_users().given_request(false);
        let none_of_them = [RevocationId::new(1).unwrap(), next_revocation(&world)];
        for unknown in none_of_them {
            let command = continue_revocation(unknown, 1);
            world.refuses(&command, Refusal::RevocationUnknown(unknown), Rule::RevocationKnown);
            assert_eq!(world.enterprise.progress(unknown), None);
        }
        assert!(world.enterprise.progress(revocation).is_some());
    }
}

mod revocations_in_order {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, earlier, later) = given_two();
        assert_eq!(
            world.enterprise.pending_revocations().collect::<Vec<_>>(),
            [earlier, later]
        );
        world.finish(earlier);
        assert_eq!(world.enterprise.pending_revocations().collect::<Vec<_>>(), [later]);
        assert_eq!(world.finish(later), [destroyed(TOKEN, later), completed(later, 0, 1)]);
        assert_eq!(world.enterprise.pending_revocations().count(), 0);
    }

    #[test]
    fn refused() {
        let (world, earlier, later) = given_two();
        let refusal = Refusal::EarlierRevocationRuns {
            revocation: later,
            earlier,
        };
        world.refuses(&continue_revocation(later, 1), refusal, Rule::RevocationsInOrder);
    }

    fn given_two() -> (World, RevocationId, RevocationId) {
        let world = World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        let (world, earlier) = world.given_request(false);
        let (world, later) = world.given_request(true);
        (world, earlier, later)
    }
}

mod earliest_revocation_owns_item {
    use super::*;

    #[test]
    fn accepted() {
        let given = World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        let (world, earlier) = given.given_request(true);
        let (mut world, later) = world.given_request(true);
        let all = [
            revoked(TOKEN, ORG, earlier),
            destroyed(TOKEN, earlier),
            completed(earlier, 1, 1),
        ];
        assert_eq!(world.finish(earlier), all);
        assert_eq!(world.finish(later), [completed(later, 0, 0)]);
    }

    #[test]
    fn refused() {
        // The plan of the later request leaves out what the earlier one owns.
        let given = World::managed_users().given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        let (world, _) = given.given_request(true);
        let plan = world.plan(true);
        assert_eq!((plan.authorizations_revoked, plan.credentials_destroyed), (0, 0));
        assert_eq!(
            (plan.already_pending.authorizations, plan.already_pending.credentials),
            (1, 1)
        );
    }
}

mod later_request_has_its_own_cut {
    use super::*;

    #[test]
    fn accepted() {
        let given = World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, GUEST, CredentialKind::ClassicPat);
        let (world, earlier) = given.given_request(false);
        let world = world.given(authorize(OTHER_TOKEN, OTHER_ORG)).given(revoke(TOKEN, ORG));
        let (mut world, later) = world.given_request(true);
        assert_ne!(earlier, later);
        assert_eq!(later.cut(), world.enterprise.position());
        assert_eq!(world.enterprise.last_cut(), Some(later));
        assert_eq!(
            world.finish(earlier),
            [revoked(OTHER_TOKEN, ORG, earlier), completed(earlier, 2, 0)]
        );
        let left = [
            destroyed(TOKEN, later),
            revoked(OTHER_TOKEN, OTHER_ORG, later),
            completed(later, 1, 1),
        ];
        assert_eq!(world.finish(later), left);
    }

    #[test]
    fn refused() {
        // What came after the earlier cut is out of its reach, though it is still running.
        let (world, earlier) = World::managed_users().given_request(true);
        let world = world.given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat);
        assert_eq!(world.may_use(TOKEN, ORG), Ok(()));
        let (mut world, later) = world.given_request(true);
        assert_eq!(world.finish(earlier), [completed(earlier, 0, 0)]);
        assert!(world.may_use(TOKEN, ORG).is_err());
        world.finish(later);
        assert_eq!(world.totals(later), (1, 1));
    }
}

mod job_in_order_of_issue {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, revocation) = given_grants().given_request(true);
        let expected = [
            revoked(THIRD_TOKEN, ORG, revocation),
            destroyed(THIRD_TOKEN, revocation),
            revoked(TOKEN, OTHER_ORG, revocation),
            revoked(TOKEN, ORG, revocation),
            destroyed(TOKEN, revocation),
            completed(revocation, 3, 2),
        ];
        assert_eq!(world.when(continue_revocation(revocation, 10)), expected);
    }

    #[test]
    fn refused() {
        // A pair granted again has its place by the new grant, not by the old.
        let third = organization(5);
        let world = given_grants()
            .given(add_organization(third))
            .given(authorize(TOKEN, third))
            .given(revoke(TOKEN, OTHER_ORG))
            .given(authorize(TOKEN, OTHER_ORG));
        let (mut world, revocation) = world.given_request(false);
        let pairs = [ORG, third, OTHER_ORG].map(|organization| revoked(TOKEN, organization, revocation));
        assert_eq!(world.finish(revocation)[1..4], pairs);
    }

    /// Ids, grants and organizations are out of the order of issue.
    fn given_grants() -> World {
        World::managed_users()
            .given(issue(THIRD_TOKEN, MEMBER, CredentialKind::ClassicPat))
            .given(issue(TOKEN, OWNER, CredentialKind::ClassicPat))
            .given(authorize(TOKEN, OTHER_ORG))
            .given(authorize(TOKEN, ORG))
            .given(authorize(THIRD_TOKEN, ORG))
    }
}

mod job_resumes_from_the_stream {
    use super::*;

    #[test]
    fn accepted() {
        let (unfinished, revocation) = given_three().given_request(true);
        let all = unfinished.clone().finish(revocation);
        for recorded in 0..=all.len() {
            let mut crashed = unfinished.clone();
            for event in crashed.enterprise.record(all[..recorded].to_vec(), crashed.now, None) {
                crashed.enterprise.apply(&event).unwrap();
            }
            assert_eq!(crashed.finish(revocation), all[recorded..], "after {recorded} events");
        }
    }

    #[test]
    fn accepted_in_batches_of_any_size() {
        let (unfinished, revocation) = given_three().given_request(true);
        let all = unfinished.clone().finish(revocation);
        for limit in [2, 3, u32::MAX] {
            let mut world = unfinished.clone();
            let mut events = Vec::new();
            while world.enterprise.pending_revocations().next().is_some() {
                events.extend(world.when(continue_revocation(revocation, limit)));
            }
            assert_eq!(events, all, "in batches of {limit}");
        }
    }

    #[test]
    fn refused() {
        // No event of a job is taken twice.
        let (mut world, revocation) = given_three().given_request(true);
        let batch = world.when(continue_revocation(revocation, 1));
        let again = world.enterprise.record(batch, world.now, None).next().unwrap();
        let before = world.enterprise.clone();
        assert!(world.enterprise.apply(&again).is_err());
        assert_eq!(world.enterprise, before);
    }

    fn given_three() -> World {
        World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, GUEST, CredentialKind::SshKey)
            .given_authorized(THIRD_TOKEN, OWNER, CredentialKind::FineGrainedPat)
    }
}

mod completed_once_when_nothing_is_left {
    use super::*;

    #[test]
    fn accepted() {
        let (mut world, revocation) = given_two().given_request(false);
        let state = |world: &World| state(world, revocation);
        assert_eq!(state(&world), RevocationState::Queued);
        assert_eq!(
            world.when(continue_revocation(revocation, 1)),
            [revoked(TOKEN, ORG, revocation)]
        );
        assert_eq!(state(&world), RevocationState::Running);
        let emptying = [revoked(OTHER_TOKEN, ORG, revocation), completed(revocation, 2, 0)];
        assert_eq!(
            world.when(continue_revocation(revocation, 1)),
            emptying,
            "in the batch that empties the scope"
        );
        assert_eq!(state(&world), RevocationState::Completed);
        let progress = world.enterprise.progress(revocation).unwrap();
        assert_eq!(
            (progress.requested_at, progress.completed_at),
            (world.now, Some(world.now))
        );
    }

    #[test]
    fn refused() {
        let (mut world, revocation) = given_two().given_request(false);
        world.finish(revocation);
        assert_eq!(world.when(continue_revocation(revocation, 1)), []);
        let world = world.after_hours(1);
        assert_eq!(world.decide(&continue_revocation(revocation, 1)), Ok(Vec::new()));
    }

    #[test]
    fn running_from_the_first_event_of_either_sort() {
        let given = World::managed_users().given(issue(TOKEN, MEMBER, CredentialKind::SshKey));
        let (mut world, revocation) = given.given_request(true);
        assert_eq!(state(&world, revocation), RevocationState::Queued);
        world.when(destroy(TOKEN));
        assert_eq!(state(&world, revocation), RevocationState::Running);
    }

    /// The state, which has one name in code and on the wire.
    fn state(world: &World, revocation: RevocationId) -> RevocationState {
        let state = world.enterprise.progress(revocation).unwrap().state;
        assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        state
    }

    fn given_two() -> World {
        World::managed_users()
            .given_authorized(TOKEN, MEMBER, CredentialKind::ClassicPat)
            .given_authorized(OTHER_TOKEN, GUEST, CredentialKind::ClassicPat)
    }
}

mod nothing_to_revoke_completes_with_zeros {
    use super::*;

    #[test]
    fn accepted() {
        for revoke_credentials in [false, true] {
            let (mut world, revocation) = World::managed_users().given_request(revoke_credentials);
            assert_eq!(
                world.when(continue_revocation(revocation, 1)),
                [completed(revocation, 0, 0)]
            );
        }
    }

    #[test]
    fn refused() {
        let (mut world, revocation) = World::managed_users()
            .given_authorized(TOKEN, GUEST, CredentialKind::SshKey)
            .given_request(true);
        assert_ne!(
            world.when(continue_revocation(revocation, 1)),
            [completed(revocation, 0, 0)]
        );
    }
}

/// After its first item a job about one person knows where that person's credentials are.
#[test]
fn a_job_about_one_person_records_each_of_their_credentials_and_no_other() {
    let (mut world, revocation) = given_four_of_a_person();
    world = world.given_authorized(credential(908), MEMBER, CredentialKind::ClassicPat);
    let recorded = [902, 903, 905, 907].map(|id| taken(id, revocation)).concat();
    let [events @ .., last] = &world.finish(revocation)[..] else {
        panic!("no event")
    };
    assert_eq!((events, last), (&recorded[..], &completed(revocation, 4, 4)));
}

#[test]
fn a_job_about_one_person_records_what_single_commands_left() {
    let (mut world, revocation) = given_four_of_a_person();
    let singly = world.when(destroy(credential(905)));
    assert_eq!(singly, [destroyed(credential(905), revocation)]);
    let mut recorded = [902, 903, 905, 907].map(|id| taken(id, revocation)).concat();
    recorded.retain(|event| !singly.contains(event));
    let [events @ .., last] = &world.finish(revocation)[..] else {
        panic!("no event")
    };
    assert_eq!((events, last), (&recorded[..], &completed(revocation, 4, 4)));
}

fn given_four_of_a_person() -> (World, RevocationId) {
    let owners = [OWNER, MEMBER, MEMBER, GUEST, MEMBER, OWNER, MEMBER];
    let mut world = (901..).zip(owners).fold(World::managed_users(), |world, (id, owner)| {
        world.given_authorized(credential(id), owner, CredentialKind::ClassicPat)
    });
    world.when(asked(&destroying(of_person(web_session(OWNER), MEMBER))));
    let revocation = world.enterprise.last_cut().unwrap();
    (world, revocation)
}

fn taken(id: u64, revocation: RevocationId) -> Vec<Event> {
    let id = credential(id);
    vec![revoked(id, ORG, revocation), destroyed(id, revocation)]
}
