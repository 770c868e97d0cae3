//! Passwords from outside of the URL. Other users of the machine can read a URL in the list of processes.

use std::fmt;
use std::path::{Path, PathBuf};

/// What `PGPASSWORD` and the password file say.
pub(super) struct Passwords {
    of_all: Option<String>,
    lines: Vec<[String; 5]>,
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

impl Passwords {
    /// Reads the file that is named, by the URL or by `PGPASSFILE`, or else `.pgpass` in the home, if there is one.
    pub(super) fn read(named: Option<PathBuf>) -> Result<Self, String> {
        let of_all = std::env::var("PGPASSWORD").ok().filter(|password| !password.is_empty());
        let named = named.or_else(|| std::env::var_os("PGPASSFILE").map(PathBuf::from));
        let lines = match named {
            Some(path) => Some(file(&path).map_err(|why| format!("its passfile `{}`: {why}", path.display()))?),
            None => std::env::home_dir()
                .map(|home| home.join(".pgpass"))
                .filter(|path| path.exists())
                .map(|path| file(&path).map_err(|why| format!("the passfile `{}`: {why}", path.display())))
                .transpose()?,
        };
        Ok(Self {
            of_all,
            lines: lines.unwrap_or_default(),
        })
    }

    /// The password for a server.
    pub(super) fn of(&self, host: &str, port: u16, database: Option<&str>, user: Option<&str>) -> Option<Vec<u8>> {
        if let Some(password) = &self.of_all {
            return Some(password.clone().into_bytes());
        }
        let port = port.to_string();
        let wanted = [host, &port, database.unwrap_or_default(), user.unwrap_or_default()];
        self.lines
            .iter()
            .find_map(|[of_host, of_port, of_database, of_user, password]| {
                let fits = [of_host, of_port, of_database, of_user]
                    .iter()
                    .zip(wanted)
                    .all(|(pattern, wanted)| pattern.as_str() == "*" || pattern.as_str() == wanted);
                fits.then(|| password.clone().into_bytes())
            })
    }
}

fn file(path: &Path) -> Result<Vec<[String; 5]>, String> {
    use std::os::unix::fs::PermissionsExt;

    let metadata = std::fs::metadata(path).map_err(|error| error.to_string())?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err("other users may read it: take their rights away (`chmod 600`)".to_owned());
    }
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(fields)
        .collect())
}

/// The fields of a line, between colons; a backslash takes a colon or a backslash into a field.
fn fields(line: &str) -> Option<[String; 5]> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match character {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields.last_mut()?.extend(characters.next()),
            character => fields.last_mut()?.push(character),
        }
    }
    fields.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_gives_the_password() {
        let lines = ["one:5432:db:me:first", "*:*:*:me:se\\:co\\\\nd", "short:line"];
        let passwords = Passwords {
            of_all: None,
            lines: lines.into_iter().filter_map(fields).collect(),
        };
        let of = |host, port, user| passwords.of(host, port, Some("db"), Some(user));
        assert_eq!(of("one", 5432, "me"), Some(b"first".to_vec()));
        assert_eq!(of("one", 5433, "me"), Some(b"se:co\\nd".to_vec()));
        assert_eq!(of("one", 5432, "you"), None);
        assert!(!format!("{passwords:?}").contains("first"));
    }
}
