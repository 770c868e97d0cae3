//! Requests that are no proper HTTP. They are answered before anybody asks what they are about.

use axum::http::header::{HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, StatusCode, Version};
use enterprise_credentials::rest;

/// The answer to a request whose head is well-formed, and says what it must not, or not what it must.
pub(super) fn refused(version: Version, headers: &HeaderMap, request_id: &str) -> Option<rest::Response> {
    let hosts = headers.get_all(HOST).iter().count();
    // HTTP/1.0 knows no `Host`.
    if hosts > 1 || (hosts == 0 && version == Version::HTTP_11) {
        return Some(rest::malformed(request_id));
    }
    is_coded_otherwise(headers).then(|| rest::not_implemented(request_id))
}

/// Whether the body comes in a transfer coding other than `chunked` alone: it would be read as it is, and be taken for
/// what its sender did not write.
fn is_coded_otherwise(headers: &HeaderMap) -> bool {
    let codings = headers.get_all(TRANSFER_ENCODING).iter();
    let mut codings = codings.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let is_chunked = |coding: &[u8]| coding.trim_ascii().eq_ignore_ascii_case(b"chunked");
    codings.next().is_some_and(|coding| !is_chunked(coding)) || codings.next().is_some()
}

/// The answer to bytes that are no request, of which the HTTP library says only this.
pub(super) fn unreadable(status: StatusCode, request_id: &str) -> rest::Response {
    match status {
        StatusCode::URI_TOO_LONG => rest::uri_too_long(request_id),
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => rest::headers_too_large(request_id),
        _ => rest::malformed(request_id),
    }
}
