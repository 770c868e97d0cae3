//! Every document that the program prints for machines has a JSON Schema in docs/schemas, and is as it says.
//!
//! The types in this folder are a reader's: they describe what is printed, and are neither the core's nor the host's.
//! `UPDATE_DOCS=1 cargo test -p enterprise-credentials-host --test cli schemas` writes the schemas from them
//! (docs/decisions/0064).

#![expect(dead_code, reason = "the types describe: no value of them is ever made")]

mod audit;
mod commands;
mod credentials;
mod decision;
mod diff;
mod events;
mod plan;
mod receipt;
mod reconciliation;
mod replay;
mod values;
mod verify;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::store::imported;
use crate::{file, revoked, run, run_on};

/// Schemas that docs/oracle.md describes: of what is no document of a command.
const OF_THE_ORACLE: [&str; 3] = ["corpus.json", "oracle-answer.json", "oracle-request.json"];

/// Every document, by its name and version.
static SCHEMAS: LazyLock<BTreeMap<&str, Value>> = LazyLock::new(|| {
    BTreeMap::from([
        of::<audit::Document>("enterprise-credentials/audit/v1"),
        of::<credentials::Document>("enterprise-credentials/credentials/v1"),
        of::<decision::Document>("enterprise-credentials/decision/v1"),
        of::<diff::Document>("enterprise-credentials/diff/v1"),
        of::<plan::Document>("enterprise-credentials/plan/v1"),
        of::<receipt::Document>("enterprise-credentials/receipt/v1"),
        of::<reconciliation::Document>("enterprise-credentials/reconciliation/v1"),
        of::<replay::Document>("enterprise-credentials/replay/v1"),
        of::<verify::Document>("enterprise-credentials/verify/v1"),
    ])
});

static VALIDATORS: LazyLock<BTreeMap<&str, Validator>> = LazyLock::new(|| {
    let validators = SCHEMAS.iter().map(|(name, schema)| (*name, validator(schema.clone())));
    validators.collect()
});

/// The schema of a document: what its type says, behind the name that it begins with.
fn of<Document: JsonSchema>(name: &str) -> (&str, Value) {
    let generator = SchemaSettings::draft2020_12().into_generator();
    let mut schema = generator.into_root_schema_for::<Document>().to_value();
    absent_is_not_null(&mut schema);
    schema["title"] = name.into();
    schema["properties"]["schema"] = json!({ "const": name, "description": "What this document is, and its version." });
    let required = schema["required"].as_array_mut().unwrap();
    required.insert(0, "schema".into());
    (name, schema)
}

/// A field that need not be there is absent where it says nothing, and never null.
fn absent_is_not_null(schema: &mut Value) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required = |name: &String| required.as_array().is_some_and(|names| names.contains(&json!(name)));
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (_, property) in properties.iter_mut().filter(|(name, _)| !is_required(name)) {
            without_null(property);
        }
    }
    each_part(schema, &mut absent_is_not_null);
}

fn without_null(schema: &mut Value) {
    let null = json!({ "type": "null" });
    if let Some(kinds) = schema.get_mut("type").and_then(Value::as_array_mut) {
        kinds.retain(|kind| kind != "null");
        let [kind] = kinds.as_slice() else { panic!("{kinds:?}") };
        schema["type"] = kind.clone();
    }
    if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        choices.retain(|choice| *choice != null);
        if let [Value::Object(only)] = choices.as_slice() {
            let only = only.clone();
            let schema = schema.as_object_mut().unwrap();
            schema.remove("anyOf");
            schema.extend(only);
        }
    }
}

/// Hands each schema within a schema to `each`.
fn each_part(schema: &mut Value, each: &mut dyn FnMut(&mut Value)) {
    for (key, part) in schema.as_object_mut().into_iter().flatten() {
        match (key.as_str(), part) {
            ("properties" | "$defs", Value::Object(parts)) => parts.values_mut().for_each(&mut *each),
            ("oneOf" | "anyOf", Value::Array(parts)) => parts.iter_mut().for_each(&mut *each),
            ("items", part) => each(part),
            _ => {}
        }
    }
}

