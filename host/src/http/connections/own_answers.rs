//! The answers that the HTTP library gives by itself, before there is a request that it could hand over. They get our
//! form, and a line in the log.
//!
//! hyper has no hook for them, so they are recognised when they are written. Unlike other answers, they end with their
//! head (only an answer to `HEAD` does so too), and they have no request id.

use std::io;
use std::pin::Pin;
use std::str;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::http::StatusCode;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Connection;
use crate::http::observe;

/// A stream to which the library writes.
#[derive(Debug)]
pub(super) struct WithOwnAnswers<S> {
    stream: S,
    connection: Arc<Connection>,
    /// The answer that takes the place of the one being written, as far as it is not written yet.
    instead: Option<(Vec<u8>, usize)>,
}

impl<S: AsyncWrite + Unpin> WithOwnAnswers<S> {
    pub(super) const fn new(stream: S, connection: Arc<Connection>) -> Self {
        Self {
            stream,
            connection,
            instead: None,
        }
    }

    fn poll_instead(
        &mut self,
        context: &mut Context<'_>,
        answer: &[u8],
        status: StatusCode,
    ) -> Poll<io::Result<usize>> {
        let connection = &self.connection;
        let (ours, written) = self
            .instead
            .get_or_insert_with(|| (in_our_form(answer, connection, status), 0));
        while let Some(rest) = ours.get(*written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                length => *written += length,
            }
        }
        self.instead = None;
        Poll::Ready(Ok(answer.len()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for WithOwnAnswers<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match of_library(bytes) {
            None => Pin::new(&mut self.stream).poll_write(context, bytes),
            Some(OfLibrary {
                before: b"",
                answer,
                status,
            }) => self.poll_instead(context, answer, status),
            // What is left comes again.
            Some(OfLibrary { before, .. }) => Pin::new(&mut self.stream).poll_write(context, before),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for WithOwnAnswers<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

/// An answer of the library at the end of what is written.
#[derive(Debug, PartialEq, Eq)]
struct OfLibrary<'a> {
    before: &'a [u8],
    answer: &'a [u8],
    status: StatusCode,
}

fn of_library(bytes: &[u8]) -> Option<OfLibrary<'_>> {
    const VERSION: &[u8] = b"HTTP/1.";
    if !bytes.ends_with(b"\r\n\r\n") {
        return None;
    }
    let (before, answer) = bytes.split_at_checked(memmem::rfind(bytes, VERSION)?)?;
    let is_ours = memmem::find(answer, observe::REQUEST_ID.as_str().as_bytes()).is_some();
    let status = StatusCode::from_bytes(answer.get(VERSION.len() + 2..VERSION.len() + 5)?).ok()?;
    (!is_ours && status.is_client_error()).then_some(OfLibrary { before, answer, status })
}

/// The same answer with our headers and our body.
fn in_our_form(answer: &[u8], connection: &Connection, status: StatusCode) -> Vec<u8> {
    let response = observe::unreadable(connection, status);
    let head = str::from_utf8(answer).unwrap_or_default().lines();
    let kept = head.filter(|line| !line.is_empty() && !line.starts_with("content-length:"));
    let mut ours: String = kept.flat_map(|line| [line, "\r\n"]).collect();
    for (name, value) in &response.headers {
        ours.extend([name.to_ascii_lowercase().as_str(), ": ", value, "\r\n"]);
    }
    ours.push_str(&format!("content-length: {}\r\n\r\n", response.body.len()));
    let mut ours = ours.into_bytes();
    ours.extend_from_slice(&response.body);
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_the_library_is_told_from_ours() {
        let of_library_at = |before: &str, answer: &str| {
            let bytes = [before, answer].concat();
            let found = super::of_library(bytes.as_bytes());
            found.map(|found| (found.before.len(), found.status.as_u16()))
        };
        let ours = "HTTP/1.1 200 OK\r\nx-github-request-id: 1\r\ncontent-length: 2\r\n\r\n";
        let theirs = "HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(of_library_at("", theirs), Some((0, 431)));
        assert_eq!(
            of_library_at(&format!("{ours}{{}}"), theirs),
            Some((ours.len() + 2, 431))
        );
        assert_eq!(of_library_at("", ours), None);
        assert_eq!(of_library_at(ours, "{}"), None);
        assert_eq!(of_library_at(ours, r#"{"message":"HTTP/1.1 431 "}"#), None);
        assert_eq!(of_library_at("", "HTTP/1.1 100 Continue\r\n\r\n"), None);
    }
}
