//! What a command says: its answer on standard output, anything else on standard error.

use std::io::{self, ErrorKind, Write, stderr, stdout};

use serde::Serialize;

/// Standard output did not take it.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
pub(super) struct NotPrinted(#[from] io::Error);

impl NotPrinted {
    /// Whether whoever read the output, `head` for one, has seen enough.
    pub(super) fn is_cut_short(&self) -> bool {
        self.0.kind() == ErrorKind::BrokenPipe
    }
}

/// Prints the whole answer of a command, at once. Where nobody wants to read it to its end it is the same answer, and
/// the command goes on to its exit code.
pub(super) fn print(answer: impl AsRef<[u8]>) -> Result<(), NotPrinted> {
    let mut output = stdout().lock();
    let printed = output.write_all(answer.as_ref()).and_then(|()| output.flush());
    match printed.map_err(NotPrinted) {
        Err(error) if error.is_cut_short() => Ok(()),
        printed => printed,
    }
}

/// What a command prints for machines.
pub(super) trait Document: Serialize {
    /// The name and the version of its shape. The file docs/schemas/NAME.json describes it.
    const SCHEMA: &'static str;
}

/// A document that says which one it is before anything else.
#[derive(Serialize)]
struct Named<'a, D> {
    schema: &'static str,
    #[serde(flatten)]
    document: &'a D,
}

/// Prints one JSON document for machines, indented.
pub(super) fn print_json<D: Document>(document: &D) -> anyhow::Result<()> {
    let schema = D::SCHEMA;
    let mut json = serde_json::to_vec_pretty(&Named { schema, document })?;
    json.push(b'\n');
    print(json)?;
    Ok(())
}

/// Says something to whoever runs the program. Where that cannot be written, the exit code must do.
pub(super) fn tell(message: &str) {
    let _ = writeln!(stderr(), "{message}");
}
