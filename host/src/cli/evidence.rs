//! An audit's report in words and tables: who asked, by what authority, what was recorded, what is still alive.

use enterprise_credentials::audit::{Evidence, Finding, Report, Requested, SurvivalReason, Survivors};
use enterprise_credentials::{Actor, CredentialId, CredentialType, Login, Position, RevocationId};

use super::blast_radius;
use super::scope::{ScopeArgs, limits_in_words};
use super::table::{Facts, Table, count, counted};
use super::terminal::{bad, good};

/// How many findings are shown; JSON has them all.
const FINDINGS_MAX: usize = 50;
/// How many credentials of a group are named.
const EXAMPLES_MAX: usize = 3;

/// The revocations that a report is asked for.
#[derive(Clone, Copy)]
pub(super) enum Asked<'a> {
    All,
    One(RevocationId),
    Those(&'a ScopeArgs),
}

/// How far the log of a report was read.
#[derive(Clone, Copy)]
pub(super) enum Read {
    ToTheEnd,
    /// As it was asked.
    UpTo(Position),
    /// Nothing is said of what is beyond.
    ToABreak,
}

/// A log that is not the one that somebody vouched for.
#[derive(Clone, Copy)]
pub(super) enum Other {
    ThanSealed,
    ThanMarked,
}

/// Each revocation, what outlived those that were `asked` for, or the last of all, what no log holds, and the findings.
///
/// Of a log that was not read to its end, nothing is said beyond that point. Of one that is
/// another than it should be, that is said before its findings.
pub(super) fn in_words(report: &Report, asked: Asked<'_>, read: Read, other: Option<Other>) -> String {
    let mut sections: Vec<String> = Vec::new();
    for evidence in &report.revocations {
        sections.push(revocation(evidence));
        let survivors_of_it = |it| survivors(&alive_after(evidence.progress.id), it, "");
        sections.extend(evidence.survivors.as_ref().map(|it| survivors_of_it(it)));
    }
    if report.revocations.is_empty() {
        sections.push(match asked {
            Asked::All => "  no revocation was requested\n".to_owned(),
            Asked::One(id) => format!("  revocation {id} was not requested\n"),
            Asked::Those(limits) => format!("  no revocation limited to {limits} was requested\n"),
        });
    } else {
        let others = match (asked, report.revocations.len()) {
            (Asked::All, 2..) => {
                "  The last of several, and nothing but what it is limited to. Choose others with --revocation, or by \
                 --person, --credential-type and --organization.\n"
            }
            _ => "",
        };
        sections.extend((report.survivors_of).map(|id| survivors(&alive_after(id), &report.survivors, others)));
        sections.push(blast_radius::not_in_the_log());
    }
    sections.push(findings(&report.findings, read, other));
    sections.join("\n")
}

fn revocation(evidence: &Evidence) -> String {
    let Evidence { progress, request, .. } = evidence;
    let plan = &request.plan;
    let asked_for = match (progress.revoke_credentials, plan.person) {
        (false, _) => "every authorization; no credential",
        (true, _) if plan.credential_type == Some(CredentialType::OauthAppToken) => {
            "every authorization; app tokens are never destroyed"
        }
        (true, None) => "every authorization, and members' tokens and keys",
        (true, Some(_)) => "every authorization, and the person's tokens and keys",
    };
    let state = match progress.completed_at {
        Some(at) => format!("completed {at}"),
        None => format!(
            "{}: {}, but what it has not recorded yet is refused all the same",
            progress.state.as_str(),
            bad("THE JOB IS NOT DONE")
        ),
    };
    let mut facts = vec![
        ("asked by", who(request)),
        ("by authority of", request.authority.as_str().to_owned()),
        ("asked for", asked_for.to_owned()),
    ];
    facts.extend(limits(request).map(|limits| ("limited to", limits)));
    facts.extend([("requested", progress.requested_at.to_string()), ("state", state)]);
    facts.extend(
        request
            .idempotency_key
            .as_ref()
            .map(|key| ("idempotency key", key.to_string())),
    );
    facts.push(("not authorized", {
        let without = counted(plan.not_covered.without_authorization, "credential", "credentials");
        match plan.organization {
            None => {
                format!("{without} that it leaves alive had no authorization at the cut and may get one later")
            }
            Some(_) => format!("{without} that it leaves alive lost no authorization by it"),
        }
    }));
    let mut table = Table::new(["outcome", "planned at the cut", "recorded"]);
    for (what, planned, recorded) in [
        (
            "authorizations revoked",
            plan.authorizations_revoked,
            progress.authorizations_revoked,
        ),
        (
            "credentials destroyed",
            plan.credentials_destroyed,
            progress.credentials_destroyed,
        ),
    ] {
        table.row([what.to_owned(), count(planned), count(recorded)]);
    }
    format!(
        "  REVOCATION {}, cut at this position\n{}\n{table}",
        progress.id,
        Facts(&facts)
    )
}

