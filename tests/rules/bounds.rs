//! How many unfinished revocations and idempotency keys there may be. The second model counts them too, anew each time.

use enterprise_credentials::rest::{self, Path, Presented, Request};
use enterprise_credentials::{
    Actor, Authority, Caller, Command, CredentialType, Event, IdempotencyKey, Refusal, Revoke, Rule, snapshot,
};
use enterprise_credentials_testkit::Model;

use crate::given::{
    MEMBER, ORG, OTHER_ORG, OWNER, World, add_organization, continue_revocation, installation, permit,
    remove_organization, revoke_all, revoke_all_under, web_session,
};
use crate::limited::{add_owner, asked, of_organization, of_person, of_type};

/// A world, and the second model's.
struct Crowded {
    world: World,
    model: Model,
}

impl Crowded {
    /// The member owns both organizations.
    fn new() -> Self {
        let world = World::managed_users()
            .given(add_owner(ORG, MEMBER))
            .given(add_owner(OTHER_ORG, MEMBER));
        let mut model = Model::new();
        for recorded in &world.stream {
            model.apply(&recorded.event, recorded.at);
        }
        Self { world, model }
    }

    /// Records events, whatever decide says of them.
    #[track_caller]
    fn record(&mut self, events: Vec<Event>) {
        for recorded in self.world.enterprise.record(events, self.world.now, None) {
            self.world.enterprise.apply(&recorded).unwrap();
            self.model.apply(&recorded.event, recorded.at);
        }
    }

    #[track_caller]
    fn with(mut self, events: Vec<Event>) -> Self {
        self.record(events);
        self
    }

    fn after_hours(mut self, hours: i64) -> Self {
        self.world = self.world.after_hours(hours);
        self
    }

    #[track_caller]
    fn accepts(&self, command: &Command) -> Vec<Event> {
        let events = self.world.decide(command).unwrap();
        assert_eq!(self.model.decide(command, self.world.now), Ok(events.clone()));
        events
    }

    /// Refused also from a snapshot, and in a list.
    #[track_caller]
    fn refuses(&self, command: &Command, refusal: Refusal, rule: Rule) {
        self.world.refuses(command, refusal, rule);
        assert_eq!(self.model.decide(command, self.world.now), Err(rule));
        let restored = snapshot::read(&snapshot::write(&self.world.enterprise)).unwrap();
        assert_eq!(restored, self.world.enterprise);
        let refused = restored.decide(command, self.world.now).unwrap_err();
        assert_eq!(refused.rule(), rule);
        let refused = restored.decide_all(std::slice::from_ref(command), self.world.now);
        assert_eq!(refused.unwrap_err().rule(), Some(rule));
    }

    #[track_caller]
    fn when(&mut self, command: Command) -> Vec<Event> {
        let events = self.accepts(&command);
        self.record(events.clone());
        events
    }

    /// Completes the earliest of the unfinished revocations.
    #[track_caller]
    fn complete_one(&mut self) {
        let earliest = self.world.enterprise.pending_revocations().next().unwrap();
        let events = self.when(continue_revocation(earliest, 1));
        assert!(matches!(events[..], [Event::RevocationCompleted { .. }]));
    }
}

/// Requests of the member for one organization.
fn at_organization(count: usize) -> Vec<Event> {
    let requested = Event::RevocationRequested {
        requested_by: by_member(),
        authority: Authority::OrganizationOwner,
        organization: Some(ORG),
        person: None,
        credential_type: Some(CredentialType::SshKey),
        revoke_credentials: false,
        idempotency_key: None,
    };
    vec![requested; count]
}

/// Requests of the owner for everything.
fn for_everything(count: usize) -> Vec<Event> {
    vec![everything(None); count]
}

/// The same, each under a key of its own.
fn under_keys(keys: std::ops::Range<u32>) -> Vec<Event> {
    keys.map(|key| everything(IdempotencyKey::new(&format!("key-{key}")).ok()))
        .collect()
}

fn everything(idempotency_key: Option<IdempotencyKey>) -> Event {
    Event::RevokeAllRequested {
        requested_by: Actor::Person {
            person: OWNER,
            credential: None,
        },
        authority: Authority::Owner,
        revoke_credentials: false,
        idempotency_key,
    }
}

fn by_member() -> Actor {
    Actor::Person {
        person: MEMBER,
        credential: None,
    }
}

fn at(organization: enterprise_credentials::OrganizationId) -> Command {
    asked(&of_organization(web_session(MEMBER), organization))
}

mod unfinished_of_organization_bounded {
    use super::*;

    #[test]
    fn accepted() {
        let crowded = Crowded::new().with(at_organization(999));
        assert_eq!(crowded.accepts(&at(ORG)).len(), 1);
        let mut crowded = crowded.with(at_organization(1));
        crowded.accepts(&at(OTHER_ORG));
        crowded.accepts(&revoke_all(web_session(OWNER), true));
        crowded.accepts(&asked(&of_person(web_session(OWNER), MEMBER)));
        crowded.complete_one();
        crowded.accepts(&at(ORG));
    }

