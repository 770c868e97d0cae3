//! Commands as JSON. They are read strictly, so that a misspelt option is never a request without it.

use alloc::vec::Vec;

use serde::de::{Deserializer, Error};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::command::{Command, Revoke, RevokeAll};
use crate::json::{self, Field, FromFields, from_fields, serialize_optional};

macro_rules! write_field {
    ($object:ident, $field:ident, optional) => {
        serialize_optional($object, stringify!($field), $field.as_ref())?
    };
    ($object:ident, $field:ident, $taken:ident) => {
        $object.serialize_entry(stringify!($field), $field)?
    };
}

/// Declares the commands in the order in which errors list them, and what each is made of: a request, or its fields.
macro_rules! commands {
    ($($command:ident $(($request:ident))? $({ $($field:ident: $taken:ident),* $(,)? })?)*) => {
        impl FromFields for Command {
            const EXPECTED: &'static str = "a command, which is an object";
            const TYPES: &'static [&'static str] = &[$(stringify!($command)),*];

            fn from_fields<E: Error>(tag: &'static str, fields: Vec<Field<'_>>) -> Result<Self, E> {
                match tag {
                    $(stringify!($command) => {
                        $($request::from_fields(tag, fields).map(Self::$command))?
                        $(from_fields!(fields, Self::$command { $($field: $taken),* }))?
                    })*
                    _ => Err(E::unknown_variant(tag, Self::TYPES)),
                }
            }
        }

        impl Command {
            fn serialize_fields<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
                match self {
                    $(
                        $(Self::$command(request) => {
                            object.serialize_entry("type", stringify!($command))?;
                            let request: &$request = request;
                            request.serialize_fields(object)
                        })?
                        $(Self::$command { $($field),* } => {
                            object.serialize_entry("type", stringify!($command))?;
                            $(write_field!(object, $field, $taken);)*
                            Ok(())
                        })?
                    )*
                }
            }
        }
    };
}

commands! {
    CreateEnterprise { slug: required, kind: required }
    AddOrganization { organization: required, login: required }
    RemoveOrganization { organization: required }
    AddMember { member: required, login: required, role: required }
    ChangeMemberRole { member: required, role: required }
    RemoveMember { member: required }
    GrantPermission { member: required, permission: required }
    WithdrawPermission { member: required, permission: required }
    AddOrganizationOwner { organization: required, member: required }
    RemoveOrganizationOwner { organization: required, member: required }
    IssueCredential {
        credential: required,
        owner: required,
        kind: required,
        scopes: or_default,
        expires_at: optional,
        fingerprint: optional,
    }
    AuthorizeCredential { credential: required, organization: required }
    RevokeAuthorization { credential: required, organization: required }
    DestroyCredential { credential: required }
    RevokeAll(RevokeAll)
    Revoke(Revoke)
    ContinueRevocation { revocation: required, limit: required }
}

/// Declares requests by their fields.
macro_rules! requests {
    ($($request:ident, $expected:literal { $($field:ident: $taken:ident),* $(,)? })*) => {$(
        impl FromFields for $request {
            const EXPECTED: &'static str = $expected;

            fn from_fields<E: Error>(_: &'static str, fields: Vec<Field<'_>>) -> Result<Self, E> {
                from_fields!(fields, Self { $($field: $taken),* })
            }
        }

        impl $request {
            fn serialize_fields<M: SerializeMap>(&self, object: &mut M) -> Result<(), M::Error> {
                let Self { $($field),* } = self;
                $(write_field!(object, $field, $taken);)*
                Ok(())
            }
        }
    )*};
}

requests! {
    RevokeAll, "a request to revoke everything, which is an object" {
        caller: required,
        revoke_credentials: or_default,
        idempotency_key: optional,
    }
    Revoke, "a request to revoke, which is an object" {
        caller: required,
        organization: optional,
        person: optional,
        credential_type: optional,
        revoke_credentials: or_default,
        idempotency_key: optional,
    }
}

/// Declares what is an object of its own in JSON.
macro_rules! objects {
    ($($object:ident),*) => {$(
        impl Serialize for $object {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut object = serializer.serialize_map(None)?;
                self.serialize_fields(&mut object)?;
                object.end()
            }
        }

        impl<'de> Deserialize<'de> for $object {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                json::read(deserializer)
            }
        }
    )*};
}

objects!(Command, RevokeAll, Revoke);

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use crate::command::Command;

    #[test]
    fn a_command_is_read_whatever_the_order_of_its_fields() {
        let type_last = r#"{"log\u0069n":"mona","role":"owner","member":7,"type":"AddMember"}"#;
        let command: Command = serde_json::from_str(type_last).unwrap();
        let written = r#"{"type":"AddMember","member":7,"login":"mona","role":"owner"}"#;
        assert_eq!(serde_json::to_string(&command).unwrap(), written);
        let value = serde_json::to_value(&command).unwrap();
        assert_eq!(serde_json::from_value::<Command>(value).unwrap(), command);
    }

    #[test]
    fn of_several_faults_the_first_is_told() {
        for (json, told) in [
            (r#"{"member":1}"#, "missing field `type` at line 1 column 12"),
            (
                r#"{"type":"RevokeAll","type":"RevokeAll"}"#,
                "duplicate field `type` at line 1 column 26",
            ),
            (
                r#"{"type":5}"#,
                "invalid type: integer `5`, expected variant identifier at line 1 column 9",
            ),
            (
                r#"{"type":"AddMember","login":5,"member":0,"nope":1}"#,
                "invalid type: integer `5`, expected a string at line 1 column 50",
            ),
            (
                r#"{"type":"AddMember","nope":1,"login":5}"#,
                "unknown field `nope`, expected one of `member`, `login`, `role` at line 1 column 39",
            ),
            (
                r#"{"type":"AddMember","member":1,"member":2}"#,
                "duplicate field `member` at line 1 column 42",
            ),
            (
                r#"{"type":"AddMember","role":"owner"}"#,
                "missing field `member` at line 1 column 35",
            ),
            (
                r#"{"type":"RevokeAll","caller":{"person":7,"nope":1}}"#,
                "unknown field `nope`, expected one of `person`, `credential`, `installation`, `organization`, \
                 `permissions` at line 1 column 51",
            ),
            (
                r#"{"type":"RevokeAll","caller":{},"revoke_credentials":null}"#,
                "invalid type: null, expected a boolean at line 1 column 58",
            ),
            (
                r#"{"type":"IssueCredential","credential":1,"owner":1,"kind":"ssh_key","scopes":{}}"#,
                "invalid type: map, expected a sequence at line 1 column 80",
            ),
            (
                r#"{"type":"ContinueRevocation","revocation":-1,"limit":0}"#,
                "invalid value: integer `-1`, expected u64 at line 1 column 55",
            ),
            (
                r#"{"type":"ContinueRevocation","revocation":1,"limit":1.5}"#,
                "invalid type: floating point `1.5`, expected a nonzero u32 at line 1 column 56",
            ),
        ] {
            let error = serde_json::from_str::<Command>(json).unwrap_err();
            assert_eq!(error.to_string(), told, "{json}");
        }
    }
}
