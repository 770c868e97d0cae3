//! docs/openapi.json: the operations as every client of HTTP can read them. It is made of the core's table of
//! operations and its catalogue of rules, and each answer in these tests is held to it.
//! `UPDATE_DOCS=1 cargo test -p enterprise-credentials-host --test oracle openapi` writes it.

mod bodies;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use enterprise_credentials::Rule;
use enterprise_credentials::limits::{BODY_BYTES_MAX, IDEMPOTENCY_KEY_LENGTH_MAX};
use enterprise_credentials::rest::{API_VERSION_DEFAULT, API_VERSIONS, Operation, Place};
use serde_json::{Map, Value, json};

use super::common::http::Answer;

/// Up to here in the catalogue's order of precedence a request is judged by its head alone.
const PRECEDENCE_OF_HEAD: u8 = 9;

static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

fn document() -> Value {
    let mut paths = Map::new();
    for operation in Operation::ALL {
        add(
            &mut paths,
            &operation.path(),
            operation.method(),
            of_operation(operation),
        );
    }
    for place in [Place::Enterprise, Place::Organization] {
        add(&mut paths, &place.progress_path(), "GET", of_progress(place));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Revoke the credentials of an enterprise",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Every request needs a header `User-Agent`. If a request has several faults, the answer \
                names the first in the order of docs/rules.md.",
        },
        "servers": [{"url": "http://127.0.0.1:8080"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "headers": headers(),
            "parameters": parameters(),
            "responses": refusals(),
            "schemas": bodies::schemas(),
        },
    })
}

fn add(paths: &mut Map<String, Value>, path: &str, method: &str, operation: Value) {
    paths.entry(path).or_insert_with(|| json!({}))[method.to_lowercase()] = operation;
}

fn of_operation(operation: Operation) -> Value {
    let path = operation.path();
    let names: &[&str] = match operation {
        Operation::List => &["ApiVersion", "PerPage", "Page", "Login"],
        _ if operation.is_revocation() => &["ApiVersion", "IdempotencyKey"],
        _ => &["ApiVersion"],
    };
    let done = match operation {
        Operation::List => (
            "200",
            json!({
                "description": "The authorizations that are live and not pending, in the order of their grant.",
                "headers": with_headers(&["Link"]),
                "content": bodies::list("Authorization"),
            }),
        ),
        Operation::Remove => (
            "204",
            json!({"description": "It is removed.", "headers": with_headers(&[])}),
        ),
        _ => (
            "202",
            json!({
                "description": "The revocation is queued, and effective.",
                "headers": with_headers(&["Location", "X-Ignored-Body-Keys"]),
                "content": bodies::content("Accepted"),
            }),
        ),
    };
    let mut described = json!({
        "operationId": format!("{operation:?}"),
        "externalDocs": {"url": operation.documentation_url()},
        "parameters": references(&path, names),
        "responses": responses(done, operation.is_revocation()),
    });
    if operation.is_revocation() {
        described["requestBody"] = json!({
            "required": operation.names_type(),
            "description": format!("At most {BODY_BYTES_MAX} bytes. Other keys are ignored."),
            "content": match (operation.names_type(), operation.place()) {
                (false, Place::Enterprise) => bodies::content("Options"),
                (false, Place::Organization) => bodies::content("OptionsAtOrganization"),
                (true, Place::Enterprise) => bodies::content("TypeAndOptions"),
                (true, Place::Organization) => bodies::content("TypeAtOrganization"),
            },
        });
    }
    described
}

fn of_progress(place: Place) -> Value {
    let operation = match place {
        Place::Enterprise => "Progress",
        Place::Organization => "OrganizationProgress",
    };
    let done = (
        "200",
        json!({
            "description": "How far the revocation is.",
            "headers": with_headers(&[]),
            "content": bodies::content("Progress"),
        }),
    );
    json!({
        "operationId": operation,
        "parameters": references(&place.progress_path(), &["ApiVersion"]),
        "responses": responses(done, false),
    })
}

/// The parameters of a path, and others by name.
fn references(path: &str, names: &[&str]) -> Vec<Value> {
    let in_path = path
        .split('/')
        .filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let all = in_path.chain(names.iter().copied());
    all.map(|name| json!({"$ref": format!("#/components/parameters/{name}")}))
        .collect()
}

/// What is answered: this if it is done, else what a rule or the host says.
fn responses((status, done): (&str, Value), has_body: bool) -> Value {
    let refusals = statuses(has_body).into_iter();
    let mut all: Map<String, Value> = refusals
        .map(|status| {
            (
                status.to_string(),
                json!({"$ref": format!("#/components/responses/{status}")}),
            )
        })
        .collect();
    all.insert(status.to_owned(), done);
    Value::Object(all)
}

fn statuses(has_body: bool) -> BTreeSet<u16> {
    let rules = Rule::ALL.iter().filter_map(|rule| rule.http());
    let rules = rules.filter(|http| has_body || http.precedence <= PRECEDENCE_OF_HEAD);
    let by_host: &[u16] = if has_body {
        &[408, 429, 500, 503]
    } else {
        &[429, 500, 503]
    };
    rules.map(|http| http.status).chain(by_host.iter().copied()).collect()
}

