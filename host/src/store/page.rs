//! Lines of a stream, as one piece of memory.

/// Some lines that follow each other in a stream, as they are kept: one buffer, in which each ends with a line feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    bytes: Vec<u8>,
}

impl Page {
    /// The lines joined by line feeds, of which none holds any itself.
    pub(super) fn joined(lines: &[u8]) -> Self {
        Self::from_iter([lines])
    }

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

    /// How many lines there are; they are counted each time.
    pub fn len(&self) -> usize {
        memchr::memchr_iter(b'\n', &self.bytes).count()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// Of lines without their line feeds.
impl<Bytes: AsRef<[u8]>> FromIterator<Bytes> for Page {
    fn from_iter<Lines: IntoIterator<Item = Bytes>>(lines: Lines) -> Self {
        let mut bytes = Vec::new();
        for line in lines {
            let line = line.as_ref();
            bytes.reserve(line.len() + 1);
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
        }
        Self { bytes }
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
        assert_eq!(Page::joined(b"one\ntwo"), Page::from_iter(["one", "two"]));
    }
}
