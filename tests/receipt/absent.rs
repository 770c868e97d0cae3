//! What a history does not hold, and what would be otherwise if it held it.

use std::collections::BTreeSet;

use enterprise_credentials::{
    Actor, Authority, CredentialType, Enterprise, Event, InstallationId, OrganizationId, PersonId, RecordedEvent,
    Timestamp,
};
use serde_json::Value;

/// What a request is limited to.
pub(crate) type Limit = (Option<OrganizationId>, Option<PersonId>, Option<CredentialType>);

/// Each single limit that a request could have had.
pub(crate) fn limits(history: &[RecordedEvent]) -> BTreeSet<Limit> {
    let types = CredentialType::ALL.map(|it| (None, None, Some(it)));
    let named = history.iter().filter_map(|recorded| match recorded.event {
        Event::MemberAdded { member, .. } => Some((None, Some(member), None)),
        Event::OrganizationAdded { organization, .. } => Some((Some(organization), None, None)),
        _ => None,
    });
    named.chain(types).collect()
}

/// The state after one more request, by an app; none where it does not fit.
pub(crate) fn with_request(
    before: &Enterprise,
    at: Timestamp,
    limit: Limit,
    revoke_credentials: bool,
) -> Option<Enterprise> {
    let (organization, person, credential_type) = limit;
    if organization.is_some() && revoke_credentials {
        return None;
    }
    let installation = InstallationId::new(1_000_000).expect("an id");
    let mut with = before.clone();
    let event = Event::RevocationRequested {
        requested_by: Actor::Installation { installation },
        authority: Authority::Installation,
        organization,
        person,
        credential_type,
        revoke_credentials,
        idempotency_key: None,
    };
    let recorded = RecordedEvent {
        position: before.position().next(),
        at: before.last_at().map_or(at, |last_at| last_at.max(at)),
        by: None,
        event,
    };
    with.apply(&recorded).is_ok().then_some(with)
}

/// Whether an event is one of those that an absence tells of, by the fields of both.
pub(crate) fn is_such(recorded: &RecordedEvent, absence: &Value) -> bool {
    let event = serde_json::to_value(recorded).expect("an event is JSON");
    let is_met = |(asked, of): (&str, &Value)| {
        let found = match asked {
            "event" => event.get("type"),
            "member" => event.get("member").or_else(|| event.get("person")),
            asked => event.get(asked),
        };
        let lower = |value: &Value| value.as_str().map(str::to_ascii_lowercase);
        asked == "after" || found == Some(of) || asked == "login" && found.and_then(lower) == lower(of)
    };
    let asked = absence.as_object().expect("an object");
    asked.iter().map(|(asked, of)| (asked.as_str(), of)).all(is_met)
}
