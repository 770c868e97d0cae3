//! Lists are exact: what stands in a row is read back as it is in the log, by a reader of CSV and by one of JSON.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use enterprise_credentials::outcomes::{About, Observer, Outcomes};
use enterprise_credentials::{RecordedEvent, log};
use enterprise_credentials_report::list::{COLUMNS, Format, List, REVOCATION_COLUMNS, SCHEMA, Shape};
use serde_json::Value;

/// Logins and fingerprints that are hard on CSV, and harder on a spreadsheet.
const HISTORY: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"=HYPERLINK(\"x\",1)","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":9,"login":"a,b","role":"guest_collaborator"}
{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"position":5,"at":"2026-03-10T09:00:01.000Z","type":"CredentialIssued","credential":901,"owner":7,"kind":"classic_pat","scopes":[],"expires_at":"2027-01-01T00:00:00.000Z","fingerprint":"+/abc="}
{"position":6,"at":"2026-03-10T09:00:02.000Z","type":"CredentialIssued","credential":902,"owner":9,"kind":"ssh_key","scopes":[]}
{"position":7,"at":"2026-03-10T09:00:03.000Z","type":"CredentialAuthorized","credential":901,"organization":3}
{"position":8,"at":"2026-03-10T09:00:04.000Z","type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":true}
{"position":9,"at":"2026-03-10T09:00:05.000Z","type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":8}
"#;

fn history() -> Vec<RecordedEvent> {
    log::read(HISTORY.as_bytes()).map(Result::unwrap).collect()
}

fn outcomes(history: &[RecordedEvent]) -> Outcomes {
    let mut observer = Observer::new(Some(About::Last));
    history.iter().for_each(|recorded| observer.observe(recorded).unwrap());
    observer.finish(history.last().unwrap().at)
}

fn written(format: Format, about_revocation: bool) -> String {
    let (mut bytes, history) = (Vec::new(), history());
    let shape = Shape {
        format,
        about_revocation,
    };
    let mut list = List::new(shape, &mut bytes).unwrap();
    let outcomes = outcomes(&history);
    for outcome in history.iter().flat_map(|recorded| outcomes.of(recorded)) {
        list.write(&outcome).unwrap();
    }
    list.finish().unwrap();
    String::from_utf8(bytes).unwrap()
}

const EXACT: Format = Format::Csv { for_spreadsheet: false };

#[test]
fn a_list_is_csv_with_a_row_for_each_credential_and_authorization() {
    let expected = "id,kind,owner,login,role,organization,fingerprint,issued,expires,status,authorization\n\
        901,classic_pat,7,\"=HYPERLINK(\"\"x\"\",1)\",owner,3,+/abc=,\
        2026-03-10T09:00:01.000Z,2027-01-01T00:00:00.000Z,destruction_pending,revoked\n\
        902,ssh_key,9,\"a,b\",guest_collaborator,,,2026-03-10T09:00:02.000Z,,alive,\n";
    assert_eq!(written(EXACT, false), expected);
}

#[test]
fn a_list_about_a_revocation_says_what_it_took_and_why_something_is_alive() {
    let list = written(EXACT, true);
    let mut lines = list.lines();
    assert!(lines.next().unwrap().ends_with(&REVOCATION_COLUMNS.join(",")));
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with(",revoked,owner,destruction_pending,,revoked,")
    );
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with(",alive,,guest_collaborator,,owner_was_collaborator,,")
    );
}

#[test]
fn what_is_written_is_read_back_by_other_readers() {
    let list = written(EXACT, true);
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let columns: Vec<&str> = COLUMNS.into_iter().chain(REVOCATION_COLUMNS).collect();
    assert_eq!(reader.headers().unwrap(), columns);
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let json = written(Format::JsonLines, true);
    let objects: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), objects.len()), (2, 2));
    for (row, object) in rows.iter().zip(&objects) {
        let object = object.as_object().unwrap();
        assert_eq!(object["schema"], SCHEMA);
        let known = columns.iter().zip(row).filter(|(_, cell)| !cell.is_empty());
        for (column, cell) in known.clone() {
            let value = &object[*column];
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(text, cell, "{column}");
        }
        assert_eq!(object.len(), known.count() + 1, "what is empty is left out");
    }
    assert_eq!(&rows[0][3], r#"=HYPERLINK("x",1)"#);
    assert_eq!(objects[0]["owner"], 7);
}

#[test]
fn for_a_spreadsheet_nothing_begins_as_a_formula() {
    let list = written(Format::Csv { for_spreadsheet: true }, false);
    let mut reader = csv::Reader::from_reader(list.as_bytes());
    let row = reader.records().next().unwrap().unwrap();
    assert_eq!((&row[3], &row[6]), (r#"'=HYPERLINK("x",1)"#, "'+/abc="));
    assert!(row.iter().all(|cell| !cell.starts_with(['=', '+', '-', '@'])));
    assert_eq!(&row[4], "owner", "and what is harmless stays as it is");
}
