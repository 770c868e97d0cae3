//! The commands that are asked about: in an argument, or from standard input.

use std::io::{BufReader, stdin};

use enterprise_credentials::Command;
use enterprise_credentials::limits::COMMANDS_MAX;

/// Where the commands are.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    Argument(Box<Command>),
    StandardInput,
}

/// Reads the argument: a command, or `-`.
pub(super) fn asked(text: &str) -> Result<Asked, serde_json::Error> {
    match text {
        "-" => Ok(Asked::StandardInput),
        json => serde_json::from_str(json).map(|command| Asked::Argument(Box::new(command))),
    }
}

impl Asked {
    pub(super) const fn is_on_standard_input(&self) -> bool {
        matches!(self, Self::StandardInput)
    }

    /// The commands; in words what is wrong where there is none, or something else. Of more than can be decided as one
    /// it reads no more than shows that there are too many.
    pub(super) fn read(self) -> Result<Vec<Command>, String> {
        match self {
            Self::Argument(command) => Ok(vec![*command]),
            Self::StandardInput => {
                let commands = serde_json::Deserializer::from_reader(BufReader::new(stdin().lock())).into_iter();
                let commands: Vec<Command> = commands
                    .take(COMMANDS_MAX + 1)
                    .enumerate()
                    .map(|(index, read)| {
                        read.map_err(|error| format!("command {} of standard input: {error}", index + 1))
                    })
                    .collect::<Result<_, _>>()?;
                match commands.len() {
                    0 => Err(
                        "standard input holds no command: write a JSON object for each, one after the other".to_owned(),
                    ),
                    _ => Ok(commands),
                }
            }
        }
    }
}
