//! What an embedding service has in its tables becomes values of the core, and nothing else does.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use core::fmt::{Debug, Display};
use core::str::FromStr;

use chrono::{DateTime, Utc};
use enterprise_credentials::{
    Authority, CredentialId, CredentialKind, CredentialType, EnterpriseKind, InstallationId, InvalidValue,
    OrganizationId, Permission, PersonId, Position, RevocationId, Role, Timestamp, limits,
};

fn every_id_is_read<T>(what: &str)
where
    T: FromStr<Err = InvalidValue> + TryFrom<i64, Error = InvalidValue> + TryFrom<u64, Error = InvalidValue>,
    T: Display + Debug + PartialEq + Copy + Into<u64>,
{
    for number in [1, 901, limits::ID_MAX] {
        let id = T::try_from(number).unwrap();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(T::try_from(i64::try_from(number).unwrap()), Ok(id));
        assert_eq!(id.into(), number);
    }
    for text in [
        "",
        "+7",
        "-7",
        "07",
        "00",
        " 7",
        "7 ",
        "7.0",
        "7e3",
        "0x7",
        "seven",
        "٧",
        "9007199254740992",
        "99999999999999999999999",
    ] {
        let error = text.parse::<T>().unwrap_err().to_string();
        let expected = [what, "must be 1 to 9007199254740991", &format!("not `{text}`")];
        assert!(expected.iter().all(|part| error.contains(part)), "{error}");
    }
    for number in [-1, i64::MIN, 1 << 53, i64::MAX] {
        let error = T::try_from(number).unwrap_err().to_string();
        assert!(
            error.contains(what) && error.ends_with(&format!("not `{number}`")),
            "{error}"
        );
    }
}

#[test]
fn ids_are_read_from_signed_numbers_and_from_the_text_that_shows_them() {
    every_id_is_read::<OrganizationId>("an organization id");
    every_id_is_read::<PersonId>("a person id");
    every_id_is_read::<CredentialId>("a credential id");
    every_id_is_read::<InstallationId>("an installation id");
    every_id_is_read::<RevocationId>("a revocation id");
    every_id_is_read::<Position>("a position");
    assert!("0".parse::<PersonId>().is_err() && PersonId::try_from(0_i64).is_err());
    assert_eq!("0".parse(), Ok(Position::START));
    assert_eq!(Position::try_from(0_i64), Ok(Position::START));
}

fn every_name_is_read<T, const N: usize>(all: [T; N], what: &str, name: fn(T) -> &'static str)
where
    T: FromStr<Err = InvalidValue> + Debug + PartialEq + Copy,
{
    for value in all {
        assert_eq!(name(value).parse(), Ok(value));
        for other in [
            name(value).to_uppercase(),
            format!(" {}", name(value)),
            name(value).replace('_', "-") + "\u{1b}[2J",
            String::new(),
        ] {
            let error = other.parse::<T>().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{what} must be `")), "{error}");
            assert!(error.contains(&format!("`{}`", name(value))), "{error}");
            assert!(!error.contains('\u{1b}'), "{error}");
        }
    }
}

#[test]
fn kinds_roles_and_permissions_are_read_from_their_names_alone() {
    every_name_is_read(Role::ALL, "a role", Role::as_str);
    every_name_is_read(Permission::ALL, "a permission", Permission::as_str);
    every_name_is_read(CredentialKind::ALL, "a kind of credential", CredentialKind::as_str);
    every_name_is_read(EnterpriseKind::ALL, "a kind of enterprise", EnterpriseKind::as_str);
    every_name_is_read(Authority::ALL, "an authority", Authority::as_str);
    every_name_is_read(CredentialType::ALL, "a type of credential", CredentialType::as_str);
}

#[test]
fn times_are_read_from_any_rfc_3339_and_the_log_knows_one_of_them() {
    for (text, same) in [
        ("2026-03-10T09:00:00.000Z", "2026-03-10T09:00:00.000Z"),
        ("2026-03-10T09:00:00Z", "2026-03-10T09:00:00.000Z"),
        ("2026-03-10t09:00:00z", "2026-03-10T09:00:00.000Z"),
        ("2026-03-10 10:00:00+01:00", "2026-03-10T09:00:00.000Z"),
        ("2026-03-09T23:30:00.5-09:30", "2026-03-10T09:00:00.500Z"),
        ("2026-03-10 09:00:00.123456+00", "2026-03-10T09:00:00.123Z"),
        ("2026-03-10 14:30:00+0530", "2026-03-10T09:00:00.000Z"),
        ("2026-03-10 05:00:00-04", "2026-03-10T09:00:00.000Z"),
        ("2026-03-10 09:00:00 UTC", "2026-03-10T09:00:00.000Z"),
        ("2026-03-10T09:00:00.123999999Z", "2026-03-10T09:00:00.123Z"),
        ("1969-12-31T23:59:59.9999Z", "1969-12-31T23:59:59.999Z"),
        ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"),
    ] {
        let time = Timestamp::parse_rfc3339(text);
        assert_eq!(time.map(|time| time.to_string()).as_deref(), Ok(same), "{text}");
        assert_eq!(Timestamp::parse(text).is_ok(), text == same, "{text}");
    }
    for text in [
        "",
        "2026-03-10",
        "2026-03-10T09:00:00",
        "2026-03-10 09:00:00",
        "2026-02-30T09:00:00Z",
        "2026-03-10 09:00:00+0",
        "2026-03-10 09:00:00+000",
        "2026-03-10 09:00:00+2x",
        "2026-03-10 09:00:00+25",
        "2026-03-10 09:00:00+äö",
        "2026-03-10 09:00:00Z UTC",
        "2026-03-10 UTC",
        " UTC",
        "-10",
        "1773133200",
        "tomorrow",
    ] {
        let error = Timestamp::parse_rfc3339(text).unwrap_err().to_string();
        assert!(
            error.contains("RFC 3339") && error.ends_with(&format!("not `{text}`")),
            "{error}"
        );
    }
    for text in ["0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01"] {
        let error = Timestamp::parse_rfc3339(text).unwrap_err();
        assert!(matches!(error, InvalidValue::TimeRange { .. }), "{error}");
    }
}

#[test]
fn times_are_those_of_chrono_and_back() {
    for milliseconds in [-62_167_219_200_000, -1, 0, 1_773_133_200_123, 253_402_300_799_999] {
        let time = Timestamp::from_milliseconds(milliseconds).unwrap();
        let of_chrono = DateTime::<Utc>::from(time);
        assert_eq!(of_chrono.timestamp_millis(), milliseconds);
        assert_eq!(Timestamp::try_from(of_chrono), Ok(time));
        assert_eq!(Timestamp::parse_rfc3339(&of_chrono.to_rfc3339()), Ok(time));
    }
    assert!(Timestamp::try_from(DateTime::<Utc>::MAX_UTC).is_err());
}
