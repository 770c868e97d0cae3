//! `rehearse` runs the main job for real, and says what came of it.

use crate::{Run, file, path, requested, run, sample};

const SMALL: [&str; 4] = ["--members", "60", "--credentials", "500"];

fn rehearse(options: &[&str]) -> Run {
    let run = run(&[&["rehearse"], options].concat());
    let words = run.stdout.split_whitespace().chain(run.stderr.split_whitespace());
    let tokens: Vec<&str> = words.filter(|word| word.contains("ghp_") && word.len() > 20).collect();
    assert!(tokens.is_empty(), "a whole token is shown: {tokens:?}");
    run
}

/// The two numbers in the verdict.
fn revoked_and_destroyed(words: &str) -> (u64, u64) {
    let verdict = words.split("THE VERDICT").nth(1).unwrap();
    let numbers: Vec<u64> = verdict
        .split_whitespace()
        .filter_map(|word| word.replace(',', "").parse().ok())
        .collect();
    (numbers[0], numbers[1])
}

fn assert_clean(words: &str) {
    assert!(
        words.contains("202 Accepted") && words.contains("NO FINDINGS") && words.contains("CLEAN: as planned"),
        "{words}"
    );
}

#[test]
fn a_sample_of_managed_users_loses_its_authorizations_and_the_token_follows_the_job() {
    let words = rehearse(&SMALL).output();
    assert_clean(&words);
    let (revoked, destroyed) = revoked_and_destroyed(&words);
    assert!(revoked > 300 && destroyed == 0, "{words}");
    assert!(words.contains("followed at its Location"), "{words}");
    let number = |word: &str| word.replace(',', "").parse::<u64>().unwrap();
    let issued = words.lines().find(|line| line.contains(" issued, ")).unwrap();
    let issued: Vec<&str> = issued.split_whitespace().collect();
    let (alive, expired) = (number(issued[3]), number(issued[5]));
    let survivors = words.split("NOT COVERED").nth(1).unwrap().lines().skip(1).take(2);
    let survivors: u64 = survivors
        .map(|line| number(line.split_whitespace().next().unwrap()))
        .sum();
    assert_eq!(alive, survivors, "one meaning of alive: {words}");
    assert!(expired > 0, "{words}");
    let evidence = words.split("THE EVIDENCE").nth(1).unwrap();
    assert!(
        evidence.contains("not authorized") && evidence.contains("deploy keys"),
        "{evidence}"
    );
    assert!(
        words.contains(r#""warning":"The token used for this request may also be revoked"#),
        "{words}"
    );
}

#[test]
fn with_revoke_credentials_the_callers_token_dies_and_the_store_tells_the_rest() {
    let words = rehearse(&[&SMALL[..], &["--revoke-credentials"]].concat()).output();
    assert_clean(&words);
    let (revoked, destroyed) = revoked_and_destroyed(&words);
    assert!(revoked > 300 && destroyed > 200, "{words}");
    assert!(
        words.contains("followed in the store: at its Location the token gets 401"),
        "{words}"
    );
}

#[test]
fn personal_accounts_lose_authorizations_only() {
    let words = rehearse(&[&SMALL[..], &["--kind", "personal_accounts"]].concat()).output();
    assert_clean(&words);
    assert_eq!(revoked_and_destroyed(&words).1, 0);
}

#[test]
fn personal_accounts_with_revoke_credentials_are_refused_as_documented() {
    let refused = rehearse(&[&SMALL[..], &["--kind", "personal_accounts", "--revoke-credentials"]].concat());
    assert_eq!((refused.code, refused.stderr.as_str()), (3, ""));
    let words = refused.stdout;
    assert!(words.contains("422 Unprocessable Entity"), "{words}");
    assert!(
        words.contains(
            "The `revoke_credentials` option is only available for Enterprise Managed User (EMU) enterprises"
        ),
        "{words}"
    );
    assert!(words.contains("WHOEVER ASKS, this request is refused"), "{words}");
    assert!(words.contains("REFUSED: nothing was recorded"), "{words}");
    assert!(!words.contains("THE JOB"), "{words}");
}

#[test]
fn a_request_for_less_than_everything_is_made_at_its_own_path_and_followed_to_its_end() {
    const GUEST: &str = "john-mccarthy10_octo";
    for (options, path, message, followed) in [
        (
            &["--person", "JOHN-McCarthy10_octo", "--revoke-credentials"][..],
            "/enterprises/octo-corp/credential-authorizations/john-mccarthy10_octo/revoke\n",
            "Credential authorization revocation for user 'john-mccarthy10_octo' has been queued",
            "followed at its Location: the token still authenticates",
        ),
        (
            &["--person", GUEST, "--credential-type", "classic_pat"],
            "/john-mccarthy10_octo/revoke-credential-type\n",
            "Credential type revocation for user",
            "followed at its Location",
        ),
        (
            &["--organization", "octo-platform"],
            "/orgs/octo-platform/credential-authorizations/revoke-all\n",
            "Credential authorization revocation has been queued",
            "followed in the store: at its Location the token gets 403",
        ),
        (
            &["--organization", "octo-data", "--credential-type", "ssh_key"],
            "/orgs/octo-data/credential-authorizations/revoke-credential-type\n",
            "Credential type revocation has been queued",
            "ADDED to the sample, whose own tokens may not make this request",
        ),
    ] {
        let words = rehearse(&[&SMALL[..], options].concat()).output();
        assert_clean(&words);
        let destroys = options.contains(&"--revoke-credentials");
        let (revoked, destroyed) = revoked_and_destroyed(&words);
        assert!(revoked > 0 && (destroyed > 0) == destroys, "{words}");
        for said in [path, message, followed, "limited to"] {
            assert!(words.contains(said), "{said} is not in:\n{words}");
        }
    }
}

#[test]
fn a_narrower_request_that_is_refused_is_answered_as_documented() {
    for (options, answer) in [
        (
            &["--person", "octo_admin"][..],
            "The first EMU owner cannot be targeted for credential revocation.",
        ),
        (
            &["--organization", "octo-platform", "--revoke-credentials"],
            "Invalid request",
        ),
    ] {
        let refused = rehearse(&[&SMALL[..], options].concat());
        assert_eq!((refused.code, refused.stderr.as_str()), (3, ""));
        let words = refused.stdout;
        assert!(
            words.contains("422 Unprocessable Entity") && words.contains(answer),
            "{words}"
        );
        assert!(words.contains("WHOEVER ASKS, this request is refused"), "{words}");
    }
    let unknown = rehearse(&[&SMALL[..], &["--person", "nobody"]].concat());
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("has the login `nobody`"), "{}", unknown.stderr);
}

