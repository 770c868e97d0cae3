//! `plan`: the blast radius of a request, before it is made.

use std::process::ExitCode;

use clap::Args;
use enterprise_credentials::audit::{SurvivalReason, Survivors};
use enterprise_credentials::log::Until;
use enterprise_credentials::{Caller, EnterpriseKind, EnterpriseSlug, Plan, Position, Rule, Timestamp};
use serde::Serialize;

use super::answer::{self, Answer, AskedBy};
use super::history::HistoryPlace;
use super::output::{print, print_json};
use super::scope::{Scope, ScopeArgs};
use super::time::{time, time_of_question, until};
use super::{blast_radius, evidence, output};

/// Show what a request to revoke would take, from whom, and what it would leave alive. Changes nothing.
///
/// Without limits it plans a request for everything. `--as` shows what the answer would be. The exit code is 0 even if
/// the request would be refused. If nobody may make the request, `refused_to_all_by` in JSON names the rule.
///
/// Example: enterprise-credentials plan octo.jsonl --person octo_admin --revoke-credentials
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    history: HistoryPlace,
    /// Who would make the request. Shows what the answer would be. For a credential, named by its id, it also shows what
    /// becomes of it, and if it survives, why. A login is that person in a web session, without a token.
    #[arg(long = "as", value_name = "CREDENTIAL|LOGIN", value_parser = answer::asked_by)]
    asked_by: Option<AskedBy>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Plan for a request that also destroys tokens and keys: of enterprise members, or of the person named.
    #[arg(long)]
    revoke_credentials: bool,
    /// Plan as of this position or time.
    ///
    /// A number is a position. A date alone means midnight at its start, in UTC.
    #[arg(long, value_name = "POSITION|TIME", value_parser = until)]
    until: Option<Until>,
    /// When the request would be made. This decides which tokens have expired.
    ///
    /// Default: now, or where `--until` ends.
    #[arg(long, value_name = "TIME", value_parser = time)]
    at: Option<Timestamp>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

/// How many organizations, and how many owners, are shown to a person.
const ROWS_MAX: usize = 20;

/// What a machine gets.
#[derive(Serialize)]
struct Document<'a> {
    slug: Option<&'a EnterpriseSlug>,
    kind: Option<EnterpriseKind>,
    position: Position,
    at: Timestamp,
    /// What the request is limited to; empty for everything.
    limited_to: &'a Scope,
    plan: &'a Plan,
    /// What would still authenticate after it, and why: the reasons of `audit`.
    survivors: &'a [Survivors],
    /// Why the caller's token is among them, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    caller_survives: Option<SurvivalReason>,
    not_modelled: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_to_all_by: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer>,
}

impl output::Document for Document<'_> {
    const SCHEMA: &'static str = "enterprise-credentials/plan/v1";
}

impl PlanArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let enterprise = self.history.replay(self.until)?;
        let at = time_of_question(&enterprise, self.at, self.until)?;
        let caller = self
            .asked_by
            .as_ref()
            .map(|asked_by| asked_by.caller(&enterprise))
            .transpose()?;
        let scope = self.scope.resolve(&enterprise)?;
        let asked = caller.is_some();
        let caller = caller.unwrap_or(Caller::Stranger {});
        let request = scope.request(&caller, self.revoke_credentials);
        let plan = enterprise.plan(request, at);
        let survivors = enterprise.survivors(request, at);
        let token = request.caller.credential();
        let caller_survives = token.and_then(|token| enterprise.why_it_would_survive(request, token, at));
        let answer = asked
            .then(|| Answer::to(&enterprise, &scope, request, at))
            .transpose()?;
        let refused_to_all_by = answer::refused_to_all_by(&enterprise, &scope, self.revoke_credentials);
        if self.json {
            print_json(&Document {
                slug: enterprise.slug(),
                kind: enterprise.kind(),
                position: enterprise.position(),
                at,
                limited_to: &scope,
                plan: &plan,
                survivors: &survivors,
                caller_survives,
                not_modelled: blast_radius::not_modelled().collect(),
                refused_to_all_by,
                answer,
            })?;
        } else {
            let mut words = blast_radius::in_words(&enterprise, &scope, &plan, refused_to_all_by, ROWS_MAX);
            words.push('\n');
            words.push_str(&evidence::survivors("ALIVE AFTER IT", &survivors, ""));
            if let Some((token, reason)) = token.zip(caller_survives) {
                words.push_str(&format!(
                    "  The caller's credential {token} is one of them: {}\n",
                    reason.sentence()
                ));
            }
            words.push_str(&answer.as_ref().map_or_else(String::new, in_words));
            print(words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn in_words(answer: &Answer) -> String {
    let words = answer.in_words();
    let lines: String = words.lines().map(|line| format!("  {line}\n")).collect();
    format!("\n  THE ANSWER WOULD BE\n{lines}")
}
