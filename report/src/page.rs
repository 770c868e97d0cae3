//! An audit as one page of HTML, for whoever has to show it to somebody who reads no JSON. The page has no script and
//! asks no network. It prints on A4. It says in words and numbers whatever its pictures and colours say.

mod charts;
mod jobs;
mod words;

use enterprise_credentials::audit::{Evidence, Report, SurvivalReason, Survivors};
use enterprise_credentials::{Loss, RevocationState};
use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use jobs::Jobs;
use words::{count, counted, moment};

const STYLE: &str = include_str!("page/style.css");
/// How many rows, findings or revocations are shown; the JSON document of an audit has them all.
const ROWS_MAX: usize = 20;
const FINDINGS_MAX: usize = 100;

/// What a page shows.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The audit.
    pub report: &'a Report,
    /// When its jobs recorded what.
    pub jobs: &'a Jobs,
    /// Whether the log was read to its end, or as far as it is asked about.
    pub complete: bool,
    /// Up to where the log is asked about, and that it goes on; nothing where it is asked about to its end.
    pub as_of: Option<&'a str>,
    /// The SHA-256 of the log's bytes, in hexadecimal digits.
    pub sha256: &'a str,
    /// The root of the tree over the log's lines, in hexadecimal digits.
    pub root: &'a str,
    /// Whether the log is the one that was sealed, and what is to be said about that.
    pub seal: Option<(bool, &'a str)>,
    /// Kinds of access that no log holds, and what to do about each.
    pub not_modelled: &'a [(&'a str, &'a str)],
}

