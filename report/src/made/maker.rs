//! The events of a made history.

use std::collections::BTreeMap;
use std::io::{self, Read};

use enterprise_credentials::limits::SCOPES_MAX;
use enterprise_credentials::log::write_line;
use enterprise_credentials::{
    ADMIN_ENTERPRISE_SCOPE, Command, CorruptHistory, CredentialId, CredentialKind, ENTERPRISE_CREDENTIALS_WRITE,
    Enterprise, EnterpriseKind, EnterpriseSlug, InvalidValue, Login, OrganizationId, PersonId, Refusal, Role, Scope,
    Scopes, Timestamp,
};
use serde::Serialize;

use super::{MadeFrom, Marked, People, RoleUnknown, counted_id, made_id};
use crate::inventory::{Entry, Fault, Format, Inventory, InventoryError, Listed, Named, Place, State};

/// What an inventory does not say.
#[derive(Debug, Clone)]
pub struct Making {
    /// The enterprise's name.
    pub slug: EnterpriseSlug,
    /// Managed users or personal accounts.
    pub kind: EnterpriseKind,
    /// When the inventory was exported.
    pub exported_at: Timestamp,
    /// Whose role is known.
    pub people: People,
    /// The role of everybody else; nothing where it is not to be assumed.
    pub assumed_role: Option<Role>,
}

/// A credential that is not in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it stands in the inventory.
    pub place: Place,
    /// What the inventory calls it.
    pub named: Named,
    /// Why.
    pub why: String,
}

/// An inventory that can be read from its beginning again and again.
pub trait Readings {
    /// What it is read from.
    type Read: Read;

