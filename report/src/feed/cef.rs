//! Common Event Format, version 0: a head of seven fields, and an extension of keys and values.

use core::fmt::{Display, Write};

use enterprise_credentials::Actor;

use super::PRODUCT;
use super::facts::{Activity, Facts};

/// The version of what we put into the format: another meaning of a key is another version.
const DEVICE_VERSION: u32 = 1;

pub(super) fn line(facts: &Facts<'_>) -> String {
    let name = facts.recorded.event.name();
    let severity = if facts.activity == Activity::Request { 8 } else { 3 };
    let mut line = format!(
        "CEF:0|{PRODUCT}|{PRODUCT}|{DEVICE_VERSION}|{name}|{}|{severity}|",
        in_head(&facts.sentence())
    );
    put(&mut line, "rt", Some(facts.at().milliseconds()));
    put(&mut line, "externalId", Some(facts.document_id()));
    put(&mut line, "act", Some(name));
    put(&mut line, "outcome", Some("success"));
    match facts.actor {
        Some(Actor::Person { person, .. }) => {
            put(&mut line, "suid", Some(person));
            put(&mut line, "suser", facts.actor_login);
        }
        Some(Actor::Installation { installation }) => {
            put(
                &mut line,
                "sourceServiceName",
                Some(format!("installation {installation}")),
            );
        }
        None => {}
    }
    put(&mut line, "duid", facts.person);
    put(&mut line, "duser", facts.login);
    labelled(&mut line, "cn1", "credential", facts.credential);
    labelled(&mut line, "cn2", "revocation", facts.revocation);
    labelled(&mut line, "cn3", "organization", facts.organization);
    labelled(&mut line, "cs1", "enterprise", Some(facts.slug));
    labelled(&mut line, "cs2", "organization login", facts.organization_login);
    labelled(&mut line, "cs3", "credential type", facts.kind);
    labelled(&mut line, "cs4", "credential fingerprint", facts.fingerprint);
    labelled(&mut line, "cs5", "caller's fingerprint", facts.actor_fingerprint);
    line
}

fn labelled(line: &mut String, key: &str, label: &str, value: Option<impl Display>) {
    if value.is_some() {
        put(line, key, value);
        put(line, &format!("{key}Label"), Some(label));
    }
}

fn put(line: &mut String, key: &str, value: Option<impl Display>) {
    let Some(value) = value else { return };
    let separator = if line.ends_with('|') { "" } else { " " };
    let value = value.to_string().replace('\\', r"\\").replace('=', r"\=");
    // Writing to a text does not fail.
    let _ = write!(line, "{separator}{key}={value}");
}

fn in_head(text: &str) -> String {
    text.replace('\\', r"\\").replace('|', r"\|")
}
