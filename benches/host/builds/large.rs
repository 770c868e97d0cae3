//! One enterprise with many credentials: imported, loaded, revoked and destroyed item by item.

use std::net::TcpStream;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::client::{post_revoke_all, send};
use crate::directory::Directory;
use crate::program::Program;

/// The slug of every sample.
const SLUG: &str = "octo-corp";

pub(crate) fn run(
    program: &Program,
    directory: &Directory,
    credentials: u64,
    note: &mut impl FnMut(&'static str, f64),
) -> Result<()> {
    let (store, log, tokens) = (
        directory.store()?,
        directory.file("log.jsonl"),
        directory.file("tokens.csv"),
    );
    let (members, number) = ((credentials / 5).max(1).to_string(), credentials.to_string());
    let tokens_file = tokens.display().to_string();
    program.write(
        &[
            "generate",
            "--members",
            &members,
            "--credentials",
            &number,
            "--seed",
            "1",
            "--tokens",
            &tokens_file,
        ],
        &log,
    )?;
    let events = lines(&log)?;

    let begun_at = Instant::now();
    program.import(&store, &log)?;
    note("import, events/s", events / begun_at.elapsed().as_secs_f64());
    note("database file, MiB", store.metadata()?.len() as f64 / 1024.0 / 1024.0);

    let token = owners_token(&tokens)?;
    let server = program.serve(&store)?;
    let mut connection = TcpStream::connect(server.address)?;
    let begun_at = Instant::now();
    let request = format!(
        "GET /enterprises/{SLUG}/credential-authorizations/revocations/1 HTTP/1.1\r\nHost: localhost\r\n\
         User-Agent: bench\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    ensure!(send(&mut connection, &request)? == 404, "there is no such revocation");
    note("a cold enterprise, events/s", events / begun_at.elapsed().as_secs_f64());

    ensure!(
        post_revoke_all(&mut connection, SLUG, &token, true)? == 202,
        "it is accepted"
    );
    let begun_at = Instant::now();
    server.wait_for(1)?;
    let took = begun_at.elapsed().as_secs_f64();
    note("the server's peak of memory, MiB", server.memory_peak_mib()?);
    drop(server);
    let exported = directory.file("exported.jsonl");
    let url = format!("sqlite:{}", store.display());
    program.write(&["export", "--store", &url, "--enterprise", SLUG], &exported)?;
    note("the job, events/s", (lines(&exported)? - events) / took);
    note("the job, seconds", took);
    Ok(())
}

/// How many lines a file has.
fn lines(path: &Path) -> Result<f64> {
    let output = std::process::Command::new("wc").arg("-l").arg(path).output()?;
    let text = String::from_utf8(output.stdout)?;
    Ok(text.split_whitespace().next().context("a number")?.parse()?)
}

/// The first token of an owner that may call.
fn owners_token(tokens: &Path) -> Result<String> {
    let rows = std::fs::read_to_string(tokens)?;
    let row = rows.lines().find(|row| row.contains(",owner,classic_pat"));
    let token = row.and_then(|row| row.split(',').next());
    Ok(token.context("an owner has a token")?.to_owned())
}
