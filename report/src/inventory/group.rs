//! The rows of one credential.

use std::str::FromStr;

use csv::StringRecord;
use enterprise_credentials::outcomes::{AuthorizationStatus, CredentialStatus};
use enterprise_credentials::{CredentialKind, Fingerprint, InvalidValue, OrganizationId, PersonId, Timestamp};

use super::columns::{Columns, Field, Format};
use super::entry::Named;
use super::{Entry, Fault, Faulty, Listed, NotModelled, Organizations, Place, State};

/// What the provider lists and no log holds.
const NOT_MODELLED: [&str; 2] = ["github_app_installation", "federated_jti"];
/// The items of the inventory that are no credentials.
const PRINCIPAL: &str = "token_issuer_principal";

/// What tells rows of one credential from those of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Key {
    /// The type, and within it the id.
    Id(String, String),
    /// The hash or the fingerprint, where there is no id. A key that was deleted and added again is two credentials
    /// with one fingerprint, so of keys the state belongs to it.
    Hash(String, String),
    /// Neither: each row is by itself.
    Record(u64),
}

impl Key {
    pub(super) fn of(columns: &Columns, record: &StringRecord, place: Place) -> Self {
        let id = columns.text(record, Field::Id);
        let hash = hash(columns, record);
        match (id, hash) {
            ("", "") => Self::Record(place.record),
            ("", hash) => {
                let is_key = columns.text(record, Field::Type) == CredentialKind::SshKey.as_str();
                let state = if is_key { columns.text(record, Field::State) } else { "" };
                Self::Hash(hash.to_owned(), state.to_owned())
            }
            (id, _) => Self::Id(columns.text(record, Field::Type).to_owned(), id.to_owned()),
        }
    }

    /// The id as it is written; empty where there is none.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Id(_, id) => id,
            Self::Hash(..) | Self::Record(_) => "",
        }
    }
}

/// The hash of a token, or the fingerprint of a key.
fn hash<'a>(columns: &Columns, record: &'a StringRecord) -> &'a str {
    let hashes = [Field::HashedToken, Field::Fingerprint].map(|field| columns.text(record, field));
    hashes.into_iter().find(|hash| !hash.is_empty()).unwrap_or_default()
}

/// The rows of one credential as far as they were read.
#[derive(Debug)]
pub(super) struct Group {
    first: StringRecord,
    place: Place,
    organizations: Organizations,
    rows: u64,
    /// For how many organizations there are rows; nothing where the list does not say it.
    count: Option<u64>,
    fault: Option<Fault>,
}

impl Group {
    pub(super) fn begin(columns: &Columns, first: &StringRecord, place: Place) -> Self {
        let mut group = Self {
            first: first.clone(),
            place,
            organizations: Organizations::new(),
            rows: 0,
            count: None,
            fault: None,
        };
        if columns.format() == Format::Inventory {
            let text = columns.text(first, Field::AuthorizationCount);
            // `parse` alone would take a sign.
            let count = text.parse().ok().filter(|_| !text.starts_with('+'));
            group.count = Some(count.unwrap_or(0));
            if count.is_none() {
                group.fault = Some(Fault::NoNumber {
                    column: columns.name(Field::AuthorizationCount),
                    found: text.to_owned(),
                });
            }
        }
        group
    }

    pub(super) const fn place(&self) -> Place {
        self.place
    }

    /// Takes a row, the first one too.
    pub(super) fn take(&mut self, columns: &Columns, record: &StringRecord, place: Place) {
        let differing = (columns.of_credential())
            .find(|(field, _)| columns.text(record, *field) != columns.text(&self.first, *field));
        if let Some((_, column)) = differing {
            self.blame(Fault::RowsDisagree {
                column,
                record: place.record,
            });
        }
        if let Err(fault) = self.take_organization(columns, record, place) {
            self.blame(fault);
        }
        self.rows += 1;
    }

    fn take_organization(&mut self, columns: &Columns, record: &StringRecord, place: Place) -> Result<(), Fault> {
        let again = Fault::ListedAgain { record: place.record };
        let organization: Option<OrganizationId> = optional(columns, record, Field::OrganizationId)?;
        let Some(organization) = organization else {
            return if self.rows == 0 { Ok(()) } else { Err(again) };
        };
        if columns.format() == Format::Credentials {
            let found = columns.text(record, Field::Authorization);
            let status = AuthorizationStatus::ALL.into_iter().find(|of| of.as_str() == found);
            match status {
                Some(AuthorizationStatus::Live) => {}
                Some(_) => return Ok(()),
                None => {
                    let found = found.to_owned();
                    return Err(Fault::UnknownAuthorization { found });
                }
            }
        }
        let login = columns.text(record, Field::Organization).to_owned();
        match self.organizations.insert(organization, login) {
            None => Ok(()),
            Some(_) => Err(again),
        }
    }

    /// The first fault is told: others may follow from it.
    fn blame(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
    }

    /// Whether it has as many rows as the list says.
    pub(super) fn is_complete(&self) -> bool {
        self.count.is_none_or(|count| self.authorizations() >= count)
    }

    fn authorizations(&self) -> u64 {
        self.organizations.len() as u64
    }

