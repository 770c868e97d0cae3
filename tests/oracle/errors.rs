//! Each kind of error, what it names, and the limits.

use std::collections::BTreeSet;

use enterprise_credentials::oracle::{
    DEPTH_MAX, ErrorKind, HANDLES_MAX, KEPT_BYTES_MAX, Oracle, PAIRS_MAX, REQUEST_BYTES_MAX,
};
use serde_json::{Value, json};

use crate::{ask, error, result};

const AT: &str = "2026-03-10T09:00:00.000Z";

fn event(position: u64, event: Value) -> Value {
    let mut recorded = json!({"position": position, "at": AT});
    recorded
        .as_object_mut()
        .unwrap()
        .extend(event.as_object().unwrap().clone());
    recorded
}

fn created() -> Value {
    event(
        1,
        json!({"type": "EnterpriseCreated", "slug": "octo-corp", "kind": "managed_users"}),
    )
}

fn organization(position: u64, id: u64) -> Value {
    event(
        position,
        json!({"type": "OrganizationAdded", "organization": id, "login": format!("o{id}")}),
    )
}

/// The departure of a person who never was there.
fn removed(position: u64) -> Value {
    event(position, json!({"type": "MemberRemoved", "member": 1}))
}

/// An oracle with an enterprise of two events under handle 1.
fn begun() -> Oracle {
    let mut oracle = Oracle::new();
    result(
        &mut oracle,
        &json!({"call": "begin", "events": [created(), organization(2, 1)]}),
    );
    oracle
}