    #[test]
    fn accepted_in_another_membership() {
        let mut crowded = Crowded::new().with(at_organization(1_000));
        crowded.when(remove_organization(ORG));
        crowded.when(add_organization(ORG));
        crowded.when(add_owner(ORG, MEMBER));
        crowded.accepts(&at(ORG));
    }

    #[test]
    fn refused() {
        let mut crowded = Crowded::new();
        let known = Revoke {
            idempotency_key: IdempotencyKey::new("known").ok(),
            ..of_organization(web_session(MEMBER), ORG)
        };
        crowded.when(asked(&known));
        let crowded = crowded.with(at_organization(999));
        let narrower = Revoke {
            organization: Some(ORG),
            ..of_person(web_session(MEMBER), OWNER)
        };
        for request in [of_organization(web_session(MEMBER), ORG), narrower] {
            let refusal = Refusal::TooManyOfOrganization(ORG);
            crowded.refuses(&asked(&request), refusal, Rule::UnfinishedOfOrganizationBounded);
        }
        assert_eq!(crowded.accepts(&asked(&known)), [], "a repetition");
        // A log from before the rule has more.
        let older = crowded.with(at_organization(500));
        older.refuses(
            &at(ORG),
            Refusal::TooManyOfOrganization(ORG),
            Rule::UnfinishedOfOrganizationBounded,
        );
    }
}

mod unfinished_of_enterprise_bounded {
    use super::*;

    #[test]
    fn accepted() {
        let mut crowded = Crowded::new().with(for_everything(49_999));
        crowded.accepts(&at(ORG));
        crowded.accepts(&asked(&of_person(web_session(OWNER), MEMBER)));
        crowded.record(for_everything(50_000));
        crowded.accepts(&revoke_all(web_session(OWNER), true));
        crowded.record(for_everything(1));
        crowded.complete_one();
        crowded.accepts(&revoke_all(web_session(OWNER), true));
    }

    #[test]
    fn refused() {
        let mut crowded = Crowded::new().with(for_everything(50_000));
        let too_many = |unfinished, max| Refusal::TooManyUnfinished { unfinished, max };
        for request in [
            of_organization(web_session(MEMBER), OTHER_ORG),
            of_person(web_session(OWNER), MEMBER),
            of_type(web_session(OWNER), CredentialType::ClassicPat),
        ] {
            let refusal = too_many(50_000, 50_000);
            crowded.refuses(&asked(&request), refusal, Rule::UnfinishedOfEnterpriseBounded);
        }
        crowded.record(for_everything(50_000));
        let everything = revoke_all(web_session(OWNER), true);
        crowded.refuses(
            &everything,
            too_many(100_000, 100_000),
            Rule::UnfinishedOfEnterpriseBounded,
        );
    }
}

mod keys_of_requester_bounded {
    use super::*;

    #[test]
    fn accepted() {
        let one_more = revoke_all_under("one-more", web_session(OWNER), false);
        let crowded = Crowded::new().with(under_keys(0..9_999));
        crowded.accepts(&one_more);
        let mut crowded = crowded.with(under_keys(9_999..10_000));
        assert_eq!(crowded.accepts(&revoke_all(web_session(OWNER), false)).len(), 1);
        let known = revoke_all_under("key-0", web_session(OWNER), false);
        assert_eq!(crowded.accepts(&known), [], "a repetition");
        let installation = installation(&["enterprise_credentials=write"]);
        crowded.accepts(&revoke_all_under("one-more", installation, false));
        crowded.when(permit(MEMBER));
        crowded.accepts(&revoke_all_under("one-more", web_session(MEMBER), false));
        // Nothing was recorded since: none is forgotten yet.
        crowded.after_hours(24).accepts(&one_more);
    }

    #[test]
    fn refused() {
        let one_more = revoke_all_under("one-more", web_session(OWNER), false);
        let mut crowded = Crowded::new().with(under_keys(0..5_000)).after_hours(1);
        crowded.record(under_keys(5_000..10_000));
        let crowded = crowded.after_hours(22);
        crowded.refuses(&one_more, Refusal::TooManyKeys, Rule::KeysOfRequesterBounded);
        // The first 5,000 are a day old and forgotten, and 5,000 others come.
        let crowded = crowded.after_hours(1).with(under_keys(10_000..15_000));
        crowded.refuses(&one_more, Refusal::TooManyKeys, Rule::KeysOfRequesterBounded);
        crowded.after_hours(1).accepts(&one_more);
    }

    #[test]
    fn refused_over_http_with_what_to_do() {
        let crowded = Crowded::new().with(under_keys(0..10_000));
        let request = Request {
            path: Path::revoke_all("octo-corp"),
            headers: &[("User-Agent", b"curl/8.5.0"), ("Idempotency-Key", b"one-more")],
            request_id: "C0FFEE",
        };
        let caller: Caller = web_session(OWNER);
        let presented = Presented {
            enterprise: &crowded.world.enterprise,
            caller,
        };
        let outcome = rest::handle(&request, Some(&presented), b"", crowded.world.now);
        assert_eq!(outcome.response.status, 429);
        assert_eq!(outcome.response.refused_by, Some(Rule::KeysOfRequesterBounded));
        let body = String::from_utf8(outcome.response.body).unwrap();
        assert!(body.contains("ask again without a key"), "{body}");
    }
}
