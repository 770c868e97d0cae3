//! What the operation's request must look like, asked of the HTTP contract.

use enterprise_credentials::{Caller, Event, IdempotencyKey, Rule, rest};

use crate::given::{MEMBER, with_token};
use crate::post::{Headers, MEMBERS_TOKEN, Post, accepts, answer, answer_as, post, refuses};

mod user_agent_required {
    use super::*;

    #[test]
    fn accepted() {
        accepts(&post());
        accepts(&Post {
            headers: vec![("user-agent", b"x")],
            ..post()
        });
    }

    #[test]
    fn refused() {
        for headers in [
            vec![],
            vec![("User-Agent", b"".as_slice())],
            vec![("User-Agent", b" \t".as_slice())],
        ] {
            refuses(&Post { headers, ..post() }, Rule::UserAgentRequired);
        }
    }

    #[test]
    fn refused_before_the_token_is_asked() {
        refuses(
            &Post {
                headers: vec![],
                known: false,
                ..post()
            },
            Rule::UserAgentRequired,
        );
    }
}

mod token_known {
    use super::*;

    #[test]
    fn accepted() {
        accepts(&post());
        for value in [
            "Bearer ghp_x",
            "bearer ghp_x",
            "BEARER  ghp_x",
            "token ghp_x",
            "ToKeN ghp_x",
        ] {
            assert_eq!(token(&[value]), Some("ghp_x"), "{value}");
        }
    }

    #[test]
    fn refused() {
        refuses(&Post { known: false, ..post() }, Rule::TokenKnown);
        for value in [
            "",
            "Bearer",
            "Bearer ",
            "ghp_x",
            "Basic ghp_x",
            "Bearer ghp x",
            "Bearer gh\u{e9}",
        ] {
            assert_eq!(token(&[value]), None, "{value}");
        }
        assert_eq!(
            token(&["Bearer ghp_x", "Bearer ghp_x"]),
            None,
            "which of two holds is undefined"
        );
        assert_eq!(token(&[]), None);
    }

    fn token<'a>(values: &[&'a str]) -> Option<&'a str> {
        let headers: Headers<'a> = values.iter().map(|value| ("Authorization", value.as_bytes())).collect();
        rest::bearer_token(&headers)
    }
}

mod api_version_known {
    use super::*;

    #[test]
    fn accepted() {
        for version in ["2022-11-28", "2026-03-10"] {
            accepts(&post().with_header("X-GitHub-Api-Version", version.as_bytes()));
        }
        let outcome = answer(&post());
        let selected = outcome
            .response
            .headers
            .iter()
            .find(|(name, _)| *name == "X-GitHub-Api-Version-Selected");
        assert_eq!(
            selected.map(|(_, version)| version.as_str()),
            Some("2022-11-28"),
            "the default"
        );
    }

    #[test]
    fn refused() {
        for version in ["2022-11-29", "", "latest", "2026-03-10, 2026-03-10"] {
            refuses(
                &post().with_header("X-GitHub-Api-Version", version.as_bytes()),
                Rule::ApiVersionKnown,
            );
        }
    }

    #[test]
    fn refused_before_the_enterprise_is_asked() {
        let post = Post {
            enterprise: "hexa-corp",
            ..post()
        };
        refuses(&post.with_header("X-GitHub-Api-Version", b"1"), Rule::ApiVersionKnown);
    }
}

mod enterprise_of_token {
    use super::*;

    #[test]
    fn accepted() {
        accepts(&post());
    }

    #[test]
    fn refused() {
        let absent = refuses(
            &Post {
                enterprise: "hexa-corp",
                ..post()
            },
            Rule::EnterpriseOfToken,
        );
        for malformed in ["Octo-Corp", "", "octo corp", "..", "octo-corp/"] {
            let outcome = refuses(
                &Post {
                    enterprise: malformed,
                    ..post()
                },
                Rule::EnterpriseOfToken,
            );
            assert_eq!(outcome.response.body, absent.response.body, "the answer is the same");
        }
    }

    #[test]
    fn refused_with_the_same_answer_as_to_a_stranger() {
        let known = answer(&Post {
            enterprise: "hexa-corp",
            ..post()
        });
        let stranger = answer_as(Caller::Stranger {}, &post());
        assert_eq!(stranger.response.refused_by, Some(Rule::StrangerSeesNothing));
        assert_eq!(
            (stranger.response.status, stranger.response.body),
            (known.response.status, known.response.body)
        );
    }

    #[test]
    fn refused_before_the_role_is_asked() {
        let post = Post {
            enterprise: "hexa-corp",
            ..post()
        };
        let outcome = answer_as(with_token(MEMBER, MEMBERS_TOKEN), &post);
        assert_eq!(outcome.response.refused_by, Some(Rule::EnterpriseOfToken));
    }
}

mod idempotency_key_well_formed {
    use super::*;

    #[test]
    fn accepted() {
        let longest = "k".repeat(255);
        for key in ["k", "breach-1", longest.as_str()] {
            let outcome = accepts(&post().with_header("Idempotency-Key", key.as_bytes()));
            let expected = IdempotencyKey::new(key).ok();
            assert!(matches!(&outcome.events[..],
                [Event::RevokeAllRequested { idempotency_key, .. }] if *idempotency_key == expected));
        }
    }

    #[test]
    fn refused() {
        let too_long = "k".repeat(256);
        for key in [
            &b""[..],
            b"two words",
            b"\xff",
            "\u{e9}".as_bytes(),
            too_long.as_bytes(),
        ] {
            refuses(
                &post().with_header("Idempotency-Key", key),
                Rule::IdempotencyKeyWellFormed,
            );
        }
        let twice = post()
            .with_header("Idempotency-Key", b"k")
            .with_header("idempotency-key", b"k");
        refuses(&twice, Rule::IdempotencyKeyWellFormed);
    }

    #[test]
    fn refused_before_the_body_is_read_and_after_authority() {
        let post = Post { body: b"[", ..post() }.with_header("Idempotency-Key", b"");
        refuses(&post, Rule::IdempotencyKeyWellFormed);
        let outcome = answer_as(with_token(MEMBER, MEMBERS_TOKEN), &post);
        assert_eq!(outcome.response.refused_by, Some(Rule::OwnerOrPermission));
    }
}
