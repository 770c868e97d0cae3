//! The process that serves: how it is asked to, and that it does so whoever listens to what it says.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod common;

use std::fs::File;
use std::io::pipe;
use std::path::Path;
use std::process::{Command, Stdio};

use common::history::{History, TOKEN_OWNER};
use common::http::{raw, revoke_all};
use common::process::{PROGRAM, Serve, run, run_well};
use common::{Directory, wait_until};

const SLUG: &str = "octo-corp";

#[test]
fn it_serves_though_its_address_cannot_be_written() {
    let full = || Stdio::from(File::options().write(true).open("/dev/full").unwrap());
    let closed = || {
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        Stdio::from(writer)
    };
    for stdout in [full(), closed()] {
        let directory = Directory::new();
        let log = directory.file("history.jsonl");
        std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
        run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);

        let said = directory.file("serve.log");
        let mut serve = Command::new(PROGRAM)
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--store", &directory.store_url()])
            .stdout(stdout)
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let mut address = None;
        wait_until("listening", || {
            let said = std::fs::read_to_string(&said).unwrap();
            let lines = said
                .lines()
                .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
            address = lines
                .into_iter()
                .find_map(|line| line["address"].as_str()?.parse().ok());
            address.is_some() || serve.try_wait().unwrap().is_some()
        });
        assert_eq!(revoke_all(address.unwrap(), SLUG, TOKEN_OWNER, "", &[]).status, 202);
        terminate(&serve);
        assert_eq!(serve.wait().unwrap().code(), Some(0));
        assert!(!directory.file("store.db-wal").exists(), "the store was not closed");
        let said = std::fs::read_to_string(&said).unwrap();
        assert!(said.contains("cannot write the address to standard output"), "{said}");
    }
}

#[test]
fn it_serves_though_its_log_cannot_be_written() {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    let serve = Serve::start(&directory.store_url(), Path::new("/dev/full"), &[]);
    assert_eq!(revoke_all(serve.address, SLUG, TOKEN_OWNER, "", &[]).status, 202);
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn it_tells_of_a_token_that_managed_users_share_with_another_enterprise_and_not_at_each_request() {
    let kinds = |other: &str| {
        let directory = Directory::new();
        for (slug, kind) in [(SLUG, "personal_accounts"), ("other-corp", other)] {
            let log = directory.file("history.jsonl");
            std::fs::write(&log, History::sample_of(slug, kind, "").log).unwrap();
            run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
        }
        let (log, options) = (directory.file("serve.log"), ["--log-format", "json"]);
        let serve = Serve::start(&directory.store_url(), &log, &options);
        for _ in 0..3 {
            assert_eq!(revoke_all(serve.address, SLUG, TOKEN_OWNER, "", &[]).status, 202);
        }
        wait_until("the requests are logged", || {
            serve.log().matches("\"request\"").count() == 3
        });
        let said = serve.log();
        let told = said
            .lines()
            .filter(|line| line.contains("of an enterprise of managed users is known"));
        let told: Vec<serde_json::Value> = told.map(|line| serde_json::from_str(line).unwrap()).collect();
        assert!(!said.contains(TOKEN_OWNER));
        told
    };
    assert_eq!(kinds("personal_accounts").len(), 0);
    let told = kinds("managed_users");
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["level"], "WARN");
    assert_eq!(told[0]["known_by"], "octo-corp/901 other-corp/901");
    assert_eq!(told[0]["requests"], 1);
}

fn terminate(child: &std::process::Child) {
    let sent = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn an_address_that_cannot_be_listened_on_leaves_the_store_closed() {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = run(&["serve", "--listen", &address, "--store", &directory.store_url()]);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains(&format!("cannot listen on `{address}`")), "{error}");
    assert!(!directory.file("store.db-wal").exists(), "the store was not closed");
}