#[test]
fn each_kind_of_error_names_what_is_at_fault() {
    let cases = [
        (json!([]), json!({"kind": "malformed_request"})),
        (
            json!({"handle": 1}),
            json!({"kind": "malformed_request", "field": "call"}),
        ),
        (
            json!({"call": "end"}),
            json!({"kind": "malformed_request", "field": "handle"}),
        ),
        (
            json!({"call": "end", "handle": "1"}),
            json!({"kind": "malformed_request", "field": "handle"}),
        ),
        (
            json!({"call": "end", "handle": 1, "hande": 1}),
            json!({"kind": "malformed_request", "field": "hande"}),
        ),
        (
            json!({"id": [], "call": "begin"}),
            json!({"kind": "malformed_request", "field": "id"}),
        ),
        (
            json!({"id": "x".repeat(255), "call": "begin"}),
            json!({"kind": "malformed_request", "field": "id"}),
        ),
        (
            json!({"call": "apply", "handle": 1}),
            json!({"kind": "malformed_request", "field": "events"}),
        ),
        (
            json!({"call": "begin", "events": [], "lines": ""}),
            json!({"kind": "malformed_request", "field": "lines"}),
        ),
        (
            json!({"call": "begin", "events": [], "snapshot": ""}),
            json!({"kind": "malformed_request", "field": "snapshot"}),
        ),
        (
            json!({"call": "explain", "handle": 1, "position": 1, "at": AT}),
            json!({"kind": "malformed_request", "field": "position"}),
        ),
        (
            json!({"call": "explain", "handle": 1}),
            json!({"kind": "malformed_request", "field": "command"}),
        ),
        (
            json!({"call": "decide", "handle": 1, "command": {"type": "RemoveMember", "member": 1, "membr": 1}}),
            json!({"kind": "malformed_request", "field": "command"}),
        ),
        (
            json!({"call": "decide", "handle": 1, "command": {"type": "RemoveMember", "member": 1_u64 << 53}}),
            json!({"kind": "malformed_request", "field": "command"}),
        ),
        (
            json!({"call": "begin", "lines": "x".repeat(REQUEST_BYTES_MAX)}),
            json!({"kind": "too_large"}),
        ),
        (deep(DEPTH_MAX), json!({"kind": "too_deep"})),
        (json!({"call": "revoke"}), json!({"kind": "unknown_call"})),
        (
            json!({"call": "version", "protocol": 0}),
            json!({"kind": "version_mismatch"}),
        ),
        (json!({"call": "audit", "handle": 2}), json!({"kind": "unknown_handle"})),
        (
            json!({"call": "apply", "handle": 1, "events": [organization(3, 2), organization(4, 0)]}),
            json!({"kind": "unreadable_event", "line": 4, "field": "organization"}),
        ),
        (
            json!({"call": "begin", "lines": "{\"position\":1\n"}),
            json!({"kind": "unreadable_event", "line": 1}),
        ),
        (
            json!({"call": "apply", "handle": 1, "events": [organization(3, 2), removed(4)]}),
            json!({"kind": "corrupt_history", "position": 4}),
        ),
        (
            json!({"call": "begin", "events": [organization(1, 1)]}),
            json!({"kind": "corrupt_history", "position": 1}),
        ),
        (
            json!({"call": "begin", "snapshot": "0"}),
            json!({"kind": "unreadable_snapshot"}),
        ),
        (
            json!({"call": "begin", "snapshot": "zz"}),
            json!({"kind": "unreadable_snapshot"}),
        ),
        (
            json!({"call": "begin", "snapshot": "00"}),
            json!({"kind": "unreadable_snapshot"}),
        ),
        (
            json!({"call": "access_all", "handle": 1, "at": "2026-03-10T08:59:59.999Z"}),
            json!({"kind": "time_backwards"}),
        ),
        (
            json!({"call": "plan", "handle": 1, "command": {"type": "DestroyCredential", "credential": 1}}),
            json!({"kind": "not_a_request"}),
        ),
        (
            json!({"call": "progress", "handle": 1, "revocation": 1}),
            json!({"kind": "unknown_revocation"}),
        ),
        (
            json!({"call": "explain", "handle": 1, "position": 0}),
            json!({"kind": "unknown_position"}),
        ),
        (
            json!({"call": "explain", "handle": 1, "position": 3}),
            json!({"kind": "unknown_position"}),
        ),
    ];
    let mut met = BTreeSet::new();
    for (request, expected) in cases {
        let mut oracle = begun();
        let before = result(&mut oracle, &json!({"call": "snapshot", "handle": 1}));
        let mut found = error(&mut oracle, &request);
        let shown: String = request.to_string().chars().take(200).collect();
        let found = found.as_object_mut().unwrap();
        let message = found.remove("message").unwrap();
        assert!(
            message.as_str().is_some_and(|message| message.len() < 400),
            "{shown}: {message}"
        );
        found.remove("column");
        assert_eq!(&Value::Object(found.clone()), &expected, "{shown}: {message}");
        assert_eq!(
            result(&mut oracle, &json!({"call": "snapshot", "handle": 1})),
            before,
            "{shown}"
        );
        assert_eq!(oracle.last_handle(), 1, "{shown}");
        met.insert(expected["kind"].as_str().unwrap().to_owned());
    }
    let elsewhere = ["too_many_handles", "too_much_kept", "no_history", "too_many_pairs"];
    met.extend(elsewhere.map(String::from));
    assert_eq!(
        met,
        ErrorKind::ALL.iter().map(|kind| kind.as_str().to_owned()).collect()
    );
}

fn deep(lists: usize) -> Value {
    let mut inner = json!([]);
    for _ in 1..lists {
        inner = json!([inner]);
    }
    json!({"call": "begin", "events": inner})
}

