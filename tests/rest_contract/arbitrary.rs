//! Whatever comes over the wire: no panic, and an answer that can be sent.

use enterprise_credentials::rest::{self, Response};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

use crate::world::{AGENT, CLASSIC, SLUG, World, request, with_token};

fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let known = select(vec![
        "authorization",
        "user-agent",
        "X-GitHub-Api-Version",
        "IDEMPOTENCY-KEY",
    ]);
    let name = prop_oneof![known.prop_map(String::from), any::<String>()];
    prop::collection::vec((name, prop::collection::vec(any::<u8>(), 0..40)), 0..6)
}

/// Bytes, and texts that look like the body.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let words = select(vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "true",
        "null",
        "1e999",
        "\"revoke_credentials\"",
        "\"\\ud800\"",
        " ",
    ]);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(words, 0..12).prop_map(|words| words.concat().into_bytes()),
    ]
}

fn check(response: &Response) -> Result<(), TestCaseError> {
    prop_assert!(serde_json::from_slice::<Value>(&response.body).is_ok());
    for (name, value) in &response.headers {
        prop_assert!(
            value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()),
            "{}: {:?}",
            name,
            value
        );
    }
    Ok(())
}

proptest! {
    // What failed is printed in full: no file needs to keep it.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_requests_are_answered(
        slug in any::<String>(), headers in headers(), body in body(), id in any::<String>(),
    ) {
        let world = World::managed();
        let presented = world.presented(with_token(CLASSIC));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let _ = rest::bearer_token(&headers);
        for slug in [&slug, SLUG] {
            let request = request(slug, &headers);
            for presented in [None, Some(&presented)] {
                check(&rest::handle(&request, presented, &body, world.at).response)?;
                check(&rest::progress(&request, presented, &id, world.at))?;
                if let Err(refused) = rest::authorize(&request, presented, world.at) {
                    check(&refused)?;
                }
            }
        }
    }

    #[test]
    fn arbitrary_bodies_are_answered(body in body()) {
        let outcome = World::managed().answer(Some(with_token(CLASSIC)), SLUG, &[AGENT], &body);
        check(&outcome.response)?;
        prop_assert!(matches!(outcome.response.status, 202 | 400 | 422));
        prop_assert_eq!(outcome.events.is_empty(), outcome.response.status != 202);
        let json = serde_json::from_slice::<Value>(&body);
        if outcome.response.status == 202 && !body.is_empty() {
            prop_assert!(json.is_ok_and(|json| json.is_object()));
        }
    }
}
