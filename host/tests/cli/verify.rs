//! `verify` says of each fault in a store what it is, in which stream, and what to do;
//! and of a store without any, nothing.

use sha2::{Digest, Sha256};

use crate::store::{change, imported};
use crate::{Run, requested, revoked, run, run_on};

/// A store with two enterprises, one with an unfinished revocation and one with a finished one.
fn store(name: &str) -> String {
    let url = imported(name, &requested("managed_users", true));
    let other = revoked("managed_users", true).replace("octo-corp", "other-corp");
    assert_eq!(run_on(&other, &["import", "--store", &url, "-"]).code, 0);
    url
}

fn verify(url: &str) -> Run {
    run(&["verify", "--store", url])
}

/// Of each finding the stream and the kind, and that each has a cure.
fn findings(url: &str) -> Vec<(String, String)> {
    let document = run(&["verify", "--store", url, "--json"]).json();
    let findings = document["differences"].as_array().unwrap();
    assert_eq!(document["findings"], findings.len());
    let text = |finding: &serde_json::Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    for finding in findings {
        assert_ne!(text(finding, "cure"), "");
        assert_ne!(text(finding, "says"), "");
    }
    findings
        .iter()
        .map(|finding| (text(finding, "stream"), text(finding, "kind")))
        .collect()
}

#[test]
fn a_store_that_is_well_has_no_differences() {
    let url = store("verify-well");
    let words = verify(&url).output();
    let lines = requested("managed_users", true).lines().count() + revoked("managed_users", true).lines().count();
    assert!(words.starts_with("NO DIFFERENCES in 2 streams, "), "{words}");
    let document = run(&["verify", "--store", &url, "--json"]).json();
    assert_eq!(
        (&document["lines"], &document["look_up_rows"]),
        (&lines.into(), &600.into())
    );
}

