//! Reports fit a screen.

use std::borrow::Cow;
use std::format;

/// How many characters of a text are shown before and after the middle that is left out.
const SHOWN: usize = 300;

/// The text, without its middle where it is long.
pub(crate) fn excerpt(text: &str) -> Cow<'_, str> {
    let start = text.char_indices().nth(SHOWN).map(|(place, _)| text.split_at(place));
    let Some((start, rest)) = start else {
        return text.into();
    };
    let end = rest
        .char_indices()
        .rev()
        .nth(SHOWN - 1)
        .map(|(place, _)| rest.split_at(place));
    match end {
        Some((middle, end)) if !middle.is_empty() => {
            format!("{start} … {} characters left out … {end}", middle.chars().count()).into()
        }
        _ => text.into(),
    }
}