#[test]
fn a_repeated_field_is_refused() {
    let answer = begun().call(r#"{"call":"end","handle":1,"handle":2}"#);
    assert!(
        answer.contains(r#""kind":"malformed_request""#) && answer.contains("twice"),
        "{answer}"
    );
}

#[test]
fn a_request_has_so_many_fields_and_no_more() {
    let with_fields = |count: usize| {
        let fields: Vec<_> = (0..count).map(|number| format!(r#""{number}":0"#)).collect();
        begun().call(&format!("{{{}}}", fields.join(",")))
    };
    let (as_many, more) = (with_fields(64), with_fields(65));
    assert!(as_many.contains("the field `call` is missing"), "{as_many}");
    assert!(
        more.contains(r#""kind":"malformed_request""#) && more.contains("it has more than 64 fields"),
        "{more}"
    );
}

#[test]
fn what_is_as_deep_as_allowed_is_read() {
    let fault = error(&mut begun(), &deep(DEPTH_MAX - 1));
    assert_eq!(fault["kind"], "unreadable_event", "{fault}");
}

#[test]
fn a_time_is_asked_for_where_there_is_none() {
    let mut oracle = Oracle::new();
    result(&mut oracle, &json!({"call": "begin"}));
    let fault = error(&mut oracle, &json!({"call": "access_all", "handle": 1}));
    assert_eq!(
        (&fault["kind"], &fault["field"]),
        (&json!("malformed_request"), &json!("at"))
    );
}

#[test]
fn so_many_enterprises_are_kept_and_no_more() {
    let mut oracle = begun();
    for handle in 2..=HANDLES_MAX as u64 {
        assert_eq!(
            result(&mut oracle, &json!({"call": "clone", "handle": 1}))["handle"],
            handle
        );
    }
    assert_eq!(
        error(&mut oracle, &json!({"call": "begin"}))["kind"],
        "too_many_handles"
    );
    result(&mut oracle, &json!({"call": "end", "handle": 5}));
    let begun = result(&mut oracle, &json!({"call": "begin"}));
    assert_eq!(
        begun["handle"],
        HANDLES_MAX as u64 + 1,
        "a handle is never given out twice"
    );
}

#[test]
fn handles_go_on_after_those_that_were_lost() {
    let mut oracle = Oracle::after(41);
    assert_eq!(result(&mut oracle, &json!({"call": "begin"}))["handle"], 42);
    let mut oracle = Oracle::after(u64::MAX);
    assert_eq!(
        error(&mut oracle, &json!({"call": "begin"}))["kind"],
        "too_many_handles"
    );
}

#[test]
fn so_many_bytes_are_kept_and_no_more() {
    let mut oracle = begun();
    let mut lines = String::new();
    let mut position = 3;
    while lines.len() < KEPT_BYTES_MAX / 4 {
        lines += &format!("{}\n", organization(position, position));
        position += 1;
    }
    let grown = json!({"call": "apply", "handle": 1, "lines": lines});
    result(&mut oracle, &grown);
    for copies in 2.. {
        let answer = ask(&mut oracle, &json!({"call": "clone", "handle": 1}));
        if answer.get("error").is_some() {
            assert_eq!((copies, &answer["error"]["kind"]), (4, &json!("too_much_kept")));
            break;
        }
    }
    let all = json!({"call": "access_all", "handle": 1});
    assert_eq!(result(&mut oracle, &all), json!({"authenticates": [], "may_use": []}));
    let organizations = position - 2;
    let mut owner = vec![json!({"type": "AddMember", "member": 1, "login": "a", "role": "owner"})];
    owner.extend(
        (1..=PAIRS_MAX as u64 / organizations + 1).map(
            |credential| json!({"type": "IssueCredential", "credential": credential, "owner": 1, "kind": "ssh_key"}),
        ),
    );
    for command in owner {
        result(
            &mut oracle,
            &json!({"call": "carry_out", "handle": 1, "command": command}),
        );
    }
    assert_eq!(error(&mut oracle, &all)["kind"], "too_many_pairs");
    result(&mut oracle, &json!({"call": "end", "handle": 2}));
    result(&mut oracle, &json!({"call": "clone", "handle": 1}));
}

#[test]
fn an_enterprise_of_a_snapshot_answers_all_but_what_takes_its_events() {
    let mut oracle = begun();
    let snapshot = result(&mut oracle, &json!({"call": "snapshot", "handle": 1}))["snapshot"].clone();
    let restored = result(&mut oracle, &json!({"call": "begin", "snapshot": snapshot}));
    assert_eq!(restored, json!({"handle": 2, "position": 2, "last_at": AT}));
    let command = json!({"type": "AddMember", "member": 1, "login": "a", "role": "owner"});
    let [of_log, of_snapshot] = [1, 2].map(|handle| {
        result(
            &mut oracle,
            &json!({"call": "carry_out", "handle": handle, "command": command}),
        )
    });
    assert_eq!(of_log, of_snapshot);
    for call in ["audit", "explain"] {
        let mut request = json!({"call": call, "handle": 2});
        if call == "explain" {
            request["position"] = json!(1);
        }
        assert_eq!(error(&mut oracle, &request)["kind"], "no_history");
    }
}
