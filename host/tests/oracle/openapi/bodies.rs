//! The bodies of requests and answers. Their words and limits are the core's own.

use enterprise_credentials::limits::ID_MAX;
use enterprise_credentials::{CredentialType, RevocationState};
use serde_json::{Value, json};

/// The content of a body of this schema.
pub(super) fn content(name: &str) -> Value {
    of_schema(&reference(name))
}

/// The content of a body that is a list of them.
pub(super) fn list(name: &str) -> Value {
    of_schema(&json!({"type": "array", "items": reference(name)}))
}

fn of_schema(schema: &Value) -> Value {
    json!({"application/json": {"schema": schema}})
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The id of anything.
pub(super) fn id() -> Value {
    json!({"type": "integer", "minimum": 1, "maximum": ID_MAX})
}

pub(super) fn schemas() -> Value {
    let time = || json!({"type": "string", "format": "date-time"});
    let text = || json!({"type": "string"});
    let count = || json!({"type": "integer", "minimum": 0});
    let credential_type = || json!({"type": "string", "enum": CredentialType::ALL.map(CredentialType::as_str)});
    let destroys = json!({
        "type": "boolean", "default": false,
        "description": "Whether tokens and keys are destroyed too: for enterprises of managed users.",
    });
    let destroys_nothing = json!({
        "type": "boolean", "default": false, "const": false, "description": "An organization destroys nothing.",
    });
    let states = [
        RevocationState::Queued,
        RevocationState::Running,
        RevocationState::Completed,
    ];
    let listed = [
        "personal access token",
        "SSH key",
        "OAuth app token",
        "GitHub app token",
    ];
    let or_null = |schema: Value| json!({"anyOf": [schema, {"type": "null"}]});
    json!({
        "Options": asked(&json!({"revoke_credentials": destroys}), &[]),
        "OptionsAtOrganization": asked(&json!({"revoke_credentials": destroys_nothing}), &[]),
        "TypeAndOptions": asked(
            &json!({"credential_type": credential_type(), "revoke_credentials": destroys}), &["credential_type"],
        ),
        "TypeAtOrganization": asked(
            &json!({"credential_type": credential_type(), "revoke_credentials": destroys_nothing}),
            &["credential_type"],
        ),
        "Accepted": answered(&json!({"message": text(), "warning": text()}), &["warning"]),
        "Problem": answered(&json!({"message": text(), "documentation_url": text(), "status": text()}), &[]),
        "Progress": answered(&json!({
            "id": id(),
            "state": {"type": "string", "enum": states.map(RevocationState::as_str)},
            "requested_at": time(),
            "organization": id(),
            "person": id(),
            "credential_type": credential_type(),
            "revoke_credentials": {"type": "boolean"},
            "authorizations_revoked": count(),
            "credentials_destroyed": count(),
            "behind": id(),
            "completed_at": time(),
        }), &["organization", "person", "credential_type", "behind", "completed_at"]),
        "Authorization": answered(&json!({
            "login": text(),
            "credential_id": id(),
            "credential_type": {"type": "string", "enum": listed},
            "credential_authorized_at": or_null(time()),
            "scopes": {"type": "array", "items": text()},
            "fingerprint": text(),
            "authorized_credential_id": id(),
            "authorized_credential_expires_at": or_null(time()),
        }), &["scopes", "fingerprint"]),
    })
}

/// What a request asks: other keys are ignored.
fn asked(properties: &Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required})
}

/// What an answer holds: all of it but for what is optional, and nothing else.
fn answered(properties: &Value, optional: &[&str]) -> Value {
    let names = properties.as_object().unwrap().keys();
    let required: Vec<_> = names.filter(|name| !optional.contains(&name.as_str())).collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
