//! What a request to revoke is limited to, as arguments: by names, as people know them.

use std::fmt;

use anyhow::{Result, bail};
use clap::Args;
use enterprise_credentials::audit::Selection;
use enterprise_credentials::rest::{Operation, Path};
use enterprise_credentials::{
    Caller, Command, CredentialType, Enterprise, Login, OrganizationId, PersonId, Requested, Rule,
};
use serde::Serialize;
use serde_json::{Map, Value};

use super::wrong_arguments;

/// The flags of `plan`, `rehearse`, `decide` and `audit`: none of them is everything.
#[derive(Debug, Clone, Default, Args, Serialize)]
pub(super) struct ScopeArgs {
    /// Only credentials of this person: a login. Upper and lower case are the same.
    #[arg(long, value_name = "LOGIN", value_parser = Login::new)]
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Login>,
    /// Only credentials of this type: `classic_pat`, `fine_grained_pat`, `ssh_key` or `oauth_app_token`.
    #[arg(long, value_name = "TYPE", value_parser = credential_type)]
    #[serde(skip_serializing_if = "Option::is_none")]
    credential_type: Option<CredentialType>,
    /// Only authorizations for this organization: a login. Upper and lower case are the same.
    ///
    /// A request about an organization destroys no credential.
    #[arg(long, value_name = "LOGIN", value_parser = Login::new)]
    #[serde(skip_serializing_if = "Option::is_none")]
    organization: Option<Login>,
}

/// Reads the name on the wire, with hyphens or underscores.
fn credential_type(text: &str) -> Result<CredentialType, String> {
    let name = text.replace('-', "_");
    let known = CredentialType::ALL.into_iter().find(|of| of.as_str() == name);
    known.ok_or_else(|| "the types are `classic_pat`, `fine_grained_pat`, `ssh_key` and `oauth_app_token`".to_owned())
}

/// What a request is limited to, of those who are in the enterprise.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Scope {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) organization: Option<Named<OrganizationId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) person: Option<Named<PersonId>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credential_type: Option<CredentialType>,
}

/// Somebody, as recorded.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Named<Id> {
    pub(super) id: Id,
    pub(super) login: Login,
}

impl ScopeArgs {
    /// Whether no flag is given.
    pub(super) const fn is_of_everything(&self) -> bool {
        self.person.is_none() && self.credential_type.is_none() && self.organization.is_none()
    }

    /// The revocations that have these limits.
    pub(super) fn selection(&self) -> Selection {
        Selection {
            organization: self.organization.clone(),
            person: self.person.clone(),
            credential_type: self.credential_type,
        }
    }

    /// The limits of a request that would be the next event.
    pub(super) fn resolve(&self, enterprise: &Enterprise) -> Result<Scope> {
        let people = enterprise.people().map(|(id, login, _)| (id, login));
        let place = format!("at position {}", enterprise.position());
        Ok(Scope {
            person: resolve("--person", "person", self.person.as_ref(), people, &place)?,
            organization: resolve(
                "--organization",
                "organization",
                self.organization.as_ref(),
                enterprise.organizations(),
                &place,
            )?,
            credential_type: self.credential_type,
        })
    }

    /// The same command with these limits. Only a request to revoke can have them, and each of them once: all
    /// else is a wrong argument.
    pub(super) fn narrow(&self, command: Command, enterprise: &Enterprise) -> Result<Command> {
        if self.is_of_everything() {
            return Ok(command);
        }
        let Some(asked) = command.requested() else {
            wrong_arguments(
                "`--person`, `--credential-type` and `--organization` limit a `RevokeAll` or a `Revoke`, and no other \
                 command",
            );
        };
        for (flag, given, named) in [
            ("person", self.person.is_some(), asked.person.is_some()),
            (
                "organization",
                self.organization.is_some(),
                asked.organization.is_some(),
            ),
            (
                "credential_type",
                self.credential_type.is_some(),
                asked.credential_type.is_some(),
            ),
        ] {
            if given && named {
                wrong_arguments(&format!(
                    "the command already has `{flag}`: remove it there, or leave out `--{}`",
                    flag.replace('_', "-")
                ));
            }
        }
        let scope = self.resolve(enterprise)?;
        let limited = Requested {
            organization: scope.organization.map(|it| it.id).or(asked.organization),
            person: scope.person.map(|it| it.id).or(asked.person),
            credential_type: scope.credential_type.or(asked.credential_type),
            ..asked
        };
        Ok(limited.command())
    }
}

impl fmt::Display for ScopeArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limits = [
            self.person.as_ref().map(|login| format!("the person `{login}`")),
            self.credential_type.map(|of| format!("the type `{of}`")),
            self.organization
                .as_ref()
                .map(|login| format!("the organization `{login}`")),
        ];
        let limits: Vec<String> = limits.into_iter().flatten().collect();
        f.write_str(&limits.join(" and "))
    }
}

