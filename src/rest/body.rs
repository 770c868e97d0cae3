//! The request's body: nothing, or a JSON object with one optional key.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::limits::BODY_BYTES_MAX;
use crate::rest::fault::Fault;

/// Whether the body asks for `revoke_credentials`. The whole of it is judged, in the catalogue's order: its length, then
/// its JSON, then the option. Other keys, and how deep they nest, do not matter.
pub(super) fn revoke_credentials(body: &[u8]) -> Result<bool, Fault> {
    if body.is_empty() {
        return Ok(false);
    }
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
    check_option_once(text)?;
    // Rule::RevokeCredentialsBoolean
    let options: Options = serde_json::from_str(text).map_err(|_| Fault::OptionNotBoolean)?;
    Ok(options.revoke_credentials)
}

#[derive(Deserialize)]
struct Options {
    #[serde(default)]
    revoke_credentials: bool,
}

/// Reads the keys alone, since two options of a wrong type are a repetition first.
///
/// [`Rule::RevokeCredentialsOnce`](crate::Rule::RevokeCredentialsOnce)
fn check_option_once(text: &str) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Keys {
        #[serde(default, rename = "revoke_credentials")]
        _revoke_credentials: IgnoredAny,
    }

    // With every value ignored, the one complaint about data that is left is a repeated key.
    match serde_json::from_str::<Keys>(text) {
        Ok(_) => Ok(()),
        Err(error) if error.is_data() => Err(Fault::OptionRepeated),
        Err(_) => Err(Fault::BodyNotJson),
    }
}
