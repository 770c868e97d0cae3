//! The SQL of `docs/onboarding.md`: one statement gives a token's credentials and how far each of their streams is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use rusqlite::Connection;

/// The document's blocks of SQL.
fn blocks() -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/onboarding.md");
    let document = std::fs::read_to_string(path).unwrap();
    let blocks = document.split("```sql\n").skip(1);
    blocks
        .map(|block| block.split_once("```").unwrap().0.to_owned())
        .collect()
}

#[test]
fn one_statement_looks_a_token_up_and_tells_where_its_streams_end() {
    let blocks = blocks();
    let [tables, statement] = blocks.as_slice() else {
        panic!("{blocks:?}");
    };
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(tables).unwrap();
    connection
        .execute_batch(
            "INSERT INTO heads VALUES ('octo-corp', 41), ('other-corp', 7), ('third-corp', 3);
             INSERT INTO look_up VALUES ('a', 'other-corp', 901), ('a', 'octo-corp', 902), ('b', 'third-corp', 903);",
        )
        .unwrap();
    let ask = |fingerprint: &str| -> Vec<(String, i64, i64)> {
        let mut select = connection.prepare(statement).unwrap();
        let rows = select.query_map([fingerprint], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        rows.unwrap().map(Result::unwrap).collect()
    };
    let expected = [("octo-corp".to_owned(), 902, 41), ("other-corp".to_owned(), 901, 7)];
    assert_eq!(ask("a"), expected);
    assert_eq!(ask("b"), [("third-corp".to_owned(), 903, 3)]);
    assert_eq!(ask("c"), []);

    let append = "UPDATE heads SET position = ?3 WHERE enterprise = ?1 AND position = ?2";
    assert_eq!(connection.execute(append, ("octo-corp", 41, 43)).unwrap(), 1);
    assert_eq!(
        connection.execute(append, ("octo-corp", 41, 42)).unwrap(),
        0,
        "somebody else was first"
    );
    assert_eq!(ask("a").first().unwrap().2, 43);
    let twice = "INSERT INTO look_up VALUES ('a', 'octo-corp', 904)";
    assert!(
        connection.execute(twice, ()).is_err(),
        "one fingerprint, one credential of an enterprise"
    );
}
