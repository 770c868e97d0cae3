//! `verify`: whether a store holds what was appended to it.

use std::process::ExitCode;

use clap::Args;
use enterprise_credentials_host::store::verify::{Finding, Verified, verify};
use enterprise_credentials_host::store::{self, StoreUrl, Streams};
use serde::Serialize;

use super::output::{self, print, print_json};
use super::table::count;

/// Check that a store holds what was appended to it.
///
/// It compares every line of every stream with the stream's head, and the look-up of tokens with the lines. It also
/// examines the file by itself. It prints each difference and how to mend it, and exits with 1 if there is any.
///
/// It changes nothing, and works beside a running `serve`. Run it each night, and after a `restore`.
///
/// Example: enterprise-credentials verify --store sqlite:octo.db
#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The store: `sqlite:path/to/file.db` or `postgres://user@host/database`.
    #[arg(long, value_name = "URL")]
    store: StoreUrl,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// What a machine gets.
#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    verified: Verified,
    differences: Vec<Finding>,
}

impl output::Document for Document {
    const SCHEMA: &'static str = "enterprise-credentials/verify/v1";
}

impl Verify {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let mut differences = Vec::new();
        let verified = super::runtime()?.block_on(async {
            let store = store::open_to_read(&self.store).await?;
            let verified = verify(&store, |finding| differences.push(finding)).await;
            store.close().await;
            verified
        })?;
        if self.json {
            print_json(&Document { verified, differences })?;
        } else {
            print(in_words(&verified, &differences))?;
        }
        Ok(match verified.findings {
            0 => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        })
    }
}

/// The findings, each with its cure, and a last line with the counts.
pub(super) fn in_words(verified: &Verified, findings: &[Finding]) -> String {
    let mut words = String::new();
    for Finding { stream, fault } in findings {
        let subject = stream
            .as_ref()
            .map_or_else(|| "the store".to_owned(), |name| format!("`{name}`"));
        words.push_str(&format!("{subject}: {fault}\n  cure: {}\n", fault.cure()));
    }
    let differences = match verified.findings {
        0 => "NO DIFFERENCES".to_owned(),
        findings => format!("DIFFERENCES: {}", count(findings)),
    };
    let [streams, lines, rows] = [verified.streams, verified.lines, verified.look_up_rows].map(count);
    words.push_str(&format!(
        "{differences} in {streams} streams, {lines} lines, {rows} rows of the look-up\n"
    ));
    words
}
