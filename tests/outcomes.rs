//! The list of what became of each credential says in each row what the plan, the audit and the summary say in numbers,
//! on random histories in every state that they reach.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

mod seeds;

use std::collections::{BTreeMap, BTreeSet};

use enterprise_credentials::audit::{Auditor, SurvivalReason};
use enterprise_credentials::outcomes::{
    About, AuthorizationStatus, CredentialStatus, Observer, Outcome, Outcomes, Taken,
};
use enterprise_credentials::{
    CredentialId, CredentialKind, Enterprise, OrganizationId, Plan, RecordedEvent, Requested, RevocationId, Role,
    Timestamp, log,
};
use enterprise_credentials_testkit::{Run, explore};

use crate::seeds::seeds;

/// Random histories under each seed.
const WORDS: u32 = 120;

fn outcomes(history: &[RecordedEvent], about: Option<About>, at: Timestamp) -> Outcomes {
    let mut observer = Observer::new(about);
    history.iter().for_each(|recorded| observer.observe(recorded).unwrap());
    observer.finish(at)
}

/// The first row of each credential: what is said of the credential itself is the same in all.
fn credentials<'a>(rows: &[Outcome<'a>]) -> Vec<Outcome<'a>> {
    let mut seen = BTreeSet::new();
    rows.iter().copied().filter(|row| seen.insert(row.credential)).collect()
}

fn equal<T: PartialEq + core::fmt::Debug>(what: &str, expected: &T, found: &T) -> Result<(), String> {
    if expected == found {
        return Ok(());
    }
    Err(format!("{what}\n  expected: {expected:?}\n  found:    {found:?}"))
}

type Survivors = BTreeMap<(SurvivalReason, CredentialKind), u64>;

