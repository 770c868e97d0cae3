//! Those who guess tokens: named in the log, told to slow down, and not able to fill the disk;
//! and nobody else is slowed down.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod common;

use std::time::Instant;

use common::history::{History, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_EXPIRED};
use common::http::{Answer, Conversation, get_head, revoke_all};
use common::process::{Serve, run_well};
use common::{Directory, wait_until};
use serde_json::Value;

const SLUG: &str = "octo-corp";

struct Guessed {
    serve: Serve,
    _directory: Directory,
}

impl Guessed {
    fn with(options: &[&str]) -> Self {
        let directory = Directory::new();
        let log = directory.file("history.jsonl");
        std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
        run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
        let options = [&["--log-format", "json"], options].concat();
        let serve = Serve::start(&directory.store_url(), &directory.file("serve.log"), &options);
        Self {
            serve,
            _directory: directory,
        }
    }

    fn ask(&self, token: &str, more: &str) -> Answer {
        Conversation::new(self.serve.address).ask(request(token, more).as_bytes())
    }

    fn lines(&self) -> Vec<Value> {
        let log = self.serve.log();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// How many requests the log has counted, one by one or together.
    fn counted(&self) -> u64 {
        let counts = self.lines().into_iter().map(|line| {
            let together = |line: &Value| line["requests"].as_u64().unwrap() - line["logged"].as_u64().unwrap();
            match line["message"].as_str() {
                Some("request") => 1,
                Some(many) if many.starts_with("many requests without a valid token") => together(&line),
                _ => 0,
            }
        });
        counts.sum()
    }

    /// The clients whose requests have lines of their own.
    fn clients(&self) -> Vec<String> {
        let lines = self.lines().into_iter();
        lines
            .filter_map(|line| Some(line["client"].as_str()?.to_owned()))
            .collect()
    }
}

fn request(token: &str, more: &str) -> String {
    let path = format!("/enterprises/{SLUG}/credential-authorizations/revocations/1");
    get_head(&path, token, more)
}

#[test]
fn the_log_names_the_client_behind_trusted_proxies_alone() {
    let through = "X-Forwarded-For: 198.51.100.9, 192.0.2.1\r\nForwarded: for=\"[2001:db8::7]:443\"\r\n";
    for (options, client) in [
        (&[][..], "127.0.0.1"),
        (&["--trusted-proxy", "127.0.0.1"], "127.0.0.1"),
        (
            &["--trusted-proxy", "10.0.0.0/8", "--proxy-header", "Forwarded"],
            "127.0.0.1",
        ),
        (
            &["--trusted-proxy", "127.0.0.0/8", "--proxy-header", "Forwarded"],
            "2001:db8::7",
        ),
        (
            &[
                "--trusted-proxy",
                "::1",
                "--trusted-proxy",
                "127.0.0.1",
                "--proxy-header",
                "X-Forwarded-For",
            ],
            "192.0.2.1",
        ),
    ] {
        let guessed = Guessed::with(options);
        assert_eq!(guessed.ask("ghp_guess", through).status, 401);
        wait_until("the request is logged", || !guessed.clients().is_empty());
        assert_eq!(guessed.clients(), [client], "{options:?}");
    }
}

#[test]
fn a_flood_of_guesses_is_slowed_and_counted_and_stops_nobody_with_a_token() {
    const GUESSES: u64 = 3_000;
    let guessed = Guessed::with(&["--failures-max", "100"]);
    let begun_at = Instant::now();
    let mut conversation = Conversation::new(guessed.serve.address);
    let (mut refused, mut slowed) = (0, 0);
    for number in 0..GUESSES {
        let answer = conversation.ask(request(&format!("ghp_{number}"), "").as_bytes());
        match answer.status {
            401 => refused += 1,
            429 => {
                assert_eq!(answer.message(), "Too Many Requests");
                assert_eq!(answer.header("retry-after"), Some("1"));
                slowed += 1;
            }
            _ => panic!("{answer:?}"),
        }
        if number % 100 == 0 {
            assert_eq!(guessed.ask(TOKEN_MEMBER, "").status, 403);
        }
    }
    assert_eq!(
        revoke_all(guessed.serve.address, SLUG, TOKEN_OWNER, "", &[]).status,
        202
    );
    let seconds = begun_at.elapsed().as_secs() + 1;
    assert!(refused <= 100 * (seconds + 1), "{refused} in {seconds} s");
    assert!(slowed > 0);

    // With the thirty requests of a member and the one of an owner; a stop tells the rest.
    guessed.serve.signal("-TERM");
    wait_until("the host has stopped", || guessed.serve.log().contains("\"stopped\""));
    assert_eq!(guessed.counted(), GUESSES + 31);
    let lines = u64::try_from(guessed.lines().len()).unwrap();
    assert!(lines < 31 + 7 * (seconds + 2) + 5, "{lines} lines in {seconds} s");
    let limited = guessed.lines().into_iter().filter_map(|line| line["limited"].as_u64());
    assert_eq!(limited.sum::<u64>(), slowed);
}

#[test]
fn each_client_behind_a_proxy_has_a_limit_of_its_own() {
    let guessed = Guessed::with(&[
        "--trusted-proxy",
        "127.0.0.1",
        "--proxy-header",
        "X-Forwarded-For",
        "--failures-max",
        "1",
    ]);
    let mut conversation = Conversation::new(guessed.serve.address);
    let mut ask = |client: &str, token: &str| {
        let request = request(token, &format!("X-Forwarded-For: {client}\r\n"));
        conversation.ask(request.as_bytes()).status
    };
    // Two of three in a row are in the same second.
    let of_one: Vec<_> = (0..3).map(|_| ask("2001:db8::1", TOKEN_OWNER_EXPIRED)).collect();
    assert!(of_one.contains(&401) && of_one.contains(&429), "{of_one:?}");
    let of_its_network: Vec<_> = (0..2).map(|_| ask("2001:db8::2", "ghp_guess")).collect();
    assert!(of_its_network.contains(&429), "{of_its_network:?}");
    assert_eq!(ask("2001:db8:0:1::1", "ghp_guess"), 401);
    assert_eq!(ask("2001:db8::1", TOKEN_MEMBER), 403);
}
