//! The page of an audit: whatever stands in a log is text on it, and no more.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use enterprise_credentials::audit::Auditor;
use enterprise_credentials::log;
use enterprise_credentials_report::page::{Jobs, Page};

const HISTORY: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"<script>alert(1)</script>","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"a&b"}
{"position":4,"at":"2026-03-10T09:00:01.000Z","type":"CredentialIssued","credential":901,"owner":7,"kind":"github_app_user_token","scopes":[]}
{"position":5,"at":"2026-03-10T09:00:03.000Z","type":"CredentialAuthorized","credential":901,"organization":3}
{"position":6,"at":"2026-03-10T09:00:04.000Z","type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":true,"idempotency_key":"\"><b>"}
{"position":7,"at":"2026-03-10T09:00:06.500Z","type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":6}
{"position":8,"at":"2026-03-10T09:00:07.000Z","type":"RevocationCompleted","revocation":6,"authorizations_revoked":1,"credentials_destroyed":0}
"#;

/// The page of the first `events` events.
fn page(events: usize, complete: bool, seal: Option<(bool, &str)>) -> String {
    page_as_of(None, events, complete, seal)
}

fn page_as_of(as_of: Option<&str>, events: usize, complete: bool, seal: Option<(bool, &str)>) -> String {
    let (mut auditor, mut jobs) = (Auditor::new(), Jobs::default());
    for recorded in log::read(HISTORY.as_bytes()).take(events).map(Result::unwrap) {
        jobs.observe(&recorded);
        auditor.observe(&recorded).unwrap();
    }
    let report = auditor.finish();
    let page = Page {
        report: &report,
        jobs: &jobs,
        complete,
        as_of,
        sha256: "5ha",
        root: "r00t",
        seal,
        not_modelled: &[("deploy keys", "delete them")],
    };
    page.html()
}

#[test]
fn what_a_log_says_is_text_and_never_a_tag() {
    let page = page(8, true, None);
    assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
    for said in [
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "a&amp;b",
        "&quot;&gt;&lt;b&gt;",
    ] {
        assert!(page.contains(said), "{said} is not in:\n{page}");
    }
}

#[test]
fn it_says_when_what_was_recorded_and_what_is_left_to_do() {
    let finished = page(8, true, None);
    for said in [
        "2026-03-10 09:00:04 UTC",
        "2.5 s after the request",
        "3.0 s after the request",
        "by right of",
        "enterprise owner",
        "1 credential<",
        "Destroy it singly, or revoke the app’s access.",
        "r00t",
        "5ha",
        "deploy keys",
    ] {
        assert!(
            finished.to_lowercase().contains(&said.to_lowercase()),
            "{said} is not in:\n{finished}"
        );
    }
    let unfinished = page(6, true, None);
    assert!(
        unfinished.contains("Not yet") && !unfinished.contains("First item recorded"),
        "{unfinished}"
    );
    assert!(page(5, true, None).contains("No revocation was requested."));
}

#[test]
fn the_verdict_is_good_only_if_everything_is() {
    let good = "class=\"verdict good\"";
    assert!(page(8, true, None).contains(good));
    assert!(page(8, true, Some((true, "HOLDS"))).contains(good));
    for (page, said) in [
        (page(8, false, None), "cannot be read to its end"),
        (page(8, true, Some((false, "BROKEN"))), "not the log that was sealed"),
        (page(8, false, Some((false, "BROKEN"))), "not the log that was sealed"),
    ] {
        assert!(!page.contains(good) && page.contains(said), "{page}");
    }
}

#[test]
fn a_page_as_of_an_earlier_place_says_so_in_its_first_lines_and_claims_no_more() {
    let page = page_as_of(Some("position 6, at then; 2 later lines"), 6, true, None);
    let header = page.split("</header>").next().unwrap();
    assert!(header.contains("No findings up to then: every event"), "{header}");
    assert!(header.contains("As of position 6, at then; 2 later lines."), "{header}");
    assert!(page.contains("of all bytes of the log, later lines too"), "{page}");
}
