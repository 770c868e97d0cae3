//! One line in other spellings: each has to be read by another of the decoder's ways, and means the same.
//!
//! A canonical line has a reader of its own. A line with white space before it is not canonical, so the JSON parser
//! reads it. The parser needs one pass over a line that names its type first,
//! and two over a line with an unknown field before it.

use enterprise_credentials::limits::LINE_BYTES_MAX;
use enterprise_credentials::log::{Decoder, LogError};

const UNKNOWN_FIELD: &[u8] = b"\"\":0,";

/// Says where two spellings of a line are judged differently, from the same place on.
/// The decoder has not failed before.
pub(crate) fn judged_alike(decoder: &Decoder, line: &[u8]) -> Result<(), String> {
    if line.len() + UNKNOWN_FIELD.len() > LINE_BYTES_MAX {
        return Ok(());
    }
    let judged = decoder.clone().decode(line);
    let by_parser = decoder
        .clone()
        .decode(&[b" ", line].concat())
        .map_err(one_column_before);
    let in_two_passes = with_unknown_field(line).map(|line| decoder.clone().decode(&line));
    if judged != by_parser {
        return Err(differ(line, "after white space", &judged, &by_parser));
    }
    match in_two_passes {
        // An error has been seen by two passes already, and the columns of this line are others.
        Some(two) if two.as_ref().ok() != judged.as_ref().ok() => {
            Err(differ(line, "with an unknown field before", &judged, &two))
        }
        _ => Ok(()),
    }
}

/// Nothing, where the line is no object.
fn with_unknown_field(line: &[u8]) -> Option<Vec<u8>> {
    let fields = line.strip_prefix(b"{")?;
    Some([b"{", UNKNOWN_FIELD, fields].concat())
}

fn one_column_before(mut error: LogError) -> LogError {
    error.column = error.column.map(|column| column - 1);
    error
}

type Judged = Result<enterprise_credentials::RecordedEvent, LogError>;

fn differ(line: &[u8], spelt: &str, judged: &Judged, otherwise: &Judged) -> String {
    format!(
        "{}\n  judged:   {judged:?}\n  {spelt}: {otherwise:?}",
        line.escape_ascii()
    )
}