/// Whom a flag names, of those who are there. In an old log two may have one login.
fn resolve<'a, Id: Copy + ToString>(
    flag: &str,
    what: &str,
    asked: Option<&Login>,
    present: impl Iterator<Item = (Id, &'a Login)>,
    place: &str,
) -> Result<Option<Named<Id>>> {
    let Some(asked) = asked else {
        return Ok(None);
    };
    let is_asked_for = |login: &Login| login.as_str().eq_ignore_ascii_case(asked.as_str());
    let found: Vec<(Id, &Login)> = present.filter(|(_, login)| is_asked_for(login)).collect();
    match found.as_slice() {
        [(id, login)] => Ok(Some(Named {
            id: *id,
            login: (*login).clone(),
        })),
        [] => bail!(
            "no {what} in the enterprise has the login `{asked}` {place}: give `{flag}` the login of one that is in \
             the enterprise"
        ),
        several => {
            let ids: Vec<String> = several.iter().map(|(id, _)| id.to_string()).collect();
            bail!(
                "`{flag} {asked}` is ambiguous: {place} the login is that of {what} {}. Until one of them leaves, name \
                 an id in `decide --command`",
                ids.join(" and ")
            )
        }
    }
}

impl Scope {
    /// The request of this caller.
    pub(super) fn request<'a>(&self, caller: &'a Caller, revoke_credentials: bool) -> Requested<'a> {
        Requested {
            caller,
            organization: self.organization.as_ref().map(|it| it.id),
            person: self.person.as_ref().map(|it| it.id),
            credential_type: self.credential_type,
            revoke_credentials,
            idempotency_key: None,
        }
    }

    /// The operation that makes it.
    const fn operation(&self) -> Operation {
        match (&self.organization, &self.person, &self.credential_type) {
            (None, None, None) => Operation::RevokeAll,
            (None, None, Some(_)) => Operation::RevokeType,
            (None, Some(_), None) => Operation::RevokePerson,
            (None, Some(_), Some(_)) => Operation::RevokePersonType,
            (Some(_), None, None) => Operation::OrganizationRevokeAll,
            (Some(_), None, Some(_)) => Operation::OrganizationRevokeType,
            (Some(_), Some(_), None) => Operation::OrganizationRevokePerson,
            (Some(_), Some(_), Some(_)) => Operation::OrganizationRevokePersonType,
        }
    }

    /// The path of that operation, in the enterprise of this slug.
    pub(super) fn path<'a>(&'a self, slug: &'a str) -> Path<'a> {
        Path {
            operation: self.operation(),
            owner: self.organization.as_ref().map_or(slug, |it| it.login.as_str()),
            target: self.person.as_ref().map_or("", |it| it.login.as_str()),
        }
    }

    /// The body of that operation. At an organization nothing is destroyed,
    /// and only who asks for it says a word about it.
    pub(super) fn body(&self, revoke_credentials: bool) -> String {
        let mut body = Map::new();
        if let Some(of) = self.credential_type {
            body.insert("credential_type".to_owned(), of.as_str().into());
        }
        if self.organization.is_none() || revoke_credentials {
            body.insert("revoke_credentials".to_owned(), revoke_credentials.into());
        }
        Value::Object(body).to_string()
    }

    /// For a person; nothing for everything.
    pub(super) fn in_words(&self) -> Option<String> {
        let person = self.person.as_ref().map(|it| (it.login.as_str(), it.id.to_string()));
        let organization = (self.organization.as_ref()).map(|it| (it.login.as_str(), it.id.to_string()));
        limits_in_words(person, self.credential_type, organization)
    }
}

/// What a request is limited to, each with login and id; nothing for everything.
pub(super) fn limits_in_words(
    person: Option<(&str, String)>,
    credential_type: Option<CredentialType>,
    organization: Option<(&str, String)>,
) -> Option<String> {
    let limits = [
        person.map(|(login, id)| format!("credentials of {login} (person {id})")),
        credential_type.map(|of| format!("credentials of the type {of}")),
        organization.map(|(login, id)| format!("authorizations for {login} (organization {id})")),
    ];
    let limits: Vec<String> = limits.into_iter().flatten().collect();
    (!limits.is_empty()).then(|| limits.join(" and "))
}

/// What to do instead where a rule refuses a narrower request to everybody.
pub(super) const fn instead(rule: Rule) -> Option<&'static str> {
    match rule {
        Rule::FirstOwnerIsNoTarget => Some(
            "Destroy their credentials one by one, or ask for a type or for everything: that spares nobody. At an \
             organization you can name them.",
        ),
        Rule::OrganizationDestroysNothing => Some(
            "Leave out --revoke-credentials, or leave out --organization. Without --organization, the request takes \
                 the whole enterprise, unless --person or --credential-type limits it.",
        ),
        _ => None,
    }
}
