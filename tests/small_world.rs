//! Every word of commands, to a depth, in a world of two people, two credentials and one or two organizations: the core
//! and the reference model give the same answers in every state that can be reached.
//!
//! Two states are one where core and model would answer alike for ever: where they differ in nothing but how far apart
//! positions are. Time stands still here.
#![expect(clippy::expect_used, reason = "a difference ends the test")]

use std::collections::HashSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::num::NonZeroU32;

use enterprise_credentials::{Caller, Command, Enterprise, RevocationId, RevokeAll};
use enterprise_credentials_testkit::{Model, world};

/// Commands in a word, behind those that make the world.
const DEPTH_WITH_ONE_ORGANIZATION: usize = 6;
const DEPTH_WITH_TWO_ORGANIZATIONS: usize = 5;
const DEPTH_WITH_FILTERS: usize = 5;

const PEOPLE: &str = r#"
{"type":"AddMember","member":1,"login":"person-1","role":"owner"}
{"type":"AddMember","member":2,"login":"person-2","role":"member"}
{"type":"IssueCredential","credential":1,"owner":1,"kind":"classic_pat","scopes":["admin:enterprise"]}"#;

const COMMANDS: &str = r#"
{"type":"AddMember","member":2,"login":"person-2","role":"member"}
{"type":"RemoveMember","member":1}
{"type":"RemoveMember","member":2}
{"type":"ChangeMemberRole","member":1,"role":"member"}
{"type":"ChangeMemberRole","member":2,"role":"owner"}
{"type":"ChangeMemberRole","member":2,"role":"COLLABORATOR"}
{"type":"GrantPermission","member":2,"permission":"write_enterprise_credentials"}
{"type":"DestroyCredential","credential":1}
{"type":"DestroyCredential","credential":2}
{"type":"RevokeAll","caller":{"person":1},"revoke_credentials":false}
{"type":"RevokeAll","caller":{"person":1,"credential":1},"revoke_credentials":true}
{"type":"RevokeAll","caller":{"person":2},"revoke_credentials":true}"#;

/// A filter of each sort beside a request for everything, and what may come between them.
const COMMANDS_WITH_FILTERS: &str = r#"
{"type":"AddMember","member":2,"login":"person-2","role":"member"}
{"type":"RemoveMember","member":2}
{"type":"ChangeMemberRole","member":2,"role":"COLLABORATOR"}
{"type":"DestroyCredential","credential":2}
{"type":"RevokeAll","caller":{"person":1},"revoke_credentials":true}
{"type":"Revoke","caller":{"person":1},"person":2,"revoke_credentials":true}
{"type":"Revoke","caller":{"person":1},"credential_type":"TYPE","revoke_credentials":true}
{"type":"Revoke","caller":{"installation":1,"permissions":["organization_administration=write"]},"organization":1}"#;

const COMMANDS_OF_ONE_ORGANIZATION: &str = r#"
{"type":"AddOrganization","organization":N,"login":"organization-N"}
{"type":"RemoveOrganization","organization":N}
{"type":"AuthorizeCredential","credential":1,"organization":N}
{"type":"AuthorizeCredential","credential":2,"organization":N}
{"type":"RevokeAuthorization","credential":1,"organization":N}
{"type":"RevokeAuthorization","credential":2,"organization":N}"#;

#[test]
fn managed_users_with_one_organization() {
    explore_all("managed_users", 1, DEPTH_WITH_ONE_ORGANIZATION);
}

#[test]
fn managed_users_with_two_organizations() {
    explore_all("managed_users", 2, DEPTH_WITH_TWO_ORGANIZATIONS);
}

#[test]
fn personal_accounts_with_one_organization() {
    explore_all("personal_accounts", 1, DEPTH_WITH_TWO_ORGANIZATIONS);
}

