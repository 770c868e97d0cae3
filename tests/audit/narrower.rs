//! Requests that take less than everything, and who may make them.

use enterprise_credentials::audit::{Auditor, Selection, SurvivalReason, Survivors};
use enterprise_credentials::{
    Caller, CredentialId, CredentialKind, CredentialType, Event, Login, OrganizationId, PersonId, RevocationId, Revoke,
    Rule, log,
};

use crate::{HISTORY, audit, audit_by, rules};

/// The revocations of the history left out.
fn before_the_request(extra: &str) -> String {
    let events: Vec<&str> = HISTORY.lines().take(13).collect();
    format!("{}\n{extra}\n", events.join("\n"))
}

fn requested(by: &str, authority: &str, filters: &str) -> String {
    format!(r#"{{"type":"RevocationRequested","requested_by":{by},"authority":"{authority}",{filters}}}"#)
}

const OWNS: &str = r#"{"type":"OrganizationOwnerAdded","organization":3,"member":8}"#;
const OF_THREE: &str = r#""organization":3,"revoke_credentials":false"#;

#[test]
fn the_evidence_says_what_a_request_was_limited_to_and_what_outlives_it() {
    let request = requested(
        r#"{"person":7}"#,
        "owner",
        r#""person":9,"credential_type":"ssh_key","revoke_credentials":true"#,
    );
    let history = before_the_request(&format!(
        r#"{request}
{{"type":"AuthorizationRevoked","credential":903,"organization":4,"revocation":13}}
{{"type":"CredentialDestroyed","credential":903,"revocation":13}}
{{"type":"RevocationCompleted","revocation":13,"authorizations_revoked":1,"credentials_destroyed":1}}
{{"type":"CredentialIssued","credential":905,"owner":9,"kind":"ssh_key","scopes":[]}}
{{"type":"CredentialIssued","credential":906,"owner":9,"kind":"classic_pat","scopes":[]}}
{{"type":"CredentialIssued","credential":907,"owner":8,"kind":"ssh_key","scopes":[]}}"#
    ));
    let report = audit(&history);
    assert!(report.is_clean(), "{:?}", report.findings);
    let evidence = &report.revocations[0];
    assert_eq!(evidence.progress.person, PersonId::new(9).ok());
    assert_eq!(evidence.progress.credential_type, Some(CredentialType::SshKey));
    assert_eq!(evidence.request.plan.person, PersonId::new(9).ok());
    assert_eq!(
        (
            evidence.request.plan.authorizations_revoked,
            evidence.request.plan.credentials_destroyed
        ),
        (1, 1)
    );
    let survivors: Vec<_> = report
        .survivors
        .iter()
        .map(|it| (it.reason, it.kind, it.examples.clone()))
        .collect();
    let of_the_person_and_type = vec![CredentialId::new(905).unwrap()];
    assert_eq!(
        survivors,
        [(
            SurvivalReason::IssuedAfterTheCut,
            CredentialKind::SshKey,
            of_the_person_and_type
        )],
        "nobody else's, and of no other type"
    );
}

#[test]
fn what_an_organization_took_and_granted_again_is_named_as_such() {
    let request = requested(r#"{"person":8}"#, "organization_owner", OF_THREE);
    let history = before_the_request(&format!(
        r#"{OWNS}
{request}
{{"type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":14}}
{{"type":"CredentialAuthorized","credential":901,"organization":3}}
{{"type":"AuthorizationRevoked","credential":902,"organization":3,"revocation":14}}
{{"type":"RevocationCompleted","revocation":14,"authorizations_revoked":2,"credentials_destroyed":0}}
{{"type":"CredentialAuthorized","credential":903,"organization":3}}
{{"type":"CredentialAuthorized","credential":902,"organization":4}}"#
    ));
    let report = audit(&history);
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!(report.revocations[0].progress.organization, OrganizationId::new(3).ok());
    let later: Vec<_> = report
        .survivors
        .iter()
        .map(|it| (it.reason, it.kind, it.count))
        .collect();
    let (of_app, of_classic, of_ssh) = (
        CredentialKind::OauthAppUserToken,
        CredentialKind::ClassicPat,
        CredentialKind::SshKey,
    );
    assert_eq!(
        later,
        [
            (SurvivalReason::OwnerWasCollaborator, of_ssh, 1),
            (SurvivalReason::DestructionNotRequested, of_classic, 1),
            (SurvivalReason::DestructionNotRequested, of_app, 1),
            (SurvivalReason::AuthorizedAfterTheCut, of_ssh, 1),
            (SurvivalReason::AuthorizedAgain, of_classic, 1),
        ],
        "for that organization alone"
    );
}

#[test]
fn authority_at_the_wrong_place_is_a_finding() {
    let by_owner = r#"{"person":7}"#;
    let by_member = r#"{"person":8}"#;
    let of_guest = r#""person":9,"revoke_credentials":false"#;
    for (by, authority, filters, rule) in [
        (by_owner, "owner", OF_THREE, Rule::OrganizationOwnerRequired),
        (by_owner, "permission", OF_THREE, Rule::OrganizationOwnerRequired),
        (by_member, "owner", OF_THREE, Rule::AuthorityRecorded),
        (by_member, "permission", OF_THREE, Rule::AuthorityRecorded),
        (by_member, "organization_owner", of_guest, Rule::OwnerOrPermission),
        (by_owner, "organization_owner", of_guest, Rule::AuthorityRecorded),
        (
            by_owner,
            "owner",
            r#""person":7,"revoke_credentials":false"#,
            Rule::FirstOwnerIsNoTarget,
        ),
    ] {
        let history = before_the_request(&format!("{OWNS}\n{}", requested(by, authority, filters)));
        assert_eq!(rules(&history), [Some(rule)], "{authority} of {filters}");
    }
    for (by, authority, filters) in [
        (by_member, "organization_owner", OF_THREE),
        (r#"{"installation":55}"#, "installation", OF_THREE),
        (r#"{"installation":55}"#, "installation", of_guest),
        (by_owner, "owner", of_guest),
    ] {
        let history = before_the_request(&format!("{OWNS}\n{}", requested(by, authority, filters)));
        assert_eq!(rules(&history), [], "{authority} of {filters}");
    }
}

#[test]
fn an_absent_target_is_a_finding_and_nothing_is_taken() {
    let request = requested(r#"{"person":7}"#, "owner", r#""person":9,"revoke_credentials":true"#);
    let history = before_the_request(&format!(
        r#"{{"type":"MemberRemoved","member":9}}
{request}
{{"type":"RevocationCompleted","revocation":14,"authorizations_revoked":0,"credentials_destroyed":0}}"#
    ));
    assert_eq!(rules(&history), [Some(Rule::PersonOfPath)]);
    let request = requested(r#"{"installation":5}"#, "installation", OF_THREE);
    let history = before_the_request(&format!(
        "{{\"type\":\"OrganizationRemoved\",\"organization\":3}}\n{request}"
    ));
    assert_eq!(rules(&history), [Some(Rule::OrganizationOfPath)]);
}

#[test]
fn a_second_present_login_is_a_finding() {
    let history = before_the_request(r#"{"type":"MemberAdded","member":10,"login":"HUBOT","role":"member"}"#);
    assert_eq!(rules(&history), [Some(Rule::LoginNamesOne)]);
}

/// A request names its requester itself; on a completion a cause is nothing.
#[test]
fn a_cause_in_the_envelope_of_a_request_is_a_finding() {
    let request = requested(r#"{"person":7}"#, "owner", r#""person":9,"revoke_credentials":false"#);
    let completed =
        r#"{"type":"RevocationCompleted","revocation":13,"authorizations_revoked":1,"credentials_destroyed":0}"#;
    let item = r#"{"type":"AuthorizationRevoked","credential":903,"organization":4,"revocation":13}"#;
    let by = |event: &str| event.replacen('{', r#"{"by":{"person":7},"#, 1);
    let clean = before_the_request(&format!("{request}\n{}\n{}", by(item), by(completed)));
    assert_eq!(rules(&clean), []);
    let history = before_the_request(&format!("{}\n{item}\n{completed}", by(&request)));
    let report = audit(&history);
    assert_eq!(report.findings.len(), 1);
    assert!(
        report.findings[0].what.contains("names a cause"),
        "{:?}",
        report.findings
    );
    let of_everything = HISTORY.replace(
        r#"{"type":"RevokeAllRequested""#,
        r#"{"by":{"person":7},"type":"RevokeAllRequested""#,
    );
    assert_eq!(rules(&of_everything), [None]);
}

#[test]
fn the_survivors_of_one_of_several_can_be_asked_for() {
    let of_guest = requested(r#"{"person":7}"#, "owner", r#""person":9,"revoke_credentials":false"#);
    let of_keys = requested(
        r#"{"person":7}"#,
        "owner",
        r#""credential_type":"ssh_key","revoke_credentials":true"#,
    );
    let history = before_the_request(&format!("{of_guest}\n{of_keys}"));
    let about = |position| audit_by(Auditor::about(RevocationId::new(position).unwrap()), &history).unwrap();
    let kinds = |position| -> Vec<_> {
        let survivors = about(position).survivors;
        survivors.into_iter().map(|it| (it.reason, it.kind)).collect()
    };
    let of_guests_key = |reason| [(reason, CredentialKind::SshKey)];
    let not_asked = of_guests_key(SurvivalReason::DestructionNotRequested);
    assert_eq!(kinds(13), not_asked, "whom the request names no role spares");
    let by_role = of_guests_key(SurvivalReason::OwnerWasCollaborator);
    assert_eq!(kinds(14), by_role);
}

#[test]
fn revocations_are_selected_by_what_they_are_limited_to_and_the_last_of_each_filter_tells_what_outlived_it() {
    let by = r#"{"person":7}"#;
    let of = |filters: &str| requested(by, "owner", filters);
    let of_guest = of(r#""person":9,"revoke_credentials":false"#);
    let of_guests_keys = of(r#""person":9,"credential_type":"ssh_key","revoke_credentials":false"#);
    let of_keys = of(r#""credential_type":"ssh_key","revoke_credentials":false"#);
    let at_organization = requested(r#"{"person":8}"#, "organization_owner", OF_THREE);
    let history = before_the_request(&format!(
        r#"{OWNS}
{of_guest}
{of_guests_keys}
{of_keys}
{at_organization}
{{"type":"CredentialIssued","credential":905,"owner":9,"kind":"classic_pat","scopes":[]}}
{of_guest}
{{"type":"MemberRemoved","member":9}}
{{"type":"MemberAdded","member":9,"login":"other","role":"guest_collaborator"}}
{{"type":"CredentialIssued","credential":906,"owner":9,"kind":"ssh_key","scopes":[]}}"#
    ));
    let login = |login| Some(Login::new(login).unwrap());
    let selected = |selection: Selection| -> Vec<(u64, Option<Vec<CredentialId>>)> {
        let report = audit_by(Auditor::selecting(selection.clone()), &history).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
        assert_eq!((report.survivors_of, report.survivors.len()), (None, 0));
        let revocations = report.revocations.into_iter();
        let (chosen, others): (Vec<_>, Vec<_>) = revocations.partition(|it| selection.has(&it.request));
        assert!(others.iter().all(|it| it.survivors.is_none()));
        let examples = |survivors: Vec<Survivors>| survivors.into_iter().flat_map(|it| it.examples).collect();
        let chosen = chosen.into_iter();
        chosen
            .map(|it| (it.progress.id.value(), it.survivors.map(examples)))
            .collect()
    };
    let ids = |ids: &[u64]| Some(ids.iter().map(|id| CredentialId::new(*id).unwrap()).collect());
    assert_eq!(
        selected(Selection {
            person: login("GUEST"),
            ..Selection::default()
        }),
        [(14, None), (15, ids(&[906])), (19, ids(&[906]))],
        "by the login that they had then, and of the stay that has credentials that authenticate"
    );
    assert_eq!(
        selected(Selection {
            credential_type: Some(CredentialType::SshKey),
            ..Selection::default()
        }),
        [(15, ids(&[906])), (16, ids(&[906]))]
    );
    let at_three = Selection {
        organization: login("octo-org"),
        ..Selection::default()
    };
    assert_eq!(selected(at_three.clone()).len(), 1);
    let none = [
        Selection {
            person: login("other"),
            ..Selection::default()
        },
        Selection {
            person: login("guest"),
            ..at_three
        },
    ];
    for selection in none {
        assert_eq!(selected(selection.clone()), [], "{selection:?}");
    }
    assert_eq!(selected(Selection::default()).len(), 5, "no limit is every revocation");
}

fn narrower_request(event: &Event) -> Option<Revoke> {
    let Event::RevocationRequested {
        organization,
        person,
        credential_type,
        revoke_credentials,
        ..
    } = *event
    else {
        return None;
    };
    Some(Revoke {
        caller: Caller::Stranger {},
        organization,
        person,
        credential_type,
        revoke_credentials,
        idempotency_key: None,
    })
}

/// The credentials of one person are found without a look at all others.
#[test]
fn the_plan_in_the_evidence_is_the_plan_at_the_cut() {
    let sample = include_bytes!("../samples/v1-narrow.jsonl");
    let (mut auditor, mut plans) = (Auditor::new(), Vec::new());
    for recorded in log::read(sample) {
        let recorded = recorded.unwrap();
        // Their callers are in web sessions or installations: no plan says anything of a token.
        let plan = |request| auditor.enterprise().plan(&request, recorded.at);
        plans.extend(narrower_request(&recorded.event).map(plan));
        auditor.observe(&recorded).unwrap();
    }
    let report = auditor.finish();
    let found: Vec<_> = report
        .revocations
        .into_iter()
        .map(|evidence| evidence.request.plan)
        .collect();
    assert_eq!(found, plans);
    assert!(
        plans
            .iter()
            .filter(|plan| plan.person.is_some() && plan.authorizations_revoked > 0)
            .count()
            > 1
    );
}
