//! Which credential of a made history is which of the inventory.

use std::io::{self, Write};

use enterprise_credentials::CredentialId;

use crate::inventory::Entry;

/// Writes a CSV: a row for each credential.
#[derive(Debug)]
pub struct Map<W: Write>(csv::Writer<W>);

impl<W: Write> Map<W> {
    /// Begins it with the names of the columns.
    ///
    /// # Errors
    /// Those of `output`.
    pub fn new(output: W) -> io::Result<Self> {
        let mut writer = csv::Writer::from_writer(output);
        writer.write_record(["credential_type", "credential_id", "fingerprint", "credential"])?;
        Ok(Self(writer))
    }

    /// Writes which id an entry was given.
    ///
    /// # Errors
    /// Those of the output.
    pub fn write(&mut self, entry: &Entry, credential: CredentialId) -> io::Result<()> {
        let fingerprint = entry
            .fingerprint
            .as_ref()
            .map_or("", |fingerprint| fingerprint.as_str());
        let credential = credential.to_string();
        self.0
            .write_record([entry.kind.as_str(), &entry.id, fingerprint, &credential])?;
        Ok(())
    }

    /// Ends it.
    ///
    /// # Errors
    /// Those of the output: of what had not been written yet.
    pub fn finish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}
