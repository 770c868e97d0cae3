//! Columns by their names.

use std::fmt::{self, Write};

use csv::StringRecord;

/// Whose list it is.
///
/// Exhaustive: each is read in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The provider's credential inventory.
    Inventory,
    /// A list of credentials as [`List`](crate::list::List) writes it, as CSV and not for a spreadsheet.
    Credentials,
}

/// Why a list cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// There is not even a line of names.
    #[error("it is empty: the first line has the names of the columns")]
    Empty,
    /// Something else than a comma stands between the columns.
    #[error("its columns are separated by {separator}: export it with commas")]
    Separator {
        /// What, in words.
        separator: &'static str,
    },
    /// The columns are those of no known list.
    #[error(
        "it is neither the provider's credential inventory, which has a column `credential_id`, nor a list of \
         `credentials`, which has `id` and `kind`, in lower case and without spaces: its columns are {found}"
    )]
    Unknown {
        /// The first names of its columns, each in backticks, with what would steer a terminal escaped.
        found: String,
    },
    /// It is something else than a CSV.
    #[error("{what}")]
    NotCsv {
        /// What it is, and what to do.
        what: &'static str,
    },
    /// Columns are missing.
    #[error("columns are missing, in lower case and without spaces around their names: {names}")]
    Missing {
        /// Their names, each in backticks.
        names: String,
    },
    /// Two columns have one name.
    #[error("the column `{name}` is there twice")]
    Twice {
        /// Which.
        name: &'static str,
    },
    /// A record has more or fewer fields than there are columns.
    #[error(
        "record {record}, at byte {byte}: it has {found} fields, and there are {columns} columns: the file was cut or \
         edited"
    )]
    Fields {
        /// Which record.
        record: u64,
        /// Where it begins.
        byte: u64,
        /// How many fields it has.
        found: u64,
        /// How many it should have.
        columns: u64,
    },
    /// A record is not UTF-8.
    #[error("{}, at byte {byte}: it is not UTF-8", RecordOrNames(*record))]
    Encoding {
        /// Which record; 0 for the names of the columns.
        record: u64,
        /// Where it begins.
        byte: u64,
    },
    /// Rows of one credential do not stand together, in a list that does not say how many there are.
    #[error(
        "record {record}, at byte {byte}: credential {id} is listed further up too, with other credentials between: \
         sort the list by `id`, or compare with it as `credentials` wrote it"
    )]
    Apart {
        /// Which record.
        record: u64,
        /// Where it begins.
        byte: u64,
        /// The credential's id, with what would steer a terminal escaped.
        id: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Input(std::io::Error),
}

struct RecordOrNames(u64);

impl fmt::Display for RecordOrNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("the names of the columns"),
            record => write!(f, "record {record}"),
        }
    }
}

/// How many bytes show what a file is.
pub(super) const FIRST_BYTES: u64 = 16;

/// What other files begin with, what they are, and what to do.
const OTHERS: [(&[u8], &str); 11] = [
    (
        b"\x1f\x8b",
        "it is compressed with gzip: unpack it with `gzip -dc FILE`",
    ),
    (
        b"\x28\xb5\x2f\xfd",
        "it is compressed with zstd: unpack it with `zstd -dc FILE`",
    ),
    (b"\xfd7zXZ\0", "it is compressed with xz: unpack it with `xz -dc FILE`"),
    (
        b"PK\x03\x04",
        "it is a ZIP archive, as a workbook (.xlsx) is one: unpack it, or save the sheet as CSV in UTF-8",
    ),
    (
        b"SQLite format 3\0",
        "it is a SQLite database: `credentials` writes the list of a store as CSV",
    ),
    (
        b"\xff\xfe",
        "it is UTF-16: turn it into UTF-8 with `iconv -f UTF-16 -t UTF-8`",
    ),
    (
        b"\xfe\xff",
        "it is UTF-16: turn it into UTF-8 with `iconv -f UTF-16 -t UTF-8`",
    ),
    (b"{", "it is JSON: give the list as CSV"),
    (b"[", "it is JSON: give the list as CSV"),
    (
        b"sep=",
        "its first line is a `sep=`, which is for spreadsheets alone: leave that line out",
    ),
    (
        b"\"sep=",
        "its first line is a `sep=`, which is for spreadsheets alone: leave that line out",
    ),
];

/// Refuses what is no CSV by its first bytes, and says what it is.
pub(super) fn check(first: &[u8]) -> Result<(), InventoryError> {
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    let other = OTHERS.iter().find(|(magic, _)| first.starts_with(magic));
    other.map_or(Ok(()), |(_, what)| Err(InventoryError::NotCsv { what }))
}

impl From<csv::Error> for InventoryError {
    fn from(error: csv::Error) -> Self {
        let (record, byte) = error.position().map_or((0, 0), |at| (at.record(), at.byte()));
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Input(error),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => Self::Fields {
                record,
                byte,
                found: len,
                columns: expected_len,
            },
            csv::ErrorKind::Utf8 { .. } => Self::Encoding { record, byte },
            other => Self::Input(std::io::Error::other(format!("{other:?}"))),
        }
    }
}

