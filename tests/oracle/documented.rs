//! docs/oracle.md: each of its requests is answered as it says, and each kind of error stands there.

use std::fs;
use std::path::Path;

use enterprise_credentials::oracle::{ErrorKind, Oracle, RULE_SET};

/// How many characters of an answer the document shows.
const SHOWN_MAX: usize = 500;

/// Every request that the document shows.
pub(crate) fn requests() -> impl Iterator<Item = &'static str> {
    include_str!("../../docs/oracle.md")
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
}

/// The document with every answer as it is given now.
fn answered(document: &str) -> String {
    let mut oracle = Oracle::new();
    let mut written = String::new();
    let mut is_example = false;
    for line in document.lines() {
        is_example = line == "```oracle" || is_example && line != "```";
        if is_example && line.starts_with("< ") {
            continue;
        }
        written += &format!("{line}\n");
        if let Some(request) = line.strip_prefix("> ").filter(|_| is_example) {
            written += &format!("< {}\n", shown(oracle.call(request)));
        }
    }
    written
}

/// Long answers without their ends.
fn shown(answer: String) -> String {
    match answer.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{} …", &answer[..end]),
        None => answer,
    }
}

/// `UPDATE_DOCS=1` writes what is answered now.
#[test]
fn every_documented_request_is_answered_so() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/oracle.md");
    let document = fs::read_to_string(&path).unwrap();
    let now = answered(&document);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &now).unwrap();
    }
    assert!(now.matches("\n< ").count() > 20, "the examples are not found");
    for (documented, now) in document.lines().zip(now.lines()) {
        assert_eq!(documented, now);
    }
    assert_eq!(document, now);
}

#[test]
fn every_kind_of_error_is_documented() {
    let document = include_str!("../../docs/oracle.md");
    for kind in ErrorKind::ALL {
        let row = format!("| `{}` |", kind.as_str());
        assert!(document.contains(&row), "docs/oracle.md has no row {row}");
    }
}

#[test]
fn the_rule_set_is_that_of_the_changelog() {
    let changelog = include_str!("../../CHANGELOG.md");
    let latest = changelog.lines().find(|line| line.starts_with("## [")).unwrap();
    assert!(latest.ends_with(&format!(", rule set {RULE_SET}")), "{latest}");
}