#[test]
fn managed_users_with_a_filter_of_each_sort() {
    let of_second = [
        ("classic_pat", "classic_pat"),
        ("fine_grained_pat", "fine_grained_pat"),
        ("github_app_user_token", "oauth_app_token"),
    ];
    let mut states = 0;
    for (second, credential_type) in of_second {
        let with_filters = COMMANDS_WITH_FILTERS.replace("COLLABORATOR", "guest_collaborator");
        let mut alphabet = commands(&with_filters.replace("TYPE", credential_type));
        alphabet.extend(commands(&COMMANDS_OF_ONE_ORGANIZATION.replace('N', "1")));
        let explored = explore(beginning("managed_users", second, 1), &alphabet, DEPTH_WITH_FILTERS);
        println!("filters, {second}: {explored:?} states and transitions, to depth {DEPTH_WITH_FILTERS}");
        states += explored.0;
    }
    assert!(states > 10_000, "{states} states");
}

#[derive(Clone, Default)]
struct State {
    core: Enterprise,
    model: Model,
}

/// Every word over the second credential's kinds that differ in what is done to them.
fn explore_all(kind: &str, organizations: usize, depth: usize) {
    let collaborator = if kind == "managed_users" {
        "guest_collaborator"
    } else {
        "outside_collaborator"
    };
    let mut alphabet = commands(&COMMANDS.replace("COLLABORATOR", collaborator));
    for organization in 1..=organizations {
        alphabet.extend(commands(
            &COMMANDS_OF_ONE_ORGANIZATION.replace('N', &organization.to_string()),
        ));
    }
    let (mut states, mut transitions) = (0, 0);
    for second in ["classic_pat", "fine_grained_pat", "oauth_app_user_token"] {
        let (reached, taken) = explore(beginning(kind, second, organizations), &alphabet, depth);
        states += reached;
        transitions += taken;
    }
    println!("{kind}, {organizations} organizations: {states} states, {transitions} transitions, to depth {depth}");
    assert!(
        states > 10_000,
        "the world is small, but not as small as {states} states"
    );
}

/// How many states are reached from one, by how many transitions. Each is checked.
fn explore(beginning: State, alphabet: &[Command], depth: usize) -> (usize, usize) {
    let mut transitions = 0;
    let mut seen = HashSet::new();
    let mut frontier = vec![beginning];
    for length in 1..=depth {
        let mut next = Vec::new();
        for state in &frontier {
            for command in alphabet.iter().cloned().chain(continuations(&state.core)) {
                transitions += 1;
                let reached = step(state, &command).filter(|reached| seen.insert(reached.fingerprint()));
                if let Some(reached) = reached {
                    reached.check(alphabet);
                    next.extend((length < depth).then_some(reached));
                }
            }
        }
        frontier = next;
    }
    (seen.len(), transitions)
}

