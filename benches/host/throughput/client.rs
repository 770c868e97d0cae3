//! A client of the API that does no more than it must, so that the server is measured and not the client.

use std::io::{Read, Write};
use std::net::TcpStream;

use anyhow::{Context, Result, ensure};

/// Asks for a revoke-all, and gives the answer's status.
pub(crate) fn post_revoke_all(
    connection: &mut TcpStream,
    slug: &str,
    token: &str,
    revoke_credentials: bool,
) -> Result<u16> {
    let body = format!(r#"{{"revoke_credentials":{revoke_credentials}}}"#);
    let request = format!(
        "POST /enterprises/{slug}/credential-authorizations/revoke-all HTTP/1.1\r\n\
         Host: localhost\r\nUser-Agent: bench\r\nAuthorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    send(connection, &request)
}

/// Sends a request, and gives its answer's status.
pub(crate) fn send(connection: &mut TcpStream, request: &str) -> Result<u16> {
    connection.write_all(request.as_bytes())?;
    status(connection)
}

/// Reads one answer to its end.
fn status(connection: &mut TcpStream) -> Result<u16> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let length = connection.read(&mut piece)?;
        ensure!(length > 0, "the connection was closed");
        answer.extend_from_slice(piece.get(..length).context("no more than there is room")?);
        let text = std::str::from_utf8(&answer)?.to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        if body.len() == length.context("an answer has a length")?.parse::<usize>()? {
            return Ok(head.split(' ').nth(1).context("an answer has a status")?.parse()?);
        }
    }
}
