//! What a command says: its answer on standard output, anything else on standard error.

use std::io::{self, BufWriter, ErrorKind, Write, stderr, stdout};

use enterprise_credentials_host::error_chain;
use serde::Serialize;

use super::terminal;

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

/// The whole answer of a command, or a part of it.
#[derive(Clone)]
pub(super) enum Answer {
    /// For people: a terminal shows it so that it fits.
    Words(String),
    /// For programs: not a byte of it may change.
    Data(Vec<u8>),
}

impl From<String> for Answer {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

impl From<Vec<u8>> for Answer {
    fn from(data: Vec<u8>) -> Self {
        Self::Data(data)
    }
}

/// Prints an answer, at once. Where nobody wants to read it to its end it is the same answer, and the command goes on
/// to its exit code.
pub(super) fn print(answer: impl Into<Answer>) -> Result<(), NotPrinted> {
    let bytes = match answer.into() {
        Answer::Words(words) => terminal::on_stdout(&words).into_bytes(),
        Answer::Data(data) => data,
    };
    let mut output = stdout().lock();
    let printed = output.write_all(&bytes).and_then(|()| output.flush());
    match printed.map_err(NotPrinted) {
        Err(error) if error.is_cut_short() => Ok(()),
        printed => printed,
    }
}

/// A text from somebody's file, for people: what would steer a terminal, begin a line or turn the direction of reading
/// is escaped.
pub(super) fn visible(text: &str) -> String {
    let mut visible = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{2028}' | '\u{2029}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' => {
                visible.extend(character.escape_unicode());
            }
            control if control.is_control() => visible.extend(control.escape_default()),
            other => visible.push(other),
        }
    }
    visible
}

/// The same for what may have several lines.
pub(super) fn visible_lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
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

/// Prints one JSON document for machines, without making it in memory first. Whoever has seen enough of it may stop.
pub(super) fn print_json_as_it_comes<D: Document>(document: &D) -> anyhow::Result<()> {
    let schema = D::SCHEMA;
    let mut output = BufWriter::new(stdout().lock());
    let written = serde_json::to_writer_pretty(&mut output, &Named { schema, document }).map_err(io::Error::from);
    let written = written
        .and_then(|()| output.write_all(b"\n"))
        .and_then(|()| output.flush());
    match written.map_err(NotPrinted) {
        Err(error) if error.is_cut_short() => Ok(()),
        printed => Ok(printed?),
    }
}

/// Says something to whoever runs the program. Where that cannot be written, the exit code must do.
pub(super) fn tell(message: &str) {
    let _ = writeln!(stderr(), "{}", terminal::on_stderr(message));
}

/// Says why the arguments are none, or what was asked about them: the help, the version. Gives the exit code.
pub(super) fn explain(arguments: &clap::Error) -> u8 {
    let words = arguments.render().to_string();
    if arguments.use_stderr() {
        tell(&visible_lines(words.trim_end()));
    } else if let Err(error) = print(words) {
        tell(&format!("error: {}", error_chain(&error)));
        return 1;
    }
    u8::try_from(arguments.exit_code()).unwrap_or(1)
}