    /// Begins with the first byte.
    ///
    /// # Errors
    /// Those of the file.
    fn read_again(&self) -> io::Result<Self::Read>;
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotMade {
    /// The inventory cannot be read.
    #[error(transparent)]
    Unreadable(#[from] InventoryError),
    /// It is a list of ours.
    #[error("it is a list of `credentials`, not the provider's inventory: plan on the log that it was made of")]
    OurList,
    /// The rules refuse what the people file, or an option, says.
    #[error("{of}: {refusal}")]
    Refused {
        /// Of what.
        of: String,
        /// Why.
        refusal: Refusal,
    },
    /// A made value is beyond its limits.
    #[error(transparent)]
    Value(#[from] InvalidValue),
    /// A made event does not fit the ones before it.
    #[error(transparent)]
    Corrupt(#[from] CorruptHistory),
    /// The history cannot be written.
    #[error(transparent)]
    Output(io::Error),
}

/// Makes a history: hands each of its lines to `write`, what it leaves out to `left_out`, and of every credential in it
/// the entry and the id that it was given to `map`.
///
/// The inventory is read three times: for who and what there is, for what must be left out, and for the history, whose
/// first line says how much that is. Memory holds the state, the people and the organizations.
///
/// # Errors
/// [`NotMade`]; what was written is not whole then.
pub fn make(
    making: &Making,
    readings: &impl Readings,
    left_out: &mut dyn FnMut(LeftOut),
    map: &mut dyn FnMut(&Entry, CredentialId) -> io::Result<()>,
    write: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> Result<MadeFrom, NotMade> {
    let survey = Survey::of(making, readings)?;
    let mut nowhere = |_: &[u8]| Ok(());
    let tried = History::begin(making, &survey, None, &mut nowhere)?;
    let made_from = tried.fill(readings, left_out, &mut |_, _| Ok(()))?;
    let history = History::begin(making, &survey, Some(&made_from), write)?;
    history.fill(readings, &mut |_| {}, map)
}

fn open<R: Readings>(readings: &R) -> Result<Inventory<R::Read>, NotMade> {
    let bytes = readings.read_again().map_err(InventoryError::Input)?;
    let inventory = Inventory::open(bytes)?;
    match inventory.format() {
        Format::Inventory => Ok(inventory),
        Format::Credentials => Err(NotMade::OurList),
    }
}

/// Who and what there is in an inventory.
struct Survey {
    /// The invented time of everything: before anything expires.
    at: Timestamp,
    people: BTreeMap<PersonId, String>,
    organizations: BTreeMap<OrganizationId, String>,
}

impl Survey {
    fn of(making: &Making, readings: &impl Readings) -> Result<Self, NotMade> {
        let mut survey = Self {
            at: making.exported_at,
            people: BTreeMap::new(),
            organizations: BTreeMap::new(),
        };
        for (person, login) in making.people.iter() {
            survey.people.insert(person, login.to_string());
        }
        let mut inventory = open(readings)?;
        while let Some(listed) = inventory.next_listed()? {
            let Listed::Entry(entry) = listed else {
                continue;
            };
            let before = entry.expires_at.map(|at| at.milliseconds() - 1);
            if let Some(before) = before.and_then(|before| Timestamp::from_milliseconds(before).ok()) {
                survey.at = survey.at.min(before);
            }
            survey.people.entry(entry.owner).or_insert(entry.login);
            for (organization, login) in entry.organizations {
                survey.organizations.entry(organization).or_insert(login);
            }
        }
        Ok(survey)
    }
}

/// A history that is being made.
struct History<'a> {
    enterprise: Enterprise,
    at: Timestamp,
    made_from: MadeFrom,
    /// How many credentials had no number of their own.
    counted: u64,
    line: Vec<u8>,
    write: &'a mut dyn FnMut(&[u8]) -> io::Result<()>,
}

impl<'a> History<'a> {
    /// Makes everything but the credentials.
    fn begin(
        making: &Making,
        survey: &Survey,
        mark: Option<&MadeFrom>,
        write: &'a mut dyn FnMut(&[u8]) -> io::Result<()>,
    ) -> Result<Self, NotMade> {
        let mut history = Self {
            enterprise: Enterprise::new(),
            at: survey.at,
            made_from: MadeFrom {
                exported_at: making.exported_at,
                credentials: 0,
                left_out: 0,
                not_modelled: BTreeMap::new(),
                people: 0,
                unknown_roles: 0,
                assumed_roles: 0,
                assumed_role: making.assumed_role,
            },
            counted: 0,
            line: Vec::new(),
            write,
        };
        let (slug, kind) = (making.slug.clone(), making.kind);
        let create = Command::CreateEnterprise { slug, kind };
        let created = history.record_with(&create, mark.map(|made_from| Marked { made_from }).as_ref())?;
        created.map_err(|refusal| refused("the enterprise", refusal))?;
        for (organization, listed) in &survey.organizations {
            let is_taken = |login: &str| history.enterprise.organization_by_login(login).is_some();
            let login = login(listed, is_taken, || format!("organization-{organization}"))?;
            let organization = *organization;
            let added = history.record(&Command::AddOrganization { organization, login })?;
            added.map_err(|refusal| refused(format!("organization {organization}"), refusal))?;
        }
        for (person, listed) in &survey.people {
            history.add_person(making, *person, listed)?;
        }
        Ok(history)
    }

    fn add_person(&mut self, making: &Making, member: PersonId, listed: &str) -> Result<(), NotMade> {
        let known = making.people.role(member);
        let role = known.or(making.assumed_role);
        self.made_from.people += 1;
        self.made_from.assumed_roles += u64::from(known.is_none() && role.is_some());
        let is_taken = |login: &str| self.enterprise.person_by_login(login).is_some();
        let login = login(listed, is_taken, || format!("person-{member}"))?;
        let add = |role| Command::AddMember { member, login, role };
        let added = match role {
            Some(role) => self.record(&add(role))?,
            None => {
                self.made_from.unknown_roles += 1;
                self.record_with(
                    &add(collaborator(making.kind)),
                    Some(&RoleUnknown { role_unknown: true }),
                )?
            }
        };
        added.map_err(|refusal| refused(format!("person {member}"), refusal))
    }

    /// Makes the credentials.
    fn fill(
        mut self,
        readings: &impl Readings,
        left_out: &mut dyn FnMut(LeftOut),
        map: &mut dyn FnMut(&Entry, CredentialId) -> io::Result<()>,
    ) -> Result<MadeFrom, NotMade> {
        let mut inventory = open(readings)?;
        while let Some(listed) = inventory.next_listed()? {
            match listed {
                Listed::Entry(entry) => match self.issue(&entry)? {
                    Ok(credential) => {
                        self.made_from.credentials += 1;
                        map(&entry, credential).map_err(NotMade::Output)?;
                    }
                    Err(why) => {
                        self.made_from.left_out += 1;
                        left_out(LeftOut {
                            place: entry.place,
                            named: Named {
                                credential_type: entry.kind.to_string(),
                                id: entry.id,
                            },
                            why,
                        });
                    }
                },
                Listed::Faulty(faulty) => {
                    self.made_from.left_out += 1;
                    left_out(LeftOut {
                        place: faulty.place,
                        named: faulty.named,
                        why: faulty.fault.to_string(),
                    });
                }
                Listed::NotModelled(access) => *self.made_from.not_modelled.entry(access.kind).or_default() += 1,
            }
        }
        Ok(self.made_from)
    }

    /// Issues a credential, authorizes it, and destroys it if it is dead; or says why it cannot be in the history.
    fn issue(&mut self, entry: &Entry) -> Result<Result<CredentialId, String>, NotMade> {
        let is_over = entry.expires_at.is_some_and(|at| at <= self.made_from.exported_at);
        if entry.state == State::Expired && !is_over {
            let expired = "has expired, and by `expires_at` not when the inventory was exported";
            return Ok(Err(expired.to_owned()));
        }
        let credential = match self.id(entry) {
            Ok(credential) => credential,
            Err(fault) => return Ok(Err(fault.to_string())),
        };
        let issued = self.record(&Command::IssueCredential {
            credential,
            owner: entry.owner,
            kind: entry.kind,
            scopes: scopes(entry),
            expires_at: entry.expires_at,
            fingerprint: entry.fingerprint.clone(),
        })?;
        match issued {
            Ok(()) => {}
            Err(Refusal::CredentialIdTaken(_)) => return Ok(Err("is listed more than once".to_owned())),
            Err(refusal) => return Ok(Err(refusal.to_string())),
        }
        for organization in entry.organizations.keys().copied() {
            let authorized = self.record(&Command::AuthorizeCredential {
                credential,
                organization,
            })?;
            authorized.map_err(|refusal| refused(format!("credential {credential}"), refusal))?;
        }
        if entry.state == State::Destroyed {
            let destroyed = self.record(&Command::DestroyCredential { credential })?;
            destroyed.map_err(|refusal| refused(format!("credential {credential}"), refusal))?;
        }
        Ok(Ok(credential))
    }

    fn id(&mut self, entry: &Entry) -> Result<CredentialId, Fault> {
        let id = if entry.id.is_empty() {
            self.counted += 1;
            counted_id(self.counted)
        } else {
            made_id(entry.kind, &entry.id)
        };
        id.map_err(|why| Fault::Unreadable {
            column: "credential_id",
            why,
        })
    }

    fn record(&mut self, command: &Command) -> Result<Result<(), Refusal>, NotMade> {
        self.record_with(command, None::<&()>)
    }

    /// Records what the rules answer to the command, with the fields of `mark` behind those of the event.
    fn record_with(
        &mut self,
        command: &Command,
        mark: Option<&impl Serialize>,
    ) -> Result<Result<(), Refusal>, NotMade> {
        let events = match self.enterprise.decide(command, self.at) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for recorded in self.enterprise.record(events, self.at, None) {
            self.enterprise.apply(&recorded)?;
            self.line.clear();
            write_line(&recorded, &mut self.line);
            if let Some(mark) = mark {
                add_fields(&mut self.line, mark).map_err(NotMade::Output)?;
            }
            (self.write)(&self.line).map_err(NotMade::Output)?;
        }
        Ok(Ok(()))
    }
}

/// Writes the fields of an object behind those of the object in the line.
fn add_fields(line: &mut Vec<u8>, fields: &impl Serialize) -> io::Result<()> {
    let fields = serde_json::to_vec(fields)?;
    let inner = fields.strip_prefix(b"{").unwrap_or_default();
    line.truncate(line.len().saturating_sub(b"}\n".len()));
    line.push(b',');
    line.extend_from_slice(inner);
    line.push(b'\n');
    Ok(())
}

fn refused(of: impl Into<String>, refusal: Refusal) -> NotMade {
    NotMade::Refused { of: of.into(), refusal }
}

/// The role that spares a credential most.
const fn collaborator(kind: EnterpriseKind) -> Role {
    match kind {
        EnterpriseKind::ManagedUsers => Role::GuestCollaborator,
        EnterpriseKind::PersonalAccounts => Role::OutsideCollaborator,
    }
}

/// The login as it is listed; another where that is none, or somebody else's. No rule that a plan asks depends on it.
fn login(listed: &str, is_taken: impl Fn(&str) -> bool, other: impl Fn() -> String) -> Result<Login, InvalidValue> {
    let login = listed.parse().ok().filter(|login: &Login| !is_taken(login.as_str()));
    login.map_or_else(|| other().parse(), Ok)
}

/// The scopes that fit into an event, those that a rule asks for first. Of fine-grained tokens no rule asks any.
fn scopes(entry: &Entry) -> Scopes {
    if entry.kind == CredentialKind::FineGrainedPat {
        return Scopes::default();
    }
    let is_asked_for = |scope: &str| scope == ADMIN_ENTERPRISE_SCOPE || scope == ENTERPRISE_CREDENTIALS_WRITE;
    let fits = |scope: &&str| Scope::new(scope).is_ok();
    let mut scopes: Vec<&str> = entry.scopes.iter().map(String::as_str).filter(fits).collect();
    scopes.sort_by_key(|scope| !is_asked_for(scope));
    scopes.truncate(SCOPES_MAX);
    Scopes::parse(scopes).unwrap_or_default()
}
