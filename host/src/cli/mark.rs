//! A mark on the command line, by the file that holds it.

use enterprise_credentials_host::mark::{Mark, NotAMark};

/// Reads a mark from the file at `path`.
pub(super) fn mark(path: &str) -> Result<Mark, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read it: {error}"))?;
    text.parse().map_err(|error: NotAMark| error.to_string())
}