fn survivors_listed(rows: &[Outcome<'_>]) -> Survivors {
    let of_credentials = credentials(rows)
        .into_iter()
        .map(|row| (row.of_revocation.reason, row.kind));
    let of_pairs = rows
        .iter()
        .map(|row| (row.authorization.and_then(|it| it.of_revocation.reason), row.kind));
    let mut counts = Survivors::new();
    for (reason, kind) in of_credentials.chain(of_pairs) {
        *reason.map_or(&mut 0, |reason| counts.entry((reason, kind)).or_default()) += 1;
    }
    counts
}

fn survivors_audited(history: &[RecordedEvent], about: RevocationId) -> Survivors {
    let mut auditor = Auditor::about(about);
    history.iter().for_each(|recorded| auditor.observe(recorded).unwrap());
    let survivors = auditor.finish().survivors;
    survivors
        .into_iter()
        .map(|it| ((it.reason, it.kind), it.count))
        .collect()
}

/// Authorizations and credentials lost, by some part of the enterprise.
type Losses<Of> = BTreeMap<Of, (u64, u64)>;

fn losses<Of: Ord>(rows: &[Outcome<'_>], of: impl Fn(&Outcome<'_>) -> Of) -> Losses<Of> {
    let mut losses = Losses::new();
    for row in credentials(rows).iter().filter(|row| row.of_revocation.taken.is_some()) {
        losses.entry(of(row)).or_default().1 += 1;
    }
    let is_taken = |row: &&Outcome<'_>| row.authorization.is_some_and(|it| it.of_revocation.taken.is_some());
    for row in rows.iter().filter(is_taken) {
        losses.entry(of(row)).or_default().0 += 1;
    }
    losses
}

/// What the job of a revocation has recorded, by who is in the history.
fn recorded(rows: &[Outcome<'_>]) -> (u64, u64) {
    let recorded: Vec<Outcome<'_>> = rows
        .iter()
        .copied()
        .map(|mut row| {
            let only = |taken: Option<Taken>| taken.filter(|taken| *taken == Taken::Recorded);
            row.of_revocation.taken = only(row.of_revocation.taken);
            if let Some(held) = &mut row.authorization {
                held.of_revocation.taken = only(held.of_revocation.taken);
            }
            row
        })
        .collect();
    losses(&recorded, |_| ()).remove(&()).unwrap_or_default()
}

fn agrees_with_the_plan(plan: &Plan, rows: &[Outcome<'_>]) -> Result<(), String> {
    let without_nothing = |(of, lost): (_, (u64, u64))| (lost != (0, 0)).then_some((of, lost));
    let by_kind: Losses<CredentialKind> = (plan.by_kind.iter())
        .map(|it| (it.kind, (it.loss.authorizations_revoked, it.loss.credentials_destroyed)))
        .filter_map(without_nothing)
        .collect();
    equal("by kind", &by_kind, &losses(rows, |row| row.kind))?;
    let by_role: Losses<Role> = (plan.by_role.iter())
        .map(|it| (it.role, (it.loss.authorizations_revoked, it.loss.credentials_destroyed)))
        .filter(|(_, lost)| *lost != (0, 0))
        .collect();
    let at_cut = |row: &Outcome<'_>| row.role_at_cut.expect("it was there at the cut");
    equal("by role at the cut", &by_role, &losses(rows, at_cut))?;
    let by_organization: BTreeMap<OrganizationId, u64> = (plan.by_organization.iter())
        .map(|it| (it.organization, it.authorizations_revoked))
        .collect();
    let mut listed = BTreeMap::new();
    for held in rows.iter().filter_map(|row| row.authorization) {
        if held.of_revocation.taken.is_some() {
            *listed.entry(held.organization).or_default() += 1;
        }
    }
    equal("by organization", &by_organization, &listed)
}

/// What is planned to survive is what an audit right after the request finds alive, in the same words.
fn survivors_are_planned(
    before: &Enterprise,
    request: Requested<'_>,
    plan: &Plan,
    history: &[RecordedEvent],
) -> Result<(), String> {
    let at = history.last().expect("the request").at;
    let mut auditor = Auditor::new();
    history.iter().for_each(|recorded| auditor.observe(recorded).unwrap());
    let planned = before.survivors(request, at);
    equal("planned to survive", &auditor.finish().survivors, &planned)?;
    let not_covered = &plan.not_covered;
    let all: u64 = planned.iter().map(|group| group.count).sum();
    equal(
        "not covered",
        &(not_covered.collaborator_credentials + not_covered.member_credentials),
        &all,
    )?;
    let mut each: Survivors = Survivors::new();
    for credential in before.credentials() {
        if let Some(reason) = before.why_it_would_survive(request, credential.id(), at) {
            *each.entry((reason, credential.kind())).or_default() += 1;
        }
    }
    let planned = planned.into_iter().map(|it| ((it.reason, it.kind), it.count)).collect();
    equal("one by one", &planned, &each)
}

fn agrees_with_the_summary(enterprise: &Enterprise, rows: &[Outcome<'_>], at: Timestamp) -> Result<(), String> {
    for count in enterprise.summary(at).credentials {
        let of_kind: Vec<_> = rows.iter().copied().filter(|row| row.kind == count.kind).collect();
        let statuses = CredentialStatus::ALL.map(|status| {
            let credentials = credentials(&of_kind);
            credentials.iter().filter(|row| row.status == status).count() as u64
        });
        let counted = [
            count.alive,
            count.expired,
            count.destroyed,
            count.destruction_pending,
            count.owner_departed,
        ];
        equal("what became of them", &counted, &statuses)?;
        let is_dying = |row: &&Outcome<'_>| row.status == CredentialStatus::DestructionPending;
        let held = |status, dying| {
            let rows = of_kind.iter().filter(|row| dying || !is_dying(row));
            let held = rows.filter_map(|row| row.authorization);
            held.filter(|held| held.status == status).count() as u64
        };
        let counted = (count.authorizations_live, count.authorizations_pending);
        let listed = (
            held(AuthorizationStatus::Live, false),
            held(AuthorizationStatus::RevocationPending, true),
        );
        equal("authorizations", &counted, &listed)?;
    }
    Ok(())
}

/// What is listed of a history is what may still be used, and what every other report counts.
fn judge(run: &Run<Enterprise>) -> Result<u64, String> {
    let (history, enterprise) = (&run.history, &run.end);
    let Some(at) = enterprise.last_at() else {
        return Ok(0);
    };
    let listed = outcomes(history, None, at);
    let rows: Vec<_> = history.iter().flat_map(|recorded| listed.of(recorded)).collect();
    agrees_with_the_summary(enterprise, &rows, at)?;
    for row in &rows {
        equal(
            "authenticates",
            &enterprise.authenticates(row.credential, at).is_ok(),
            &(row.status == CredentialStatus::Alive),
        )?;
        let Some(held) = row.authorization else { continue };
        let is_usable = row.status == CredentialStatus::Alive && held.status == AuthorizationStatus::Live;
        let may_use = enterprise.may_use(row.credential, held.organization, at).is_ok();
        equal("may be used", &may_use, &is_usable)?;
    }
    let mut affected = 0;
    for (moment, request) in run.requests() {
        let Some(id) = moment.after.last_cut() else { continue };
        let plan = moment.before.plan(request, moment.at);
        let to_request = usize::try_from(plan.cut.value()).unwrap();
        survivors_are_planned(&moment.before, request, &plan, &history[..to_request])?;
        let about = outcomes(history, Some(About::Revocation(id)), at);
        equal("is told about", &Some(id), &about.revocation())?;
        let rows: Vec<_> = history.iter().flat_map(|recorded| about.of(recorded)).collect();
        equal("survivors", &survivors_audited(history, id), &survivors_listed(&rows))?;
        agrees_with_the_plan(&plan, &rows)?;
        let progress = enterprise.progress(id).expect("it was requested");
        let counted = (progress.authorizations_revoked, progress.credentials_destroyed);
        equal("what is recorded", &counted, &recorded(&rows))?;
        affected += rows.iter().filter(|row| row.is_affected()).count() as u64;
    }
    if let Some(last) = enterprise.last_cut() {
        let (last, named) = (About::Last, About::Revocation(last));
        let [last, named] = [last, named].map(|about| outcomes(history, Some(about), at));
        for recorded in history {
            equal(
                "the last",
                &named.of(recorded).collect::<Vec<_>>(),
                &last.of(recorded).collect(),
            )?;
        }
    }
    Ok(affected)
}

#[test]
fn the_list_agrees_with_plan_audit_summary_and_access_checks() {
    let mut affected = 0;
    for seed in seeds() {
        let explored = explore(seed, WORDS, |word| {
            affected += judge(&Run::of(word))?;
            Ok::<_, String>(())
        });
        if let Err(counterexample) = explored {
            panic!("{counterexample}");
        }
    }
    assert!(affected > 1_000, "{affected} rows were about something");
}

/// A member with a fine-grained token that is authorized again after a revocation took it, and a guest with an SSH key.
const HISTORY: &str = r#"{"position":1,"at":"2026-03-10T09:00:00.000Z","type":"EnterpriseCreated","slug":"octo-corp","kind":"managed_users"}
{"position":2,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":7,"login":"mona","role":"owner"}
{"position":3,"at":"2026-03-10T09:00:00.000Z","type":"MemberAdded","member":9,"login":"gast","role":"guest_collaborator"}
{"position":4,"at":"2026-03-10T09:00:00.000Z","type":"OrganizationAdded","organization":3,"login":"octo-org"}
{"position":5,"at":"2026-03-10T09:00:01.000Z","type":"CredentialIssued","credential":901,"owner":7,"kind":"fine_grained_pat","scopes":[],"fingerprint":"SHA256:one"}
{"position":6,"at":"2026-03-10T09:00:02.000Z","type":"CredentialIssued","credential":902,"owner":9,"kind":"ssh_key","scopes":[]}
{"position":7,"at":"2026-03-10T09:00:03.000Z","type":"CredentialAuthorized","credential":901,"organization":3}
{"position":8,"at":"2026-03-10T09:00:04.000Z","type":"RevokeAllRequested","requested_by":{"person":7},"authority":"owner","revoke_credentials":false}
{"position":9,"at":"2026-03-10T09:00:05.000Z","type":"AuthorizationRevoked","credential":901,"organization":3,"revocation":8}
{"position":10,"at":"2026-03-10T09:00:05.000Z","type":"RevocationCompleted","revocation":8,"authorizations_revoked":1,"credentials_destroyed":0}
{"position":11,"at":"2026-03-10T09:00:06.000Z","type":"MemberRoleChanged","member":9,"role":"member"}
{"position":12,"at":"2026-03-10T09:00:07.000Z","type":"CredentialAuthorized","credential":901,"organization":3}
{"position":13,"at":"2026-03-10T09:00:08.000Z","type":"CredentialIssued","credential":903,"owner":7,"kind":"classic_pat","scopes":[]}
"#;

fn history() -> Vec<RecordedEvent> {
    log::read(HISTORY.as_bytes()).map(Result::unwrap).collect()
}

#[test]
fn a_row_says_who_what_since_when_and_why() {
    let history = history();
    let at = history.last().unwrap().at;
    let about = outcomes(&history, Some(About::Last), at);
    let rows: Vec<_> = history.iter().flat_map(|recorded| about.of(recorded)).collect();
    let ids: Vec<u64> = rows.iter().map(|row| row.credential.value()).collect();
    assert_eq!(ids, [901, 902, 903], "in order of issue");

    let again = rows[0];
    assert_eq!((again.login.as_str(), again.role), ("mona", Role::Owner));
    assert_eq!(again.fingerprint.unwrap().as_str(), "SHA256:one");
    assert_eq!(again.issued_at.to_string(), "2026-03-10T09:00:01.000Z");
    assert_eq!(
        again.of_revocation.reason,
        Some(SurvivalReason::DestructionNotRequested)
    );
    let held = again.authorization.unwrap();
    assert_eq!(
        (held.status, held.of_revocation.taken, held.of_revocation.reason),
        (
            AuthorizationStatus::Live,
            Some(Taken::Recorded),
            Some(SurvivalReason::AuthorizedAgain)
        )
    );
    assert!(again.is_affected() && again.is_survivor());

    let guest = rows[1];
    assert_eq!(guest.authorization, None);
    assert_eq!(guest.of_revocation.reason, Some(SurvivalReason::OwnerWasCollaborator));
    assert_eq!(
        (guest.role, guest.role_at_cut),
        (Role::Member, Some(Role::GuestCollaborator))
    );
    assert!(!guest.is_affected());

    let later = rows[2];
    assert_eq!(
        (later.of_revocation.reason, later.role_at_cut),
        (Some(SurvivalReason::IssuedAfterTheCut), None)
    );
}

#[test]
fn an_earlier_end_knows_nothing_of_what_came_later() {
    let history = history();
    let earlier = outcomes(&history[..8], Some(About::Last), history[7].at);
    let rows: Vec<_> = history.iter().flat_map(|recorded| earlier.of(recorded)).collect();
    let ids: Vec<CredentialId> = rows.iter().map(|row| row.credential).collect();
    assert_eq!(ids.len(), 2, "903 was not issued yet");
    let held = rows[0].authorization.unwrap();
    assert_eq!(held.status, AuthorizationStatus::RevocationPending);
    assert_eq!(held.of_revocation.taken, Some(Taken::Pending));
    let before = outcomes(&history[..7], Some(About::Last), history[6].at);
    assert_eq!(before.revocation(), None);
}
