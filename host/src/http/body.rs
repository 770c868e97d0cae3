//! The bodies of requests: as much of them as anybody reads, in the time that they may take.

use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;

/// What came of a body.
pub(super) enum Received {
    /// The whole of it, or of a longer one enough to see that it is too long.
    Enough { body: Vec<u8>, is_whole: bool },
    /// Not all of it came in time.
    Late,
    /// It ended early, or in chunks that are none.
    Broken,
}

/// Reads a body that may have so many bytes.
pub(super) async fn read(mut frames: Body, bytes_max: usize, timeout: Duration) -> Received {
    let mut body = Vec::new();
    let arrives = async {
        while body.len() <= bytes_max {
            match frames.frame().await {
                None => return Received::Enough { body, is_whole: true },
                Some(Err(_)) => return Received::Broken,
                Some(Ok(frame)) => {
                    if let Ok(data) = frame.into_data() {
                        body.extend_from_slice(&data);
                    }
                }
            }
        }
        Received::Enough { body, is_whole: false }
    };
    tokio::time::timeout(timeout, arrives).await.unwrap_or(Received::Late)
}
