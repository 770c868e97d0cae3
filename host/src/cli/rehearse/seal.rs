//! The seal of the rehearsal's log, and the log itself where it is to be kept.

use std::fs::{DirBuilder, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, Result};
use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_host::seal::random_key;
use enterprise_credentials_host::store::{Head, Page, Store, walk};
use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, Note, VerifierKey};

use crate::cli::output::Answer;

/// What the log of a rehearsal is called, and the enterprise's slug behind it.
const LOG: &str = "rehearsal";

/// Seals the log, keeps it in `directory` if there is one, and says how to check it.
pub(super) async fn seal(store: &impl Store, slug: &EnterpriseSlug, directory: Option<&Path>) -> Result<Vec<Answer>> {
    let head = store
        .head(slug)
        .await?
        .context("the store does not hold the enterprise")?;
    let origin = KeyName::new(LOG)?.join(slug.as_str())?;
    // Nobody gets the key: it is gone with this function.
    let key = random_key(origin.clone())?;
    let note = Checkpoint::of(origin, head.frontier()).sign(std::slice::from_ref(&key));
    let known = key.verifier_key();
    let how = match directory {
        None => vec![Answer::Words(
            "\n  Its key, log and store are thrown away: `rehearse --keep DIR` keeps what it takes to check it.\n"
                .to_owned(),
        )],
        Some(directory) => {
            keep(store, slug, &head, &note, &known, directory).await?;
            how_to_check(slug, directory)
        }
    };
    let words = "  The log's checkpoint, which fits into a ticket as it stands:\n\n".to_owned();
    let note = Answer::Data(note.to_string().into_bytes());
    Ok([vec![Answer::Words(words), note], how].concat())
}

/// The commands are there to be copied: they stay as they are.
fn how_to_check(slug: &EnterpriseSlug, directory: &Path) -> Vec<Answer> {
    let file = |suffix: &str| directory.join(format!("{slug}.{suffix}")).display().to_string();
    let [log, checkpoint, key] = ["jsonl", "checkpoint", "vkey"].map(file);
    let with = format!("--checkpoint {checkpoint} --key {key}");
    let words = "\n  Check it, then change a byte of the log and check it again:\n\n".to_owned();
    let commands =
        format!("    enterprise-credentials seal verify {log} {with}\n    enterprise-credentials audit {log} {with}\n");
    vec![Answer::Words(words), Answer::Data(commands.into_bytes())]
}

/// Writes the log, its checkpoint and the verifier key into a new directory that nobody else can read.
async fn keep(
    store: &impl Store,
    slug: &EnterpriseSlug,
    head: &Head,
    note: &Note,
    key: &VerifierKey,
    directory: &Path,
) -> Result<()> {
    let cannot = || format!("cannot keep the log in `{}`", directory.display());
    let create = |suffix: &str| {
        let mut options = File::options();
        options.write(true).create_new(true).mode(0o600);
        options.open(directory.join(format!("{slug}.{suffix}")))
    };
    let made = DirBuilder::new().mode(0o700).create(directory);
    made.with_context(|| format!("cannot make the directory `{}`", directory.display()))?;
    let log = BufWriter::new(create("jsonl").with_context(cannot)?);
    let write = |log: &mut BufWriter<File>, page: &Page| -> Result<()> { Ok(log.write_all(page.bytes())?) };
    let written = walk(store, slug, &Frontier::EMPTY, head, log, write).await;
    written.and_then(|mut log| Ok(log.flush()?)).with_context(cannot)?;
    let checkpoint = create("checkpoint").and_then(|mut file| write!(file, "{note}"));
    let key = create("vkey").and_then(|mut file| writeln!(file, "{key}"));
    checkpoint.and(key).with_context(cannot)
}