#[test]
fn each_fault_is_named_with_its_stream_and_its_cure() {
    const OF_OCTO: &str = "enterprise = 'octo-corp'";
    let one = "(SELECT fingerprint FROM look_up WHERE enterprise = 'octo-corp' ORDER BY position LIMIT 1)";
    let row = format!("{OF_OCTO} AND fingerprint = {one}");
    for (number, (statement, kinds)) in [
        (
            format!("UPDATE heads SET running = running + 1 WHERE {OF_OCTO}"),
            vec!["head_broken"],
        ),
        (
            format!("UPDATE heads SET frontier = zeroblob(32) WHERE {OF_OCTO}"),
            vec!["head_broken"],
        ),
        (format!("DELETE FROM heads WHERE {OF_OCTO}"), vec!["head_lost"]),
        (
            format!(
                "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), ':2,', ': 2,') AS BLOB) WHERE {OF_OCTO}"
            ),
            vec!["lines_differ"],
        ),
        (format!("DELETE FROM segments WHERE {OF_OCTO}"), vec!["lines_missing"]),
        (
            format!("UPDATE segments SET last = last + 1 WHERE {OF_OCTO}"),
            vec!["lines_beyond_head", "lines_missing"],
        ),
        (
            "INSERT INTO segments (enterprise, last, lines) VALUES ('octo-corp', 999999, x'7b7d')".to_owned(),
            vec!["lines_beyond_head"],
        ),
        (format!("DELETE FROM look_up WHERE {row}"), vec!["look_up_missing"]),
        (
            format!("UPDATE look_up SET position = position + 1 WHERE {row}"),
            vec!["look_up_wrong"],
        ),
        (
            format!("UPDATE look_up SET position = 1 << 40 WHERE {row}"),
            vec!["look_up_wrong"],
        ),
        (
            format!("UPDATE look_up SET position = -1 WHERE {row}"),
            vec!["look_up_wrong"],
        ),
        (
            format!("UPDATE look_up SET leaf = leaf + 1 WHERE {row}"),
            vec!["look_up_wrong"],
        ),
        (
            format!("INSERT INTO look_up SELECT 'of nobody', enterprise, position, leaf FROM look_up WHERE {row}"),
            vec!["look_up_wrong"],
        ),
        (
            format!("UPDATE look_up SET fingerprint = 'of nobody' WHERE {row}"),
            vec!["look_up_missing", "look_up_wrong"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let url = store(&format!("verify-{number}"));
        change(&url, &statement);
        let expected: Vec<_> = kinds
            .iter()
            .map(|kind| ("octo-corp".to_owned(), (*kind).to_owned()))
            .collect();
        assert_eq!(findings(&url), expected, "{statement}");
        let words = verify(&url);
        assert_eq!((words.code, words.stderr.as_str()), (1, ""), "{statement}");
        let last = words.stdout.lines().last().unwrap();
        assert!(last.starts_with(&format!("DIFFERENCES: {} in ", kinds.len())), "{last}");
    }
}

#[test]
fn rows_of_a_stream_that_does_not_exist_are_told_once_with_their_number() {
    let url = store("verify-no-stream");
    change(
        &url,
        "UPDATE look_up SET enterprise = 'octo-corq' WHERE enterprise = 'octo-corp' AND position < 300",
    );
    let found = findings(&url);
    let expected = [
        ("octo-corp", "look_up_missing"),
        ("octo-corq", "look_up_without_stream"),
    ];
    assert_eq!(
        found,
        expected.map(|(stream, kind)| (stream.to_owned(), kind.to_owned()))
    );
    let words = verify(&url).stdout;
    assert!(!words.contains("lacks 1 of") && !words.contains(": 1 rows"), "{words}");
}

#[test]
fn a_name_that_no_enterprise_can_have_is_told() {
    let url = store("verify-no-name");
    change(
        &url,
        "UPDATE segments SET enterprise = 'Octo Corp' WHERE enterprise = 'octo-corp'",
    );
    let expected = [("Octo Corp", "no_enterprise_name"), ("octo-corp", "lines_missing")];
    assert_eq!(
        findings(&url),
        expected.map(|(stream, kind)| (stream.to_owned(), kind.to_owned()))
    );
}

/// A head whose checksum is right, and which says something else than the lines: no accident,
/// but a mistake of some version.
#[test]
fn what_a_head_repeats_of_its_lines_is_held_against_them() {
    for (column, kind) in [("running", "running_differs"), ("last_at", "last_at_differs")] {
        let url = store(&format!("verify-{column}"));
        change(
            &url,
            &format!("UPDATE heads SET {column} = {column} + 1 WHERE enterprise = 'octo-corp'"),
        );
        let connection = rusqlite::Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
        let select = "SELECT size, last_at, running, frontier FROM heads WHERE enterprise = 'octo-corp'";
        let hash = connection
            .query_row(select, [], |row| {
                let integer = |column| row.get::<_, i64>(column).map(i64::to_le_bytes);
                Ok(Sha256::new()
                    .chain_update(integer(0)?)
                    .chain_update(integer(1)?)
                    .chain_update(integer(2)?)
                    .chain_update("octo-corp\n")
                    .chain_update(row.get::<_, Vec<u8>>(3)?)
                    .finalize())
            })
            .unwrap();
        let checksum = i64::from_be_bytes(hash[..8].try_into().unwrap());
        drop(connection);
        change(
            &url,
            &format!("UPDATE heads SET checksum = {checksum} WHERE enterprise = 'octo-corp'"),
        );
        assert_eq!(findings(&url), [("octo-corp".to_owned(), kind.to_owned())]);
    }
}

#[test]
fn a_file_that_is_damaged_beneath_the_streams_is_told() {
    let url = store("verify-storage");
    let path = url.strip_prefix("sqlite:").unwrap();
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2 / 4096 * 4096;
    bytes[middle..middle + 4096].fill(0x5a);
    std::fs::write(path, bytes).unwrap();
    let found = findings(&url);
    assert!(
        found.contains(&(String::new(), "storage_damaged".to_owned())),
        "{found:?}"
    );
}
