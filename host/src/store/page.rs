//! Lines of a stream, as one piece of memory.

/// Some lines that follow each other in a stream, as they are kept: one buffer, in which each ends with a line feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    bytes: Vec<u8>,
    lines: usize,
}

impl Page {
    /// The lines, without their line feeds.
    pub fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.bytes.as_slice();
        std::iter::from_fn(move || {
            let (line, behind) = rest.split_at_checked(memchr::memchr(b'\n', rest)?)?;
            rest = behind.get(1..)?;
            Some(line)
        })
    }

    /// The lines, each with its line feed: that much of a log.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many lines there are.
    pub const fn len(&self) -> usize {
        self.lines
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.lines == 0
    }

    /// Adds a line, which holds no line feed.
    pub fn push(&mut self, line: &[u8]) {
        self.bytes.reserve(line.len() + 1);
        self.bytes.extend_from_slice(line);
        self.end_line();
    }

    /// Adds lines that are joined by line feeds, the last one without: at least one line.
    pub(super) fn push_joined(&mut self, lines: &[u8]) {
        self.lines += memchr::memchr_iter(b'\n', lines).count();
        self.push(lines);
    }

    /// Lets `write` add a line, without its line feed, to the bytes.
    pub(super) fn write_line(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> &[u8] {
        let begin = self.bytes.len();
        write(&mut self.bytes);
        let end = self.bytes.len();
        self.end_line();
        self.bytes.get(begin..end).unwrap_or_default()
    }

    fn end_line(&mut self) {
        self.bytes.push(b'\n');
        self.lines += 1;
    }
}

/// Of lines without their line feeds.
impl<Bytes: AsRef<[u8]>> FromIterator<Bytes> for Page {
    fn from_iter<Lines: IntoIterator<Item = Bytes>>(lines: Lines) -> Self {
        let mut page = Self::default();
        for line in lines {
            page.push(line.as_ref());
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_the_lines_that_it_was_made_of() {
        for (lines, bytes) in [
            (vec![], ""),
            (vec!["one"], "one\n"),
            (vec!["one", "two\r"], "one\ntwo\r\n"),
            (vec!["", ""], "\n\n"),
        ] {
            let page = Page::from_iter(&lines);
            assert_eq!(page.bytes(), bytes.as_bytes());
            assert!(page.lines().eq(lines.iter().map(|line| line.as_bytes())));
            assert_eq!(page.len(), lines.len());
            assert_eq!(page.is_empty(), lines.is_empty());
        }
        let mut joined = Page::default();
        joined.push_joined(b"one\ntwo");
        joined.write_line(|bytes| bytes.extend_from_slice(b"three"));
        assert_eq!(joined, Page::from_iter(["one", "two", "three"]));
    }
}
