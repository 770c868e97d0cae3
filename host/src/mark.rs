//! A mark: the length of a log at some time, and the root of the tree over its lines. Whoever keeps it apart from the
//! log can show later that a log is the same, or begins with the marked one.
//!
//! It is text, two lines that are easily copied into a ticket:
//!
//! ```text
//! size 281041
//! root 1f0b5b3e…, 64 hexadecimal digits
//! ```

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use enterprise_credentials_seal::{Hash, LogCheck, NotTheLog, TooShort};

use crate::own_file::{self, Kind};
use crate::store::Head;

/// The size of a log, in lines, and the root over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    size: u64,
    root: Hash,
}

impl Mark {
    /// Of a log of so many lines, and the root over them.
    pub const fn new(size: u64, root: Hash) -> Self {
        Self { size, root }
    }

    /// The mark of a stream that ends so.
    pub fn of(head: &Head) -> Self {
        Self {
            size: head.position().value(),
            root: head.root(),
        }
    }

    /// The kind of its file.
    pub const FILE: Kind = Kind {
        name: "mark",
        begins: "size ",
    };

    /// Writes it to the file at `path`, whole or not at all. It replaces a mark, and nothing else.
    ///
    /// # Errors
    /// Those of [`own_file::write`].
    pub fn write(&self, path: &Path) -> io::Result<()> {
        own_file::write(path, Self::FILE, &self.to_string())
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "size {}\nroot {}\n", self.size, self.root)
    }
}

/// The text is no mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a mark is two lines, `size` with a number and `root` with 64 hexadecimal digits, as `export --mark` writes them"
)]
pub struct NotAMark;

impl FromStr for Mark {
    type Err = NotAMark;

    fn from_str(text: &str) -> Result<Self, NotAMark> {
        let mut lines = text.lines().map(str::trim_end);
        let mut value = |name: &str| {
            let value = lines.next()?.strip_prefix(name)?;
            value.strip_prefix(' ')
        };
        let size = value("size").and_then(|size| size.parse().ok());
        let root = value("root").and_then(hash);
        match (size, root, lines.next()) {
            (Some(size), Some(root), None) => Ok(Self { size, root }),
            _ => Err(NotAMark),
        }
    }
}

fn hash(digits: &str) -> Option<Hash> {
    let mut bytes = [0; Hash::LENGTH];
    let digits = digits.as_bytes();
    if digits.len() != 2 * Hash::LENGTH {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(digits.as_chunks().0) {
        let digit = |digit: &u8| char::from(*digit).to_digit(16);
        *byte = u8::try_from(digit(high)? << 4 | digit(low)?).ok()?;
    }
    Some(Hash::from_bytes(bytes))
}

/// A log that is not the one that was marked, nor a later one that begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMarked {
    /// It has fewer lines.
    #[error("the log is shorter than the mark says: it ends at line {lines}, and had {size} when it was marked")]
    Shorter {
        /// How many it has.
        lines: u64,
        /// How many it had.
        size: u64,
    },
    /// Its first lines are not those that were marked.
    #[error(
        "the log is not the one that was marked: its first {size} lines have the root {found}, and the mark says \
         {marked}"
    )]
    Other {
        /// How many lines were marked.
        size: u64,
        /// Their root.
        marked: Hash,
        /// The root of as many lines of this log.
        found: Hash,
    },
}

/// A comparison with a mark, line by line.
#[derive(Debug, Clone)]
pub struct MarkCheck(LogCheck);

impl MarkCheck {
    /// Begins before the first line.
    pub const fn new(mark: Mark) -> Self {
        Self(LogCheck::new(mark.size, mark.root))
    }

    /// Takes the next line, without its line feed. What comes behind the marked ones may be anything.
    pub fn push(&mut self, line: &[u8]) {
        self.0.push_line(line);
    }

    /// Says whether the log was the marked one, or begins with it.
    ///
    /// # Errors
    /// [`NotMarked`].
    pub fn end(&self) -> Result<(), NotMarked> {
        let checked = self.0.clone().finish();
        checked.map(drop).map_err(|error| match error {
            NotTheLog::TooShort(TooShort { lines, size }) => NotMarked::Shorter { lines, size },
            NotTheLog::Differs { size, expected, found } => NotMarked::Other {
                size,
                marked: expected,
                found,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use enterprise_credentials_seal::Frontier;

    use super::*;

    fn mark(lines: &[&str]) -> Mark {
        let mut frontier = Frontier::EMPTY;
        frontier
            .extend(
                lines
                    .iter()
                    .map(|line| enterprise_credentials_seal::leaf_hash(line.as_bytes())),
            )
            .unwrap();
        Mark::of(&Head::new(frontier, None, 0))
    }

    fn check(lines: &[&str], mark: Mark) -> Result<(), NotMarked> {
        let mut check = MarkCheck::new(mark);
        lines.iter().for_each(|line| check.push(line.as_bytes()));
        check.end()
    }

    #[test]
    fn a_mark_is_read_as_it_was_written_and_anything_else_refused() {
        let mark = mark(&["one", "two"]);
        let text = mark.to_string();
        assert_eq!(text.parse(), Ok(mark));
        assert_eq!(
            text.replace('\n', "\r\n").parse(),
            Ok(mark),
            "as another system copies it"
        );
        assert_eq!(text.trim_end().parse(), Ok(mark));
        let half: String = text.chars().take(text.len() - 3).collect();
        for wrong in [
            String::new(),
            half,
            format!("{text}more\n"),
            text.replace("size 2", "size -2"),
            text.replace("size", "length"),
            text.replace("root ", "root g"),
            format!("size 2\nroot {}\n", "é".repeat(32)),
        ] {
            assert_eq!(wrong.parse::<Mark>(), Err(NotAMark), "{wrong:?}");
        }
    }

    #[test]
    fn the_marked_log_and_later_ones_pass_and_no_shorter_or_other() {
        let marked = mark(&["one", "two"]);
        assert_eq!(check(&["one", "two"], marked), Ok(()));
        assert_eq!(check(&["one", "two", "three"], marked), Ok(()));
        assert_eq!(check(&["one"], marked), Err(NotMarked::Shorter { lines: 1, size: 2 }));
        for other in [["one", "too"], ["two", "one"]] {
            let found = check(&other, marked);
            assert!(matches!(found, Err(NotMarked::Other { size: 2, .. })), "{found:?}");
        }
    }
}
