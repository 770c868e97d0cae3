//! `plan`: the blast radius of a request, before it is made.

mod forecast;

use std::process::ExitCode;

use clap::Args;
use enterprise_credentials::audit::{SurvivalReason, Survivors};
use enterprise_credentials::log::Until;
use enterprise_credentials::{Caller, CredentialId, EnterpriseKind, EnterpriseSlug, Plan, Position, Rule, Timestamp};
use enterprise_credentials_report::made::MadeFrom;
use serde::Serialize;

use super::answer::{self, Answer, AskedBy};
use super::history::{HistoryPlace, Made};
use super::output::{print, print_json};
use super::scope::{Scope, ScopeArgs};
use super::time::{time, time_of_question, until};
use super::{blast_radius, evidence, output};
use forecast::{Forecast, opening};

/// Show what a request to revoke would take, from whom, and what it would leave alive. Changes nothing.
///
/// Without limits it plans a request for everything. `--as` shows what the answer would be. The exit code is 0 even if
/// the request would be refused. If nobody may make the request, `refused_to_all_by` in JSON names the rule.
///
/// In a history that `import-inventory` made, roles may be unknown. Then each figure goes from the one for
/// collaborators to the one for members. The time is that of the export.
///
/// Example: enterprise-credentials plan octo.jsonl --person alan-dijkstra2_octo --revoke-credentials
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    #[command(flatten)]
    history: HistoryPlace,
    /// Who would make the request. Shows what the answer would be. For a credential, named by its id, it also shows
    /// what becomes of it, and if it survives, why. A login is that person in a web session, without a token.
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
    /// What the log was made from, if it is a made history.
    #[serde(skip_serializing_if = "Option::is_none")]
    made_from: Option<&'a MadeFrom>,
    /// The plan if everybody whose role is not known is a member. In `plan` they are collaborators.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan_with_members: Option<&'a Plan>,
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
        let (enterprise, made) = self.history.replay_made(self.until)?;
        // Unless somebody has added to the history since.
        let is_end = |at: &Timestamp| self.until.is_none() && enterprise.last_at().is_none_or(|last_at| last_at <= *at);
        let exported_at = made.as_ref().map(|made| made.from.exported_at).filter(is_end);
        let at = time_of_question(&enterprise, self.at.or(exported_at), self.until)?;
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
        let with_members = made.as_ref().and_then(|made| made.with_members.as_ref());
        let plan_with_members = with_members.map(|enterprise| enterprise.plan(request, at));
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
                made_from: made.as_ref().map(|made| &made.from),
                plan_with_members: plan_with_members.as_ref(),
                not_modelled: blast_radius::not_modelled().collect(),
                refused_to_all_by,
                answer,
            })?;
        } else {
            let mut words = made
                .as_ref()
                .map_or_else(String::new, |Made { from, .. }| opening(from));
            words.push_str(&match &plan_with_members {
                Some(to) => Forecast { from: &plan, to }.in_words(&enterprise, &scope, refused_to_all_by, ROWS_MAX),
                None => blast_radius::in_words(&enterprise, &scope, &plan, refused_to_all_by, ROWS_MAX),
            });
            let caller = token.zip(caller_survives);
            words.push_str(&alive_in_words(&survivors, caller, plan_with_members.is_some()));
            words.push_str(&answer.as_ref().map_or_else(String::new, in_words));
            print(words)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What would outlive the request, and whether the caller's token would. Where roles are not known, it is what outlives
/// it if these people are collaborators.
fn alive_in_words(
    survivors: &[Survivors],
    caller: Option<(CredentialId, SurvivalReason)>,
    has_unknown_roles: bool,
) -> String {
    let title = match has_unknown_roles {
        true => "ALIVE AFTER IT, if whoever has no known role is a collaborator",
        false => "ALIVE AFTER IT",
    };
    let caller = caller.map_or_else(String::new, |(token, reason)| {
        format!(
            "  The caller's credential {token} is one of them: {}\n",
            reason.sentence()
        )
    });
    format!("\n{}{caller}", evidence::survivors(title, survivors, ""))
}

fn in_words(answer: &Answer) -> String {
    let words = answer.in_words();
    let lines: String = words.lines().map(|line| format!("  {line}\n")).collect();
    format!("\n  THE ANSWER WOULD BE\n{lines}")
}
