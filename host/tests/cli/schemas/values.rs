//! The values in documents. Words and limits are the core's own.

use std::borrow::Cow;

use enterprise_credentials::audit::SurvivalReason;
use enterprise_credentials::limits::{
    FINGERPRINT_LENGTH_MAX, ID_MAX, IDEMPOTENCY_KEY_LENGTH_MAX, LOGIN_LENGTH_MAX, SCOPE_LENGTH_MAX, SCOPES_MAX,
    SLUG_LENGTH_MAX,
};
use enterprise_credentials::outcomes::{AuthorizationStatus as PairStatus, CredentialStatus as Status};
use enterprise_credentials::{self as core, RevocationState};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

/// Declares values, each with what is said of it and its schema.
macro_rules! values {
    ($($name:ident: $says:literal, $schema:expr;)*) => {$(
        pub(super) struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                let mut schema: Schema = $schema;
                schema.insert("description".to_owned(), $says.into());
                schema
            }
        }
    )*};
}

values! {
    Id: "The id of a person, an organization, a credential, an installation or a revocation.",
        json_schema!({ "type": "integer", "minimum": 1, "maximum": ID_MAX });
    Position: "A place in the enterprise's stream, counted from 1; 0 is before the first event.",
        json_schema!({ "type": "integer", "minimum": 0, "maximum": ID_MAX });
    Count: "How many.", json_schema!({ "type": "integer", "minimum": 0 });
    Timestamp: "A time in UTC, to the millisecond.",
        json_schema!({ "type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$" });
    EnterpriseSlug: "The enterprise's name in URLs.",
        json_schema!({ "type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$", "maxLength": SLUG_LENGTH_MAX });
    Login: "The login of a person or an organization. Identity is the id.", visible_ascii(LOGIN_LENGTH_MAX);
    Fingerprint: "Of a token the base64 of its SHA-256; of an SSH key what `ssh-keygen -l` prints.",
        visible_ascii(FINGERPRINT_LENGTH_MAX);
    IdempotencyKey: "The caller's name for a request.", visible_ascii(IDEMPOTENCY_KEY_LENGTH_MAX);
    Scopes: "Scopes, or permissions of an app.", json_schema!({
        "type": "array", "maxItems": SCOPES_MAX, "items": visible_ascii(SCOPE_LENGTH_MAX)
    });
    EnterpriseKind: "The kind of an enterprise.", one_of(core::EnterpriseKind::ALL.map(|it| it.as_str()));
    Role: "A person's role in the enterprise.", one_of(core::Role::ALL.map(|it| it.as_str()));
    Permission: "What a person may be given.", one_of(core::Permission::ALL.map(|it| it.as_str()));
    CredentialKind: "The kind of a credential.", one_of(core::CredentialKind::ALL.map(|it| it.as_str()));
    CredentialType: "The type of credential that a request may be limited to.",
        one_of(core::CredentialType::ALL.map(|it| it.as_str()));
    Authority: "By what a request to revoke was allowed.", one_of(core::Authority::ALL.map(|it| it.as_str()));
    Rule: "A rule, by its id in docs/rules.md.", one_of(core::Rule::ALL.iter().map(|it| it.id()));
    State: "How far a revocation is.", one_of(
        [RevocationState::Queued, RevocationState::Running, RevocationState::Completed].map(RevocationState::as_str)
    );
    Reason: "Why something is alive after a revocation.", one_of([
        SurvivalReason::OwnerWasCollaborator,
        SurvivalReason::DestructionNotRequested,
        SurvivalReason::KindIsNotDestroyed,
        SurvivalReason::IssuedAfterTheCut,
        SurvivalReason::AuthorizedAfterTheCut,
        SurvivalReason::AuthorizedAgain,
    ].map(SurvivalReason::as_str));
    CredentialStatus: "What a credential is.", one_of(Status::ALL.map(Status::as_str));
    AuthorizationStatus: "What an authorization is.", one_of(PairStatus::ALL.map(PairStatus::as_str));
}

fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> Schema {
    json_schema!({ "type": "string", "enum": words.into_iter().collect::<Vec<_>>() })
}

fn visible_ascii(length_max: usize) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[!-~]+$", "maxLength": length_max })
}

/// What is always there, and may be null. An [`Option`] is a field that may be absent, and is never null.
pub(super) struct Nullable<T>(T);

impl<T: JsonSchema> JsonSchema for Nullable<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Nullable{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [generator.subschema_for::<T>(), { "type": "null" }] })
    }
}
