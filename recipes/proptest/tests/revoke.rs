//! Whatever is asked of the service is asked of the core, and the answers must be the same.

use std::fmt;

use enterprise_credentials::{Command, Enterprise, Timestamp};
use proptest::{collection::vec, prelude::*, sample::select};
use recipe_proptest::Service;
use serde_json::{Value, json};

const START_MS: i64 = 1_773_133_200_000;

fn beginning() -> [Value; 3] {
    [
        json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}),
        json!({"type": "AddOrganization", "organization": 1, "login": "octo-org"}),
        json!({"type": "AddMember", "member": 1, "login": "mona", "role": "owner"}),
    ]
}

/// A command, which a report shows on one line.
#[derive(Clone)]
struct Step(Value);

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn step() -> impl Strategy<Value = Step> {
    let (person, credential) = (|| 1..=3, || 1..=4);
    let role = select(vec!["member", "guest_collaborator", "billing_manager"]);
    let kind = select(vec!["classic_pat", "ssh_key", "oauth_app_user_token"]);
    let of_type = select(vec!["classic_pat", "oauth_app_token"]);
    prop_oneof![
        (person(), role).prop_map(
            |(id, role)| json!({"type": "AddMember", "member": id, "login": format!("user-{id}"), "role": role})
        ),
        person().prop_map(|id| json!({"type": "RemoveMember", "member": id})),
        (credential(), person(), kind).prop_map(
            |(id, owner, kind)| json!({"type": "IssueCredential", "credential": id, "owner": owner, "kind": kind})
        ),
        credential().prop_map(|id| json!({"type": "AuthorizeCredential", "credential": id, "organization": 1})),
        (person(), any::<bool>()).prop_map(
            |(id, destroy)| json!({"type": "RevokeAll", "caller": {"person": id}, "revoke_credentials": destroy})
        ),
        (person(), person(), any::<bool>()).prop_map(|(id, person, destroy)| {
            json!({"type": "Revoke", "caller": {"person": id}, "person": person, "revoke_credentials": destroy})
        }),
        (person(), of_type)
            .prop_map(|(id, of_type)| json!({"type": "Revoke", "caller": {"person": id}, "credential_type": of_type})),
        (0..4).prop_map(|nth| json!({"type": "ContinueRevocation", "revocation": nth, "limit": 1})),
    ]
    .prop_map(Step)
}

/// The command of a step. The revocations are numbered in the order of their requests.
fn command(core: &Enterprise, Step(mut step): Step) -> Command {
    if let Some(nth) = step["revocation"].as_u64() {
        let requested = core.revocations().nth(nth as usize);
        step["revocation"] = requested.map_or(json!(1), |it| json!(it.id));
    }
    serde_json::from_value(step).unwrap()
}

fn access(core: &Enterprise, at: Timestamp) -> Value {
    let mut ids: Vec<_> = core.credentials().map(|it| it.id()).collect();
    ids.sort_unstable();
    let organization = "1".parse().unwrap();
    let alive: Vec<_> = ids.iter().filter(|id| core.authenticates(**id, at).is_ok()).collect();
    let usable = ids.iter().filter(|id| core.may_use(**id, organization, at).is_ok());
    json!({"authenticates": alive, "may_use": usable.map(|id| json!([id, 1])).collect::<Vec<_>>()})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_service_answers_as_the_core_does(steps in vec(step(), 0..30)) {
        let (mut core, service) = (Enterprise::new(), Service::begin());
        for (second, step) in (0..).zip(beginning().into_iter().map(Step).chain(steps)) {
            let at = Timestamp::from_milliseconds(START_MS + 1000 * second).unwrap();
            let command = command(&core, step);
            let due = match core.decide(&command, at) {
                Err(refusal) => json!(refusal.rule()),
                Ok(events) => {
                    let recorded: Vec<_> = core.record(events, at, None).collect();
                    core.apply_all(&recorded).unwrap();
                    json!(recorded)
                }
            };
            prop_assert_eq!(service.carry_out(&command, at), due, "the answer to {:?}", command);
            prop_assert_eq!(service.access(at), access(&core, at), "who may do what after {:?}", command);
        }
    }
}
