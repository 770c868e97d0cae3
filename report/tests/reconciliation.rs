//! A service's list beside a log: what of the list cannot be taken at its word is named with its place,
//! and what can is compared.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeMap;

use enterprise_credentials::log;
use enterprise_credentials::reconcile::Reconciler;
use enterprise_credentials_report::inventory::{Inventory, InventoryError, Listed};
use enterprise_credentials_report::reconciliation::{Finding, Ids, NotCompared, Summary, compare};

const HISTORY: &[u8] = br#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":4,"login":"octo-lab"}
{"position":5,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued","credential":11,"owner":7,"kind":"classic_pat","scopes":[],"expires_at":"2027-01-01T00:00:00.250Z","fingerprint":"token="}
{"position":6,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued","credential":12,"owner":7,"kind":"ssh_key","scopes":[],"fingerprint":"SHA256:key"}
{"position":7,"at":"2026-03-10T09:00:00.000Z","type":"CredentialIssued","credential":13,"owner":7,"kind":"fine_grained_pat","scopes":[]}
{"position":8,"at":"2026-03-10T09:00:00.000Z","type":"CredentialAuthorized","credential":11,"organization":3}
{"position":9,"at":"2026-03-10T09:00:00.000Z","type":"CredentialAuthorized","credential":11,"organization":4}
"#;

/// The columns that are read, and two that are not.
const NAMES: &str = "credential_id,credential_type,item_type,hashed_token,fingerprint,display_name,owner_id,owner,\
                     owner_type,credential_state,expires_at,scopes,permissions,authorization_count,organization_id,\
                     organization,age_days\n";
const TOKEN_AT_3: &str =
    "11,classic_pat,credential,token=,,ci,7,mona,User,active,2027-01-01T00:00:00Z,repo,,2,3,octo-org,1\n";
const TOKEN_AT_4: &str =
    "11,classic_pat,credential,token=,,ci,7,mona,User,active,2027-01-01T00:00:00Z,repo,,2,4,octo-lab,1\n";
const KEY: &str = ",ssh_key,credential,,SHA256:key,\"laptop\nof mona\",7,mona,User,active,,,,0,,,1\n";
const FINE: &str = "13,fine_grained_pat,credential,,,\"\",7,mona,User,active,,,contents:read,0,,,1\n";

fn list() -> String {
    [NAMES, TOKEN_AT_3, TOKEN_AT_4, KEY, FINE].concat()
}

fn compared(list: &str, ids: Ids) -> Result<(Summary, Vec<Finding>), NotCompared> {
    compared_with(HISTORY, list, ids)
}

fn compared_with(history: &[u8], list: &str, ids: Ids) -> Result<(Summary, Vec<Finding>), NotCompared> {
    let enterprise = log::replay(history).unwrap();
    let mut reconciler = Reconciler::new(&enterprise, enterprise.last_at().unwrap());
    for recorded in log::read(history) {
        reconciler.learn(&recorded.unwrap().event);
    }
    let mut findings = Vec::new();
    let summary = compare(
        &enterprise,
        reconciler,
        Inventory::open(list.as_bytes())?,
        ids,
        &mut |finding| {
            findings.push(finding);
        },
    )?;
    Ok((summary, findings))
}

/// The findings as `what, record, byte, credential: message`.
fn told(list: &str) -> Vec<String> {
    let (summary, findings) = compared(list, Ids::Same).unwrap();
    let mut counts = BTreeMap::new();
    for finding in &findings {
        *counts.entry(finding.what).or_insert(0) += 1;
    }
    assert_eq!(summary.findings, counts);
    let told = findings.iter().map(|finding| {
        let place = finding
            .place
            .map(|place| format!(" record {} byte {}", place.record, place.byte));
        format!("{}{}: {}", finding.what, place.unwrap_or_default(), finding.message)
    });
    told.collect()
}

fn error(list: &str) -> String {
    compared(list, Ids::Same).unwrap_err().to_string()
}

#[test]
fn a_list_is_the_same_with_a_mark_and_the_line_ends_of_others_and_in_any_order() {
    let list = list();
    let reversed = [NAMES, FINE, TOKEN_AT_4, KEY, TOKEN_AT_3].concat();
    for list in [&list, &reversed, &format!("\u{feff}{}", list.replace('\n', "\r\n"))] {
        let (summary, findings) = compared(list, Ids::Same).unwrap();
        assert_eq!(findings, []);
        assert_eq!((summary.rows, summary.listed, summary.found), (4, 3, 3));
    }
    // Columns are known by their names, and others may come.
    let mut moved = String::new();
    for record in csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(list.as_bytes())
        .records()
    {
        let fields: Vec<String> = record
            .unwrap()
            .iter()
            .rev()
            .map(|field| format!("\"{field}\""))
            .collect();
        moved.push_str(&(fields.join(",") + "\n"));
    }
    assert_eq!(told(&moved), Vec::<String>::new());
}

#[test]
fn each_fault_of_a_row_is_told_with_its_record_and_byte_and_nothing_follows_from_it() {
    // The key is the third record, behind the names and two rows of the token.
    let byte = [NAMES, TOKEN_AT_3, TOKEN_AT_4].concat().len();
    let key = |from: &str, to: &str| (KEY, KEY.replace(from, to), 3, byte);
    let mark = |from: &str, to: &str| (TOKEN_AT_4, TOKEN_AT_4.replace(from, to), 1, NAMES.len());
    for ((row, changed, record, byte), expected) in [
        (
            key(",ssh_key,", ",ssh_certificate,"),
            "unknown_type: is of the type `ssh_certificate`",
        ),
        (
            key(",active,", ",suspended,"),
            "unknown_state: is in the state `suspended`",
        ),
        (
            key(",credential,", ",secret,"),
            "unknown_item_type: has the item_type `secret`",
        ),
        (
            key(",User,", ",Organization,"),
            "owner_is_no_user: is owned by a `Organization`",
        ),
        (
            key("credential,,", "credential,token=,"),
            "hashes_disagree: has in `hashed_token` another hash than in `fingerprint`",
        ),
        (key(",7,mona", ",,mona"), "no_owner: has no owner's id in `owner_id`"),
        (
            key(",7,mona", ",x7,mona"),
            "unreadable: has no valid `owner_id`: a person id must be 1 to",
        ),
        (
            key(",active,,", ",active,tomorrow,"),
            "unreadable: has no valid `expires_at`: ",
        ),
        (
            key(",0,,,", ",,,,"),
            "unreadable: has no number in `authorization_count`, but nothing",
        ),
        (
            key(",0,,,", ",+0,,,"),
            "unreadable: has no number in `authorization_count`, but `+0`",
        ),
        (key(",0,,,", ",0,x,,"), "unreadable: has no valid `organization_id`: "),
        (
            key(",0,,,", ",1,,,"),
            "too_few_rows: has 0 rows with an organization, and by `authorization_count` 1",
        ),
        (
            key(",0,,,", ",0,3,octo-org,"),
            "too_many_rows: has 1 row with an organization, and by",
        ),
        (
            mark(",7,mona", ",8,hubot"),
            "rows_disagree: has another `owner_id` in record 2",
        ),
        (
            mark(",active,", ",revoked,"),
            "rows_disagree: has another `credential_state` in record 2",
        ),
        (
            mark(",4,octo-lab", ",3,octo-org"),
            "listed_again: is listed again in record 2",
        ),
    ] {
        let told = told(&list().replace(row, &changed));
        let (what, message) = expected.split_once(": ").unwrap();
        let expected = format!("{what} record {record} byte {byte}: {message}");
        assert!(
            told.len() == 1 && told.concat().starts_with(&expected),
            "{expected}\n{told:?}"
        );
    }
    // What has no hash is known by its id, whatever the list calls its type.
    let unknown = told(&list().replace("13,fine_grained_pat", "13,finer_grained_pat"));
    assert!(
        unknown.len() == 1 && unknown.concat().starts_with("unknown_type record 4"),
        "{unknown:?}"
    );
    let short = [NAMES, TOKEN_AT_3, KEY, FINE].concat();
    assert_eq!(
        told(&short),
        [format!(
            "too_few_rows record 1 byte {}: has 1 row with an organization, and by `authorization_count` 2: \
             the list was cut short",
            NAMES.len()
        )]
    );
    let no_id = told(&list().replace("13,fine", "x13,fine"));
    assert!(no_id.concat().starts_with("unreadable record 4 byte"), "{no_id:?}");
}

#[test]
fn what_no_log_holds_is_counted_by_its_kind() {
    let app = "5,github_app_installation,credential,,,app,9,octo,Organization,active,,,,2,3,octo-org,1\n";
    let app_at_4 = app.replace("3,octo-org", "4,octo-lab");
    let principal = "6,federated_jti,token_issuer_principal,,,ci,,,,active,,,,0,,,1\n";
    let other = "7,federated_jti,token_issuer_principal,,,ci,,,,odd,,,,0,,,1\n";
    let (summary, findings) = compared(&[&list(), app, &app_at_4, principal, other].concat(), Ids::Same).unwrap();
    assert_eq!(findings, []);
    let expected = [
        ("github_app_installation".to_owned(), 1),
        ("federated_jti".to_owned(), 2),
    ];
    assert_eq!(summary.not_modelled, BTreeMap::from(expected));
    assert_eq!(summary.listed, 3);
}

#[test]
fn what_both_sides_take_for_dead_is_no_difference() {
    let dead = "14,classic_pat,credential,old=,,ci,7,mona,User,deleted,,repo,,0,,,1\n";
    let (summary, findings) = compared(&(list() + dead), Ids::Same).unwrap();
    assert_eq!((findings, summary.dead_and_not_in_log), (Vec::new(), 1));
    let alive = told(&(list() + &dead.replace("deleted", "active")));
    assert!(
        alive.concat().starts_with("alive_and_not_in_log record 5 "),
        "{alive:?}"
    );
}

#[test]
fn an_expiry_is_compared_as_exactly_as_the_list_has_it() {
    for (written, findings) in [
        ("2027-01-01T00:00:00.250Z", 0),
        ("2027-01-01T00:00:00.000Z", 0),
        ("2027-01-01T00:00:00.200Z", 1),
        ("2027-01-01T00:00:01Z", 1),
        ("", 1),
    ] {
        let told = told(&list().replace("2027-01-01T00:00:00Z", written));
        assert_eq!(told.len(), findings, "{written}: {told:?}");
        assert!(told.iter().all(|told| told.starts_with("other_expiry")));
    }
}

#[test]
fn what_is_no_list_is_refused_with_what_to_do() {
    let list = list();
    for (text, expected) in [
        (
            String::new(),
            "it is empty: the first line has the names of the columns",
        ),
        (
            list.replace(',', ";"),
            "its columns are separated by semicolons: export it with commas",
        ),
        (list.replace(',', "\t"), "its columns are separated by tabs"),
        (
            "a,b\n1,2\n".to_owned(),
            "it is neither the provider's credential inventory",
        ),
        (
            list.replace("credential_id", "Credential ID"),
            "it is neither the provider's credential inventory, which has a column `credential_id`, nor a list of \
             `credentials`, which has `id` and `kind`, in lower case and without spaces: its columns are \
             `Credential ID`, `credential_type`",
        ),
        (format!("\u{feff}sep=,\n{list}"), "its first line is a `sep=`"),
        ("{\"credential_id\":1}\n".to_owned(), "it is JSON: give the list as CSV"),
        ("PK\u{3}\u{4}\u{14}".to_owned(), "it is a ZIP archive, as a workbook"),
        ("SQLite format 3\0".to_owned(), "it is a SQLite database"),
        (
            list.replace("owner_id,", "its_owner,").replace("scopes", "scope"),
            "columns are missing, in lower case and without spaces around their names: `owner_id`, `scopes`",
        ),
        (
            list.replace("age_days", "owner_id"),
            "the column `owner_id` is there twice",
        ),
    ] {
        let error = error(&text);
        assert!(error.starts_with(expected), "{error}");
    }
    let byte = list.find("13,fine").unwrap();
    let cut = list.strip_suffix("d,0,,,1\n").unwrap();
    let fields = format!("record 4, at byte {byte}: it has 13 fields, and there are 17 columns");
    assert!(error(cut).starts_with(&fields), "{}", error(cut));

    for (bytes, expected) in [
        (
            &b"\x1f\x8b\x08\0"[..],
            "it is compressed with gzip: unpack it with `gzip -dc FILE`",
        ),
        (b"\xff\xfea\0", "it is UTF-16: turn it into UTF-8"),
        (b"a\xff,b\n", "the names of the columns, at byte 0: it is not UTF-8"),
    ] {
        let error = Inventory::open(bytes).err().unwrap().to_string();
        assert!(error.starts_with(expected), "{error}");
    }
    let at = list.find("contents").unwrap();
    let mut bytes = list.into_bytes();
    *bytes.get_mut(at).unwrap() = 0xff;
    let mut inventory = Inventory::open(&bytes[..]).unwrap();
    let error = loop {
        match inventory.next_listed() {
            Ok(Some(_)) => {}
            Ok(None) => break None,
            Err(error) => break Some(error),
        }
    };
    assert!(
        matches!(error, Some(InventoryError::Encoding { record: 4, byte: at }) if at == byte as u64),
        "{error:?}"
    );
}

/// The history, in which the key is deleted and added again.
fn with_key_again() -> Vec<u8> {
    const AT: &str = r#""at":"2026-03-10T09:00:00.000Z""#;
    const KEY_HASH: &str = r#""fingerprint":"SHA256:key""#;
    let rest = format!(
        r#"{{"position":10,{AT},"type":"CredentialDestroyed","credential":12}}
{{"position":11,{AT},"type":"CredentialIssued","credential":14,"owner":7,"kind":"ssh_key","scopes":[],{KEY_HASH}}}
"#
    );
    [HISTORY, rest.as_bytes()].concat()
}

#[test]
fn a_key_that_was_deleted_and_added_again_is_two_credentials_with_one_fingerprint() {
    let history = with_key_again();
    let whats = |list: &str, ids| -> Vec<(&str, Option<u64>)> {
        let (_, findings) = compared_with(&history, list, ids).unwrap();
        let whats = findings
            .iter()
            .map(|finding| (finding.what, finding.credential.map(|id| id.value())));
        whats.collect()
    };
    let deleted = KEY.replace(",active,", ",deleted,");
    let rest = [NAMES, TOKEN_AT_3, TOKEN_AT_4, FINE].concat();
    for list in [[&deleted, KEY], [KEY, &deleted], [KEY, ""]] {
        assert_eq!(whats(&(rest.clone() + &list.concat()), Ids::Same), [], "{list:?}");
    }
    assert_eq!(whats(&(rest.clone() + &deleted), Ids::Same), [("not_listed", Some(14))]);
    // The living one is compared.
    let other = KEY.replace(",7,mona", ",8,hubot");
    assert_eq!(
        whats(&(rest + &deleted + &other), Ids::Same),
        [("other_owner", Some(14))]
    );

    let names = "id,kind,owner,organization,fingerprint,expires,status,authorization\n";
    let token = "11,classic_pat,7,3,token=,2027-01-01T00:00:00.250Z,alive,live\n";
    let (token_at_4, fine) = (token.replace(",7,3,", ",7,4,"), "13,fine_grained_pat,7,,,,alive,\n");
    let keys = [
        "12,ssh_key,7,,SHA256:key,,destroyed,\n",
        "14,ssh_key,7,,SHA256:key,,alive,\n",
    ];
    for keys in [keys, [keys[1], keys[0]]] {
        let ours = [names, token, &token_at_4, fine, &keys.concat()].concat();
        assert_eq!(whats(&ours, Ids::Same), [], "{keys:?}");
        assert_eq!(
            whats(&ours.replace(fine, ""), Ids::Other),
            [("not_listed", Some(13))],
            "{keys:?}"
        );
    }
}

#[test]
fn our_own_list_in_another_order_is_an_error_where_the_rows_of_a_credential_stand_apart() {
    let names = "id,kind,owner,organization,fingerprint,expires,status,authorization\n";
    let at_3 = "11,classic_pat,7,3,token=,2027-01-01T00:00:00.250Z,alive,live\n";
    let at_4 = at_3.replace(",7,3,", ",7,4,");
    let key = "12,ssh_key,7,,SHA256:key,,alive,\n";
    let fine = "13,fine_grained_pat,7,,,,alive,\n";
    for rows in [[at_3, &at_4, key, fine], [fine, key, &at_4, at_3]] {
        assert_eq!(told(&(names.to_owned() + &rows.concat())), Vec::<String>::new());
    }
    let apart = [names, at_3, key, &at_4, fine].concat();
    let byte = [names, at_3, key].concat().len();
    let expected = format!("record 3, at byte {byte}: credential 11 is listed further up too");
    let said = error(&apart);
    assert!(
        said.starts_with(&expected) && said.contains("sort the list by `id`"),
        "{said}"
    );
}

#[test]
fn a_credential_is_given_as_soon_as_another_one_begins() {
    let rows: String = (100..20_000)
        .map(|id| FINE.replacen("13", &id.to_string(), 1))
        .collect();
    let list = [NAMES, TOKEN_AT_3, TOKEN_AT_4, &rows].concat();
    let mut unread = list.as_bytes();
    let mut inventory = Inventory::open(&mut unread).unwrap();
    let listed = inventory.next_listed().unwrap();
    assert!(matches!(listed, Some(Listed::Entry(entry)) if entry.id == "11" && entry.organizations.len() == 2));
    assert_eq!(inventory.rows(), 3);
    drop(inventory);
    assert!(unread.len() > list.len() / 2, "{} of {}", unread.len(), list.len());
}

#[test]
fn hashes_of_which_none_is_on_both_sides_are_an_error() {
    let other = list().replace("token=", "746f6b656e").replace("SHA256:key", "MD5:key");
    let said = error(&other);
    assert!(
        said.starts_with("none of its 2 hashes and fingerprints is in the log, which has 2"),
        "{said}"
    );
    assert!(said.ends_with("the list has `746f6b656e`"), "{said}");
    // Tokens may be encoded as in the log, and keys not.
    let said = error(&list().replace("SHA256:key", "key"));
    assert!(
        said.starts_with("none of its 1 fingerprints of SSH keys is in the log, which has `SHA256:…`"),
        "{said}"
    );
    // One that is there is enough: the others are other credentials.
    let one = list().replace("token=", "746f6b656e");
    let whats: Vec<&str> = compared(&one, Ids::Other)
        .unwrap()
        .1
        .iter()
        .map(|finding| finding.what)
        .collect();
    let missing = ["not_listed", "not_told"];
    assert_eq!(
        whats,
        [&["alive_and_not_in_log", "not_identified"][..], &missing].concat()
    );
    // A stranger's hash beside what its id finds.
    let stranger = [
        NAMES,
        &TOKEN_AT_3
            .replace("token=", "other=")
            .replace("11,", "99,")
            .replace(",2,3,", ",1,3,"),
        FINE,
    ];
    let (_, findings) = compared(&stranger.concat(), Ids::Same).unwrap();
    let whats: Vec<&str> = findings.iter().map(|finding| finding.what).collect();
    assert_eq!(whats, ["alive_and_not_in_log", "not_listed", "not_listed"]);
}

#[test]
fn what_may_be_an_entry_without_a_hash_is_not_called_missing() {
    let (_, findings) = compared(&list(), Ids::Other).unwrap();
    let told: Vec<(&str, Option<&str>, &str)> = findings
        .iter()
        .map(|finding| (finding.what, finding.listed_type.as_deref(), finding.message.as_str()))
        .collect();
    let kind = Some("fine_grained_pat");
    let may_be = "1 credential alive in the log may be listed or not: 1 entry of that kind could not be identified.";
    assert_eq!(
        told,
        [
            ("not_identified", kind, "has neither an id nor a fingerprint"),
            ("not_told", kind, may_be)
        ]
    );
    // A dead one is none of those that live.
    let (_, findings) = compared(&list().replace(",active,,,contents", ",revoked,,,contents"), Ids::Other).unwrap();
    assert_eq!(findings.last().unwrap().what, "not_listed");
}