/// What is read of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    ItemType,
    Type,
    Id,
    HashedToken,
    Fingerprint,
    OwnerId,
    Owner,
    OwnerType,
    State,
    ExpiresAt,
    Scopes,
    Permissions,
    AuthorizationCount,
    OrganizationId,
    Organization,
    Authorization,
}

const FIELDS: usize = 16;

/// The columns of the provider's inventory that are read.
const INVENTORY: [(Field, &str); 15] = [
    (Field::ItemType, "item_type"),
    (Field::Type, "credential_type"),
    (Field::Id, "credential_id"),
    (Field::HashedToken, "hashed_token"),
    (Field::Fingerprint, "fingerprint"),
    (Field::OwnerId, "owner_id"),
    (Field::Owner, "owner"),
    (Field::OwnerType, "owner_type"),
    (Field::State, "credential_state"),
    (Field::ExpiresAt, "expires_at"),
    (Field::Scopes, "scopes"),
    (Field::Permissions, "permissions"),
    (Field::AuthorizationCount, "authorization_count"),
    (Field::OrganizationId, "organization_id"),
    (Field::Organization, "organization"),
];

/// The columns of our own list that are read.
const CREDENTIALS: [(Field, &str); 8] = [
    (Field::Type, "kind"),
    (Field::Id, "id"),
    (Field::Fingerprint, "fingerprint"),
    (Field::OwnerId, "owner"),
    (Field::State, "status"),
    (Field::ExpiresAt, "expires"),
    (Field::OrganizationId, "organization"),
    (Field::Authorization, "authorization"),
];

/// What separates columns in files of others.
const SEPARATORS: [(char, &str); 3] = [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")];

/// Where each field stands in a row.
#[derive(Debug)]
pub(super) struct Columns {
    format: Format,
    places: [Option<usize>; FIELDS],
}

impl Columns {
    pub(super) fn of(names: &StringRecord) -> Result<Self, InventoryError> {
        let has = |name: &str| names.iter().any(|found| found == name);
        let read: &[(Field, &'static str)] = if has("credential_id") {
            &INVENTORY
        } else if has("id") && has("kind") {
            &CREDENTIALS
        } else {
            return Err(not_ours(names));
        };
        let mut places = [None; FIELDS];
        let mut missing = String::new();
        for (field, name) in read {
            let mut found = names.iter().enumerate().filter(|(_, found)| found == name);
            let place = found.next().map(|(place, _)| place);
            if found.next().is_some() {
                return Err(InventoryError::Twice { name });
            }
            if place.is_none() {
                let comma = if missing.is_empty() { "" } else { ", " };
                let _ = write!(missing, "{comma}`{name}`");
            }
            if let Some(at) = places.get_mut(*field as usize) {
                *at = place;
            }
        }
        if !missing.is_empty() {
            return Err(InventoryError::Missing { names: missing });
        }
        let format = if read.len() == INVENTORY.len() {
            Format::Inventory
        } else {
            Format::Credentials
        };
        Ok(Self { format, places })
    }

    pub(super) const fn format(&self) -> Format {
        self.format
    }

    /// What a row has in this field; nothing where the list has no such column.
    pub(super) fn text<'a>(&self, record: &'a StringRecord, field: Field) -> &'a str {
        let place = self.places.get(field as usize).copied().flatten();
        place.and_then(|place| record.get(place)).unwrap_or_default()
    }

    /// What the list calls this field.
    pub(super) fn name(&self, field: Field) -> &'static str {
        self.named().find(|(of, _)| *of == field).map_or("", |(_, name)| name)
    }

    /// The fields in which the rows of one credential must agree.
    pub(super) fn of_credential(&self) -> impl Iterator<Item = (Field, &'static str)> + use<> {
        let of_row = [Field::OrganizationId, Field::Organization, Field::Authorization];
        self.named().filter(move |(field, _)| !of_row.contains(field))
    }

    fn named(&self) -> impl Iterator<Item = (Field, &'static str)> + use<> {
        let read: &'static [(Field, &'static str)] = match self.format {
            Format::Inventory => &INVENTORY,
            Format::Credentials => &CREDENTIALS,
        };
        read.iter().copied()
    }
}

/// How many names of unknown columns an error tells.
const NAMES_MAX: usize = 6;

fn not_ours(names: &StringRecord) -> InventoryError {
    let text = names.get(0).unwrap_or_default();
    if names.len() == 1
        && let Some((_, separator)) = SEPARATORS.into_iter().find(|(separator, _)| text.contains(*separator))
    {
        return InventoryError::Separator { separator };
    }
    if names.is_empty() {
        return InventoryError::Empty;
    }
    let mut found = String::new();
    for name in names.iter().take(NAMES_MAX) {
        let comma = if found.is_empty() { "" } else { ", " };
        let _ = write!(found, "{comma}`{}`", name.escape_debug());
    }
    if names.len() > NAMES_MAX {
        found.push_str(" and others");
    }
    InventoryError::Unknown { found }
}
