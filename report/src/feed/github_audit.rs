//! The provider's audit log: its field names, and its actions where it documents one.

use enterprise_credentials::{Actor, CredentialKind, Event, PersonId};
use serde_json::{Map, Value};

use super::facts::Facts;

/// Begins the name of each action that the provider documents none for, and names the object of our own fields.
const OURS: &str = "enterprise_credentials";

pub(super) fn object(facts: &Facts<'_>) -> Value {
    let milliseconds = facts.at().milliseconds();
    let mut object = Map::new();
    let mut put = |name: &str, value: Option<Value>| object.extend(value.map(|value| (name.to_owned(), value)));
    put("@timestamp", Some(milliseconds.into()));
    put("created_at", Some(milliseconds.into()));
    put("_document_id", Some(facts.document_id().into()));
    put("action", Some(action(facts).into()));
    put("business", Some(facts.slug.into()));
    put("actor", facts.actor_login.map(Value::from));
    put("actor_id", actor_id(facts).map(|person| person.value().into()));
    put("org", facts.organization_login.map(Value::from));
    put("user", facts.login.map(Value::from));
    put("hashed_token", facts.actor_fingerprint.map(Value::from));
    put("managed_hashed_token", facts.fingerprint.map(Value::from));
    put(
        "managed_token_id",
        facts.credential.map(|credential| credential.value().into()),
    );
    put(OURS, Some(facts.own_fields()));
    object.into()
}

fn actor_id(facts: &Facts<'_>) -> Option<PersonId> {
    match facts.actor? {
        Actor::Person { person, .. } => Some(person),
        Actor::Installation { .. } => None,
    }
}

fn action(facts: &Facts<'_>) -> String {
    let documented = match (&facts.recorded.event, facts.kind) {
        (Event::AuthorizationRevoked { .. }, Some(CredentialKind::FineGrainedPat)) => {
            "personal_access_token.access_revoked"
        }
        // Whoever ends the authorization of a credential of their own.
        (Event::AuthorizationRevoked { revocation: None, .. }, _)
            if actor_id(facts).is_some_and(|it| facts.person == Some(it)) =>
        {
            "org_credential_authorization.deauthorize"
        }
        (Event::AuthorizationRevoked { .. }, _) => "org_credential_authorization.revoke",
        (Event::CredentialDestroyed { .. }, Some(CredentialKind::ClassicPat)) => "oauth_access.destroy",
        (Event::CredentialDestroyed { .. }, Some(CredentialKind::FineGrainedPat)) => "personal_access_token.destroy",
        (Event::CredentialDestroyed { .. }, Some(CredentialKind::SshKey)) => {
            return format!("{OURS}.ssh_key_destroyed");
        }
        (event, _) => return format!("{OURS}.{}", snake_case(event.name())),
    };
    documented.to_owned()
}

/// `RevokeAllRequested` as `revoke_all_requested`.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
