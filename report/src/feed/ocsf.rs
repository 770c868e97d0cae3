//! OCSF 1.8.0: API Activity (6003) for a request to revoke, Entity Management (3004) for all else.

use enterprise_credentials::{Actor, Event};
use serde_json::{Map, Value, json};

use super::PRODUCT;
use super::facts::{Activity, Facts};

/// The version of the schema.
const VERSION: &str = "1.8.0";

/// A class of events and its category.
struct Class {
    uid: u32,
    name: &'static str,
    category: (u32, &'static str),
}

const ENTITY_MANAGEMENT: Class = Class {
    uid: 3004,
    name: "Entity Management",
    category: (3, "Identity & Access Management"),
};

const API_ACTIVITY: Class = Class {
    uid: 6003,
    name: "API Activity",
    category: (6, "Application Activity"),
};

pub(super) fn object(facts: &Facts<'_>) -> Value {
    let (activity_id, activity_name) = activity(facts.activity);
    let is_request = facts.activity == Activity::Request;
    let class = if is_request { API_ACTIVITY } else { ENTITY_MANAGEMENT };
    let (category_uid, category_name) = class.category;
    let (severity_id, severity) = if is_request { (4, "High") } else { (1, "Informational") };
    let mut object = json!({
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_name": category_name,
        "category_uid": category_uid,
        "class_name": class.name,
        "class_uid": class.uid,
        "message": facts.sentence(),
        "metadata": metadata(facts),
        "severity": severity,
        "severity_id": severity_id,
        "status": "Success",
        "status_id": 1,
        "time": facts.at().milliseconds(),
        "type_name": format!("{}: {activity_name}", class.name),
        "type_uid": class.uid * 100 + activity_id,
        "unmapped": facts.own_fields(),
    });
    if let Some(object) = object.as_object_mut() {
        let mut put = |name: &str, value: Option<Value>| object.extend(value.map(|value| (name.to_owned(), value)));
        if is_request {
            put("api", Some(json!({"operation": operation(&facts.recorded.event)})));
            // The class asks for it, and a log does not know it.
            put("src_endpoint", Some(json!({"name": "unknown"})));
        } else {
            put("entity", Some(entity(facts)));
        }
        put("actor", facts.actor.map(|actor| in_schema(actor, facts)));
    }
    object
}

fn metadata(facts: &Facts<'_>) -> Value {
    let mut metadata = json!({
        "log_name": facts.slug,
        "product": {"name": PRODUCT, "vendor_name": PRODUCT},
        "sequence": facts.recorded.position.value(),
        "uid": facts.document_id(),
        "version": VERSION,
    });
    if let (Some(metadata), Some(revocation)) = (metadata.as_object_mut(), facts.revocation) {
        let correlation = format!("{}:{revocation}", facts.slug);
        metadata.insert("correlation_uid".to_owned(), correlation.into());
    }
    metadata
}

fn in_schema(actor: Actor, facts: &Facts<'_>) -> Value {
    match actor {
        Actor::Person { person, credential } => {
            let mut user = Map::new();
            user.insert("uid".to_owned(), person.to_string().into());
            user.extend(facts.actor_login.map(|login| ("name".to_owned(), login.into())));
            let credential = credential.map(|credential| credential.to_string());
            user.extend(credential.map(|credential| ("credential_uid".to_owned(), credential.into())));
            json!({"user": user})
        }
        Actor::Installation { installation } => json!({"app_uid": installation.to_string()}),
    }
}

fn entity(facts: &Facts<'_>) -> Value {
    let mut data = Map::new();
    let mut put = |name: &str, value: Option<Value>| data.extend(value.map(|value| (name.to_owned(), value)));
    put("organization", facts.organization_login.map(Value::from));
    put("owner", facts.credential.and(facts.login).map(Value::from));
    put("credential_type", facts.kind.map(|kind| kind.as_str().into()));
    put("fingerprint", facts.fingerprint.map(Value::from));
    let mut entity = json!({"type": facts.entity.as_str(), "uid": facts.entity_id()});
    let name = match facts.credential {
        Some(_) => None,
        None => facts.login.or(facts.organization_login),
    };
    if let Some(entity) = entity.as_object_mut() {
        entity.extend(name.map(|name| ("name".to_owned(), name.into())));
        if !data.is_empty() {
            entity.insert("data".to_owned(), data.into());
        }
    }
    entity
}

const fn activity(activity: Activity) -> (u32, &'static str) {
    match activity {
        Activity::Create => (1, "Create"),
        Activity::Update => (3, "Update"),
        Activity::Delete => (4, "Delete"),
        Activity::Request => (99, "Other"),
    }
}

const fn operation(event: &Event) -> &'static str {
    match event {
        Event::RevokeAllRequested { .. } => "revoke-all",
        _ => "revoke",
    }
}
