//! A comparison of two logs, told to a person.

use enterprise_credentials::diff::{
    Change, CredentialStanding, Difference, EnterpriseStanding, OrganizationStanding, PersonStanding,
};
use enterprise_credentials::{Login, Progress};

use super::{FirstDifference, Lines, Standings};
use crate::cli::output::visible;
use crate::cli::table::{Facts, count};

/// How many differences of one kind are told one by one; JSON has them all.
const ROWS_MAX: usize = 20;
/// How many characters of a line are shown.
const LINE_CHARS_MAX: usize = 400;

/// Where the lines part, and whose standing differs. Without standings they cannot be told.
pub(super) fn told(lines: Lines, first: Option<&FirstDifference>, standings: Option<Standings<'_>>) -> String {
    let Some(first) = first else {
        let all = count(lines.a);
        return match standings {
            Some(_) => format!("  THE SAME: all {all} lines\n"),
            None => format!("  THE SAME {all} LINES, and not all of them can be read\n"),
        };
    };
    let mut words = parting(lines, first);
    match standings {
        Some(standings) => words.push_str(&whose(standings)),
        None => words.push_str("\n  STANDINGS ARE NOT COMPARED: not all lines can be read\n"),
    }
    words
}

fn parting(lines: Lines, first: &FirstDifference) -> String {
    let position = first.position.value();
    let same = match position {
        1 => "no line".to_owned(),
        2 => "line 1".to_owned(),
        position => format!("lines 1 to {}", count(position - 1)),
    };
    let begins = match (&first.a, &first.b) {
        (None, _) => Some("B begins with all of A, and goes on"),
        (_, None) => Some("A begins with all of B, and goes on"),
        (Some(a), Some(b)) if a.trim_end_matches('\r') == b.trim_end_matches('\r') => {
            Some("the line differs only in its end: a carriage return stands before the line feed")
        }
        (Some(_), Some(_)) => None,
    };
    let line = |line: &Option<String>| line.as_deref().map_or_else(|| "(has ended)".to_owned(), shown);
    let mut facts = vec![
        ("A", format!("{} lines", count(lines.a))),
        ("B", format!("{} lines", count(lines.b))),
        ("the same", same),
    ];
    facts.extend(begins.map(|begins| ("so", begins.to_owned())));
    format!(
        "{}\n  THE FIRST LINE THAT DIFFERS, at position {}\n  A  {}\n  B  {}\n",
        Facts(&facts),
        count(position),
        line(&first.a),
        line(&first.b)
    )
}

/// The line, without what would steer a terminal, and not more of it than a person reads.
fn shown(line: &str) -> String {
    let mut chars = line.chars();
    let begin: String = chars.by_ref().take(LINE_CHARS_MAX).collect();
    let mut shown = visible(&begin);
    let rest = chars.count();
    if rest > 0 {
        shown.push_str(&format!(" … and {} characters more", count(rest as u64)));
    }
    shown
}

/// The kinds of difference, in their order.
const KINDS: [&str; 7] = [
    "enterprise",
    "organizations",
    "people",
    "owners of organizations",
    "credentials",
    "authorizations",
    "revocations",
];

fn whose(standings: Standings<'_>) -> String {
    let mut rows: [(u64, String); 7] = Default::default();
    for difference in standings.differences.differences() {
        let (kind, row) = row(&difference);
        if let Some((counted, shown)) = rows.get_mut(kind) {
            *counted += 1;
            if *counted <= ROWS_MAX as u64 {
                shown.push_str(&row);
            }
        }
    }
    let at = standings.at;
    let heading = format!("\n  WHOSE STANDING DIFFERS, from A to B, as of {at}\n");
    if rows.iter().all(|(counted, _)| *counted == 0) {
        return format!("{heading}  nobody's: the lines differ, and who may do what does not\n");
    }
    let sections = KINDS.iter().zip(&rows).filter(|(_, (counted, _))| *counted > 0);
    let sections = sections.map(|(kind, (counted, shown))| {
        let more = counted.saturating_sub(ROWS_MAX as u64);
        let more = match more {
            0 => String::new(),
            more => format!("    and {} more: `--json` has them all\n", count(more)),
        };
        format!("  {kind}: {}\n{shown}{more}", count(*counted))
    });
    sections.fold(heading, |words, section| words + &section)
}