#[test]
fn what_is_asked_wrongly_is_refused_with_what_is_meant() {
    for (option, value, expected) in [
        (
            "--listen",
            "localhost:0",
            "write an IP address and a port, as in `127.0.0.1:8080`",
        ),
        (
            "--listen",
            "127.0.0.1",
            "write an IP address and a port, as in `127.0.0.1:8080`",
        ),
        ("--batch", "0", "a batch takes from 1 to 4294967295 credentials"),
        ("--trusted-proxy", "10.0.0.0/40", "write an IP address or a network"),
        ("--trusted-proxy", "proxy.internal", "write an IP address or a network"),
        ("--proxy-header", "Forwarded", "--trusted-proxy"),
        ("--failures-max", "0", "write a number of requests, from 1 to"),
        ("--memory", "0", "0 is not in 1..="),
        ("--connections-max", "0", "0 is not in 1..=1000000"),
        ("--batch", "many", "a batch takes from 1 to 4294967295 credentials"),
    ] {
        let output = run(&["serve", "--store", "sqlite:missing.db", option, value]);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(expected), "{error}");
    }
    for command in [vec!["serve"], vec!["import", "-"], vec!["export", "--enterprise", SLUG]] {
        for url in [
            "mysql://localhost/db",
            "store.db",
            "sqlite:",
            "sqlite::memory:",
            "sqlite:store.db?mode=rwc",
        ] {
            let output = run(&[command.as_slice(), &["--store", url]].concat());
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{error}");
            assert!(error.contains("write a store as `sqlite:path/to/file.db`"), "{error}");
        }
    }
}

#[test]
fn fewer_files_are_fewer_connections() {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    for (limits, expected) in [("-n 300", Some(172)), ("-S -n 300", None)] {
        let said = directory.file("serve.log");
        let mut serve = Command::new("sh")
            .args(["-c", &format!("ulimit {limits}; exec \"$0\" \"$@\"")])
            .args([PROGRAM, "serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .args(["--connections-max", "500", "--store", &directory.store_url()])
            .stdout(Stdio::null())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let listens = || std::fs::read_to_string(&said).unwrap().contains("listening");
        wait_until("listening", listens);
        terminate(&serve);
        assert_eq!(serve.wait().unwrap().code(), Some(0));
        let said = std::fs::read_to_string(&said).unwrap();
        let lines = said
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let fewer: Vec<_> = lines.filter_map(|line| line["connections_max"].as_u64()).collect();
        assert_eq!(fewer, Vec::from_iter(expected), "{said}");
    }
}

#[test]
fn the_log_tells_of_what_is_no_request_and_of_misspelt_options() {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    let said = directory.file("serve.log");
    let serve = Serve::start(&directory.store_url(), &said, &["--log-format", "json"]);
    let answer = raw(serve.address, b"not at all\r\n\r\n");
    assert_eq!(answer.status, 400);
    revoke_all(serve.address, SLUG, TOKEN_OWNER, r#"{"revoke-credentials":true}"#, &[]);
    assert_eq!(serve.terminate(), Some(0));
    let said = std::fs::read_to_string(&said).unwrap();
    let lines: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let line = |key: &str, value: &str| lines.iter().find(|line| line[key] == value).unwrap();
    let unreadable = line("message", "unreadable request");
    assert_eq!(unreadable["request_id"].as_str(), answer.header("x-github-request-id"));
    assert_eq!(
        (&unreadable["status"], &unreadable["client"]),
        (&400.into(), &"127.0.0.1".into())
    );
    assert_eq!(line("ignored_keys", "revoke-credentials")["status"], 202);
}

#[test]
fn listening_beyond_the_machine_without_tls_is_a_warning() {
    let directory = Directory::new();
    let log = directory.file("history.jsonl");
    std::fs::write(&log, History::sample(SLUG, "").log).unwrap();
    run_well(&["import", "--store", &directory.store_url(), &log.display().to_string()]);
    for (address, warns) in [("0.0.0.0:0", true), ("127.0.0.1:0", false), ("127.0.0.2:0", false)] {
        let said = directory.file(address);
        let mut serve = Command::new(PROGRAM)
            .args(["serve", "--listen", address, "--store", &directory.store_url()])
            .stdout(Stdio::null())
            .stderr(File::create(&said).unwrap())
            .spawn()
            .unwrap();
        let listens = || std::fs::read_to_string(&said).unwrap().contains("listening");
        wait_until("listening", listens);
        terminate(&serve);
        assert_eq!(serve.wait().unwrap().code(), Some(0));
        let said = std::fs::read_to_string(&said).unwrap();
        assert_eq!(
            said.contains("beyond this machine without TLS"),
            warns,
            "{address}: {said}"
        );
    }
}