    /// What the rows say.
    pub(super) fn end(mut self, columns: &Columns) -> Listed {
        let [item, kind] = [Field::ItemType, Field::Type].map(|field| columns.text(&self.first, field));
        if NOT_MODELLED.contains(&kind) || item == PRINCIPAL {
            let kind = if NOT_MODELLED.contains(&kind) { kind } else { item };
            return Listed::NotModelled(NotModelled {
                place: self.place,
                kind: kind.to_owned(),
            });
        }
        let rows = self.authorizations();
        let fault = match self.count {
            Some(count) if rows < count => Some(Fault::TooFewRows { rows, count }),
            Some(count) if rows > count => Some(Fault::TooManyRows { rows, count }),
            _ => None,
        };
        let entry = match self.fault.take().or(fault) {
            Some(fault) => Err(fault),
            None => self.entry(columns),
        };
        entry.map_or_else(|fault| Listed::Faulty(self.faulty(columns, fault)), Listed::Entry)
    }

    fn faulty(&self, columns: &Columns, fault: Fault) -> Faulty {
        Faulty {
            place: self.place,
            named: Named {
                credential_type: columns.text(&self.first, Field::Type).to_owned(),
                id: columns.text(&self.first, Field::Id).to_owned(),
            },
            fingerprints: [Field::HashedToken, Field::Fingerprint]
                .into_iter()
                .filter_map(|field| columns.text(&self.first, field).parse().ok())
                .collect(),
            fault,
        }
    }

    fn entry(&self, columns: &Columns) -> Result<Entry, Fault> {
        let text = |field| columns.text(&self.first, field);
        if columns.format() == Format::Inventory {
            check_item(text(Field::ItemType), text(Field::OwnerType))?;
        }
        let kind = text(Field::Type);
        let kind = CredentialKind::from_str(kind).map_err(|_| Fault::UnknownType { found: kind.to_owned() })?;
        let owner: Option<PersonId> = optional(columns, &self.first, Field::OwnerId)?;
        let owner = owner.ok_or_else(|| Fault::NoOwner {
            column: columns.name(Field::OwnerId),
        })?;
        let hashed: Option<Fingerprint> = optional(columns, &self.first, Field::HashedToken)?;
        let printed: Option<Fingerprint> = optional(columns, &self.first, Field::Fingerprint)?;
        if hashed.is_some() && printed.is_some() && hashed != printed {
            return Err(Fault::HashesDisagree);
        }
        let expires_at = text(Field::ExpiresAt);
        Ok(Entry {
            place: self.place,
            id: text(Field::Id).to_owned(),
            kind,
            fingerprint: hashed.or(printed),
            owner,
            login: text(Field::Owner).to_owned(),
            state: state(columns.format(), text(Field::State))?,
            expires_at: time(columns, &self.first, Field::ExpiresAt)?,
            in_whole_seconds: is_in_whole_seconds(columns.format(), expires_at),
            scopes: scopes(text(Field::Scopes), text(Field::Permissions)),
            organizations: self.organizations.clone(),
        })
    }
}

/// Some programs write the decimals that the provider drops, as zeros.
fn is_in_whole_seconds(format: Format, time: &str) -> bool {
    let zeros = |decimals: &str| {
        decimals
            .trim_end_matches(|end: char| !end.is_ascii_digit())
            .bytes()
            .all(|it| it == b'0')
    };
    time.split_once('.')
        .is_none_or(|(_, decimals)| format == Format::Inventory && zeros(decimals))
}

fn check_item(item: &str, owner: &str) -> Result<(), Fault> {
    if item != "credential" {
        let found = item.to_owned();
        return Err(Fault::UnknownItemType { found });
    }
    if !owner.eq_ignore_ascii_case("user") {
        let found = owner.to_owned();
        return Err(Fault::OwnerIsNoUser { found });
    }
    Ok(())
}

fn state(format: Format, word: &str) -> Result<State, Fault> {
    let state = match format {
        Format::Inventory => match word {
            "active" => Some(State::Active),
            "expired" => Some(State::Expired),
            "revoked" | "deleted" => Some(State::Destroyed),
            _ => None,
        },
        Format::Credentials => {
            let status = CredentialStatus::ALL.into_iter().find(|of| of.as_str() == word);
            status.map(|status| match status {
                CredentialStatus::Alive => State::Active,
                CredentialStatus::Expired => State::Expired,
                CredentialStatus::Destroyed
                | CredentialStatus::DestructionPending
                | CredentialStatus::OwnerDeparted => State::Destroyed,
            })
        }
    };
    state.ok_or_else(|| Fault::UnknownState { found: word.to_owned() })
}

/// The value in this field; nothing where it is empty.
fn optional<T: FromStr<Err = InvalidValue>>(
    columns: &Columns,
    record: &StringRecord,
    field: Field,
) -> Result<Option<T>, Fault> {
    read(columns, record, field, T::from_str)
}

/// The time in this field, as RFC 3339 has it; nothing where it is empty.
fn time(columns: &Columns, record: &StringRecord, field: Field) -> Result<Option<Timestamp>, Fault> {
    read(columns, record, field, Timestamp::parse_rfc3339)
}

fn read<T>(
    columns: &Columns,
    record: &StringRecord,
    field: Field,
    parse: impl Fn(&str) -> Result<T, InvalidValue>,
) -> Result<Option<T>, Fault> {
    let text = columns.text(record, field);
    if text.is_empty() {
        return Ok(None);
    }
    let column = columns.name(field);
    parse(text).map(Some).map_err(|why| Fault::Unreadable { column, why })
}

/// Scopes as they are, and permissions as the log spells them: `resource:action` is `resource=action` there.
fn scopes(scopes: &str, permissions: &str) -> Vec<String> {
    let scopes = scopes.split(';').map(|scope| scope.trim().to_owned());
    let permissions = permissions
        .split(';')
        .map(|permission| permission.trim().replacen(':', "=", 1));
    scopes.chain(permissions).filter(|name| !name.is_empty()).collect()
}
