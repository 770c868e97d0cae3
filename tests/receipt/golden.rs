//! Receipts to read, of one small history: a request for everything and one for less, an item, a completion, and a
//! refusal by each family of rules.

use enterprise_credentials::receipt::{self, NoReceipt, Receipt, Verdict};
use enterprise_credentials::{Command, Position, RecordedEvent, Rule, Timestamp, log};

use crate::opened;

/// Owner 7 with token 901; member 8 with the permission, token 902 and SSH key 903; guest 9, who was a member,
/// with 904; 10, who left.
const HISTORY: &str = r#"
{"type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"type":"OrganizationAdded","organization":4,"login":"octo-lab"}
{"type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"type":"MemberAdded","member":8,"login":"hubot","role":"member"}
{"type":"PermissionGranted","member":8,"permission":"write_enterprise_credentials"}
{"type":"MemberAdded","member":9,"login":"guest","role":"member"}
{"type":"MemberRoleChanged","member":9,"role":"guest_collaborator"}
{"type":"MemberAdded","member":10,"login":"gone","role":"member"}
{"type":"CredentialIssued","credential":901,"owner":7,"kind":"classic_pat","scopes":["admin:enterprise"]}
{"type":"CredentialIssued","credential":902,"owner":8,"kind":"fine_grained_pat","scopes":[]}
{"type":"CredentialIssued","credential":903,"owner":8,"kind":"ssh_key","scopes":[]}
{"type":"CredentialIssued","credential":904,"owner":9,"kind":"classic_pat","scopes":[],"expires_at":"2026-03-10T09:00:40.000Z"}
{"type":"CredentialIssued","credential":905,"owner":10,"kind":"classic_pat","scopes":[]}
{"type":"CredentialAuthorized","credential":901,"organization":3}
{"type":"CredentialAuthorized","credential":902,"organization":3}
{"type":"CredentialAuthorized","credential":903,"organization":4}
{"type":"CredentialAuthorized","credential":905,"organization":3}
{"type":"AuthorizationRevoked","credential":902,"organization":3}
{"type":"MemberRemoved","member":10}
{"type":"RevokeAllRequested","requested_by":{"person":8},"authority":"permission","revoke_credentials":false,"idempotency_key":"k"}
{"type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":21}
{"type":"AuthorizationRevoked","credential":903,"organization":4,"revocation":21}
{"type":"RevocationCompleted","revocation":21,"authorizations_revoked":2,"credentials_destroyed":0}
{"type":"RevocationRequested","requested_by":{"person":7,"credential":901},"authority":"owner","person":8,"revoke_credentials":true}
"#;

fn history() -> Vec<RecordedEvent> {
    of_lines(HISTORY)
}

fn of_lines(events: &str) -> Vec<RecordedEvent> {
    let numbered = (1..).zip(events.lines().filter(|line| !line.is_empty()));
    let lines = numbered.map(|(position, event): (u32, &str)| {
        let envelope = format!(r#"{{"position":{position},"at":"2026-03-10T09:00:{position:02}.000Z","#);
        event.replacen('{', &envelope, 1) + "\n"
    });
    let log: String = lines.collect();
    log::read(log.as_bytes())
        .map(|recorded| recorded.expect("a line"))
        .collect()
}

fn of_event(position: u64) -> Receipt {
    receipt::explain(opened(&history()), Position::new(position).expect("a position")).expect("a receipt")
}

fn of_command(command: &str) -> Receipt {
    at_the_end_of(&history(), command)
}

fn at_the_end_of(history: &[RecordedEvent], command: &str) -> Receipt {
    let command: Command = serde_json::from_str(command).expect("a command");
    let at = Timestamp::parse("2026-03-10T09:01:00.000Z").expect("a time");
    receipt::explain_command(opened(history), command, at).expect("a receipt")
}

/// One line a rule: its answer, its name, the positions, and what is absent.
fn told(receipt: &Receipt) -> String {
    let ground = |ground: &receipt::Ground| {
        let verdict = match ground.verdict {
            Verdict::Holds => "holds",
            Verdict::Refuses => "refuses",
        };
        let since: String = ground.rests_on.iter().map(|position| format!(" {position}")).collect();
        let absent: String = ground
            .absent
            .iter()
            .map(|absence| match absence.after {
                None => format!(" no {}{}", absence.event, limit(absence)),
                Some(last) => format!(" after {last} no {}{}", absence.event, limit(absence)),
            })
            .collect();
        let either: Vec<String> = ground.either.iter().map(|position| position.to_string()).collect();
        let either = match either.is_empty() {
            true => String::new(),
            false => format!(" any of {}", either.join(" ")),
        };
        format!("{verdict} {}:{since}{either}{absent}\n", ground.rule)
    };
    receipt.rules.iter().map(ground).collect()
}

/// What a request is limited to, told apart from those with other limits.
fn limit(absence: &receipt::Absence) -> String {
    let of_person = absence.member.map(|person| format!(" of {person}"));
    let of_type = absence.credential_type.map(|it| format!(" of {}", it.as_str()));
    let at_organization = absence.organization.map(|organization| format!(" at {organization}"));
    let limits = [of_person, of_type, at_organization].into_iter().flatten();
    match absence.event == "RevocationRequested" {
        true => limits.collect(),
        false => String::new(),
    }
}

fn assert_told(receipt: &Receipt, expected: &[&str]) {
    let told = told(receipt);
    assert_eq!(told.lines().collect::<Vec<_>>(), expected, "{told}");
}

#[test]
fn a_request_for_everything_rests_on_role_and_permission_and_on_what_never_happened() {
    assert_told(
        &of_event(21),
        &[
            "holds enterprise_exists: 1",
            "holds stranger_sees_nothing: 5 no MemberRemoved",
            "holds owner_or_permission: 6 no PermissionWithdrawn",
            "holds idempotency_key_for_one_request: no RevokeAllRequested no RevocationRequested",
            "holds idempotent_for_24_hours: no RevokeAllRequested",
            "holds authority_recorded: 5 no MemberRoleChanged",
        ],
    );
}

#[test]
fn a_narrower_request_with_a_token_rests_on_the_token_its_owner_and_the_target() {
    assert_told(
        &of_event(25),
        &[
            "holds credential_known: 1 4 10",
            "holds credential_of_caller: 10",
            "holds credential_owner_present: no MemberRemoved",
            "holds credential_not_destroyed: no CredentialDestroyed",
            // The one before it took no token.
            "holds credential_not_destruction_pending: after 21 no RevokeAllRequested no RevocationRequested of 7 no \
             RevocationRequested of classic_pat",
            "holds credential_not_expired: 10",
            "holds ssh_key_is_no_api_credential: 10",
            "holds fine_grained_pat_cannot_call: 10",
            "holds admin_enterprise_scope: 10",
            "holds enterprise_credentials_write: 10",
            "holds owner_or_permission: 4 no MemberRoleChanged",
            "holds person_of_path: 5 no MemberRemoved",
            // Person 8 is not the first owner, who is 7.
            "holds first_owner_is_no_target:",
            "holds managed_users_only: 1",
            // By itself: it names a person.
            "holds revocation_names_its_scope:",
        ],
    );
}

#[test]
fn an_item_rests_on_cut_grant_issue_and_memberships() {
    let receipt = of_event(23);
    assert_told(
        &receipt,
        &[
            "holds credential_known: 5 12",
            "holds enterprise_exists: 1",
            "holds organization_known: 3",
            "holds earliest_revocation_owns_item: 21",
            "holds nothing_to_do_is_no_event: 17",
        ],
    );
    let named: Vec<&str> = receipt.events.iter().map(|recorded| recorded.event.name()).collect();
    let expected =
        "EnterpriseCreated OrganizationAdded MemberAdded CredentialIssued CredentialAuthorized RevokeAllRequested";
    assert_eq!(named.join(" "), expected);
}

#[test]
fn a_completion_rests_on_its_request_its_items_and_what_was_out_of_scope() {
    // 19 revoked singly, and 20 left: else two more would have been in the scope.
    assert_told(
        &of_event(24),
        &[
            "holds enterprise_exists: 1",
            "holds revocation_known: 21",
            "holds completed_once_when_nothing_is_left: 19 20 22 23",
        ],
    );
}

#[test]
fn a_completion_rests_on_the_role_that_kept_a_credential() {
    let history = of_lines(
        r#"{"type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"type":"MemberAdded","member":9,"login":"guest","role":"member"}
{"type":"CredentialIssued","credential":904,"owner":9,"kind":"classic_pat","scopes":[]}
{"type":"MemberRoleChanged","member":7,"role":"member"}
{"type":"MemberRoleChanged","member":9,"role":"guest_collaborator"}
{"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":true}
{"type":"RevocationCompleted","revocation":7,"authorizations_revoked":0,"credentials_destroyed":0}"#,
    );
    let receipt = receipt::explain(opened(&history), Position::new(8).expect("a position")).expect("a receipt");
    let told = told(&receipt);
    let last = told.lines().last();
    assert_eq!(last, Some("holds completed_once_when_nothing_is_left: 6"), "{told}");
}

#[test]
fn of_two_reasons_of_which_each_is_enough_both_are_told() {
    let mut events = HISTORY.to_owned();
    events.truncate(
        HISTORY
            .find(r#"{"type":"AuthorizationRevoked","credential":901"#)
            .expect("the first item"),
    );
    events +=
        r#"{"type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}"#;
    let command = r#"{"type":"AuthorizeCredential","credential":901,"organization":3}"#;
    let receipt = at_the_end_of(&of_lines(&events), command);
    let last = receipt.rules.last().expect("a rule");
    let either: Vec<u64> = last.either.iter().map(|position| position.value()).collect();
    assert_eq!((last.rule, either), (Rule::RevokedPairIsTombstone, vec![21, 22]));
}

#[test]
fn an_owner_who_holds_the_permission_could_revoke_by_either() {
    let mut events: String = HISTORY.lines().take(21).map(|line| line.to_owned() + "\n").collect();
    events += r#"{"type":"MemberRoleChanged","member":8,"role":"owner"}"#;
    let receipt = at_the_end_of(&of_lines(&events), r#"{"type":"RevokeAll","caller":{"person":8}}"#);
    assert_told(
        &receipt,
        &[
            "holds enterprise_exists: 1",
            "holds stranger_sees_nothing: 5 no MemberRemoved",
            "holds owner_or_permission: any of 6 21",
            "holds authority_recorded: 21 after 21 no MemberRoleChanged",
        ],
    );
}

#[test]
fn a_request_that_covers_less_is_absent_too() {
    let told_of = |command: &str, rule: &str| {
        let told = told(&of_command(command));
        let line = told
            .lines()
            .find(|line| line.contains(&format!(" {rule}:")))
            .map(str::to_owned);
        line.unwrap_or(told)
    };
    // A guest's token is in the scope of a request about the guest alone.
    assert_eq!(
        told_of(
            r#"{"type":"DestroyCredential","credential":904}"#,
            "earliest_revocation_owns_item"
        ),
        "holds earliest_revocation_owns_item: no RevocationRequested of 9"
    );
    // The same request under the same key would be a repetition.
    assert_eq!(
        told_of(
            r#"{"type":"Revoke","caller":{"person":7},"person":8,"idempotency_key":"mine"}"#,
            "idempotent_for_24_hours"
        ),
        "holds idempotent_for_24_hours: after 25 no RevocationRequested"
    );
}

#[test]
fn a_request_about_an_owner_rests_on_who_was_the_first_if_they_would_follow() {
    let begun = r#"{"type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"type":"MemberAdded","member":8,"login":"hubot","role":"member"}
{"type":"PermissionGranted","member":8,"permission":"write_enterprise_credentials"}
{"type":"MemberAdded","member":1,"login":"first","role":"owner"}"#;
    let second = r#"{"type":"MemberAdded","member":2,"login":"second","role":"owner"}"#;
    let target = r#"{"type":"MemberAdded","member":3,"login":"target","role":"owner"}"#;
    let request = r#"{"type":"Revoke","caller":{"person":8},"person":3}"#;
    let rests_on_first = |history: String| {
        let receipt = at_the_end_of(&of_lines(&history), request);
        receipt.rules.iter().any(|ground| {
            ground.rule == Rule::FirstOwnerIsNoTarget
                && ground.rests_on.contains(&Position::new(4).expect("a position"))
        })
    };
    assert!(rests_on_first(format!("{begun}\n{target}")));
    assert!(
        !rests_on_first(format!("{begun}\n{second}\n{target}")),
        "the second would be the first"
    );
}

#[test]
fn a_refusal_rests_on_what_refuses_and_on_what_would_have_helped() {
    for (command, expected) in REFUSED {
        let receipt = of_command(command);
        assert_eq!(told(&receipt).lines().last(), Some(expected), "{command}");
    }
}

/// By each family of rules: a command, and the last line of its receipt.
const REFUSED: [(&str, &str); 15] = [
    (
        r#"{"type":"RevokeAll","caller":{"person":9,"credential":904}}"#,
        "refuses credential_not_expired: 13",
    ),
    (
        r#"{"type":"RevokeAll","caller":{"person":8,"credential":902}}"#,
        "refuses credential_not_destruction_pending: 11 25",
    ),
    (
        r#"{"type":"RevokeAll","caller":{"person":10}}"#,
        "refuses stranger_sees_nothing: 20 after 9 no MemberAdded",
    ),
    (
        r#"{"type":"RevokeAll","caller":{"person":77}}"#,
        "refuses stranger_sees_nothing: no MemberAdded",
    ),
    (
        r#"{"type":"RevokeAll","caller":{"person":9}}"#,
        "refuses owner_or_permission: after 8 no MemberRoleChanged no PermissionGranted",
    ),
    (
        r#"{"type":"RevokeAll","caller":{"installation":55,"permissions":[]}}"#,
        "refuses enterprise_credentials_write:",
    ),
    (
        r#"{"type":"RevokeAll","caller":{"person":8},"revoke_credentials":true,"idempotency_key":"k"}"#,
        "refuses idempotency_key_for_one_request: 21",
    ),
    (
        r#"{"type":"Revoke","caller":{"person":8},"person":7}"#,
        "refuses first_owner_is_no_target: 1 4",
    ),
    (
        r#"{"type":"Revoke","caller":{"person":7},"organization":3}"#,
        "refuses organization_owner_required: no OrganizationOwnerAdded",
    ),
    (
        r#"{"type":"AuthorizeCredential","credential":901,"organization":3}"#,
        "refuses revoked_pair_is_tombstone: 10 15 21 after 15 no CredentialAuthorized",
    ),
    (
        r#"{"type":"AuthorizeCredential","credential":905,"organization":3}"#,
        "refuses credential_owner_present: 1 14 20",
    ),
    (
        r#"{"type":"AddMember","member":11,"login":"Mona","role":"member"}"#,
        "refuses login_names_one: 4 no MemberRemoved no MemberAdded",
    ),
    (
        r#"{"type":"IssueCredential","credential":905,"owner":8,"kind":"ssh_key"}"#,
        "refuses credential_id_never_reused: 9 14",
    ),
    (
        r#"{"type":"RemoveOrganization","organization":5}"#,
        "refuses organization_known: no OrganizationAdded",
    ),
    (
        r#"{"type":"ContinueRevocation","revocation":22,"limit":1}"#,
        "refuses revocation_known:",
    ),
];

#[test]
fn what_was_not_recorded_as_decide_answers_is_told_so() {
    let mut history = history();
    history.truncate(20);
    let mut forged = history[5].clone();
    forged.position = history[19].position.next();
    forged.at = history[19].at;
    history.push(forged);
    let position = Position::new(21).expect("a position");
    let receipt = receipt::explain(opened(&history), position).expect("a receipt");
    assert!(!receipt.is_as_recorded(), "the permission was granted before");
    assert!(of_event(6).is_as_recorded() && of_command(REFUSED[0].0).is_as_recorded());
}

#[test]
fn there_is_no_receipt_where_there_is_no_event() {
    let explained = |position| receipt::explain(opened(&history()), Position::new(position).expect("a position"));
    assert!(matches!(explained(0), Err(NoReceipt::Start)));
    let error = explained(26).expect_err("the history has 25 events");
    assert_eq!(
        error.to_string(),
        "no event has position 26 yet: the history ends at position 25; ask for one up to its end, or fetch a later log"
    );
    let gap = [history()[0].clone(), history()[2].clone()];
    let explained = receipt::explain(opened(&gap), Position::new(3).expect("a position"));
    assert!(matches!(explained, Err(NoReceipt::Corrupt(_))), "{explained:?}");
}
