//! JSON by the grammar of RFC 8259 and nothing else: no limit on depth or on numbers, and no parser of anybody's.

/// What stands outermost in a text.
pub(crate) enum Json<'a> {
    /// An object: each key with its quotes, and its value where that is no object or array.
    Object(Vec<(&'a [u8], &'a [u8])>),
    Other,
}

/// What the grammar has next.
#[derive(Clone, Copy, PartialEq)]
enum Due {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    CommaOrEnd,
}

impl<'a> Json<'a> {
    /// Nothing where the text is not JSON.
    pub(crate) fn read(text: &'a [u8]) -> Option<Self> {
        let mut rest = std::str::from_utf8(text).ok()?.as_bytes();
        let (mut due, mut open, mut members) = (Due::Value, Vec::new(), Vec::new());
        let is_object = skip_space(rest).first() == Some(&b'{');
        while let Some(first) = skip_space(rest).first() {
            rest = skip_space(rest);
            let (token, after) = rest.split_at(token_length(rest)?);
            let value_is_due = matches!(due, Due::Value | Due::ValueOrEnd);
            let depth = open.len();
            due = match (*first, due, open.last()) {
                (b'{' | b'[', ..) if value_is_due => {
                    open.push(*first);
                    if *first == b'{' { Due::KeyOrEnd } else { Due::ValueOrEnd }
                }
                (b'}', Due::KeyOrEnd | Due::CommaOrEnd, Some(b'{'))
                | (b']', Due::ValueOrEnd | Due::CommaOrEnd, Some(b'[')) => {
                    open.pop();
                    Due::CommaOrEnd
                }
                (b',', Due::CommaOrEnd, Some(b'{')) => Due::Key,
                (b',', Due::CommaOrEnd, Some(_)) => Due::Value,
                (b':', Due::Colon, _) => Due::Value,
                (b'"', Due::Key | Due::KeyOrEnd, _) => {
                    if depth == 1 {
                        members.push((token, &token[..0]));
                    }
                    Due::Colon
                }
                (byte, ..) if value_is_due && !b"{}[],:".contains(&byte) => {
                    if let (1, Some((_, value))) = (depth, members.last_mut()) {
                        *value = token;
                    }
                    Due::CommaOrEnd
                }
                _ => return None,
            };
            rest = after;
        }
        let is_whole = due == Due::CommaOrEnd && open.is_empty();
        is_whole.then_some(if is_object { Self::Object(members) } else { Self::Other })
    }
}

fn skip_space(text: &[u8]) -> &[u8] {
    let length = text.iter().take_while(|byte| b" \t\n\r".contains(byte)).count();
    &text[length..]
}

fn token_length(text: &[u8]) -> Option<usize> {
    let literal = |word: &[u8]| text.starts_with(word).then_some(word.len());
    match text.first()? {
        b'{' | b'}' | b'[' | b']' | b',' | b':' => Some(1),
        b't' => literal(b"true"),
        b'f' => literal(b"false"),
        b'n' => literal(b"null"),
        b'"' => string_length(text),
        _ => number_length(text),
    }
}

fn string_length(text: &[u8]) -> Option<usize> {
    let mut length = 1;
    loop {
        length += match text.get(length..)? {
            [b'"', ..] => return Some(length + 1),
            [b'\\', b'u', digits @ ..] => digits.get(..4)?.iter().all(u8::is_ascii_hexdigit).then_some(6)?,
            [b'\\', escaped, ..] => b"\"\\/bfnrt".contains(escaped).then_some(2)?,
            [byte, ..] if *byte >= b' ' => 1,
            _ => return None,
        };
    }
}

fn number_length(text: &[u8]) -> Option<usize> {
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let some_digits = |from: usize| Some(digits(from)).filter(|count| *count > 0);
    let mut length = usize::from(text.starts_with(b"-"));
    length += if text.get(length) == Some(&b'0') {
        1
    } else {
        some_digits(length)?
    };
    if text.get(length) == Some(&b'.') {
        length += 1 + some_digits(length + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(length) {
        length += 1 + usize::from(matches!(text.get(length + 1), Some(b'+' | b'-')));
        length += some_digits(length)?;
    }
    Some(length)
}