/// What the request is limited to, under the names of then; nothing for everything.
fn limits(request: &Requested) -> Option<String> {
    let named = |login: &Option<Login>| {
        login
            .as_ref()
            .map_or("somebody unknown", |login| login.as_str())
            .to_owned()
    };
    let (person, organization) = (named(&request.person_login), named(&request.organization_login));
    let plan = &request.plan;
    limits_in_words(
        plan.person.map(|id| (person.as_str(), id.to_string())),
        plan.credential_type,
        plan.organization.map(|id| (organization.as_str(), id.to_string())),
    )
}

fn who(request: &Requested) -> String {
    match request.requested_by {
        Actor::Installation { installation } => format!("installation {installation} of an app"),
        Actor::Person { person, credential } => {
            let login = request.login.as_ref().map_or("unknown", |login| login.as_str());
            let role = request.role.map_or("no role", |role| role.as_str());
            let means = credential.map_or_else(|| "in a web session".to_owned(), |id| format!("with credential {id}"));
            format!("{login} (person {person}), {role}, {means}")
        }
    }
}

fn alive_after(id: RevocationId) -> String {
    format!("ALIVE AFTER REVOCATION {id}")
}

/// What outlives a revocation, by reason and kind, below a heading and maybe a note.
pub(super) fn survivors(heading: &str, survivors: &[Survivors], note: &str) -> String {
    let mut words = format!("  {heading}, expired credentials not counted\n{note}");
    if survivors.is_empty() {
        words.push_str("  nothing that this log knows of\n");
    }
    let mut shown: Option<SurvivalReason> = None;
    for group in survivors {
        if shown != Some(group.reason) {
            shown = Some(group.reason);
            let total = survivors
                .iter()
                .filter(|other| other.reason == group.reason)
                .map(|other| other.count)
                .sum();
            words.push_str(&format!("  {:>9}  {}\n", count(total), group.reason.sentence()));
        }
        let examples = examples(&group.examples, group.count);
        words.push_str(&format!(
            "  {:>9}    {:>9}  {}, {examples}\n",
            "",
            count(group.count),
            group.kind
        ));
    }
    words
}

fn examples(credentials: &[CredentialId], all: u64) -> String {
    let named: Vec<String> = credentials.iter().take(EXAMPLES_MAX).map(ToString::to_string).collect();
    let more = if all > named.len() as u64 { " …" } else { "" };
    let what = if all == 1 { "credential" } else { "credentials" };
    format!("{what} {}{more}", named.join(" "))
}

fn findings(findings: &[Finding], read: Read, other: Option<Other>) -> String {
    let mut words = String::new();
    if matches!(read, Read::ToABreak) {
        words += &format!(
            "  {}: what is behind the place where it breaks off was not audited\n",
            bad("THE LOG CANNOT BE READ TO ITS END")
        );
    }
    let other = other.map(|other| match other {
        Other::ThanSealed => bad("NOT THE LOG THAT WAS SEALED"),
        Other::ThanMarked => bad("NOT THE LOG THAT WAS MARKED"),
    });
    if findings.is_empty() {
        let up_to = match read {
            Read::ToTheEnd => String::new(),
            Read::UpTo(position) => format!(" up to position {}", count(position.value())),
            Read::ToABreak => " up to there".to_owned(),
        };
        let allowed = "every event is one that the rules allow";
        words += &match (other, read) {
            // The last line is taken for the verdict.
            (Some(other), _) => format!("  {other}, though{up_to} {allowed}\n"),
            // What nobody could read is no log without findings.
            (None, Read::ToABreak) => format!(" {up_to} {allowed}\n"),
            (None, Read::ToTheEnd | Read::UpTo(_)) => format!("  {}{up_to}: {allowed}\n", good("NO FINDINGS")),
        };
        return words;
    }
    words.extend(other.map(|other| format!("  {other}\n")));
    words += &format!("  {}: {}\n", bad("FINDINGS"), count(findings.len() as u64));
    for finding in findings.iter().take(FINDINGS_MAX) {
        let rule = finding.rule.map_or_else(String::new, |rule| format!(" ({rule})"));
        words.push_str(&format!(
            "  position {}, {}: {}{rule}\n",
            finding.position, finding.at, finding.what
        ));
    }
    if let Some(more) = findings.len().checked_sub(FINDINGS_MAX).filter(|more| *more > 0) {
        words.push_str(&format!("  and {} more, see --json\n", count(more as u64)));
    }
    words
}
