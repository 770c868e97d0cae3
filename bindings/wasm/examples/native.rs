//! The other side of a comparison: answers the requests on standard input by the native core, once all of them are
//! read. Prints how many there were, in how many nanoseconds, and how many bytes the answers have.

use std::io::{Read, stdin};
use std::time::Instant;

use enterprise_credentials::oracle::Oracle;

fn main() -> std::io::Result<()> {
    let mut requests = String::new();
    stdin().read_to_string(&mut requests)?;
    let mut oracle = Oracle::new();
    let begun = Instant::now();
    let bytes: usize = requests.lines().map(|request| oracle.call(request).len()).sum();
    println!("{} {} {bytes}", requests.lines().count(), begun.elapsed().as_nanos());
    Ok(())
}