fn refusals() -> Value {
    let described = statuses(true).into_iter().map(|status| {
        let description = match status {
            400 => "An API version that is none, or a body that is no JSON object.",
            401 => "The token does not authenticate.",
            403 => "The caller may not do this, or names no user agent.",
            404 => "It is not here, or the caller may not know that it is.",
            408 => "The body did not arrive in time.",
            413 => "The body is too long.",
            422 => "An option or a key that cannot be, or a target that is none.",
            429 => "Too much is unfinished, or too many requests did not authenticate.",
            500 => "A fault of the host's own.",
            503 => "The history cannot be read or written now. Ask again.",
            other => panic!("say what {other} means"),
        };
        let headers = with_headers(&["Retry-After"]);
        let content = bodies::content("Problem");
        (
            status.to_string(),
            json!({"description": description, "headers": headers, "content": content}),
        )
    });
    Value::Object(described.collect())
}

fn with_headers(names: &[&str]) -> Value {
    let all = ["X-GitHub-Request-Id", "X-GitHub-Media-Type"].iter().chain(names);
    let all = all.map(|name| {
        (
            (*name).to_owned(),
            json!({"$ref": format!("#/components/headers/{name}")}),
        )
    });
    Value::Object(all.collect())
}

fn headers() -> Value {
    let text = |description: &str, required: bool| {
        let schema = json!({"type": "string"});
        json!({"description": description, "required": required, "schema": schema})
    };
    json!({
        "X-GitHub-Request-Id": text("The id of the request, which the host's log has too.", true),
        "X-GitHub-Media-Type": text("The form of the body.", true),
        "Location": text("Where the progress of the revocation is.", true),
        "X-Ignored-Body-Keys": text("Keys of the body that look like an option and were not read.", false),
        "Link": text("Where the other pages are.", false),
        "Retry-After": text("After how many seconds to ask again.", false),
    })
}

fn parameters() -> Value {
    let named = |name: &str, place: &str, description: &str, schema: Value| {
        json!({
            "name": name, "in": place, "required": place == "path", "description": description, "schema": schema,
        })
    };
    let name = json!({"type": "string", "minLength": 1});
    let number = json!({"type": "integer", "minimum": 1});
    let key = json!({"type": "string", "pattern": format!("^[!-~]{{1,{IDEMPOTENCY_KEY_LENGTH_MAX}}}$")});
    let version = json!({"type": "string", "enum": API_VERSIONS, "default": API_VERSION_DEFAULT});
    json!({
        "enterprise": named("enterprise", "path", "The slug of the token's enterprise.", name.clone()),
        "org": named("org", "path", "The login of one of its organizations.", name.clone()),
        "username": named("username", "path", "The login of one of its people.", name.clone()),
        "credential_id": named("credential_id", "path", "The id under which the list has it.", bodies::id()),
        "id": named("id", "path", "The id of a revocation, as in `Location`.", bodies::id()),
        "ApiVersion": named("X-GitHub-Api-Version", "header", "The version that is asked for.", version),
        "IdempotencyKey": named("Idempotency-Key", "header", "For 24 hours it makes a repetition none.", key),
        "PerPage": named("per_page", "query", "How many a page has: at most 100.", number.clone()),
        "Page": named("page", "query", "Which page, from 1 on.", number),
        "Login": named("login", "query", "Of whom alone.", json!({"type": "string"})),
    })
}

/// Holds an answer to what the document says of its request. `path` begins with `enterprises` or `orgs`.
pub(super) fn check(method: &str, path: &str, answer: &Answer) {
    let document = &*DOCUMENT;
    let path = path.split('?').next().unwrap();
    let fits = |pattern: &str| {
        let (pattern, path) = (pattern.trim_start_matches('/').split('/'), path.split('/'));
        pattern.clone().count() == path.clone().count()
            && pattern
                .zip(path)
                .all(|(pattern, name)| pattern.starts_with('{') || pattern == name)
    };
    let paths = document["paths"].as_object().unwrap();
    let mut operations = paths.iter().filter(|(pattern, _)| fits(pattern));
    let described = operations.find_map(|(_, methods)| methods.get(method.to_lowercase()));
    let described = described.unwrap_or_else(|| panic!("{method} {path} is not described"));
    let described = resolved(&described["responses"][answer.status.to_string()]);
    assert!(described.is_object(), "{method} {path}: {answer:?}");
    for (name, header) in described["headers"].as_object().unwrap() {
        let is_missing = resolved(header)["required"] == true && answer.header(name).is_none();
        assert!(!is_missing, "{method} {path} has no {name}: {answer:?}");
    }
    let Some(content) = described.get("content") else {
        assert_eq!(answer.body, "");
        return;
    };
    let mut schema = content["application/json"]["schema"].clone();
    schema["components"] = document["components"].clone();
    let (body, validator) = (answer.json(), jsonschema::draft202012::new(&schema).unwrap());
    let errors: Vec<_> = validator.iter_errors(&body).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{method} {path}: {answer:?}: {errors:?}");
}

/// A part of the document, or the one that it refers to.
fn resolved(part: &Value) -> &Value {
    match part["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => part,
    }
}

#[test]
fn the_document_is_that_of_the_operations() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let text = serde_json::to_string_pretty(&*DOCUMENT).unwrap() + "\n";
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == text,
        "docs/openapi.json is stale: \
         run `UPDATE_DOCS=1 cargo test -p enterprise-credentials-host --test oracle openapi`"
    );
}
