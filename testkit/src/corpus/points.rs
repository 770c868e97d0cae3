//! What a step shows: a rule at work, for which operation, with which filters, and in which role.

use std::borrow::ToOwned;
use std::collections::BTreeSet;
use std::format;
use std::string::String;
use std::vec::Vec;

use enterprise_credentials::{Caller, Command, CredentialId, Enterprise, PersonId, Requested, Rule};
use serde::Serialize;

use crate::coverage::rules_at_work;
use crate::model::{Grant, Model};
use crate::run::Moment;

/// One thing that a corpus may show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    /// Nothing where no rule but those of authority is at work.
    rule: Option<Rule>,
    is_refused: bool,
    operation: String,
    /// Of a request its filters; of what is about a credential its kind.
    filters: String,
    /// Of who asks, or whom it is about.
    role: String,
}

/// What a corpus shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Shown {
    /// How many combinations of a rule, an operation, its filters and a role.
    pub combinations: usize,
    /// The events that are recorded.
    pub events: BTreeSet<&'static str>,
    /// The commands.
    pub operations: BTreeSet<String>,
    /// The rules that refuse.
    pub refusing: BTreeSet<Rule>,
    /// The rules by which something is answered or recorded as it is.
    pub at_work: BTreeSet<Rule>,
    /// The filters of the requests that are accepted, `revoke_credentials` among them where it is true.
    pub filters: BTreeSet<String>,
    /// The roles of those who ask, and of those whom a command is about.
    pub roles: BTreeSet<String>,
}

/// What a step shows.
pub(super) fn of(moment: &Moment<Enterprise>) -> BTreeSet<Point> {
    let rules = rules_at_work(moment);
    let rules: Vec<Option<Rule>> = match rules.is_empty() {
        true => Vec::from([None]),
        false => rules.into_iter().map(Some).collect(),
    };
    let subject = Subject::of(moment);
    let points = rules.into_iter().flat_map(|rule| {
        let point = Point {
            rule,
            is_refused: moment.decided.is_err(),
            operation: subject.operation.clone(),
            filters: subject.filters.clone(),
            role: subject.role.clone(),
        };
        let about = subject.others.iter().map(|(filters, role)| Point {
            filters: filters.clone(),
            role: role.clone(),
            ..point.clone()
        });
        about.chain([point.clone()]).collect::<Vec<_>>()
    });
    points.collect()
}

impl Shown {
    pub(super) fn observe(&mut self, moment: &Moment<Enterprise>, point: &Point) {
        self.events
            .extend(moment.recorded.iter().map(|recorded| recorded.event.name()));
        let rules = if point.is_refused {
            &mut self.refusing
        } else {
            &mut self.at_work
        };
        rules.extend(point.rule);
        self.operations.insert(point.operation.clone());
        if !point.is_refused && moment.command.requested().is_some() {
            self.filters.insert(point.filters.clone());
        }
        if !point.role.is_empty() {
            self.roles.insert(point.role.clone());
        }
    }
}

/// What a command is about.
struct Subject {
    operation: String,
    filters: String,
    role: String,
    /// The same with one filter's value, and with the role of the person whom it takes from.
    others: Vec<(String, String)>,
}

impl Subject {
    fn of(moment: &Moment<Enterprise>) -> Self {
        let operation = serde_json::to_value(&moment.command).ok();
        let operation = operation.as_ref().and_then(|command| command.get("type")?.as_str());
        let operation = operation.unwrap_or_default().to_owned();
        let witness = &moment.witness_before;
        match moment.command.requested() {
            Some(request) => Self {
                operation,
                filters: filters(request),
                role: caller(request.caller, witness),
                others: others(request, witness),
            },
            None => {
                let (filters, role) = single(&moment.command, witness);
                let others = Vec::new();
                Self {
                    operation,
                    filters,
                    role,
                    others,
                }
            }
        }
    }
}

fn filters(request: Requested<'_>) -> String {
    let there = [
        (request.organization.is_some(), "organization"),
        (request.person.is_some(), "person"),
        (request.credential_type.is_some(), "credential_type"),
        (request.revoke_credentials, "revoke_credentials"),
    ];
    let there: Vec<&str> = there
        .into_iter()
        .filter_map(|(is_there, name)| is_there.then_some(name))
        .collect();
    there.join(" ")
}

fn caller(caller: &Caller, witness: &Model) -> String {
    match caller {
        Caller::Person { person, .. } => role(*person, witness),
        Caller::Installation { organization: None, .. } => "installation".to_owned(),
        Caller::Installation { .. } => "installation of an organization".to_owned(),
        Caller::Stranger {} => "stranger".to_owned(),
    }
}

fn others(request: Requested<'_>, witness: &Model) -> Vec<(String, String)> {
    let of_type = request
        .credential_type
        .map(|it| (format!("credential_type {}", it.as_str()), String::new()));
    let about = request
        .person
        .map(|person| ("person".to_owned(), format!("about {}", role(person, witness))));
    of_type.into_iter().chain(about).collect()
}

/// The kind of the credential and the role of the person that a single command is about.
fn single(command: &Command, witness: &Model) -> (String, String) {
    let of_credential = |id: &CredentialId| match witness.credential(*id) {
        Some(credential) => (credential.kind.as_str().to_owned(), role(credential.owner, witness)),
        None => (String::new(), String::new()),
    };
    match command {
        Command::AddMember { role, .. } | Command::ChangeMemberRole { role, .. } => {
            (String::new(), role.as_str().to_owned())
        }
        Command::RemoveMember { member }
        | Command::GrantPermission { member, .. }
        | Command::WithdrawPermission { member, .. }
        | Command::AddOrganizationOwner { member, .. }
        | Command::RemoveOrganizationOwner { member, .. } => (String::new(), role(*member, witness)),
        Command::IssueCredential { kind, owner, .. } => (kind.as_str().to_owned(), role(*owner, witness)),
        Command::AuthorizeCredential {
            credential,
            organization,
        }
        | Command::RevokeAuthorization {
            credential,
            organization,
        } => {
            let (kind, role) = of_credential(credential);
            (
                format!("{kind} {}", grant(witness.grant((*credential, *organization)))),
                role,
            )
        }
        Command::DestroyCredential { credential } => of_credential(credential),
        Command::CreateEnterprise { .. }
        | Command::AddOrganization { .. }
        | Command::RemoveOrganization { .. }
        | Command::RevokeAll(_)
        | Command::Revoke(_)
        | Command::ContinueRevocation { .. } => (String::new(), String::new()),
    }
}

/// What became of an authorization.
const fn grant(grant: Option<Grant>) -> &'static str {
    match grant {
        None => "never granted",
        Some(Grant::Live) => "live",
        Some(Grant::Ended) => "ended",
        Some(Grant::RevokedSingly) => "revoked singly",
        Some(Grant::Pending(_)) => "pending",
        Some(Grant::Taken(_)) => "taken",
    }
}

fn role(person: PersonId, witness: &Model) -> String {
    witness
        .person(person)
        .map_or("nobody", |person| person.role.as_str())
        .to_owned()
}