/// The place of its kind among [`KINDS`], and its line.
fn row(difference: &Difference<'_>) -> (usize, String) {
    let (kind, whose, change) = match difference {
        Difference::Enterprise { change } => (0, "the enterprise".to_owned(), fields(change, enterprise)),
        Difference::Organization { organization, change } => {
            let login = change.to.or(change.from).map(|standing| standing.login);
            let whose = format!("organization {organization}{}", in_brackets(login));
            (1, whose, fields(change, organization_fields))
        }
        Difference::Person { person, change } => {
            let login = change.to.or(change.from).map(|standing| standing.login);
            let whose = format!("person {person}{}", in_brackets(login));
            (2, whose, fields(change, person_fields))
        }
        Difference::OrganizationOwner {
            organization,
            person,
            change,
        } => {
            let whose = format!("person {person}, of organization {organization}");
            (3, whose, fields(change, |_| vec![("", "owner".to_owned())]))
        }
        Difference::Credential { credential, change } => {
            (4, format!("credential {credential}"), fields(change, credential_fields))
        }
        Difference::Authorization {
            credential,
            organization,
            change,
        } => {
            let whose = format!("credential {credential}, organization {organization}");
            (
                5,
                whose,
                fields(change, |status| vec![("", status.as_str().to_owned())]),
            )
        }
        Difference::Revocation { revocation, change } => {
            (6, format!("revocation {revocation}"), fields(change, revocation_fields))
        }
    };
    (kind, format!("    {whose}: {change}\n"))
}

fn in_brackets(login: Option<&Login>) -> String {
    login.map_or_else(String::new, |login| format!(" ({login})"))
}

/// What a standing consists of, each with its name; the first has none, and is enough where the other side knows
/// nothing.
type Fields = Vec<(&'static str, String)>;

/// The fields that differ.
fn fields<T>(change: &Change<T>, of: impl Fn(&T) -> Fields) -> String {
    let (from, to) = (change.from.as_ref().map(&of), change.to.as_ref().map(&of));
    let first = |fields: &Fields| fields.first().map(|(_, first)| first.clone()).unwrap_or_default();
    let (from, to) = match (from, to) {
        (Some(from), Some(to)) => (from, to),
        (from, to) => {
            let end = |fields: Option<Fields>| fields.as_ref().map_or_else(|| "unknown".to_owned(), first);
            return format!("{} → {}", end(from), end(to));
        }
    };
    let differing = from.iter().zip(&to).filter(|(from, to)| from != to);
    let differing = differing.map(|((name, from), (_, to))| format!("{name}{from} → {to}"));
    differing.collect::<Vec<_>>().join("; ")
}

fn enterprise(standing: &EnterpriseStanding<'_>) -> Fields {
    vec![("", standing.slug.to_string()), ("kind ", standing.kind.to_string())]
}

fn organization_fields(standing: &OrganizationStanding<'_>) -> Fields {
    let there = if standing.is_present { "present" } else { "left" };
    vec![("", there.to_owned()), ("login ", standing.login.to_string())]
}

fn person_fields(standing: &PersonStanding<'_>) -> Fields {
    vec![
        (
            "",
            match standing.is_present {
                true => standing.role.to_string(),
                false => format!("left, last {}", standing.role),
            },
        ),
        ("login ", standing.login.to_string()),
        (
            "write_enterprise_credentials ",
            yes_or_no(standing.may_write_credentials),
        ),
        ("first owner ", yes_or_no(standing.is_first_owner)),
    ]
}

fn credential_fields(standing: &CredentialStanding<'_>) -> Fields {
    let expires = standing
        .expires_at
        .map_or_else(|| "never".to_owned(), |at| at.to_string());
    let scopes: Vec<&str> = standing.scopes.iter().collect();
    vec![
        ("", standing.status.as_str().to_owned()),
        ("kind ", standing.kind.to_string()),
        ("owner ", standing.owner.to_string()),
        ("scopes ", format!("[{}]", scopes.join(" "))),
        ("expires ", expires),
    ]
}

fn revocation_fields(progress: &Progress) -> Fields {
    let limits = [
        progress.organization.map(|id| format!("organization {id}")),
        progress.person.map(|id| format!("person {id}")),
        progress.credential_type.map(|of| format!("type {of}")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    let completed = progress
        .completed_at
        .map_or_else(|| "not yet".to_owned(), |at| at.to_string());
    let behind = progress.behind.map_or_else(|| "none".to_owned(), |id| id.to_string());
    vec![
        ("", progress.state.as_str().to_owned()),
        ("authorizations revoked ", count(progress.authorizations_revoked)),
        ("credentials destroyed ", count(progress.credentials_destroyed)),
        ("requested ", progress.requested_at.to_string()),
        ("completed ", completed),
        ("limits ", format!("[{}]", limits.join(", "))),
        ("revoke_credentials ", yes_or_no(progress.revoke_credentials)),
        ("behind revocation ", behind),
    ]
}

fn yes_or_no(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}
