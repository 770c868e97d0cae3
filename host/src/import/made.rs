//! Histories that were made up, to plan on.

use memchr::memmem;

/// The field that marks the first line of such a history. Every reader of logs ignores it.
const MARK: &[u8] = br#""made_from""#;

/// Whether the log with this first line is a history that was made of an inventory, to plan on. Its times are invented,
/// so nothing should take it for evidence: the program refuses to import it, and a
/// [`Sealer`](crate::seal::Sealer) to sign it.
pub fn is_made(first_line: &[u8]) -> bool {
    memmem::find(first_line, MARK).is_some()
}
