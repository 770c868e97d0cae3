//! The header `Forwarded` of RFC 7239. Commas separate its elements, and semicolons the pairs of an element. A value
//! may be quoted.

/// The `for` of each element, in order; nothing for an element without exactly one.
pub(super) fn nodes(value: &str) -> impl Iterator<Item = Option<String>> {
    parts(value, ',').into_iter().map(node)
}

fn node(element: &str) -> Option<String> {
    let pairs = parts(element, ';').into_iter();
    let mut nodes = pairs.filter_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| value.trim())
    });
    let (Some(node), None) = (nodes.next(), nodes.next()) else {
        return None;
    };
    match node.strip_prefix('"') {
        None => Some(node.to_owned()),
        Some(quoted) => unquoted(quoted.strip_suffix('"')?),
    }
}

/// A backslash stands for the character after it.
fn unquoted(text: &str) -> Option<String> {
    let mut characters = text.chars();
    let mut unquoted = String::new();
    while let Some(character) = characters.next() {
        unquoted.push(if character == '\\' {
            characters.next()?
        } else {
            character
        });
    }
    Some(unquoted)
}

/// Splits where the separator stands outside of quotes.
fn parts(text: &str, separator: char) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(|character| {
        let is_separator = character == separator && !is_quoted;
        if character == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = is_quoted && character == '\\' && !is_escaped;
        is_separator
    })
    .collect()
}