#[test]
fn a_history_without_tokens_gets_one_in_the_copy_and_that_is_said() {
    let log = sample("managed_users");
    let history = file("rehearse.jsonl", &log);
    let words = rehearse(&["--history", &history, "--revoke-credentials"]).output();
    assert_clean(&words);
    assert!(words.contains("ADDED to the copy of the log"), "{words}");
    assert_eq!(std::fs::read_to_string(history).unwrap(), log, "the log is as it was");
}

#[test]
fn a_history_with_its_tokens_is_called_by_an_owner_among_them() {
    let tokens = path("rehearse-tokens.csv");
    let tokens = tokens.to_str().unwrap();
    let log = run(&[
        "generate",
        "--members",
        "40",
        "--credentials",
        "300",
        "--tokens",
        tokens,
        "--force",
    ])
    .output();
    let history = file("rehearse-with-tokens.jsonl", &log);
    let csv = std::fs::read_to_string(tokens).unwrap();

    // Backwards, an unqualified token comes first; the owner's is found all the same.
    let backwards: Vec<&str> = csv.lines().rev().collect();
    let given = file("backwards.csv", &backwards.join("\n"));
    let words = rehearse(&["--history", &history, "--token-file", &given]).output();
    assert_clean(&words);
    assert!(words.contains(", owner)") && !words.contains("ADDED"), "{words}");

    // Where nobody else is there, the unqualified one is refused, and that is the answer.
    let billing_manager = csv
        .lines()
        .find(|row| row.contains(",6,6,"))
        .unwrap()
        .split(',')
        .next()
        .unwrap();
    let refused = rehearse(&[
        "--history",
        &history,
        "--token-file",
        &file("one-token", billing_manager),
    ]);
    assert_eq!(refused.code, 3);
    assert!(refused.stdout.contains("403 Forbidden"), "{}", refused.stdout);

    let unknown = rehearse(&[
        "--history",
        &history,
        "--token-file",
        &file("no-token", "ghp_unknown\n"),
    ]);
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.stderr.contains("is that of a credential in the log"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_job_that_the_log_left_unfinished_is_finished_first() {
    let log = requested("managed_users", false);
    let words = rehearse(&["--history", &file("unfinished.jsonl", &log), "--revoke-credentials"]).output();
    assert_clean(&words);
    let (revoked, destroyed) = revoked_and_destroyed(&words);
    assert!(
        revoked == 0 && destroyed > 100,
        "the authorizations belong to the earlier request: {words}"
    );
    assert!(words.contains("in earlier revocations; not counted here"), "{words}");
}

#[test]
fn the_log_is_sealed_and_kept_where_that_is_asked_for() {
    let words = rehearse(&SMALL).output();
    let seal = words.split("THE SEAL").nth(1).unwrap();
    assert!(seal.contains("\nrehearsal/octo-corp\n"), "{seal}");
    assert!(seal.contains("are thrown away: `rehearse --keep DIR` keeps"), "{seal}");

    let directory = path("rehearse-kept");
    let keep = ["--keep", directory.to_str().unwrap()];
    let words = rehearse(&[&SMALL[..], &keep].concat()).output();
    assert_clean(&words);
    // The commands are given as they can be run.
    let said: Vec<&str> = words
        .lines()
        .filter_map(|line| line.strip_prefix("    enterprise-credentials "))
        .collect();
    assert_eq!(said.len(), 2, "{words}");
    for command in said {
        let arguments: Vec<&str> = command.split(' ').collect();
        let checked = run(&arguments).output();
        assert!(
            checked.contains("HOLDS") && checked.contains("that is the whole log"),
            "{checked}"
        );
    }
    let checkpoint = std::fs::read_to_string(directory.join("octo-corp.checkpoint")).unwrap();
    assert!(words.contains(&checkpoint), "{words}");
    let again = rehearse(&[&SMALL[..], &keep].concat());
    assert_eq!((again.code, again.stdout.as_str()), (1, ""), "before anything is done");
    assert!(again.stderr.contains("is there already"), "{}", again.stderr);
}

#[test]
fn what_cannot_be_rehearsed_is_an_error() {
    assert_eq!(rehearse(&["--history", "no/such/file"]).code, 1);
    assert_eq!(rehearse(&["--history", "x", "--members", "5"]).code, 2);
    assert_eq!(rehearse(&["--token-file", "x"]).code, 2);
    let empty = rehearse(&["--history", &file("empty.jsonl", "")]);
    assert_eq!(empty.code, 1);
    assert!(empty.stderr.contains("holds no event"), "{}", empty.stderr);
}

#[test]
fn nothing_is_left_behind() {
    let directory = path("rehearse-tmp");
    std::fs::create_dir_all(&directory).unwrap();
    let status = std::process::Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"))
        .args(["rehearse", "--members", "12", "--credentials", "50"])
        .env("TMPDIR", &directory)
        .stdout(std::process::Stdio::null())
        .status();
    assert!(status.unwrap().success());
    assert_eq!(std::fs::read_dir(&directory).unwrap().count(), 0);
}

#[cfg(unix)]
#[test]
fn nothing_is_left_behind_by_one_that_is_stopped() {
    let directory = path("rehearse-stopped");
    std::fs::create_dir_all(&directory).unwrap();
    let left = || std::fs::read_dir(&directory).unwrap().count();
    let mut rehearsal = std::process::Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"))
        .args(["rehearse", "--credentials", "1000000"])
        .env("TMPDIR", &directory)
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while left() == 0 {
        assert_eq!(rehearsal.try_wait().unwrap(), None, "it ended before it was stopped");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let sent = std::process::Command::new("kill")
        .args(["-TERM", &rehearsal.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = rehearsal.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(error.contains("stopped by SIGTERM"), "{error}");
    assert_eq!(left(), 0);
}
