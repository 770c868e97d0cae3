//! The bearer token in a request's headers.

use enterprise_credentials::rest::bearer_token;

#[test]
fn the_token_is_found_behind_either_word_in_any_case() {
    for value in [
        "Bearer ghp_a",
        "bearer ghp_a",
        "BEARER  ghp_a",
        "token ghp_a",
        "Token ghp_a",
    ] {
        let headers = [("Accept", b"*/*".as_slice()), ("authorization", value.as_bytes())];
        assert_eq!(bearer_token(&headers), Some("ghp_a"), "`{value}`");
    }
}

#[test]
fn anything_else_is_no_token() {
    let values: [&[u8]; 10] = [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Bearerghp_a",
        b"Basic ghp_a",
        b"ghp_a",
        b"Bearer ghp a",
        b"Bearer ghp_\xff",
        b"Bearer\tghp_a",
        b"Bearer ghp_a\0",
    ];
    for value in values {
        assert_eq!(
            bearer_token(&[("Authorization", value)]),
            None,
            "`{}`",
            String::from_utf8_lossy(value)
        );
    }
    assert_eq!(bearer_token(&[]), None);
    let twice = [
        ("Authorization", b"Bearer ghp_a".as_slice()),
        ("AUTHORIZATION", b"Bearer ghp_a"),
    ];
    assert_eq!(bearer_token(&twice), None);
}
