//! docs/schemas: what they say of a request is what is taken, field by field.

use std::collections::BTreeSet;

use enterprise_credentials::oracle::{ErrorKind, Oracle};
use serde_json::{Value, json};

use crate::documented::requests;

fn schema(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn names(of: &Value) -> BTreeSet<String> {
    let of_list = of.as_array().into_iter().flatten().filter_map(Value::as_str);
    let of_object = of.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    of_list.chain(of_object).map(String::from).collect()
}

/// Each documented request that has a result, just before it is sent, with what the schema says of its call.
fn each_request(mut check: impl FnMut(&dyn Fn(&Value) -> Value, &Value, &Value)) {
    let schema = schema(include_str!("../../docs/schemas/oracle-request.json"));
    let mut sent: Vec<String> = Vec::new();
    for request in requests() {
        let value: Value = serde_json::from_str(request).unwrap();
        let of_call = schema["oneOf"].as_array().unwrap().iter();
        let mut of_call = of_call.filter(|it| it["properties"]["call"]["const"] == value["call"]);
        let of_call = of_call
            .next()
            .unwrap_or_else(|| panic!("no schema has the call of {request}"));
        // What was sent before it is sent again, because a request may change what is kept.
        let ask = |request: &Value| -> Value {
            let mut oracle = Oracle::new();
            sent.iter().for_each(|before| drop(oracle.call(before)));
            serde_json::from_str(&oracle.call(&request.to_string())).unwrap()
        };
        if ask(&value).get("result").is_some() {
            check(&ask, &value, of_call);
        }
        sent.push(request.to_owned());
    }
}

#[test]
fn requests_have_the_fields_that_their_schema_names_and_no_others() {
    let mut calls = BTreeSet::new();
    each_request(|ask, request, schema| {
        calls.insert(request["call"].as_str().unwrap().to_owned());
        let (properties, fields) = (names(&schema["properties"]), names(request));
        assert!(fields.is_subset(&properties), "{request}");
        assert!(names(&schema["required"]).is_subset(&fields), "{request}");
        let answer = ask(request);
        for absent in properties.difference(&fields) {
            let mut with_null = request.clone();
            with_null[absent] = Value::Null;
            assert_eq!(ask(&with_null), answer, "{absent} may be null in {request}");
        }
        let mut with_other = request.clone();
        with_other["other"] = Value::Null;
        assert_eq!(ask(&with_other)["error"]["field"], "other", "{request}");
        for required in names(&schema["required"]) {
            let mut without = request.clone();
            without.as_object_mut().unwrap().remove(&required);
            assert_eq!(ask(&without)["error"]["field"], json!(required), "{request}");
        }
    });
    // Its example is no request in the document, because what it answers is of one version alone.
    calls.insert("snapshot".to_owned());
    let schema = schema(include_str!("../../docs/schemas/oracle-request.json"));
    let in_schema = schema["oneOf"].as_array().unwrap().iter();
    let in_schema = in_schema.map(|of_call| of_call["properties"]["call"]["const"].as_str().unwrap().to_owned());
    assert_eq!(calls, in_schema.collect());
}

#[test]
fn the_schema_of_answers_names_every_kind_of_error() {
    let schema = schema(include_str!("../../docs/schemas/oracle-answer.json"));
    let kinds = ErrorKind::ALL.iter().map(|kind| kind.as_str());
    let of_the_command = ["time_limit", "died"];
    let expected: BTreeSet<String> = kinds.chain(of_the_command).map(String::from).collect();
    assert_eq!(names(&schema["$defs"]["error"]["properties"]["kind"]["enum"]), expected);
}