impl Page<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let slug = self.report.slug.as_ref().map_or("no enterprise", |slug| slug.as_str());
        let shown = self.shown();
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                    title { "Audit of " (slug) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    header { (self.verdict(slug)) }
                    main {
                        (self.findings())
                        @if let Some(evidence) = shown {
                            (revocation(evidence, self.survivors(evidence)))
                            (self.timeline(evidence))
                            (parts(evidence))
                            (survivors(self.survivors(evidence)))
                        } @else {
                            section { h2 { "Revocations" } p { "No revocation was requested." } }
                        }
                        (self.not_in_the_log())
                        (self.others(shown))
                    }
                    footer { (self.log()) }
                }
            }
        };
        page.into_string()
    }

    /// The revocation that the page is about: the one whose survivors the audit tells, or the last.
    fn shown(&self) -> Option<&Evidence> {
        let revocations = &self.report.revocations;
        let told = revocations
            .iter()
            .find(|it| Some(it.progress.id) == self.report.survivors_of);
        told.or_else(|| revocations.last())
    }

    fn survivors<'a>(&'a self, evidence: &'a Evidence) -> &'a [Survivors] {
        evidence.survivors.as_deref().unwrap_or(&self.report.survivors)
    }

    fn verdict(&self, slug: &str) -> Markup {
        let findings = self.report.findings.len() as u64;
        let broken_seal = matches!(self.seal, Some((false, _)));
        let is_good = self.complete && findings == 0 && !broken_seal;
        let verdict = if broken_seal {
            "This is not the log that was sealed or marked".to_owned()
        } else if findings > 0 {
            format!("{}: a rule was broken", counted(findings, "finding", "findings"))
        } else if !self.complete {
            "The log cannot be read to its end".to_owned()
        } else if self.as_of.is_some() {
            "No findings up to then: every event is one that the rules allow".to_owned()
        } else {
            "No findings: every event is one that the rules allow".to_owned()
        };
        let up_to = if self.complete {
            ""
        } else {
            " could be read, and nothing is said of what comes after them"
        };
        html! {
            div class=(if is_good { "verdict good" } else { "verdict bad" }) {
                svg viewBox="0 0 40 40" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="3.5"
                    stroke-linecap="round" stroke-linejoin="round" {
                    circle cx="20" cy="20" r="17" {}
                    @if is_good { path d="M12 21l6 6 11-13" {} } @else { path d="M20 11v11M20 28.5v.5" {} }
                }
                div {
                    h1 { (verdict) }
                    p {
                        strong { (slug) }
                        @if let Some(kind) = self.report.kind { ", " (words::kind(kind)) }
                        ". " (counted(self.report.position.value(), "event", "events")) (up_to)
                        @if let Some(last) = self.report.last_at { ", the last of " (moment(last)) }
                        "."
                    }
                    @if let Some(as_of) = self.as_of { p { "As of " (as_of) "." } }
                }
            }
        }
    }

    fn timeline(&self, evidence: &Evidence) -> Markup {
        let requested = evidence.progress.requested_at;
        let job = self.jobs.of(evidence.progress.id);
        let items = job.and_then(|job| job.items);
        let after = |at| format!("{} after the request", words::duration(requested, at));
        html! {
            section {
                h2 { "When" }
                ol.moments {
                    li { strong { "Requested" } (moment(requested)) span { "Everything in its scope is dead from here \
                        on." } }
                    @if let Some((first, last)) = items {
                        li { strong { "First item recorded" } (moment(first)) span { (after(first)) } }
                        li { strong { "Last item recorded" } (moment(last)) span { (after(last)) } }
                    }
                    li {
                        strong { "Completed" }
                        @match evidence.progress.completed_at {
                            Some(completed) => { (moment(completed)) span { (after(completed)) } }
                            None => { "Not yet" span { "What is not recorded yet is refused all the same." } }
                        }
                    }
                }
                @if let Some(job) = job.filter(|job| job.items.is_some()) { (charts::job(job, requested)) }
            }
        }
    }

    fn not_in_the_log(&self) -> Markup {
        html! {
            section {
                h2 { "Not in this log" }
                p.quiet { "No log of this service holds these kinds of access. They were neither revoked nor counted." }
                dl {
                    @for (access, remedy) in self.not_modelled { dt { (access) } dd { (remedy) } }
                }
            }
        }
    }

    fn findings(&self) -> Markup {
        let findings = &self.report.findings;
        html! {
            @if !findings.is_empty() {
                section {
                    h2 { "Findings" }
                    ul.cards.findings {
                        @for finding in findings.iter().take(FINDINGS_MAX) {
                            li {
                                h3 { "Position " (finding.position) }
                                p { (finding.what) }
                                p.quiet {
                                    (moment(finding.at))
                                    @if let Some(rule) = finding.rule { ", rule " code { (rule) } }
                                }
                            }
                        }
                    }
                    (more(findings.len(), FINDINGS_MAX))
                }
            }
        }
    }

    fn others(&self, shown: Option<&Evidence>) -> Markup {
        let is_other = |it: &&Evidence| Some(it.progress.id) != shown.map(|shown| shown.progress.id);
        let others: Vec<&Evidence> = self.report.revocations.iter().rev().filter(is_other).collect();
        html! {
            @if !others.is_empty() {
                section {
                    h2 { "Other revocations" }
                    ul.cards {
                        @for evidence in others.iter().take(ROWS_MAX) {
                            li {
                                h3 { "Revocation " (evidence.progress.id) }
                                p {
                                    (words::who(&evidence.request)) " asked for " (words::asked_for(&evidence.request))
                                    "."
                                }
                                p.quiet {
                                    (moment(evidence.progress.requested_at)) ", " (state(evidence)) ". "
                                    @let progress = &evidence.progress;
                                    (counted(progress.authorizations_revoked, "authorization", "authorizations"))
                                    " and "
                                    (counted(progress.credentials_destroyed, "credential", "credentials"))
                                    " recorded."
                                }
                            }
                        }
                    }
                    (more(others.len(), ROWS_MAX))
                }
            }
        }
    }

    /// By what anybody tells this log from another.
    fn log(&self) -> Markup {
        html! {
            section {
                h2 { "The log" }
                dl {
                    dt { "Head" }
                    dd { "position " (count(self.report.position.value())) ", root " code { (self.root) } }
                    dt { "SHA-256" } dd {
                        code { (self.sha256) }
                        @if self.as_of.is_some() { ", of all bytes of the log, later lines too" }
                    }
                    dt { "Seal" }
                    dd {
                        @match self.seal {
                            Some((_, words)) => (words),
                            None => "None was given: a log written anew would look the same.",
                        }
                    }
                }
            }
        }
    }
}

fn state(evidence: &Evidence) -> String {
    match (evidence.progress.state, evidence.progress.completed_at) {
        (_, Some(at)) => format!("completed {}", moment(at)),
        (RevocationState::Queued, None) => "queued".to_owned(),
        (_, None) => "not done yet".to_owned(),
    }
}

fn more(all: usize, shown: usize) -> Markup {
    let more = all.saturating_sub(shown) as u64;
    html! {
        @if more > 0 { p.quiet { "And " (count(more)) " more: audit --json has them all." } }
    }
}

