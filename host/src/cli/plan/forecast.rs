//! The plan of a made history: every figure from the one for collaborators to the one for members.

use enterprise_credentials::{Enterprise, Loss, Plan, Rule};
use enterprise_credentials_report::made::MadeFrom;

use crate::cli::blast_radius;
use crate::cli::scope::Scope;
use crate::cli::table::{Facts, Table, count, identity};

/// How a plan of a made history opens: whose rules it forecasts, as of when, and what it does not know.
pub(super) fn opening(made_from: &MadeFrom) -> String {
    let exported_at = made_from.exported_at;
    let mut facts = vec![("made from", format!("an inventory that was exported at {exported_at}"))];
    if made_from.not_modelled.is_empty() {
        facts.push(("not modelled", "nothing that the inventory lists".to_owned()));
    }
    for (kind, listed) in installations_first(made_from) {
        facts.push(("not modelled", format!("{} {kind}: not in any figure", count(listed))));
    }
    if made_from.left_out > 0 {
        let left_out = count(made_from.left_out);
        facts.push((
            "left out",
            format!("{left_out} credentials, whose rows said what cannot be"),
        ));
    }
    let [people, unknown, assumed] = [made_from.people, made_from.unknown_roles, made_from.assumed_roles].map(count);
    facts.push(("unknown roles", format!("{unknown} of {people} people")));
    if let Some(role) = made_from.assumed_role {
        facts.push(("assumed roles", format!("{assumed} people are taken for {role}")));
    }
    format!(
        "  FORECAST by the rules of this program, which may differ from the service's own\n{}\n",
        Facts(&facts)
    )
}

/// The kind that is forgotten most easily comes first.
fn installations_first(made_from: &MadeFrom) -> Vec<(&str, u64)> {
    let mut kinds: Vec<(&str, u64)> = made_from
        .not_modelled
        .iter()
        .map(|(kind, listed)| (kind.as_str(), *listed))
        .collect();
    kinds.sort_by_key(|(kind, _)| *kind != "github_app_installation");
    kinds
}

/// Two plans of one request: those whose role is not known are collaborators in the first, and members in the second.
pub(super) struct Forecast<'a> {
    pub(super) from: &'a Plan,
    pub(super) to: &'a Plan,
}

impl Forecast<'_> {
    /// For a person: of organizations and of owners at most `rows_max`.
    pub(super) fn in_words(
        &self,
        enterprise: &Enterprise,
        scope: &Scope,
        refused_to_all_by: Option<Rule>,
        rows_max: usize,
    ) -> String {
        let mut facts = vec![("enterprise", identity(enterprise.slug(), enterprise.kind()))];
        facts.extend(scope.in_words().map(|limits| ("limited to", limits)));
        facts.extend([
            ("authorizations revoked", self.span(|plan| plan.authorizations_revoked)),
            ("credentials destroyed", self.span(|plan| plan.credentials_destroyed)),
        ]);
        let sections = [
            "  From – to: those whose role is not known are collaborators, or members.\n".to_owned(),
            Facts(&facts).to_string(),
            self.by_kind().to_string(),
            self.by_role().to_string(),
            blast_radius::by_organization(&self.from.by_organization, rows_max).to_string(),
            self.owners(rows_max),
            self.caller(enterprise),
            self.not_covered(),
            blast_radius::not_in_the_log(),
            blast_radius::refused_to_all(refused_to_all_by),
        ];
        let sections: Vec<String> = sections.into_iter().filter(|section| !section.is_empty()).collect();
        sections.join("\n")
    }

    /// A figure of both, or from one to the other.
    fn span(&self, figure: impl Fn(&Plan) -> u64) -> String {
        match (figure(self.from), figure(self.to)) {
            (from, to) if from == to => count(from),
            (from, to) => format!("{} – {}", count(from), count(to)),
        }
    }

    fn by_kind(&self) -> Table<3> {
        let mut table = self.table("by kind of credential");
        for (place, loss) in self.from.by_kind.iter().enumerate() {
            let of = |plan: &Plan| plan.by_kind.get(place).map(|of| of.loss).unwrap_or_default();
            table.row(self.row(loss.kind.to_string(), of));
        }
        table
    }

    fn by_role(&self) -> Table<3> {
        let mut table = self.table("by role of the owner");
        for (place, loss) in self.from.by_role.iter().enumerate() {
            let of = |plan: &Plan| plan.by_role.get(place).map(|of| of.loss).unwrap_or_default();
            table.row(self.row(loss.role.to_string(), of));
        }
        table
    }

    fn table(&self, what: &'static str) -> Table<3> {
        let mut table = Table::new([what, "authorizations revoked", "credentials destroyed"]);
        let of_all = |plan: &Plan| Loss {
            authorizations_revoked: plan.authorizations_revoked,
            credentials_destroyed: plan.credentials_destroyed,
        };
        table.total(self.row("all".to_owned(), of_all));
        table
    }

    fn row(&self, name: String, loss: impl Fn(&Plan) -> Loss) -> [String; 3] {
        [
            name,
            self.span(|plan| loss(plan).authorizations_revoked),
            self.span(|plan| loss(plan).credentials_destroyed),
        ]
    }

    /// Who is not known to be an owner is none in either plan.
    fn owners(&self, rows_max: usize) -> String {
        if self.from.owners.is_empty() {
            return String::new();
        }
        blast_radius::owners(self.from, rows_max)
    }

    /// What becomes of the caller's token may depend on the role of its owner.
    fn caller(&self, enterprise: &Enterprise) -> String {
        let [from, to] = [self.from, self.to].map(|plan| blast_radius::caller(enterprise, plan));
        if from == to {
            return from;
        }
        format!("  If its owner is a collaborator:\n{from}\n  If its owner is a member:\n{to}")
    }

    fn not_covered(&self) -> String {
        let facts = [
            (
                "of guests and collaborators",
                self.span(|plan| plan.not_covered.collaborator_credentials),
            ),
            ("of members", self.span(|plan| plan.not_covered.member_credentials)),
            (
                "of all these, without an authorization now",
                self.span(|plan| plan.not_covered.without_authorization),
            ),
            (
                "of all these, may be authorized again",
                self.span(|plan| plan.not_covered.may_be_authorized_again),
            ),
        ];
        format!(
            "  NOT COVERED: credentials that still authenticate when all is done, expired ones not counted\n{}",
            Facts(&facts)
        )
    }
}
