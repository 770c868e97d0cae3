//! A file that the program writes under a name that somebody gave: it replaces a file of its own kind, and no other.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use crate::whole_file::WholeFile;

/// A kind of file that the program writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// What it is called, such as `page`.
    pub name: &'static str,
    /// How each file of the kind begins.
    pub begins: &'static str,
}

/// Something is there that the file would not replace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum NotReplaced {
    #[error("what is there already is no {0}: give another name, or move it away first")]
    OtherKind(&'static str),
    #[error("`-` is no name of a file: give one, as `./-` if it is to be called so")]
    Hyphen,
}

/// Says whether a file of this kind may be written to `path`: there is nothing, or a file of the same kind.
///
/// # Errors
/// Something else is there, or it cannot be read.
pub fn check(path: &Path, kind: Kind) -> io::Result<()> {
    target(path, kind).map(drop)
}

/// Writes a file of this kind to `path`, whole or not at all. Of a link to a file of the same kind, that file is
/// replaced.
///
/// # Errors
/// Those of [`check`], and those of the file. Then what was there is there still.
pub fn write(path: &Path, kind: Kind, content: &str) -> io::Result<()> {
    let (path, permissions) = target(path, kind)?;
    let file = WholeFile::create_with_mode(&path, 0o666)?;
    let mut output = OpenOptions::new().write(true).open(file.temporary())?;
    if let Some(permissions) = permissions {
        output.set_permissions(permissions)?;
    }
    output.write_all(content.as_bytes())?;
    file.put_in_place()
}

/// Where the file will be, and with which permissions if it replaces one.
fn target(path: &Path, kind: Kind) -> io::Result<(PathBuf, Option<Permissions>)> {
    if path == Path::new("-") {
        return Err(io::Error::new(ErrorKind::InvalidInput, NotReplaced::Hyphen));
    }
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((path.to_owned(), None)),
        there => there?,
    };
    let other = || io::Error::new(ErrorKind::AlreadyExists, NotReplaced::OtherKind(kind.name));
    // A link to nothing is not replaced either.
    let target = fs::canonicalize(path).map_err(|_| other())?;
    let metadata = fs::metadata(&target)?;
    // Whatever is no file may never come to an end, or never begin.
    if !metadata.is_file() || !begins(&target, kind.begins)? {
        return Err(other());
    }
    Ok((target, Some(metadata.permissions())))
}

fn begins(path: &Path, expected: &str) -> io::Result<bool> {
    let mut begin = Vec::new();
    File::open(path)?.take(expected.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == expected.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Kind = Kind {
        name: "page",
        begins: "<page>",
    };

    #[test]
    fn only_a_file_of_the_same_kind_is_replaced() {
        let directory = std::env::temp_dir().join(format!("own-file-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let at = |name: &str| directory.join(name);
        for content in ["<page>1", "<page>2"] {
            write(&at("page"), PAGE, content).unwrap();
            assert_eq!(fs::read_to_string(at("page")).unwrap(), content);
        }
        for (name, content) in [("log", "{}"), ("empty", ""), ("half", "<pag")] {
            fs::write(at(name), content).unwrap();
            let error = write(&at(name), PAGE, "<page>3").unwrap_err();
            assert_eq!(check(&at(name), PAGE).unwrap_err().to_string(), error.to_string());
            assert!(error.to_string().contains("is no page"), "{error}");
            assert_eq!(fs::read_to_string(at(name)).unwrap(), content);
        }
        assert!(write(&directory, PAGE, "<page>3").is_err());
        assert!(write(Path::new("-"), PAGE, "<page>3").is_err());
        fs::remove_dir_all(&directory).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_and_what_it_leads_to_is_asked() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let directory = std::env::temp_dir().join(format!("own-file-links-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let at = |name: &str| directory.join(name);
        fs::write(at("log"), "{}").unwrap();
        fs::write(at("page"), "<page>1").unwrap();
        fs::set_permissions(at("page"), Permissions::from_mode(0o640)).unwrap();
        for name in ["log", "page", "nothing"] {
            symlink(at(name), at(&format!("to-{name}"))).unwrap();
        }
        assert!(write(&at("to-log"), PAGE, "<page>2").is_err());
        assert!(write(&at("to-nothing"), PAGE, "<page>2").is_err());
        write(&at("to-page"), PAGE, "<page>2").unwrap();
        assert_eq!(fs::read_to_string(at("log")).unwrap(), "{}");
        assert_eq!(fs::read_to_string(at("page")).unwrap(), "<page>2");
        assert_eq!(fs::metadata(at("page")).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(fs::symlink_metadata(at("to-page")).unwrap().is_symlink());
        fs::remove_dir_all(&directory).unwrap();
    }
}
