//! Ids, as arguments.

use enterprise_credentials::InvalidValue;

/// Reads an id.
pub(super) fn id<Id: TryFrom<u64, Error = InvalidValue>>(text: &str) -> Result<Id, String> {
    let number: u64 = text.parse().map_err(|_| "an id is a number from 1 on".to_owned())?;
    Id::try_from(number).map_err(|error| error.to_string())
}
