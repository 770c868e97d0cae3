//! An engine by itself: the host's tables and durability, prepared statements, lines that are ready in memory.

#[cfg(feature = "postgres")]
pub(crate) mod postgres;
pub(crate) mod sqlite;

use anyhow::Result;
use enterprise_credentials::log::read;
use enterprise_credentials::{EnterpriseSlug, Event};

/// A store with the host's tables, without the host.
pub(crate) trait Raw {
    /// Inserts lines and fingerprints of one stream, and commits.
    fn insert(&mut self, slug: &EnterpriseSlug, segments: &[Segment], issued: &[Issued]) -> Result<()>;

    /// Lets what the engine has put off be done, so that what follows does not pay for it.
    fn settle(&mut self) -> Result<()>;

    /// Reads every line of a stream, and tells how many bytes there are, with a line feed behind each segment.
    fn read(&mut self, slug: &EnterpriseSlug) -> Result<u64>;

    /// Appends one line at a time to as many streams as there are clients, and commits each; tells how many.
    fn append_singly(&mut self, appends: u64) -> Result<u64>;

    /// Asks for one stream's head again and again, as many clients at once as there are; tells how often.
    fn look(&mut self, looks: u64) -> Result<u64>;
}

/// How many ask at once, where the engine lets them.
pub(crate) const CLIENTS: usize = 16;
/// The stream that is looked at.
pub(crate) const LOOKED_AT: &str = "corp-0";

/// Lines ready to be inserted as one row.
pub(crate) struct Segment {
    pub(crate) first: i64,
    pub(crate) last: i64,
    pub(crate) lines: Vec<u8>,
}

/// A fingerprint ready to be inserted.
pub(crate) struct Issued {
    pub(crate) fingerprint: String,
    pub(crate) position: i64,
}

/// How many lines a row holds: about as many as the host's do.
const SEGMENT_LINES: usize = 450;

/// Lines that follow position `before`, as rows.
pub(crate) fn segments<'a>(before: u64, lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<Segment>> {
    let lines: Vec<&[u8]> = lines.into_iter().collect();
    let mut last = i64::try_from(before)?;
    lines
        .chunks(SEGMENT_LINES)
        .map(|lines| {
            let first = last + 1;
            last += i64::try_from(lines.len())?;
            let lines = lines.join(&b'\n');
            Ok(Segment { first, last, lines })
        })
        .collect()
}

/// The rows of a log, and the look-up's in its order.
pub(crate) fn rows(log: &[u8]) -> Result<(Vec<Segment>, Vec<Issued>)> {
    let mut issued = Vec::new();
    for event in read(log) {
        let event = event?;
        if let Event::CredentialIssued {
            fingerprint: Some(fingerprint),
            ..
        } = event.event
        {
            issued.push(Issued {
                fingerprint: fingerprint.as_str().to_owned(),
                position: i64::try_from(event.position.value())?,
            });
        }
    }
    issued.sort_by(|one, other| one.fingerprint.cmp(&other.fingerprint));
    let lines = log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    Ok((segments(0, lines)?, issued))
}
