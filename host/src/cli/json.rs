//! One JSON document for machines.

use std::io::{Write, stdout};

use serde::Serialize;

/// Writes a document to standard output, indented.
pub(super) fn write_json(document: &impl Serialize) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(document)?;
    json.push(b'\n');
    stdout().write_all(&json)?;
    Ok(())
}
