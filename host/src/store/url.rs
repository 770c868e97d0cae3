//! Where a store is, as a person writes it.

use std::fmt;
#[cfg(feature = "sqlite")]
use std::path::PathBuf;
use std::str::FromStr;

/// Which storage keeps a store, and where: the scheme of the URL names the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreUrl {
    /// `sqlite:path/to/file.db`: one file of this machine.
    #[cfg(feature = "sqlite")]
    Sqlite(PathBuf),
    /// `postgres://user@host,host/database?options`: a PostgreSQL server, or several of which one is the primary.
    Postgres(PostgresUrl),
}

/// The text names no store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    feature = "sqlite",
    error("write a store as `sqlite:path/to/file.db`, or as `postgres://user@host/database`")
)]
#[cfg_attr(
    not(feature = "sqlite"),
    error("write a store as `postgres://user@host/database`; files of SQLite need the feature `sqlite`")
)]
pub struct NotAStoreUrl;

impl FromStr for StoreUrl {
    type Err = NotAStoreUrl;

    /// Options behind a `?` are not ours to take, and must not become part of a file's name. Nor is `file:`, behind
    /// which SQLite would look for options of its own. Every URL of PostgreSQL's is taken here, and read when the store
    /// is opened: it may hold a password, and who refuses an argument shows it.
    fn from_str(url: &str) -> Result<Self, NotAStoreUrl> {
        if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) {
            return Ok(Self::Postgres(PostgresUrl(url.to_owned())));
        }
        #[cfg(feature = "sqlite")]
        if let Some(path) = sqlite_file(url) {
            return Ok(Self::Sqlite(path));
        }
        Err(NotAStoreUrl)
    }
}

#[cfg(feature = "sqlite")]
fn sqlite_file(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let is_file = !path.is_empty() && !path.starts_with(':') && !path.contains('?') && !path.starts_with("file:");
    is_file.then(|| PathBuf::from(path))
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => url.fmt(f),
        }
    }
}

const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// A URL of PostgreSQL's, as it was given. It may hold a password: what is shown of it is the user,
/// the hosts and the database.
#[derive(Clone, PartialEq, Eq)]
pub struct PostgresUrl(String);

impl PostgresUrl {
    /// The whole of it, the password too.
    #[cfg(feature = "postgres")]
    pub(super) fn secret(&self) -> &str {
        &self.0
    }

    /// The user, and the hosts with the database; nothing where the parts cannot be told apart for certain.
    fn shown(&self) -> Option<(Option<&str>, &str)> {
        let (_, rest) = self.0.split_once("://")?;
        let (user, rest) = match rest.split_once('@') {
            // What should have been escaped may belong to a password that stands elsewhere.
            Some((credentials, _)) if credentials.contains(['/', '?']) => return None,
            Some((credentials, rest)) => (credentials.split(':').next(), rest),
            None => (None, rest),
        };
        let place = rest.split('?').next()?;
        let (hosts, _) = place.split_once('/').unwrap_or((place, ""));
        let is_host = |host: &str| {
            // Behind a colon stands a port, or what should have been escaped.
            let port = host.rsplit_once(':').map_or("", |(_, port)| port.trim_end_matches(']'));
            host.starts_with('[') || port.bytes().all(|byte| byte.is_ascii_digit())
        };
        (!place.contains('@') && hosts.split(',').all(is_host)).then_some((user, place))
    }
}

impl fmt::Display for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shown() {
            Some((Some(user), place)) => write!(f, "postgres://{user}@{place}"),
            Some((None, place)) => write!(f, "postgres://{place}"),
            None => f.write_str("postgres://…"),
        }
    }
}

impl fmt::Debug for PostgresUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostgresUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_password_is_shown() {
        for (url, shown) in [
            ("postgres://db.example/store", "postgres://db.example/store"),
            (
                "postgresql://me:hidden@one:5433,two/store?sslmode=require",
                "postgres://me@one:5433,two/store",
            ),
            ("postgres://me:hid/den@one/store", "postgres://…"),
            ("postgres://me:hid?den@one/store", "postgres://…"),
            ("postgres://one:5432/store?password=hid@den", "postgres://…"),
            ("postgres://me@one/store?password=hidden", "postgres://me@one/store"),
            ("postgres://one/store?password=hid@den", "postgres://…"),
            ("postgres://me:hid@den@one/store", "postgres://…"),
            ("postgres://me:hidden/store", "postgres://…"),
            ("postgres://[::1]:5432/store", "postgres://[::1]:5432/store"),
            ("postgres:///store?host=/run/postgresql", "postgres:///store"),
        ] {
            let parsed: StoreUrl = url.parse().unwrap();
            assert_eq!(parsed.to_string(), shown, "{url}");
            assert!(!format!("{parsed:?}").contains("hid"), "{url}");
        }
    }
}
