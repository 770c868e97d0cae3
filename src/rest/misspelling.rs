//! Keys of a body that look like an option, and are not read.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::rest::operation::Operation;

/// The options, as letters alone.
const OPTIONS: [&[u8]; 2] = [b"revokecredentials", b"credentialtype"];
/// How many letters a key may have too many, too few or wrong, and still be taken for a misspelling.
const MISTAKES_MAX: usize = 2;
/// How many misspellings are named.
const KEYS_MAX: usize = 4;
/// How much of each is named, in characters.
const KEY_LENGTH_MAX: usize = 40;

/// The keys of a JSON object that an operation ignores, and yet are close to `revoke_credentials` or `credential_type`:
/// other in case, in the signs between the words, or in a letter or two; and `credential_type` itself, where the
/// operation takes every type. The first few, comma-separated, without characters that a header cannot have.
pub(super) fn near_misses(operation: Operation, body: &[u8]) -> Option<String> {
    // What is no object was refused, and an empty body has no keys.
    let keys = serde_json::Deserializer::from_slice(body)
        .deserialize_map(Keys { operation })
        .ok()?;
    (!keys.is_empty()).then(|| keys.join(", "))
}

struct Keys {
    operation: Operation,
}

impl<'de> Visitor<'de> for Keys {
    type Value = Vec<String>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
        let mut keys = Vec::new();
        while let Some((key, IgnoredAny)) = map.next_entry::<String, _>()? {
            if keys.len() < KEYS_MAX && is_near_miss(self.operation, &key) {
                keys.push(shown(&key));
            }
        }
        Ok(keys)
    }
}

fn is_near_miss(operation: Operation, key: &str) -> bool {
    let is_read = match key {
        "revoke_credentials" => true,
        "credential_type" => operation.names_type(),
        _ => false,
    };
    !is_read && OPTIONS.iter().any(|option| is_near(key, option))
}

fn is_near(key: &str, option: &[u8]) -> bool {
    let letters: Vec<u8> = key
        .bytes()
        .filter(u8::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_lowercase())
        .take(option.len() + MISTAKES_MAX + 1)
        .collect();
    distance_to(&letters, option) <= MISTAKES_MAX
}

/// How many letters must be added, left out or changed to make the option of these: by Wagner and Fischer, row by row.
fn distance_to(letters: &[u8], option: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=option.len()).collect();
    for (above, letter) in letters.iter().enumerate() {
        let mut left = above + 1;
        let mut diagonal = core::mem::replace(row.first_mut().unwrap_or(&mut 0), left);
        for (expected, cell) in option.iter().zip(row.iter_mut().skip(1)) {
            let changed = diagonal + usize::from(letter != expected);
            diagonal = *cell;
            *cell = changed.min(left + 1).min(diagonal + 1);
            left = *cell;
        }
    }
    row.last().copied().unwrap_or(usize::MAX)
}

fn shown(key: &str) -> String {
    let plain = |character: char| if character.is_ascii_graphic() { character } else { '?' };
    key.chars().take(KEY_LENGTH_MAX).map(plain).collect()
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    fn named(body: &str) -> Option<String> {
        near_misses(Operation::RevokeAll, body.as_bytes())
    }

    #[test]
    fn what_is_meant_for_the_option_is_named() {
        for key in [
            "revoke-credentials",
            "Revoke_Credentials",
            "revokeCredentials",
            "REVOKE_CREDENTIALS",
            "revoke credentials",
            "revoke_credential",
            "revoked_credentials",
            "revoke_credentails",
            "revoke_credentials ",
            "evoke_credentials",
        ] {
            let expected = key.replace(' ', "?");
            assert_eq!(
                named(&format!(r#"{{"{key}":true}}"#)).as_ref(),
                Some(&expected),
                "{key}"
            );
        }
    }

    #[test]
    fn a_type_is_named_where_it_is_misspelt_and_where_it_is_not_read() {
        for (operation, body, expected) in [
            (
                Operation::RevokePerson,
                r#"{"credential_type":"ssh_key"}"#,
                Some("credential_type"),
            ),
            (
                Operation::OrganizationRevokeAll,
                r#"{"CredentialType":"ssh_key"}"#,
                Some("CredentialType"),
            ),
            (Operation::RevokeType, r#"{"credential_type":"ssh_key"}"#, None),
            (
                Operation::RevokeType,
                r#"{"credential_types":"ssh_key"}"#,
                Some("credential_types"),
            ),
            (
                Operation::RevokeType,
                r#"{"revoke-credentials":true}"#,
                Some("revoke-credentials"),
            ),
        ] {
            let named = near_misses(operation, body.as_bytes());
            assert_eq!(named.as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn what_is_not_is_let_pass() {
        for key in [
            "revoke_credentials",
            "credentials",
            "revoke",
            "revoke_authorizations",
            "revoke_all_credentials",
            "reason",
            "",
        ] {
            assert_eq!(named(&format!(r#"{{"{key}":true}}"#)), None, "{key}");
        }
        assert_eq!(named(""), None);
        assert_eq!(named(r#"{"options":{"revoke-credentials":true}}"#), None);
    }

    #[test]
    fn the_distance_is_the_least_number_of_changes() {
        for (letters, distance) in [
            ("", 17),
            ("revokecredentials", 0),
            ("revokecredential", 1),
            ("revokecredentialsx", 1),
            ("xevokecredentials", 1),
            ("revokecredentialx", 1),
            ("revokecrednetials", 2),
            ("evokecredential", 2),
            ("revoke", 11),
            ("xxxxxxxxxxxxxxxxxxxx", 20),
        ] {
            assert_eq!(
                distance_to(letters.as_bytes(), b"revokecredentials"),
                distance,
                "{letters}"
            );
        }
    }

    #[test]
    fn names_are_few_and_short_and_cannot_break_a_header() {
        let key = |number| format!(r#""revoke_{}\u000d\n\u00e4credentials":{number}"#, "_".repeat(100));
        let body = format!("{{{}}}", (0..9).map(key).collect::<Vec<_>>().join(","));
        let names = named(&body).unwrap();
        assert_eq!(names.split(", ").count(), KEYS_MAX);
        assert!(
            names.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()),
            "{names}"
        );
        assert!(names.split(", ").all(|name| name.len() <= KEY_LENGTH_MAX), "{names}");
        assert_eq!(named(r#"{"revoke\r\ncredentials":1}"#).unwrap(), "revoke??credentials");
    }
}
