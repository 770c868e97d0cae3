//! An audit's report in words and tables: who asked, by what authority, what was recorded, what is still alive.

use enterprise_credentials::audit::{Evidence, Finding, Report, Requested, SurvivalReason, Survivors};
use enterprise_credentials::{Actor, CredentialId, RevocationId};

use super::blast_radius;
use super::table::{Facts, Table, count};

/// How many findings are shown; JSON has them all.
const FINDINGS_MAX: usize = 50;
/// How many credentials of a group are named.
const EXAMPLES_MAX: usize = 3;

/// Each revocation, what outlived the last of them or the one `asked` for, what no log holds, and the findings.
///
/// Of a log that breaks off, and so is not `complete`, nothing is said beyond that point.
pub(super) fn in_words(report: &Report, asked: Option<RevocationId>, complete: bool) -> String {
    let mut sections: Vec<String> = report.revocations.iter().map(revocation).collect();
    if report.revocations.is_empty() {
        sections.push(asked.map_or_else(
            || "  no revocation was requested\n".to_owned(),
            |id| format!("  revocation {id} was not requested\n"),
        ));
    } else {
        sections.extend(report.survivors_of.map(|id| survivors(id, &report.survivors)));
        sections.push(blast_radius::not_in_the_log());
    }
    sections.push(findings(&report.findings, complete));
    sections.join("\n")
}

fn revocation(evidence: &Evidence) -> String {
    let Evidence { progress, request, .. } = evidence;
    let asked_for = if progress.revoke_credentials {
        "every authorization, and members' tokens and keys"
    } else {
        "every authorization; no credential"
    };
    let state = match progress.completed_at {
        Some(at) => format!("completed {at}"),
        None => format!(
            "{}: THE JOB IS NOT DONE, but what it has not recorded yet is refused all the same",
            progress.state.as_str()
        ),
    };
    let mut facts = vec![
        ("asked by", who(request)),
        ("by authority of", request.authority.as_str().to_owned()),
        ("asked for", asked_for.to_owned()),
        ("requested", progress.requested_at.to_string()),
        ("state", state),
    ];
    facts.extend(
        request
            .idempotency_key
            .as_ref()
            .map(|key| ("idempotency key", key.to_string())),
    );
    facts.push((
        "not authorized",
        format!(
            "{} credentials that it leaves alive had no authorization at the cut and may get one later",
            count(request.plan.not_covered.without_authorization)
        ),
    ));
    let mut table = Table::new(["outcome", "planned at the cut", "recorded"]);
    let plan = &request.plan;
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

fn survivors(id: RevocationId, survivors: &[Survivors]) -> String {
    let mut words = format!("  ALIVE AFTER REVOCATION {id}, expired credentials not counted\n");
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
    format!("credentials {}{more}", named.join(" "))
}

fn findings(findings: &[Finding], complete: bool) -> String {
    if findings.is_empty() {
        let allowed = "every event is one that the rules allow";
        return if complete {
            format!("  NO FINDINGS: {allowed}\n")
        } else {
            format!("  NO FINDINGS up to where the log breaks off: {allowed}\n")
        };
    }
    let mut words = format!("  FINDINGS: {}\n", count(findings.len() as u64));
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
