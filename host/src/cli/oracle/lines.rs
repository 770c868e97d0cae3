//! Requests from a pipe, one a line.

use std::io::{self, BufRead, Read};

use enterprise_credentials::oracle::REQUEST_BYTES_MAX;

/// Enough to see that a line is too long.
const BYTES_READ_MAX: u64 = REQUEST_BYTES_MAX as u64 + 2;

/// The next request; nothing at the end. Of a line that is too long as much as it takes to see that.
///
/// What is no UTF-8 is replaced: then it is in no command, for all texts there are ASCII.
pub(super) fn next_request(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if input.take(BYTES_READ_MAX).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    if line.last() != Some(&b'\n') && line.len() > REQUEST_BYTES_MAX {
        input.skip_until(b'\n')?;
    }
    let request = line.strip_suffix(b"\n").unwrap_or(&line);
    Ok(Some(String::from_utf8_lossy(request).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::{REQUEST_BYTES_MAX, next_request};

    #[test]
    fn a_line_is_a_request_and_of_one_that_is_too_long_the_rest_is_passed_over() {
        let fits = "x".repeat(REQUEST_BYTES_MAX);
        let text = format!("a\n\n{fits}\n{fits}y\n{fits}yyy\nb\r\n\u{e4}");
        let mut input = text.as_bytes();
        let mut read = Vec::new();
        while let Some(request) = next_request(&mut input).unwrap() {
            read.push(request);
        }
        let lengths: Vec<usize> = read.iter().map(String::len).collect();
        let too_long = REQUEST_BYTES_MAX + 2;
        assert_eq!(
            lengths,
            [1, 0, REQUEST_BYTES_MAX, REQUEST_BYTES_MAX + 1, too_long, 2, 2]
        );
        assert_eq!((read[0].as_str(), read[6].as_str()), ("a", "\u{e4}"));
    }

    #[test]
    fn what_is_no_utf_8_is_replaced() {
        let request = next_request(&mut &b"{\"id\":\"\xff\"}"[..]).unwrap().unwrap();
        assert_eq!(request, "{\"id\":\"\u{fffd}\"}");
    }
}