fn beginning(kind: &str, second: &str, organizations: usize) -> State {
    let create = format!(r#"{{"type":"CreateEnterprise","slug":"octo-corp","kind":"{kind}"}}"#);
    let issue = format!(
        r#"{{"type":"IssueCredential","credential":2,"owner":2,"kind":"{second}","scopes":["admin:enterprise"]}}"#
    );
    let mut lines = vec![create, PEOPLE.to_string(), issue];
    for organization in 1..=organizations {
        let added = COMMANDS_OF_ONE_ORGANIZATION.lines().nth(1).expect("it is added first");
        lines.push(added.replace('N', &organization.to_string()));
    }
    let made = commands(&lines.join("\n"));
    made.iter().fold(State::default(), |state, command| {
        step(&state, command).expect("the world is made")
    })
}

/// The next batch of each unfinished revocation, and of the last one that there was.
fn continuations(core: &Enterprise) -> Vec<Command> {
    let mut revocations: Vec<RevocationId> = core.pending_revocations().chain(core.last_cut()).collect();
    revocations.dedup();
    let limit = NonZeroU32::MIN;
    revocations
        .into_iter()
        .map(|revocation| Command::ContinueRevocation { revocation, limit })
        .collect()
}

/// Where a command leads; nowhere, if it is refused or there is nothing to do. Core and model answer the same.
fn step(state: &State, command: &Command) -> Option<State> {
    let at = world::start();
    let core = state.core.decide(command, at);
    let model = state.model.decide(command, at);
    let rule = core.as_ref().map_err(|refusal| refusal.rule());
    assert_eq!(
        rule,
        model.as_ref().map_err(|rule| *rule),
        "{command:?}\n{:?}\n{:?}",
        state.core,
        state.model
    );
    let events = core.ok().filter(|events| !events.is_empty())?;
    let mut reached = state.clone();
    for recorded in state.core.record(events, at, None) {
        reached
            .core
            .apply(&recorded)
            .expect("what decide returns, apply accepts");
        reached.model.apply(&recorded.event, at);
    }
    Some(reached)
}

impl State {
    /// The access checks agree, the plan is what a request would take, of everything and with each filter,
    /// and the jobs end.
    fn check(&self, alphabet: &[Command]) {
        let at = world::start();
        for (credential, organization) in world::pairs().filter(|(id, of)| id.value() <= 2 && of.value() <= 2) {
            let (core, model) = (&self.core, &self.model);
            assert_eq!(
                core.authenticates(credential, at),
                model.authenticates(credential, at),
                "{core:?}\n{model:?}"
            );
            let used = core.may_use(credential, organization, at);
            assert_eq!(used, model.may_use(credential, organization, at), "{core:?}\n{model:?}");
        }
        let installation = r#"{"installation":1,"permissions":["enterprise_credentials=write"]}"#;
        let caller: Caller = serde_json::from_str(installation).expect("a caller");
        let request = RevokeAll {
            caller,
            revoke_credentials: false,
            idempotency_key: None,
        };
        self.check_request(&Command::RevokeAll(request));
        let narrower = alphabet.iter().filter(|command| matches!(command, Command::Revoke(_)));
        narrower.for_each(|command| self.check_request(command));
    }

    /// What is planned is taken, and recorded. Nothing, where the request is refused.
    fn check_request(&self, command: &Command) {
        let at = world::start();
        let Some(mut asked) = step(self, command) else { return };
        let plan = self.core.plan(command.requested().expect("a request"), at);
        let (pairs, credentials) = asked.model.pending_in(asked.core.last_cut().expect("it was asked"));
        let counted = (plan.authorizations_revoked, plan.credentials_destroyed);
        assert_eq!(
            counted,
            (pairs.len() as u64, credentials.len() as u64),
            "{:?}",
            self.core
        );
        loop {
            let pending = asked.core.pending_revocations().next();
            let Some(revocation) = pending else { break };
            let limit = NonZeroU32::MIN;
            asked = step(&asked, &Command::ContinueRevocation { revocation, limit }).expect("a job makes progress");
        }
    }

    /// The same for states that differ only in how far apart positions are.
    fn fingerprint(&self) -> (u64, u64) {
        let core = format!("{:?}", self.core);
        let (_, core) = core
            .split_once("last_at")
            .expect("the first field is the position of the last event");
        let core = ranked(core);
        let model = format!("{:?}", self.model);
        let (model, _) = model
            .rsplit_once(", events: ")
            .expect("the last field is the number of events");
        let key = (core, ranked(model));
        let mut hashers = [DefaultHasher::new(), DefaultHasher::new()];
        1.hash(&mut hashers[1]);
        let [one, other] = hashers.map(|mut hasher| {
            key.hash(&mut hasher);
            hasher.finish()
        });
        (one, other)
    }
}

/// A state's text with every position replaced by its rank among them.
fn ranked(text: &str) -> String {
    let mut pieces = text.split("Position(").flat_map(|piece| piece.split("RevocationId("));
    let begin = pieces.next().unwrap_or_default();
    let pieces: Vec<(u64, &str)> = pieces
        .map(|piece| {
            let (number, rest) = piece.split_once(')').expect("a number in brackets");
            (number.parse().expect("a number"), rest)
        })
        .collect();
    let mut numbers: Vec<u64> = pieces.iter().map(|(number, _)| *number).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut ranked = String::from(begin);
    for (number, rest) in pieces {
        let rank = numbers.partition_point(|other| *other < number);
        ranked.push_str(&format!("#{rank}{rest}"));
    }
    ranked
}

fn commands(lines: &str) -> Vec<Command> {
    let lines = lines.lines().filter(|line| !line.is_empty());
    lines
        .map(|line| serde_json::from_str(line).expect("a command"))
        .collect()
}
