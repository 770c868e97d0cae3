//! Who is known in what role: a CSV of logins, ids and roles.

use std::collections::BTreeMap;
use std::io::Read;

use enterprise_credentials::{Login, PersonId, Role};

use crate::inventory::InventoryError;

/// The people of an enterprise by id, with login and role.
#[derive(Debug, Clone, Default)]
pub struct People(BTreeMap<PersonId, (Login, Role)>);

/// Why people cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PeopleError {
    /// It is no CSV.
    #[error(transparent)]
    Unreadable(#[from] InventoryError),
    /// A column is missing.
    #[error("the column `{name}` is missing: the first line names `login`, `id` and `role`")]
    Missing {
        /// Which.
        name: &'static str,
    },
    /// A value is none.
    #[error("record {record}, at byte {byte}: {why}")]
    Value {
        /// Which record, counted from 1 behind the names.
        record: u64,
        /// Where it begins.
        byte: u64,
        /// What is wrong.
        why: String,
    },
}

impl People {
    /// Reads `login`, `id` and `role`, by the names of the columns. Roles are those of a log.
    ///
    /// # Errors
    /// [`PeopleError`] at the first record that is not as it should be.
    pub fn read(bytes: impl Read) -> Result<Self, PeopleError> {
        let mut reader = csv::Reader::from_reader(bytes);
        let names = reader.headers().map_err(InventoryError::from)?;
        let column = |name: &'static str| {
            let place = names.iter().position(|found| found == name);
            place.ok_or(PeopleError::Missing { name })
        };
        let (login, id, role) = (column("login")?, column("id")?, column("role")?);
        let mut people = BTreeMap::new();
        for record in reader.records() {
            let record = record.map_err(InventoryError::from)?;
            let text = |place| record.get(place).unwrap_or_default();
            let value = |why: String| PeopleError::Value {
                record: record.position().map_or(0, csv::Position::record),
                byte: record.position().map_or(0, csv::Position::byte),
                why,
            };
            let person: PersonId = text(id).parse().map_err(|why| value(format!("{why}")))?;
            let login: Login = text(login).parse().map_err(|why| value(format!("{why}")))?;
            let role: Role = text(role).parse().map_err(|why| value(format!("{why}")))?;
            if people.insert(person, (login, role)).is_some() {
                return Err(value(format!("person {person} is there twice, and has one role")));
            }
        }
        Ok(Self(people))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (PersonId, &Login)> {
        self.0.iter().map(|(person, (login, _))| (*person, login))
    }

    pub(super) fn role(&self, person: PersonId) -> Option<Role> {
        self.0.get(&person).map(|(_, role)| *role)
    }
}
