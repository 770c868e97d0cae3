//! A plan in words and tables: what a request would take, from whom, and what it would leave.

use enterprise_credentials::{
    AlreadyPending, CallerFate, CallerLoss, Enterprise, Loss, NotCovered, OrganizationLoss, OwnerLoss, Plan,
};

use super::answer;
use super::table::{Facts, Table, count, identity};

/// Kinds of access that a log does not hold, so that no plan can count them, and what to do about each.
const NOT_MODELLED: [(&str, &str); 4] = [
    ("web and SSO sessions", "end them at the identity provider"),
    ("app installation tokens", "suspend or uninstall the app"),
    (
        "app refresh tokens (ghr_…)",
        "have the service refuse those issued before the cut",
    ),
    ("deploy keys", "delete them in each repository"),
];

/// What no log holds, for a machine.
pub(super) fn not_modelled() -> impl Iterator<Item = &'static str> {
    NOT_MODELLED.into_iter().map(|(access, _)| access)
}

/// The same for a person, with what to do about each.
pub(super) fn not_in_the_log() -> String {
    let remedies = NOT_MODELLED.map(|(access, remedy)| (access, remedy.to_owned()));
    format!(
        "  NOT IN THIS LOG, so neither revoked nor counted\n{}",
        Facts(&remedies)
    )
}

