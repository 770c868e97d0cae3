//! `audit` finds nothing in a history that keeps the rules, and something in any other.

use sha2::{Digest, Sha256};

use crate::{file, path, revoked, run, run_on, sample, with_line};

#[test]
fn generated_histories_are_clean() {
    for kind in ["managed_users", "personal_accounts"] {
        let words = run_on(&sample(kind), &["audit", "-"]).output();
        assert!(
            words.contains("NO FINDINGS") && words.contains("no revocation was requested"),
            "{words}"
        );
    }
}

#[test]
fn the_evidence_says_who_asked_by_what_authority_and_what_came_of_it() {
    let log = revoked("managed_users", true);
    let path = file("audit.jsonl", &log);
    let document = run(&["audit", &path, "--json"]).json();
    let sha256: String = Sha256::digest(&log).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (&document["sha256"], &document["complete"]),
        (&sha256.clone().into(), &true.into())
    );
    let evidence = &document["revocations"][0];
    assert_eq!(
        evidence["requested_by"],
        serde_json::json!({"person": 2, "credential": 2})
    );
    assert_eq!(
        (&evidence["role"], &evidence["authority"]),
        (&"owner".into(), &"owner".into())
    );
    assert_eq!(
        evidence["authorizations_revoked"],
        evidence["plan"]["authorizations_revoked"]
    );

    let words = run(&["audit", &path]).output();
    let dormant = evidence["plan"]["not_covered"]["without_authorization"].to_string();
    assert_ne!(dormant, "0");
    for shown in [
        &sha256,
        &format!("not authorized    {dormant} credentials"),
        evidence["login"].as_str().unwrap(),
        "by authority of   owner",
        "ALIVE AFTER",
        "NO FINDINGS",
    ] {
        assert!(words.contains(shown), "{shown} is not in:\n{words}");
    }
    let not_modelled = document["not_modelled"].as_array().unwrap();
    assert_eq!(not_modelled.len(), 4);
    for access in not_modelled {
        assert!(words.contains(access.as_str().unwrap()), "{access} is not in:\n{words}");
    }
}

