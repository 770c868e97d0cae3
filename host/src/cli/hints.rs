//! What somebody may have given in place of a log, and what to do then: in one place, for every command that reads one.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::FileExt;

use anyhow::{Result, bail};
use enterprise_credentials::log::{LogError, LogErrorKind};
use enterprise_credentials_host::import::ImportError;
use enterprise_credentials_host::repair::RepairError;

/// As many bytes show what a file is.
const FIRST_BYTES: usize = 256;

/// What files begin with that something has compressed, and what unpacks them.
const COMPRESSED: [(&[u8], &str, &str); 4] = [
    (b"\x1f\x8b", "gzip", "gzip -dc"),
    (b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
    (b"\xfd7zXZ\0", "xz", "xz -dc"),
    (b"BZh", "bzip2", "bzip2 -dc"),
];

/// What other files begin with, what they are, and what to do.
const OTHERS: [(&[u8], &str); 5] = [
    (
        b"SQLite format 3\0",
        "it is a SQLite database. If it is a store of this program, read the stream with `--store sqlite:FILE \
         --enterprise SLUG`, or `export` it to a file first",
    ),
    (
        b"\xff\xfe",
        "it is UTF-16, which PowerShell's `>` writes, and a log is UTF-8: turn it back with `iconv -f UTF-16 -t UTF-8`",
    ),
    (
        b"\xfe\xff",
        "it is UTF-16, and a log is UTF-8: turn it back with `iconv -f UTF-16 -t UTF-8`",
    ),
    (
        b"\xef\xbb\xbf",
        "it begins with a byte order mark, which no line of a log has: `tail -c +4 FILE` leaves the mark out",
    ),
    (
        b"!! export broke off",
        "it is an export that broke off before its first line, which says why: export it again",
    ),
];

/// What a document of this program says of itself.
const SCHEMA: &str = "\"schema\": \"enterprise-credentials/";

/// The commands, and the events that they lead to.
const EVENTS: [(&str, &str); 16] = [
    ("CreateEnterprise", "EnterpriseCreated"),
    ("AddOrganization", "OrganizationAdded"),
    ("RemoveOrganization", "OrganizationRemoved"),
    ("AddMember", "MemberAdded"),
    ("ChangeMemberRole", "MemberRoleChanged"),
    ("RemoveMember", "MemberRemoved"),
    ("GrantPermission", "PermissionGranted"),
    ("WithdrawPermission", "PermissionWithdrawn"),
    ("AddOrganizationOwner", "OrganizationOwnerAdded"),
    ("RemoveOrganizationOwner", "OrganizationOwnerRemoved"),
    ("IssueCredential", "CredentialIssued"),
    ("AuthorizeCredential", "CredentialAuthorized"),
    ("RevokeAuthorization", "AuthorizationRevoked"),
    ("DestroyCredential", "CredentialDestroyed"),
    ("RevokeAll", "RevokeAllRequested"),
    ("Revoke", "RevocationRequested"),
];

/// Refuses a file that is no log, and says what it is.
pub(super) fn check_file(file: &File) -> Result<()> {
    let metadata = file.metadata()?;
    if metadata.is_dir() {
        bail!("it is a directory: name the log in it");
    }
    let mut first = [0; FIRST_BYTES];
    // What cannot be read here says so when it is read.
    let length = file.read_at(&mut first, 0).unwrap_or_default();
    check(first.get(..length).unwrap_or_default())
}

/// The same for what can be read only once; gives what it reads as it was.
pub(super) fn check_stream(mut stream: impl Read + 'static) -> Result<Box<dyn Read>> {
    let mut first = Vec::new();
    // Lines that somebody types are not waited for.
    while first.len() < FIRST_BYTES && !first.contains(&b'\n') {
        let mut part = [0; FIRST_BYTES];
        let length = match stream.read(&mut part) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error.into()),
        };
        first.extend_from_slice(part.get(..length).unwrap_or_default());
    }
    check(&first)?;
    Ok(Box::new(Cursor::new(first).chain(stream)))
}

fn check(first: &[u8]) -> Result<()> {
    if let Some((_, by, unpack)) = COMPRESSED.iter().find(|(magic, ..)| first.starts_with(magic)) {
        bail!(
            "it is compressed with {by}: unpack it with `{unpack} FILE`, and give what comes out, or `-` behind a pipe"
        );
    }
    if let Some((_, what)) = OTHERS.iter().find(|(magic, _)| first.starts_with(magic)) {
        bail!("{what}");
    }
    let text = String::from_utf8_lossy(first);
    if text.contains(SCHEMA) {
        bail!("it is a document that this program printed with `--json`: give the log that it was made from");
    }
    let line = text.lines().next().unwrap_or_default().trim();
    if line == "{" {
        bail!(
            "it is JSON over several lines, and a log has an event on each line: `jq -c . FILE` puts every document on \
             a line of its own"
        );
    }
    if line.starts_with('[') {
        bail!("it is a JSON array, and a log has an event on each line: `jq -c '.[]' FILE` takes the array apart");
    }
    Ok(())
}

/// What to do about an error, where the one who wrote the log may have taken one thing for another.
pub(super) fn about(error: &anyhow::Error) -> Option<String> {
    let LogErrorKind::UnknownType { name } = &error.chain().find_map(log_error)?.kind else {
        return None;
    };
    let (command, event) = EVENTS.iter().find(|(command, _)| command == name)?;
    Some(format!(
        "`{command}` is a command, and a log holds events: the event that it leads to is `{event}`. `decide` tells \
         which events a command leads to"
    ))
}

fn log_error<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a LogError> {
    let of_import = || match error.downcast_ref()? {
        ImportError::Unreadable(error) => Some(error),
        _ => None,
    };
    let of_repair = || match error.downcast_ref()? {
        RepairError::Unreadable(error) => Some(error),
        _ => None,
    };
    error.downcast_ref().or_else(of_import).or_else(of_repair)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use enterprise_credentials::Event;

    use super::*;

    #[test]
    fn every_event_but_the_completion_has_its_command() {
        let events: BTreeSet<&str> = EVENTS.iter().map(|(_, event)| *event).collect();
        let known = Event::NAMES.into_iter().filter(|name| *name != "RevocationCompleted");
        assert_eq!(events, known.collect());
    }

    #[test]
    fn what_is_read_to_look_at_it_is_not_lost() {
        for length in [0, 1, FIRST_BYTES, 3 * FIRST_BYTES] {
            let log = vec![b'x'; length];
            let mut read = Vec::new();
            let mut checked = check_stream(Cursor::new(log.clone())).unwrap();
            checked.read_to_end(&mut read).unwrap();
            assert_eq!(read, log);
        }
    }
}