fn revocation(evidence: &Evidence, survivors: &[Survivors]) -> Markup {
    let (progress, request) = (&evidence.progress, &evidence.request);
    let still_authenticate: u64 = (survivors.iter())
        .filter(|group| is_of_credential(group.reason))
        .map(|group| group.count)
        .sum();
    html! {
        section {
            h2 { "Revocation " (progress.id) }
            ul.tiles {
                (tile(progress.authorizations_revoked, request.plan.authorizations_revoked, "authorizations revoked"))
                (tile(progress.credentials_destroyed, request.plan.credentials_destroyed, "credentials destroyed"))
                li { strong { (count(still_authenticate)) } span { "credentials still authenticate after it" } }
            }
            dl {
                dt { "Asked by" } dd { (words::who(request)) }
                dt { "By right of" } dd { (words::right(request.authority)) }
                dt { "Asked for" } dd { (words::asked_for(request)) }
                dt { "State" } dd { (state(evidence)) }
                @if let Some(key) = &request.idempotency_key { dt { "Idempotency key" } dd { code { (key) } } }
            }
        }
    }
}

fn tile(recorded: u64, planned: u64, what: &str) -> Markup {
    html! {
        li {
            strong { (count(recorded)) }
            span { (what) ", of " (count(planned)) " planned at the cut" }
        }
    }
}

/// What each part of the enterprise lost, as planned at the cut: what is recorded in the end.
fn parts(evidence: &Evidence) -> Markup {
    let plan = &evidence.request.plan;
    let destroys = plan.revoke_credentials;
    let by_kind: Vec<_> = plan
        .by_kind
        .iter()
        .map(|it| (words::words(it.kind.as_str()), it.loss))
        .collect();
    let by_role: Vec<_> = plan
        .by_role
        .iter()
        .map(|it| (words::words(it.role.as_str()), it.loss))
        .collect();
    let mut organizations: Vec<_> = plan.by_organization.iter().collect();
    organizations.sort_by_key(|it| (core::cmp::Reverse(it.authorizations_revoked), it.organization));
    let by_organization: Vec<_> = (organizations.iter().take(ROWS_MAX))
        .map(|it| {
            let authorizations_revoked = it.authorizations_revoked;
            let loss = Loss {
                authorizations_revoked,
                credentials_destroyed: 0,
            };
            (it.login.to_string(), loss)
        })
        .collect();
    html! {
        section {
            h2 { "What was lost" }
            div.charts {
                (charts::losses("By kind of credential", "Kind", &by_kind, destroys))
                (charts::losses("By role of the owner", "Role", &by_role, destroys))
                @if !by_organization.is_empty() {
                    div {
                        (charts::losses("By organization", "Organization", &by_organization, false))
                        (more(organizations.len(), ROWS_MAX))
                    }
                }
            }
        }
    }
}

const fn is_of_credential(reason: SurvivalReason) -> bool {
    !matches!(
        reason,
        SurvivalReason::AuthorizedAfterTheCut | SurvivalReason::AuthorizedAgain
    )
}

fn survivors(survivors: &[Survivors]) -> Markup {
    let mut reasons: Vec<SurvivalReason> = survivors.iter().map(|group| group.reason).collect();
    reasons.dedup();
    html! {
        section {
            h2 { "What is still alive, and what to do about it" }
            @if survivors.is_empty() { p { "Nothing that this log knows of." } }
            ul.cards {
                @for reason in reasons {
                    @let groups = survivors.iter().filter(|group| group.reason == reason);
                    @let all = groups.clone().map(|group| group.count).sum::<u64>();
                    li {
                        h3 {
                            @if is_of_credential(reason) { (counted(all, "credential", "credentials")) }
                            @else { (counted(all, "authorization", "authorizations")) }
                        }
                        p { (sentence(reason)) }
                        p { strong { "What to do: " } (words::remedy(reason)) }
                        p.quiet {
                            @for (place, group) in groups.enumerate() {
                                @if place > 0 { "; " }
                                (count(group.count)) " of kind " (words::words(group.kind.as_str()))
                                @if let Some(first) = group.examples.first() { ", such as " (first) }
                            }
                            "."
                        }
                    }
                }
            }
            p.quiet { "Credentials that have expired are not counted. The list: " code { "credentials LOG \
                --survivors" } "." }
        }
    }
}

/// The reason as a sentence of its own.
fn sentence(reason: SurvivalReason) -> String {
    let mut letters = reason.sentence().chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).chain(['.']).collect()
}
