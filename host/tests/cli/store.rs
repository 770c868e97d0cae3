//! Stores with logs in them, and what a fault does to them behind the program's back.

use std::fs;

use rusqlite::Connection;

use crate::{path, run_on};

/// A store of its own, in a directory of its own, with this log in it: its URL.
pub(crate) fn imported(name: &str, log: &str) -> String {
    let directory = path(name);
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    let url = format!("sqlite:{}/store.db", directory.display());
    let done = run_on(log, &["import", "--store", &url, "-"]);
    assert_eq!(done.code, 0, "{done:?}");
    url
}

/// Changes the store behind the program's back.
pub(crate) fn change(url: &str, statement: &str) {
    let connection = Connection::open(url.strip_prefix("sqlite:").unwrap()).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection.execute_batch(statement).unwrap();
}
