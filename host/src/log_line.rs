//! One line of a log, however long what is read turns out to be.

use std::io::{self, BufRead, Read};

use enterprise_credentials::limits::LINE_BYTES_MAX;

/// Reads the next line, without its line feed, in place of what `line` holds. False at the end of the log.
///
/// Of a line that is too long it reads what shows that it is.
///
/// # Errors
/// Those of `reader`.
pub fn read_log_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    // A line feed, and one byte that shows that the line is too long.
    const LONGEST: u64 = LINE_BYTES_MAX as u64 + 2;
    line.clear();
    let length = reader.take(LONGEST).read_until(b'\n', line)?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_without_their_line_feeds_and_no_more_of_them_than_shows_that_they_are_too_long() {
        let longest = vec![b'x'; LINE_BYTES_MAX];
        let log = [b"one\n\nlast\n", longest.as_slice(), b"\n", &longest, b"xxx"].concat();
        let (mut reader, mut line) = (log.as_slice(), Vec::new());
        for expected in [
            b"one",
            b"".as_slice(),
            b"last",
            &longest,
            &[&longest[..], b"xx"].concat(),
            b"x",
        ] {
            assert!(read_log_line(&mut reader, &mut line).unwrap());
            assert!(line == expected, "{} bytes", line.len());
        }
        assert!(!read_log_line(&mut reader, &mut line).unwrap());
        assert!(line.is_empty());
    }
}
