//! The text says what the functions say.

use enterprise_credentials::oracle::Oracle;
use enterprise_credentials::{CredentialId, Enterprise, OrganizationId, PersonId, RecordedEvent, Timestamp, log};
use enterprise_credentials_testkit::{Run, explore, world};
use serde_json::{Value, json};

use crate::{error, result};

/// The lines of events, as values.
fn events(recorded: &[RecordedEvent]) -> Vec<Value> {
    let line = |event| {
        let mut line = Vec::new();
        log::write_line(event, &mut line);
        serde_json::from_slice(&line).unwrap()
    };
    recorded.iter().map(line).collect()
}

#[test]
fn random_histories_are_answered_as_by_the_core() {
    let explored = explore(1, 60, |word| -> Result<(), String> {
        let run = Run::<Enterprise>::of(word);
        let mut oracle = Oracle::new();
        result(&mut oracle, &json!({"call": "begin"}));
        for moment in &run.moments {
            let request = |call: &str| json!({"call": call, "handle": 1, "at": moment.at, "command": moment.command});
            if let Some(requested) = moment.command.requested() {
                let plan = result(&mut oracle, &request("plan"));
                assert_eq!(
                    plan,
                    serde_json::to_value(moment.before.plan(requested, moment.at)).unwrap()
                );
            }
            let decided = result(&mut oracle, &request("decide"));
            match &moment.decided {
                Ok(_) => assert_eq!(
                    decided["accepted"]["events"].as_array().unwrap().len(),
                    moment.recorded.len()
                ),
                Err(refusal) => {
                    let refused = &decided["refused"];
                    assert_eq!(refused["rule"], refusal.rule().id());
                    assert_eq!(refused["message"], refusal.to_string());
                    assert_eq!(refused["status"], json!(refusal.rule().http().map(|http| http.status)));
                    assert_eq!(refused["source"], refusal.rule().source().to_string());
                }
            }
            let mut carry_out = request("carry_out");
            carry_out["by"] = json!(moment.recorded.first().and_then(|recorded| recorded.by));
            let done = result(&mut oracle, &carry_out);
            if moment.decided.is_ok() {
                assert_eq!(done["accepted"]["events"], Value::from(events(&moment.recorded)));
            }
            access(&mut oracle, &moment.after, moment.at);
        }
        let revocations: Vec<_> = run.end.revocations().collect();
        assert_eq!(
            result(&mut oracle, &json!({"call": "progress", "handle": 1})),
            json!({"revocations": revocations})
        );
        if !run.history.is_empty() {
            let audit = result(&mut oracle, &json!({"call": "audit", "handle": 1}));
            assert_eq!(
                (&audit["findings"], &audit["position"]),
                (&json!([]), &json!(run.history.len()))
            );
        }
        let begun = result(&mut oracle, &json!({"call": "begin", "events": events(&run.history)}));
        assert_eq!(begun["position"], run.history.len());
        let [carried_out, replayed] =
            [1, 2].map(|handle| result(&mut oracle, &json!({"call": "snapshot", "handle": handle})));
        assert_eq!(carried_out, replayed);
        Ok(())
    });
    explored.unwrap();
}

fn access(oracle: &mut Oracle, state: &Enterprise, at: Timestamp) {
    let all = result(oracle, &json!({"call": "access_all", "handle": 1, "at": at}));
    let authenticates: Vec<_> = world::credentials()
        .filter(|id| state.authenticates(*id, at).is_ok())
        .collect();
    let may_use: Vec<_> = world::pairs()
        .filter(|(of, to)| state.may_use(*of, *to, at).is_ok())
        .collect();
    assert_eq!(all, json!({"authenticates": authenticates, "may_use": may_use}));
    let (credential, organization) = world::pairs().next().unwrap();
    let one = json!({
        "call": "access", "handle": 1, "at": at, "credential": credential, "organization": organization,
    });
    let one = result(oracle, &one);
    let authenticates = state.authenticates(credential, at);
    assert_eq!(one["authenticates"]["allowed"], authenticates.is_ok());
    match authenticates {
        Ok(person) => assert_eq!(one["authenticates"]["person"], json!(person)),
        Err(denial) => assert_eq!(one["authenticates"]["denied"]["rule"], denial.rule().id()),
    }
    match state.may_use(credential, organization, at) {
        Ok(()) => assert_eq!(one["may_use"], json!({"allowed": true})),
        Err(denial) => assert_eq!(one["may_use"]["denied"]["message"], denial.to_string()),
    }
}

#[test]
fn the_largest_ids_are_exact() {
    const LARGEST: u64 = (1 << 53) - 1;
    let mut oracle = Oracle::new();
    result(&mut oracle, &json!({"id": LARGEST, "call": "begin"}));
    let at = "9999-12-31T23:59:59.999Z";
    for command in [
        json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}),
        json!({"type": "AddMember", "member": LARGEST, "login": "mona", "role": "owner"}),
        json!({"type": "AddMember", "member": LARGEST - 1, "login": "hubot", "role": "owner"}),
        json!({"type": "AddOrganization", "organization": LARGEST, "login": "octo-org"}),
        json!({"type": "IssueCredential", "credential": LARGEST, "owner": LARGEST, "kind": "ssh_key"}),
        json!({"type": "AuthorizeCredential", "credential": LARGEST, "organization": LARGEST}),
    ] {
        let done = result(
            &mut oracle,
            &json!({"call": "carry_out", "handle": 1, "at": at, "command": command}),
        );
        assert!(done["accepted"]["events"][0].is_object(), "{command}: {done}");
    }
    let access = json!({"call": "access", "handle": 1, "at": at, "credential": LARGEST, "organization": LARGEST});
    let access = result(&mut oracle, &access);
    assert_eq!(
        (&access["authenticates"]["person"], &access["may_use"]["allowed"]),
        (&json!(LARGEST), &json!(true))
    );
    let beyond = json!({"call": "access", "handle": 1, "credential": LARGEST + 1});
    assert_eq!(error(&mut oracle, &beyond)["field"], "credential");
    assert!(PersonId::new(LARGEST).is_ok() && CredentialId::new(LARGEST + 1).is_err());
    assert!(OrganizationId::new(LARGEST).is_ok());
}

#[test]
fn what_is_given_with_white_space_is_the_same() {
    let mut oracle = Oracle::new();
    let answer = oracle.call(
        "\n{ \"call\" : \"begin\",\n \"events\" : [ {\n\"type\":\"EnterpriseCreated\", \"slug\":\"o\",\r\n \
         \"kind\":\"managed_users\", \"other\":[[{}]],\n\"at\":\"2026-03-10T09:00:00.000Z\",\"position\":1} ] }\n",
    );
    assert_eq!(
        answer,
        r#"{"result":{"handle":1,"position":1,"last_at":"2026-03-10T09:00:00.000Z"}}"#
    );
}

#[test]
fn a_clone_goes_its_own_way() {
    let mut oracle = Oracle::new();
    result(&mut oracle, &json!({"call": "begin"}));
    result(&mut oracle, &json!({"call": "clone", "handle": 1}));
    let command = json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"});
    let create = json!({"call": "carry_out", "handle": 2, "at": "2026-03-10T09:00:00.000Z", "command": command});
    result(&mut oracle, &create);
    let [first, second] = [1, 2].map(|handle| result(&mut oracle, &json!({"call": "snapshot", "handle": handle})));
    assert_ne!(first, second);
}
