//! Texts of every sort, and requests that nearly make sense.

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use crate::checks::check;

const CALLS: [&str; 15] = [
    "version",
    "begin",
    "clone",
    "end",
    "apply",
    "decide",
    "carry_out",
    "access",
    "access_all",
    "plan",
    "progress",
    "audit",
    "explain",
    "snapshot",
    "other",
];

const FIELDS: [&str; 15] = [
    "id",
    "handle",
    "events",
    "lines",
    "snapshot",
    "command",
    "at",
    "by",
    "credential",
    "organization",
    "revocation",
    "position",
    "protocol",
    "rule_set",
    "other",
];

/// Values of which each is right for some field.
fn sensible() -> impl Strategy<Value = Value> {
    select(vec![
        json!(1),
        json!(2),
        json!(3),
        json!(7),
        json!(901),
        json!(9_007_199_254_740_991_u64),
        json!(null),
        json!("2026-03-10T09:00:00.000Z"),
        json!("9999-12-31T23:59:59.999Z"),
        json!("4543534e41500a0a"),
        json!({"person": 7}),
        json!({"type": "CreateEnterprise", "slug": "octo-corp", "kind": "managed_users"}),
        json!({"type": "AddMember", "member": 8, "login": "hubot", "role": "member"}),
        json!({"type": "RevokeAll", "caller": {"person": 7}, "revoke_credentials": true}),
        json!({"type": "Revoke", "caller": {"person": 7, "credential": 901}, "person": 7}),
        json!({"type": "ContinueRevocation", "revocation": 6, "limit": 4_294_967_295_u32}),
        json!([{
            "position": 1, "at": "2026-03-10T09:00:00.000Z", "type": "EnterpriseCreated", "slug": "a",
            "kind": "managed_users",
        }]),
        json!([{"position": 6, "at": "2026-03-10T09:00:00.000Z", "type": "MemberRemoved", "member": 7}]),
    ])
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        sensible(),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let fields = prop::collection::vec((select(FIELDS.to_vec()), inner.clone()), 0..4);
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            fields.prop_map(|fields| fields
                .into_iter()
                .map(|(field, value)| (field.to_owned(), value))
                .collect()),
        ]
    })
}

fn requests() -> impl Strategy<Value = Value> {
    let value = prop_oneof![8 => sensible(), 1 => anything()];
    let fields = prop::collection::vec((select(FIELDS.to_vec()), value), 0..4);
    (select(CALLS.to_vec()), fields).prop_map(|(call, fields)| {
        let mut request = Map::from_iter([("call".to_owned(), json!(call)), ("handle".to_owned(), json!(1))]);
        request.extend(fields.into_iter().map(|(field, value)| (field.to_owned(), value)));
        Value::Object(request)
    })
}

proptest! {
    // What failed is printed in full: no file needs to keep it. Some requests are explained, which takes long.
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        check(text.as_bytes());
        check(&bytes);
    }

    #[test]
    fn any_json_is_answered(values in prop::collection::vec(anything(), 1..4)) {
        check(values.iter().map(|value| format!("{value}\n")).collect::<String>().as_bytes());
    }

    #[test]
    fn requests_that_nearly_make_sense_are_answered(requests in prop::collection::vec(requests(), 1..12)) {
        check(requests.iter().map(|request| format!("{request}\n")).collect::<String>().as_bytes());
    }
}