/// Holds a value to a schema, and also refuses fields that the schema does not name.
fn validator(mut schema: Value) -> Validator {
    closed(&mut schema);
    jsonschema::draft202012::new(&schema).unwrap()
}

fn closed(schema: &mut Value) {
    let describes_object = |schema: &Value| schema.get("properties").is_some() || schema["type"] == "object";
    let choices = ["oneOf", "anyOf"].map(|key| schema.get(key).and_then(Value::as_array).cloned());
    let mut choices = choices.into_iter().flatten().flatten();
    if describes_object(schema) || choices.any(|choice| describes_object(&choice)) {
        schema["unevaluatedProperties"] = false.into();
        // What closes the whole closes each choice.
        for key in ["oneOf", "anyOf"] {
            for choice in schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
                each_part(choice, &mut closed);
            }
        }
        for key in ["properties", "$defs"] {
            let parts = schema.get_mut(key).and_then(Value::as_object_mut);
            parts.into_iter().flatten().for_each(|(_, part)| closed(part));
        }
    } else {
        each_part(schema, &mut closed);
    }
}

/// Fails unless a document says what it is, and is that.
pub(crate) fn validate(document: &Value) {
    let name = document["schema"].as_str();
    let name = name.unwrap_or_else(|| panic!("the document does not say what it is: {document}"));
    let validator = VALIDATORS
        .get(name)
        .unwrap_or_else(|| panic!("docs/schemas has no `{name}`"));
    fits(validator, document);
}

fn fits(validator: &Validator, value: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?}\n{value}");
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schemas")
}

/// The file of `enterprise-credentials/NAME/v1`.
fn file_of(name: &str) -> String {
    format!("{}.json", name.split('/').nth(1).unwrap())
}

#[test]
fn the_schemas_in_the_documents_are_those_of_the_types() {
    for (name, schema) in &*SCHEMAS {
        let path = folder().join(file_of(name));
        let text = serde_json::to_string_pretty(schema).unwrap() + "\n";
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            written == text,
            "{} is stale: run `UPDATE_DOCS=1 cargo test -p enterprise-credentials-host --test cli schemas`",
            path.display()
        );
        assert!(jsonschema::draft202012::meta::is_valid(schema), "{name}");
    }
    let files = std::fs::read_dir(folder()).unwrap();
    let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let files: BTreeSet<String> = files.filter(|name| name.ends_with(".json")).collect();
    let known = SCHEMAS.keys().map(|name| file_of(name));
    assert_eq!(files, known.chain(OF_THE_ORACLE.map(str::to_owned)).collect());
}

#[test]
fn every_line_of_the_corpus_is_as_its_schema_says() {
    let read = |path: &str| std::fs::read_to_string(folder().join(path)).unwrap();
    let schema: Value = serde_json::from_str(&read("corpus.json")).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let corpus = read("../../corpus/corpus.jsonl");
    assert!(corpus.lines().count() > 1_000);
    for line in corpus.lines() {
        fits(&validator, &serde_json::from_str(line).unwrap());
    }
    assert!(!validator.is_valid(&json!({ "case": 1 })));
}