/// The plan, for a person: of organizations and of owners at most `rows_max`; JSON has them all.
pub(super) fn in_words(enterprise: &Enterprise, plan: &Plan, rows_max: usize) -> String {
    let sections = [
        totals(enterprise, plan),
        by_kind(plan).to_string(),
        by_role(plan).to_string(),
        by_organization(&plan.by_organization, rows_max).to_string(),
        owners(&plan.owners, rows_max),
        caller(enterprise, plan.caller.as_ref()),
        not_covered(plan),
        not_in_the_log(),
        refused_to_all(enterprise, plan),
    ];
    sections
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn totals(enterprise: &Enterprise, plan: &Plan) -> String {
    let destroyed = if plan.revoke_credentials {
        count(plan.credentials_destroyed)
    } else {
        "0: without revoke_credentials none is".to_owned()
    };
    let facts = [
        ("enterprise", identity(enterprise.slug(), enterprise.kind())),
        ("cut", format!("position {}", count(plan.cut.value()))),
        ("authorizations revoked", count(plan.authorizations_revoked)),
        ("credentials destroyed", destroyed),
        (
            "pending already",
            match items(&plan.already_pending) {
                None => "nothing left over from earlier revocations".to_owned(),
                Some(items) => format!("{items}, in earlier revocations; not counted here"),
            },
        ),
    ];
    Facts(&facts).to_string()
}

/// What is pending; nothing if nothing is.
fn items(pending: &AlreadyPending) -> Option<String> {
    (*pending != AlreadyPending::default()).then(|| {
        format!(
            "{} authorizations and {} credentials",
            count(pending.authorizations),
            count(pending.credentials)
        )
    })
}

fn by_kind(plan: &Plan) -> Table<3> {
    let losses = plan.by_kind.iter();
    by(
        plan,
        "by kind of credential",
        losses.map(|of| (of.kind.to_string(), of.loss)),
    )
}

fn by_role(plan: &Plan) -> Table<3> {
    let losses = plan.by_role.iter();
    by(
        plan,
        "by role of the owner",
        losses.map(|of| (of.role.to_string(), of.loss)),
    )
}

fn by(plan: &Plan, what: &'static str, losses: impl Iterator<Item = (String, Loss)>) -> Table<3> {
    let mut table = Table::new([what, "authorizations revoked", "credentials destroyed"]);
    for (of, loss) in losses {
        table.row([
            of,
            count(loss.authorizations_revoked),
            count(loss.credentials_destroyed),
        ]);
    }
    table.total([
        "all".to_owned(),
        count(plan.authorizations_revoked),
        count(plan.credentials_destroyed),
    ]);
    table
}

/// Those that lose most come first.
fn by_organization(losses: &[OrganizationLoss], rows_max: usize) -> Table<3> {
    let mut table = Table::new(["by organization", "id", "authorizations revoked"]);
    let mut losses: Vec<_> = losses.iter().collect();
    losses.sort_by_key(|loss| (std::cmp::Reverse(loss.authorizations_revoked), loss.organization));
    let (shown, rest) = losses.split_at(losses.len().min(rows_max));
    for loss in shown {
        table.row([
            loss.login.to_string(),
            loss.organization.to_string(),
            count(loss.authorizations_revoked),
        ]);
    }
    if !rest.is_empty() {
        let sum = rest.iter().map(|loss| loss.authorizations_revoked).sum();
        table.row([format!("{} more", count(rest.len() as u64)), String::new(), count(sum)]);
    }
    table.total([
        "all".to_owned(),
        String::new(),
        count(losses.iter().map(|loss| loss.authorizations_revoked).sum()),
    ]);
    table
}

fn owners(owners: &[OwnerLoss], rows_max: usize) -> String {
    let mut table = Table::new([
        "enterprise owners, none is spared",
        "id",
        "authorizations revoked",
        "credentials destroyed",
    ]);
    let row = |name: String, id: String, losses: &[OwnerLoss]| {
        let mut sum = Loss::default();
        losses.iter().for_each(|owner| sum += owner.loss);
        [
            name,
            id,
            count(sum.authorizations_revoked),
            count(sum.credentials_destroyed),
        ]
    };
    let (shown, rest) = owners.split_at(owners.len().min(rows_max));
    for loss in shown {
        table.row(row(
            loss.login.to_string(),
            loss.person.to_string(),
            std::slice::from_ref(loss),
        ));
    }
    if !rest.is_empty() {
        table.row(row(format!("{} more", count(rest.len() as u64)), String::new(), rest));
    }
    let mut pending = AlreadyPending::default();
    owners.iter().for_each(|owner| pending += owner.already_pending);
    // Without this, an owner who has lost everything looks like one who loses nothing.
    let lost_before = items(&pending).map_or_else(String::new, |items| {
        format!("  Pending already, and so not counted here: {items} of these owners.\n")
    });
    format!("{table}{lost_before}")
}

fn caller(enterprise: &Enterprise, loss: Option<&CallerLoss>) -> String {
    let Some(loss) = loss else {
        return String::new();
    };
    let credential = enterprise.credential(loss.credential);
    let owner = credential.and_then(|credential| {
        let (_, login, role) = enterprise.people().find(|(person, ..)| *person == credential.owner())?;
        Some(format!(
            "credential {}, the {} of {login}, {role}",
            loss.credential,
            credential.kind()
        ))
    });
    let facts = [
        (
            "the caller's token",
            owner.unwrap_or_else(|| format!("credential {}, whose owner left", loss.credential)),
        ),
        ("its authorizations", authorizations(loss)),
        ("the token itself", fate(loss)),
        (
            "warning, if accepted",
            if loss.warned { "yes" } else { "no" }.to_owned(),
        ),
    ];
    Facts(&facts).to_string()
}

fn authorizations(loss: &CallerLoss) -> String {
    let pending = match loss.authorizations_pending {
        0 => String::new(),
        pending => format!("; {} pending already, in earlier revocations", count(pending)),
    };
    format!(
        "{} revoked by this request{pending}",
        count(loss.authorizations_revoked)
    )
}

fn fate(loss: &CallerLoss) -> String {
    let fate = match loss.fate {
        CallerFate::Destroyed => "destroyed by this request: it cannot be used to follow the job".to_owned(),
        CallerFate::DestructionPending { revocation } => {
            format!("dead already: revocation {revocation} is to destroy it")
        }
        CallerFate::AlreadyDestroyed => "dead already: it was destroyed before".to_owned(),
        CallerFate::OwnerDeparted => "dead already: its owner left the enterprise after it was issued".to_owned(),
        CallerFate::Kept => "kept".to_owned(),
    };
    match loss.expired_at {
        Some(expired_at) => format!("{fate}; but it expired at {expired_at}, and authenticates nowhere"),
        None => fate,
    }
}

fn not_covered(plan: &Plan) -> String {
    let NotCovered {
        collaborator_credentials,
        member_credentials,
        without_authorization,
        may_be_authorized_again,
    } = plan.not_covered;
    let members_keep = if plan.revoke_credentials {
        "of members: app tokens, which revoke-all cannot destroy. Revoke the apps to end them."
    } else {
        "of members: without revoke_credentials no credential is destroyed."
    };
    let left = [
        (
            collaborator_credentials,
            "of guests and collaborators: they are NOT locked out. Remove these people to end their credentials.",
        ),
        (member_credentials, members_keep),
        (
            without_authorization,
            "of all these have no authorization now and may get one later.",
        ),
        (
            may_be_authorized_again,
            "of all these may be authorized again for an organization that they lose or have lost.",
        ),
    ];
    let counts = left.map(|(number, _)| count(number));
    let width = counts.iter().map(String::len).max().unwrap_or_default();
    let mut words =
        "  NOT COVERED: credentials that still authenticate when all is done, expired ones not counted\n".to_owned();
    for (number, (_, what)) in counts.iter().zip(left) {
        words.push_str(&format!("  {number:>width$}  {what}\n"));
    }
    words
}

/// Says of a request that nobody may make that it will be refused.
fn refused_to_all(enterprise: &Enterprise, plan: &Plan) -> String {
    let refused_by = answer::refused_to_all_by(enterprise, plan.revoke_credentials);
    refused_by.map_or_else(String::new, |rule| {
        format!(
            "  WHOEVER ASKS, this request is refused: {} ({rule})\n",
            rule.sentence()
        )
    })
}
