//! The parameters of a query string.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

/// A whole number from 1 on, the greatest there is for a greater one; nothing for what is none.
pub(super) fn number(query: &str, name: &str) -> Option<usize> {
    let digits = parameter(query, name)?;
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let number = digits.parse().unwrap_or(usize::MAX);
    (number > 0).then_some(number)
}

/// The first parameter of this name, decoded.
pub(super) fn parameter<'q>(query: &'q str, name: &str) -> Option<Cow<'q, str>> {
    let mut parameters = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let (_, value) = parameters.find(|(key, _)| decoded(key) == name)?;
    Some(decoded(value))
}

/// Percent-decoded; what is no UTF-8 then is replaced.
fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains(['%', '+']) {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        let escaped = match byte {
            b'+' => Some(b' '),
            b'%' => after.split_first_chunk().and_then(|([high, low], after)| {
                let value = hexadecimal(*high)? << 4 | hexadecimal(*low)?;
                rest = after;
                Some(value)
            }),
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*byte));
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_decoded_once() {
        for (query, expected) in [
            ("login=mona", Some("mona")),
            ("page=2&login=mona&login=hubot", Some("mona")),
            ("log%69n=m%6Fna%252B", Some("mona%2B")),
            ("login=a+b%2", Some("a b%2")),
            ("login=%zz%FF", Some("%zz\u{fffd}")),
            ("login", Some("")),
            ("logins=mona", None),
            ("", None),
        ] {
            assert_eq!(parameter(query, "login").as_deref(), expected, "{query}");
        }
    }

    #[test]
    fn a_number_is_from_1_on() {
        for (query, expected) in [
            ("page=3", Some(3)),
            ("page=0", None),
            ("page=-1", None),
            ("page=x", None),
            ("", None),
        ] {
            assert_eq!(number(query, "page"), expected, "{query}");
        }
    }
}
