//! A plan in words and tables: what a request would take, from whom, and what it would leave.

use enterprise_credentials::{
    AlreadyPending, CallerFate, CallerLoss, CredentialType, Enterprise, Loss, NotCovered, OrganizationLoss, OwnerLoss,
    Plan, Rule,
};

use super::scope::{self, Scope};
use super::table::{Facts, Table, count, counted, identity};
use super::terminal::bad;

/// Kinds of access that a log does not hold, so that no plan can count them, and what to do about each.
pub(super) const NOT_MODELLED: [(&str, &str); 4] = [
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

/// The plan, for a person: of organizations and of owners at most `rows_max`; JSON has them all. The rule is the one
/// that refuses the request whoever makes it.
pub(super) fn in_words(
    enterprise: &Enterprise,
    scope: &Scope,
    plan: &Plan,
    refused_to_all_by: Option<Rule>,
    rows_max: usize,
) -> String {
    let sections = [
        totals(enterprise, scope, plan),
        by_kind(plan).to_string(),
        by_role(plan).to_string(),
        by_organization(&plan.by_organization, rows_max).to_string(),
        owners(plan, rows_max),
        caller(enterprise, plan),
        not_covered(plan),
        not_in_the_log(),
        refused_to_all(refused_to_all_by),
    ];
    sections
        .into_iter()
        .filter(|section| !section.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn totals(enterprise: &Enterprise, scope: &Scope, plan: &Plan) -> String {
    let destroyed = match (plan.organization.is_some(), plan.revoke_credentials) {
        (true, _) => "0: at an organization none is".to_owned(),
        _ if plan.credential_type == Some(CredentialType::OauthAppToken) => "0: app tokens never are".to_owned(),
        (false, true) => count(plan.credentials_destroyed),
        (false, false) => "0: without revoke_credentials none is".to_owned(),
    };
    let mut facts = vec![("enterprise", identity(enterprise.slug(), enterprise.kind()))];
    facts.extend(scope.in_words().map(|limits| ("limited to", limits)));
    facts.extend([
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
    ]);
    Facts(&facts).to_string()
}

/// What is pending; nothing if nothing is.
fn items(pending: &AlreadyPending) -> Option<String> {
    (*pending != AlreadyPending::default()).then(|| {
        format!(
            "{} and {}",
            counted(pending.authorizations, "authorization", "authorizations"),
            counted(pending.credentials, "credential", "credentials")
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
pub(super) fn by_organization(losses: &[OrganizationLoss], rows_max: usize) -> Table<3> {
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

/// Of a request about one person only an owner who loses something is of interest.
pub(super) fn owners(plan: &Plan, rows_max: usize) -> String {
    let is_shown = |owner: &&OwnerLoss| {
        plan.person.is_none() || owner.loss != Loss::default() || owner.already_pending != AlreadyPending::default()
    };
    let owners: Vec<&OwnerLoss> = plan.owners.iter().filter(is_shown).collect();
    if plan.person.is_some() && owners.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        match plan.person {
            None => "enterprise owners, none is spared",
            Some(_) => "an enterprise owner",
        },
        "id",
        "authorizations revoked",
        "credentials destroyed",
    ]);
    let row = |name: String, id: String, losses: &[&OwnerLoss]| {
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

pub(super) fn caller(enterprise: &Enterprise, plan: &Plan) -> String {
    let Some(loss) = &plan.caller else {
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
        ("the token itself", fate(loss, plan.organization.is_some())),
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

fn fate(loss: &CallerLoss, at_organization: bool) -> String {
    let fate = match loss.fate {
        CallerFate::Destroyed => "destroyed by this request: it cannot be used to follow the job".to_owned(),
        CallerFate::DestructionPending { revocation } => {
            format!("dead already: revocation {revocation} is to destroy it")
        }
        CallerFate::AlreadyDestroyed => "dead already: it was destroyed before".to_owned(),
        CallerFate::OwnerDeparted => "dead already: its owner left the enterprise after it was issued".to_owned(),
        CallerFate::Kept if at_organization && loss.authorizations_revoked > 0 => {
            "kept, but cut off from the organization: it can neither follow the job nor repeat the request".to_owned()
        }
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
    let not_asked = "without revoke_credentials no credential is destroyed.";
    let (collaborators_keep, members_keep) = match (plan.organization, plan.revoke_credentials, plan.person) {
        (Some(_), ..) => (
            "of guests and collaborators: at an organization no credential is destroyed.".to_owned(),
            "of members: at an organization no credential is destroyed.".to_owned(),
        ),
        (None, true, Some(_)) => (
            "spared by the role of a guest or collaborator: whom the request names no role spares.".to_owned(),
            "app tokens of the person, which no revocation destroys. Revoke the apps to end them.".to_owned(),
        ),
        // Here too it is not the role that spares.
        (None, false, Some(_)) => (
            format!("of a guest or collaborator: {not_asked}"),
            format!("of a member: {not_asked}"),
        ),
        (None, revoke_credentials, None) => (
            "of guests and collaborators: they are NOT locked out. Remove these people to end their credentials."
                .to_owned(),
            match revoke_credentials {
                true => "of members: app tokens, which no revocation destroys. Revoke the apps to end them.".to_owned(),
                false => format!("of members: {not_asked}"),
            },
        ),
    };
    let left = [
        (collaborator_credentials, collaborators_keep.as_str()),
        (member_credentials, members_keep.as_str()),
        (
            without_authorization,
            match (plan.organization, without_authorization) {
                (None, 1) => "of all these has no authorization now and may get one later.",
                (None, _) => "of all these have no authorization now and may get one later.",
                (Some(_), 1) => "of all these loses no authorization by this request.",
                (Some(_), _) => "of all these lose no authorization by this request.",
            },
        ),
        (
            may_be_authorized_again,
            match may_be_authorized_again {
                1 => "of all these may be authorized again for an organization that it loses or has lost.",
                _ => "of all these may be authorized again for an organization that they lose or have lost.",
            },
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

/// Says of a request that nobody may make that it will be refused, and what to ask for instead.
pub(super) fn refused_to_all(by: Option<Rule>) -> String {
    by.map_or_else(String::new, |rule| {
        let instead = scope::instead(rule).map_or_else(String::new, |instead| format!("  {instead}\n"));
        let refused = bad("this request is refused");
        format!("  WHOEVER ASKS, {refused}: {} ({rule})\n{instead}", rule.sentence())
    })
}
