//! What the body of a request may say, asked of the HTTP contract.

use enterprise_credentials::rest::Outcome;
use enterprise_credentials::{Event, Rule, limits};

use crate::post::{Post, accepts, post, refuses};

mod body_within_limit {
    use super::*;

    #[test]
    fn accepted() {
        accepts(&Post {
            body: &padded(limits::BODY_BYTES_MAX),
            ..post()
        });
    }

    #[test]
    fn refused() {
        refuses(
            &Post {
                body: &padded(limits::BODY_BYTES_MAX + 1),
                ..post()
            },
            Rule::BodyWithinLimit,
        );
    }

    #[test]
    fn refused_before_its_json_is_judged() {
        refuses(
            &Post {
                body: &vec![b'['; limits::BODY_BYTES_MAX + 1],
                ..post()
            },
            Rule::BodyWithinLimit,
        );
    }

    fn padded(length: usize) -> Vec<u8> {
        let mut body = vec![b' '; length];
        body[..2].copy_from_slice(b"{}");
        body
    }
}

mod body_is_json {
    use super::*;

    #[test]
    fn accepted() {
        for body in [&b""[..], b"{}", b" { } \n", br#"{"revoke_credentials":false}"#] {
            for content_type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
                accepts(&Post { body, ..post() }.with_header("Content-Type", content_type.as_bytes()));
            }
        }
    }

    #[test]
    fn refused() {
        let broken = [
            &b"{"[..],
            b"revoke_credentials=true",
            b" ",
            b"{} {}",
            b"{'revoke_credentials':true}",
            b"{\"\xff\":1}",
        ];
        for body in broken {
            refuses(&Post { body, ..post() }, Rule::BodyIsJson);
        }
    }
}

mod body_is_object {
    use super::*;

    #[test]
    fn accepted() {
        accepts(&Post {
            body: br#"{"reason":"breach","nested":{"revoke_credentials":1,"revoke_credentials":null}}"#,
            ..post()
        });
    }

    #[test]
    fn refused() {
        for body in [
            &b"[]"[..],
            b"null",
            b"true",
            b"1",
            br#""{}""#,
            br#"[{"revoke_credentials":true}]"#,
        ] {
            refuses(&Post { body, ..post() }, Rule::BodyIsObject);
        }
    }
}

mod revoke_credentials_once {
    use super::*;

    #[test]
    fn accepted() {
        let outcome = accepts(&Post {
            body: br#"{"a":1,"a":2,"revoke_credentials":true}"#,
            ..post()
        });
        assert!(
            revokes_credentials(&outcome),
            "of other keys a repetition does not matter"
        );
    }

    #[test]
    fn refused() {
        let repeated = [
            &br#"{"revoke_credentials":true,"revoke_credentials":true}"#[..],
            br#"{"revoke_credentials":false,"revoke_credentials":"x"}"#,
            br#"{"revoke_credentials":null,"a":{},"revoke_credential\u0073":true}"#,
        ];
        for body in repeated {
            refuses(&Post { body, ..post() }, Rule::RevokeCredentialsOnce);
        }
    }
}

mod revoke_credentials_boolean {
    use super::*;

    #[test]
    fn accepted() {
        for (body, expected) in [
            (&b""[..], false),
            (b"{}", false),
            (br#"{"revoke_credentials":false}"#, false),
            (br#"{"revoke_credentials":true}"#, true),
            (br#"{"Revoke_Credentials":true}"#, false),
        ] {
            assert_eq!(revokes_credentials(&accepts(&Post { body, ..post() })), expected);
        }
    }

    #[test]
    fn refused() {
        for value in ["null", "1", "0", "\"true\"", "[]", "{}", "[true]"] {
            let body = format!("{{\"revoke_credentials\":{value}}}");
            refuses(
                &Post {
                    body: body.as_bytes(),
                    ..post()
                },
                Rule::RevokeCredentialsBoolean,
            );
        }
    }
}

fn revokes_credentials(outcome: &Outcome) -> bool {
    matches!(
        outcome.events[..],
        [Event::RevokeAllRequested {
            revoke_credentials: true,
            ..
        }]
    )
}

mod credential_type_named {
    use enterprise_credentials::rest::{Operation, Path};

    use super::*;

    fn of_type<'a>(operation: Operation, body: &'a [u8]) -> Post<'a> {
        Post { body, ..post() }.at(Path {
            operation,
            owner: "octo-corp",
            target: "person-8",
        })
    }

    #[test]
    fn accepted() {
        for operation in [Operation::RevokeType, Operation::RevokePersonType] {
            for name in ["classic_pat", "fine_grained_pat", "ssh_key", "oauth_app_token"] {
                let body = format!(r#"{{"credential_type":"{name}","other":[]}}"#);
                let outcome = accepts(&of_type(operation, body.as_bytes()));
                let event = serde_json::to_string(&outcome.events[0]).unwrap();
                let named = format!(r#""credential_type":"{name}""#);
                assert!(event.contains(&named), "{event}");
            }
        }
        accepts(&Post {
            body: br#"{"credential_type":"of_no_kind"}"#,
            ..post()
        });
    }

    #[test]
    fn refused() {
        for operation in [Operation::RevokeType, Operation::RevokePersonType] {
            for body in [
                &b""[..],
                b"{}",
                br#"{"credential_type":null}"#,
                br#"{"credential_type":"CLASSIC_PAT"}"#,
                br#"{"credential_type":"oauth_app_user_token"}"#,
                br#"{"credential_type":1,"revoke_credentials":null}"#,
            ] {
                refuses(&of_type(operation, body), Rule::CredentialTypeNamed);
            }
        }
    }
}