#[test]
fn every_command_with_documents_says_which_they_are() {
    let log = file("schemas.jsonl", &revoked("managed_users", true));
    let store = imported("schemas", &revoked("managed_users", true));
    let end = std::fs::read_to_string(&log).unwrap().lines().count().to_string();
    let request = r#"{"type":"RevokeAll","caller":{"person":2,"credential":2}}"#;
    let list = file("schemas.csv", &run(&["credentials", &log]).output());
    let runs: [&[&str]; 10] = [
        &["audit", &log],
        &["decide", &log, "--command", request],
        &["decide", &log, "--command", request, "--explain"],
        &["diff", &log, &log],
        &["explain", &log, "--position", &end],
        &["plan", &log, "--as", "2", "--person", "octo_admin"],
        &["reconcile", &log, "--inventory", &list],
        &["replay", &log],
        &["verify", "--store", &store],
        // The same state: the flag may stand anywhere.
        &["replay", &log, "--until", "1"],
    ];
    for arguments in runs {
        let printed = run(&[arguments, &["--json"]].concat());
        assert!(
            printed.stdout.starts_with("{\n  \"schema\": \"enterprise-credentials/"),
            "{printed:?}"
        );
        printed.json();
    }
    let rows = run(&["credentials", &log, "--affected", "--format", "jsonl"]).output();
    assert!(rows.lines().count() > 10);
    for row in rows.lines() {
        assert!(
            row.starts_with(r#"{"schema":"enterprise-credentials/credentials/v1","id":"#),
            "{row}"
        );
        validate(&serde_json::from_str(row).unwrap());
    }

    let known: BTreeSet<&str> = runs.iter().map(|arguments| arguments[0]).collect();
    let help = run(&["--help"]).output();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter_map(|line| line.split_whitespace().next());
    let has_documents = |name: &&str| *name != "help" && run(&[name, "--help"]).output().contains("--json");
    assert_eq!(names.filter(has_documents).collect::<BTreeSet<_>>(), known);
}

#[test]
fn every_event_and_every_command_of_the_wire_format_is_described() {
    let receipt = &SCHEMAS["enterprise-credentials/receipt/v1"];
    let part = |name: &str| {
        let mut schema = receipt["$defs"][name].clone();
        schema["$defs"] = receipt["$defs"].clone();
        validator(schema)
    };
    let (events, commands) = (part("RecordedEvent"), part("Command"));
    let page = std::fs::read_to_string(folder().join("../wire-format.md")).unwrap();
    let mut kinds = BTreeSet::new();
    let mut language = None;
    for line in page.lines() {
        match line.strip_prefix("```") {
            Some(opened) => language = Some(opened).filter(|opened| !opened.is_empty()),
            None => {
                let described = match language {
                    Some("jsonl") => &events,
                    Some("json") => &commands,
                    _ => continue,
                };
                let value: Value = serde_json::from_str(line).unwrap();
                fits(described, &value);
                kinds.insert(value["type"].as_str().unwrap().to_owned());
            }
        }
    }
    let described = ["Event", "Command"].map(|name| receipt["$defs"][name]["oneOf"].as_array().unwrap());
    let described = described.into_iter().flatten();
    let described = described.map(|choice| choice["properties"]["type"]["const"].as_str().unwrap().to_owned());
    assert_eq!(kinds, described.collect());
}

#[test]
fn a_document_that_is_otherwise_does_not_fit() {
    let printed = run_on(&revoked("managed_users", true), &["audit", "-", "--json"]).json();
    let fits = |change: &dyn Fn(&mut Value)| {
        let mut document = printed.clone();
        change(&mut document);
        VALIDATORS["enterprise-credentials/audit/v1"].is_valid(&document)
    };
    assert!(fits(&|_| {}));
    for (number, change) in [
        (|it| it["more"] = 1.into()) as fn(&mut Value),
        |it| it["revocations"][0]["more"] = 1.into(),
        |it| it["revocations"][0]["requested_by"]["more"] = 1.into(),
        |it| it["revocations"][0]["plan"]["not_covered"]["more"] = 1.into(),
        |it| it["position"] = (-1).into(),
        |it| it["kind"] = "managed".into(),
        |it| it["survivors"][0]["reason"] = "luck".into(),
        |it| it["last_at"] = "yesterday".into(),
        |it| it["chosen_by"] = Value::Null,
        |it| it["schema"] = "enterprise-credentials/audit/v2".into(),
        |it| drop(it.as_object_mut().unwrap().remove("slug")),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(!fits(&change), "change {number}");
    }
    assert!(
        fits(&|it| it["last_at"] = Value::Null),
        "what is always there may be null"
    );
}
