//! An audit accepts what decide has written, and names what it would not have written.
#![expect(clippy::expect_used, reason = "a test whose history does not fit has failed")]

#[path = "audit/narrower.rs"]
mod narrower;

use enterprise_credentials::audit::{Auditor, Report, SurvivalReason};
use enterprise_credentials::{CorruptHistory, RevocationId, Rule, log};

/// An EMU enterprise with two organizations, an owner, a member and a guest; a revoke-all with destruction; and what
/// came after it: a fine-grained token authorized again is impossible here (it is destroyed), a new token is issued.
const HISTORY: &str = r#"
{"type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"type":"OrganizationAdded","organization":4,"login":"octo-lab"}
{"type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"type":"MemberAdded","member":8,"login":"hubot","role":"member"}
{"type":"MemberAdded","member":9,"login":"guest","role":"guest_collaborator"}
{"type":"CredentialIssued","credential":901,"owner":7,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"CredentialIssued","credential":902,"owner":8,"kind":"oauth_app_user_token","scopes":["repo"]}
{"type":"CredentialIssued","credential":903,"owner":9,"kind":"ssh_key","scopes":[]}
{"type":"CredentialAuthorized","credential":901,"organization":3}
{"type":"CredentialAuthorized","credential":902,"organization":3}
{"type":"CredentialAuthorized","credential":903,"organization":4}
{"type":"RevokeAllRequested","requested_by":{"person":7,"credential":901},"authority":"owner","revoke_credentials":true}
{"type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":13}
{"type":"CredentialDestroyed","credential":901,"revocation":13}
{"type":"AuthorizationRevoked","credential":902,"organization":3,"revocation":13}
{"type":"AuthorizationRevoked","credential":903,"organization":4,"revocation":13}
{"type":"RevocationCompleted","revocation":13,"authorizations_revoked":3,"credentials_destroyed":1}
{"type":"CredentialIssued","credential":904,"owner":8,"kind":"fine_grained_pat","scopes":[]}
{"type":"CredentialAuthorized","credential":904,"organization":4}
"#;

/// Puts bare events into envelopes, one second apart.
fn lines(events: &str) -> String {
    let numbered = (1..).zip(events.lines().filter(|line| !line.is_empty()));
    let envelope = |(position, event): (u32, &str)| {
        let (minute, second) = (position / 60, position % 60);
        let at = format!("2026-03-10T09:{minute:02}:{second:02}.000Z");
        event.replacen('{', &format!(r#"{{"position":{position},"at":"{at}","#), 1) + "\n"
    };
    numbered.map(envelope).collect()
}

fn audit_by(mut auditor: Auditor, events: &str) -> Result<Report, CorruptHistory> {
    for recorded in log::read(lines(events).as_bytes()) {
        auditor.observe(&recorded.expect("the line is a recorded event"))?;
    }
    Ok(auditor.finish())
}

fn audit(events: &str) -> Report {
    audit_by(Auditor::new(), events).expect("the history fits")
}

/// The rules that the findings name.
fn rules(events: &str) -> Vec<Option<Rule>> {
    audit(events).findings.iter().map(|finding| finding.rule).collect()
}

fn with(extra: &str) -> String {
    format!("{HISTORY}{extra}\n")
}

#[test]
fn what_decide_has_written_is_clean() {
    let report = audit(HISTORY);
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.position.value(), 20);
}

#[test]
fn the_evidence_says_who_asked_by_what_authority_and_what_came_of_it() {
    let report = audit(HISTORY);
    let evidence = serde_json::to_value(&report.revocations[0]).expect("evidence is JSON");
    assert_eq!(evidence["id"], 13);
    assert_eq!(evidence["state"], "completed");
    assert_eq!(
        evidence["requested_by"],
        serde_json::json!({"person": 7, "credential": 901})
    );
    assert_eq!(evidence["login"], "mona");
    assert_eq!(evidence["role"], "owner");
    assert_eq!(evidence["authority"], "owner");
    assert_eq!(
        evidence["authorizations_revoked"],
        evidence["plan"]["authorizations_revoked"]
    );
    assert_eq!(
        evidence["credentials_destroyed"],
        evidence["plan"]["credentials_destroyed"]
    );
    assert_eq!(evidence["plan"]["not_covered"]["collaborator_credentials"], 1);
}

#[test]
fn survivors_come_with_their_reasons_collaborators_first() {
    let survivors = audit(HISTORY).survivors;
    let found = survivors
        .iter()
        .map(|group| (group.reason, group.count, group.examples[0].value()));
    assert_eq!(
        found.collect::<Vec<_>>(),
        [
            (SurvivalReason::OwnerWasCollaborator, 1, 903),
            (SurvivalReason::KindIsNotDestroyed, 1, 902),
            (SurvivalReason::IssuedAfterTheCut, 1, 904),
            (SurvivalReason::AuthorizedAfterTheCut, 1, 904),
        ]
    );
}

#[test]
fn survivors_are_counted_in_full_and_shown_by_ten_examples_each_once() {
    let issued = |id| {
        format!(r#"{{"type":"CredentialIssued","credential":{id},"owner":8,"kind":"fine_grained_pat","scopes":[]}}"#)
    };
    let many: Vec<String> = (905..=915).map(issued).collect();
    let authorized = r#"{"type":"CredentialAuthorized","credential":904,"organization":3}"#;
    let survivors = audit(&with(&format!("{authorized}\n{}", many.join("\n")))).survivors;
    let of = |reason| survivors.iter().find(|group| group.reason == reason).expect("a group");
    let issued = of(SurvivalReason::IssuedAfterTheCut);
    assert_eq!((issued.count, issued.examples.len()), (12, 10));
    let authorized = of(SurvivalReason::AuthorizedAfterTheCut);
    let examples: Vec<u64> = authorized.examples.iter().map(|id| id.value()).collect();
    assert_eq!((authorized.count, examples), (2, vec![904]));
}

#[test]
fn an_authorization_that_ended_again_is_no_survivor() {
    let revoked = r#"{"type":"AuthorizationRevoked","credential":904,"organization":4}"#;
    let survivors = audit(&with(revoked)).survivors;
    let reasons: Vec<SurvivalReason> = survivors.iter().map(|group| group.reason).collect();
    assert!(!reasons.contains(&SurvivalReason::AuthorizedAfterTheCut), "{reasons:?}");
    assert!(reasons.contains(&SurvivalReason::IssuedAfterTheCut), "{reasons:?}");
}

#[test]
fn each_reason_for_survival_is_said_in_a_sentence_of_its_own() {
    let reasons = [
        (SurvivalReason::OwnerWasCollaborator, "guest or collaborator"),
        (SurvivalReason::DestructionNotRequested, "did not ask to destroy"),
        (SurvivalReason::KindIsNotDestroyed, "app tokens"),
        (SurvivalReason::IssuedAfterTheCut, "issued after the cut"),
        (SurvivalReason::AuthorizedAfterTheCut, "authorized after the cut"),
        (SurvivalReason::AuthorizedAgain, "authorized again after the cut"),
    ];
    for (reason, says) in reasons {
        assert!(reason.sentence().contains(says), "{reason:?}");
    }
}

#[test]
fn a_fine_grained_token_that_was_authorized_again_is_named_as_such() {
    let report = audit(&with(
        r#"{"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}
{"type":"AuthorizationRevoked","credential":904,"organization":4,"revocation":21}
{"type":"CredentialAuthorized","credential":904,"organization":4}
{"type":"RevocationCompleted","revocation":21,"authorizations_revoked":1,"credentials_destroyed":0}"#,
    ));
    assert!(report.is_clean(), "{:?}", report.findings);
    assert!(
        report
            .survivors
            .iter()
            .any(|group| group.reason == SurvivalReason::AuthorizedAgain && group.count == 1)
    );
    assert!(
        report
            .survivors
            .iter()
            .any(|group| group.reason == SurvivalReason::DestructionNotRequested)
    );
}

#[test]
fn survivors_of_an_earlier_revocation_can_be_asked_for() {
    let history = with(
        r#"{"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}"#,
    );
    let first = RevocationId::new(13).expect("13 is an id");
    let report = audit_by(Auditor::about(first), &history).expect("the history fits");
    assert_eq!(report.survivors_of, Some(first));
    assert!(
        report
            .survivors
            .iter()
            .any(|group| group.reason == SurvivalReason::IssuedAfterTheCut)
    );
    assert_eq!(report.revocations.len(), 2, "the evidence covers every revocation");
}

#[test]
fn a_request_without_authority_is_a_finding() {
    let history = HISTORY.replace(
        r#"{"person":7,"credential":901},"authority":"owner""#,
        r#"{"person":8},"authority":"owner""#,
    );
    assert_eq!(rules(&history), [Some(Rule::OwnerOrPermission)]);
}

#[test]
fn a_request_with_another_authority_than_decide_names_is_a_finding() {
    let history = HISTORY.replace(r#""authority":"owner""#, r#""authority":"permission""#);
    assert_eq!(rules(&history), [Some(Rule::AuthorityRecorded)]);
    assert!(!audit(&history).is_clean());
}

#[test]
fn destruction_on_an_enterprise_of_personal_accounts_is_a_finding() {
    let history = HISTORY
        .replace("managed_users", "personal_accounts")
        .replace("guest_collaborator", "outside_collaborator");
    assert_eq!(rules(&history), [Some(Rule::ManagedUsersOnly)]);
}

#[test]
fn a_role_that_does_not_fit_the_enterprise_is_a_finding() {
    let history = HISTORY.replace("guest_collaborator", "outside_collaborator");
    assert_eq!(rules(&history), [Some(Rule::RoleFitsEnterpriseKind)]);
}

#[test]
fn a_tombstone_that_was_granted_again_is_a_finding() {
    let history = with(r#"{"type":"CredentialAuthorized","credential":902,"organization":3}"#);
    assert_eq!(rules(&history), [Some(Rule::RevokedPairIsTombstone)]);
}

#[test]
fn a_second_request_under_one_key_is_a_finding() {
    let request = r#"{"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false,"idempotency_key":"k"}"#;
    assert_eq!(
        rules(&with(&format!("{request}\n{request}"))),
        [Some(Rule::IdempotentFor24Hours)]
    );
}

#[test]
fn one_fingerprint_on_two_credentials_is_a_finding() {
    let issue = |credential: u64, fingerprint: &str| {
        format!(
            r#"{{"type":"CredentialIssued","credential":{credential},"owner":7,"kind":"classic_pat","scopes":[],"fingerprint":"{fingerprint}"}}"#
        )
    };
    let other = with(&format!("{}\n{}", issue(905, "one"), issue(906, "two")));
    assert!(audit(&other).is_clean());
    let same = with(&format!("{}\n{}", issue(905, "one"), issue(906, "one")));
    let report = audit(&same);
    let [finding] = report.findings.as_slice() else {
        panic!("{report:?}")
    };
    assert_eq!(finding.position, report.position);
    assert!(
        finding.what.contains("`906`") && finding.what.contains("`one`"),
        "{}",
        finding.what
    );
}

#[test]
fn an_installation_is_taken_at_its_hosts_word() {
    let history = with(
        r#"{"type":"RevokeAllRequested","requested_by":{"installation":55},"authority":"installation","revoke_credentials":false}"#,
    );
    let report = audit(&history);
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.revocations[1].request.login, None);
}

#[test]
fn a_completion_before_an_earlier_job_is_a_finding() {
    let request =
        r#"{"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}"#;
    let completed =
        r#"{"type":"RevocationCompleted","revocation":22,"authorizations_revoked":0,"credentials_destroyed":0}"#;
    assert_eq!(
        rules(&with(&format!("{request}\n{request}\n{completed}"))),
        [Some(Rule::RevocationsInOrder)]
    );
}

#[test]
fn what_does_not_fit_stops_the_audit() {
    for (from, to) in [
        (r#""authorizations_revoked":3"#, r#""authorizations_revoked":2"#),
        (r#"{"type":"CredentialDestroyed","credential":901,"revocation":13}"#, ""),
        (r#""organization":4,"revocation":13"#, r#""organization":4"#),
        (
            r#""credential":903,"organization":4,"revocation""#,
            r#""credential":902,"organization":3,"revocation""#,
        ),
    ] {
        let history = HISTORY.replace(from, to);
        assert_ne!(history, HISTORY, "{from} is in the history");
        audit_by(Auditor::new(), &history).expect_err(to);
    }
}