#[test]
fn one_revocation_can_be_asked_for() {
    let log = revoked("managed_users", false);
    let id = log
        .lines()
        .position(|line| line.contains("RevokeAllRequested"))
        .unwrap()
        + 1;
    let one = run_on(&log, &["audit", "-", "--json", "--revocation", &id.to_string()]).json();
    assert_eq!(one["revocations"].as_array().unwrap().len(), 1);
    let unknown = run_on(&log, &["audit", "-", "--revocation", "7"]);
    assert_eq!(unknown.code, 1);
    assert!(
        unknown.stderr.contains(&format!("the revocations up to there: {id}")),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_request_without_authority_is_a_finding() {
    let log = revoked("managed_users", true);
    let id = log
        .lines()
        .position(|line| line.contains("RevokeAllRequested"))
        .unwrap()
        + 1;
    // The billing manager, who may not.
    let forged = with_line(&log, id, |line| {
        line.replace(r#"{"person":2,"credential":2}"#, r#"{"person":6,"credential":6}"#)
    });
    let run = run_on(&forged, &["audit", "-"]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert!(
        run.stdout.contains("FINDINGS: 1") && run.stdout.contains("owner_or_permission"),
        "{}",
        run.stdout
    );
    let document = run_on(&forged, &["audit", "-", "--json"]).json();
    assert_eq!(document["findings"][0]["rule"], "owner_or_permission");

    let about_another = run_on(&forged, &["audit", "-", "--revocation", "7"]);
    assert_eq!(about_another.code, 1);
    assert!(
        about_another.stdout.contains("FINDINGS: 1"),
        "an unknown revocation hides no finding: {}",
        about_another.stdout
    );
    assert!(
        about_another.stderr.contains("revocation `7` was not requested"),
        "{}",
        about_another.stderr
    );
}

#[test]
fn of_a_log_that_breaks_off_nobody_says_that_a_revocation_was_not_requested() {
    let broken = with_line(&revoked("managed_users", true), 50, |_| "{".to_owned());
    let run = run_on(&broken, &["audit", "-", "--revocation", "204"]);
    assert_eq!(run.code, 1);
    assert!(
        run.stdout.contains("THE REST OF THE LOG CANNOT BE READ") && !run.stdout.contains("NO FINDINGS"),
        "{}",
        run.stdout
    );
    assert!(
        run.stderr.contains("line 50") && !run.stderr.contains("was not requested"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_log_that_breaks_off_is_shown_up_to_there() {
    let log = revoked("managed_users", true);
    let id = log
        .lines()
        .position(|line| line.contains("RevokeAllRequested"))
        .unwrap()
        + 1;
    // An item that the job never recorded, and all positions after it moved up, so that only the fold can tell.
    let position = |line: &str| line.split([':', ',']).nth(1).unwrap().parse::<usize>().unwrap();
    let dropped: String = log
        .lines()
        .filter(|line| position(line) != id + 5)
        .map(|line| match position(line) {
            here if here > id => {
                line.replacen(
                    &format!(":{here},"),
                    &format!(":{},", here - usize::from(here > id + 5)),
                    1,
                ) + "\n"
            }
            _ => format!("{line}\n"),
        })
        .collect();
    let run = run_on(&dropped, &["audit", "-"]);
    assert_eq!(run.code, 1);
    let last = dropped.lines().count();
    assert!(
        run.stderr.contains(&format!("breaks off at line {last}")),
        "{}",
        run.stderr
    );
    assert!(
        run.stdout.contains("THE REST OF THE LOG CANNOT BE READ"),
        "{}",
        run.stdout
    );
    assert!(run.stdout.contains("THE JOB IS NOT DONE"), "{}", run.stdout);
    let document = run_on(&dropped, &["audit", "-", "--json"]).json();
    assert_eq!(document["complete"], false);
}

#[test]
fn a_page_says_what_the_words_say() {
    let log = revoked("managed_users", true);
    let page = path("audit-page.html");
    let write = |log: &str, options: &[&str]| {
        let _ = std::fs::remove_file(&page);
        let run = run_on(
            log,
            &[&["audit", "-", "--json", "--html", page.to_str().unwrap()], options].concat(),
        );
        (run, std::fs::read_to_string(&page).unwrap_or_default())
    };
    let (run, html) = write(&log, &[]);
    let document = run.json();
    let evidence = &document["revocations"][0];
    for said in [
        "No findings: every event is one that the rules allow",
        document["sha256"].as_str().unwrap(),
        evidence["login"].as_str().unwrap(),
        &format!("<strong>{}</strong>", evidence["authorizations_revoked"]),
        &format!("<strong>{}</strong>", evidence["credentials_destroyed"]),
        "None was given",
    ] {
        assert!(html.contains(said), "{said} is not in:\n{html}");
    }
    assert!(!html.contains("<script") && !html.contains("http:") && !html.contains("https:"));

    let id = evidence["id"].as_u64().unwrap();
    let forged = with_line(&log, usize::try_from(id).unwrap(), |line| {
        line.replace(r#"{"person":2,"credential":2}"#, r#"{"person":6,"credential":6}"#)
    });
    let (run, html) = write(&forged, &[]);
    assert_eq!(run.code, 1);
    assert!(
        html.contains("1 finding: a rule was broken") && !html.contains("No findings"),
        "{html}"
    );

    let broken: String = log.lines().take(50).map(|line| format!("{line}\n")).collect::<String>() + "{\n";
    let (run, html) = write(&broken, &[]);
    assert_eq!(run.code, 1);
    assert!(
        html.contains("The log cannot be read to its end") && !html.contains("No findings"),
        "{html}"
    );

    let marked = file("audit-page.mark", &format!("size 3\nroot {}\n", "0".repeat(64)));
    let (run, html) = write(&log, &["--mark", &marked]);
    assert_eq!(run.code, 1);
    assert!(
        html.contains("not the log that was") && !html.contains("No findings"),
        "{html}"
    );

    let (run, html) = write(&log, &["--revocation", "7"]);
    assert_eq!(
        (run.code, html.as_str()),
        (1, ""),
        "no page about what was never requested"
    );
}

#[test]
fn a_page_replaces_a_page_and_nothing_else() {
    let log = revoked("managed_users", true);
    let at = file("audit-own-log.jsonl", &log);
    let mark = file("audit-own.mark", &format!("size 3\nroot {}\n", "0".repeat(64)));
    let link = path("audit-own-link");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(&at, &link).unwrap();
    for target in [at.as_str(), link.to_str().unwrap(), &mark, "-"] {
        let before = std::fs::read_to_string(target).unwrap_or_default();
        let refused = run(&["audit", &at, "--html", target]);
        assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{target}");
        assert!(
            refused.stderr.contains("cannot write the page to"),
            "{}",
            refused.stderr
        );
        assert!(refused.stderr.contains("give"), "what to do: {}", refused.stderr);
        assert_eq!(std::fs::read_to_string(target).unwrap_or_default(), before, "{target}");
    }
    let page = path("audit-own.html");
    let _ = std::fs::remove_file(&page);
    for _ in 0..2 {
        run(&["audit", &at, "--html", page.to_str().unwrap()]).output();
    }
    assert!(std::fs::read_to_string(&page).unwrap().starts_with("<!DOCTYPE html>"));
}
