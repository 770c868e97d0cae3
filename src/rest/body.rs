//! The request's body: nothing, or a JSON object with the operation's own keys.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::credential::CredentialType;
use crate::limits::BODY_BYTES_MAX;
use crate::rest::fault::Fault;
use crate::rest::operation::Operation;

/// What a body asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Options {
    /// Nothing where the operation names none.
    pub(super) credential_type: Option<CredentialType>,
    pub(super) revoke_credentials: bool,
}

/// What the body asks of an operation. The whole of it is judged, in the catalogue's order: its length, then its JSON,
/// then the options. Other keys, and how deep they nest, do not matter.
pub(super) fn options(operation: Operation, body: &[u8]) -> Result<Options, Fault> {
    // A body of zero bytes is none, and names no type.
    let text = if body.is_empty() { "{}" } else { object(body)? };
    check_options_once(operation, text)?;
    // Rule::CredentialTypeNamed
    let credential_type = if operation.names_type() {
        let named: Named = serde_json::from_str(text).map_err(|_| Fault::TypeNotNamed)?;
        Some(named.credential_type)
    } else {
        None
    };
    // Rule::RevokeCredentialsBoolean
    let destruction: Destruction = serde_json::from_str(text).map_err(|_| Fault::OptionNotBoolean)?;
    Ok(Options {
        credential_type,
        revoke_credentials: destruction.revoke_credentials,
    })
}

/// The text of a body that is a JSON object.
fn object(body: &[u8]) -> Result<&str, Fault> {
    // Rule::BodyWithinLimit
    if body.len() > BODY_BYTES_MAX {
        return Err(Fault::BodyTooLarge);
    }
    // Rule::BodyIsJson
    let text = core::str::from_utf8(body).map_err(|_| Fault::BodyNotJson)?;
    serde_json::from_str::<IgnoredAny>(text).map_err(|_| Fault::BodyNotJson)?;
    // Rule::BodyIsObject
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Fault::BodyNotObject);
    }
    Ok(text)
}

#[derive(Deserialize)]
struct Named {
    credential_type: CredentialType,
}

#[derive(Deserialize)]
struct Destruction {
    #[serde(default)]
    revoke_credentials: bool,
}

/// Reads the keys alone, since two options of a wrong type are a repetition first.
///
/// [`Rule::RevokeCredentialsOnce`](crate::Rule::RevokeCredentialsOnce)
fn check_options_once(operation: Operation, text: &str) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct DestructionKey {
        #[serde(default, rename = "revoke_credentials")]
        _revoke_credentials: IgnoredAny,
    }
    #[derive(Deserialize)]
    struct TypeKey {
        #[serde(default, rename = "credential_type")]
        _credential_type: IgnoredAny,
    }

    let mut read = serde_json::from_str::<DestructionKey>(text).map(drop);
    if operation.names_type() {
        read = read.and_then(|()| serde_json::from_str::<TypeKey>(text).map(drop));
    }
    // With every value ignored, the one complaint about data that is left is a repeated key.
    match read {
        Ok(()) => Ok(()),
        Err(error) if error.is_data() => Err(Fault::OptionRepeated),
        Err(_) => Err(Fault::BodyNotJson),
    }
}
