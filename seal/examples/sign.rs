//! Signs what a log is at some size, as a host does after an append: `sign KEY SLUG SIZE < LOG`,
//! with a key of `seal key`.
//!
//! A host keeps the frontier of each log and grows it by what it appends; here there is nothing but the log, and so it
//! is read from its beginning.

use std::error::Error;
use std::io::{BufRead, stdin};

use enterprise_credentials_seal::{Checkpoint, Frontier, SigningKey};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: sign KEY SLUG SIZE < LOG");
    let key = SigningKey::from_secret_text(&std::fs::read_to_string(next()?)?)?;
    let origin = key.name().join(&next()?)?;
    let size: u64 = next()?.parse()?;

    let (mut frontier, mut log, mut line) = (Frontier::EMPTY, stdin().lock(), Vec::new());
    while frontier.size() < size {
        line.clear();
        if log.read_until(b'\n', &mut line)? == 0 {
            return Err(format!("the log ends at line {}", frontier.size()).into());
        }
        frontier.push_line(line.strip_suffix(b"\n").unwrap_or(&line))?;
    }
    // The signature is under the name of this log, not of the service: its verifier key is
    // `key.named(origin).verifier_key()`.
    print!("{}", Checkpoint::of(origin, &frontier).sign(&[key]));
    Ok(())
}
