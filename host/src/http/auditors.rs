//! Auditors, who may read checkpoints and proofs, and nothing else. The hashes of their tokens are in a file.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use enterprise_credentials::EnterpriseSlug;
use sha2::{Digest, Sha256};

type Hash = [u8; 32];
type Known = HashMap<Hash, BTreeSet<EnterpriseSlug>>;

/// What tells an auditor's token from all others.
const PREFIX: &str = "eca_";

/// Why a file of auditors is not used.
#[derive(Debug, thiserror::Error)]
pub enum AuditorsError {
    /// The file cannot be read.
    #[error("cannot read the auditors in `{}`", .0.display())]
    NotRead(PathBuf, #[source] std::io::Error),
    /// A line is none.
    #[error(
        "`{}`, line {line}: write the SHA-256 of a token as 64 hexadecimal digits, then the enterprises that it may \
         audit, as `seal auditor` does",
        .file.display()
    )]
    Malformed {
        /// Which file.
        file: PathBuf,
        /// Which line.
        line: usize,
    },
}

/// Whom a file names: each line is the SHA-256 of a token and the enterprises whose checkpoints it opens. A line that
/// begins with `#` is a comment.
#[derive(Debug)]
pub struct Auditors {
    file: PathBuf,
    known: RwLock<Known>,
}

impl Auditors {
    /// Reads a file.
    ///
    /// # Errors
    /// [`AuditorsError`].
    pub fn load(file: &Path) -> Result<Self, AuditorsError> {
        Ok(Self {
            known: RwLock::new(read(file)?),
            file: file.to_owned(),
        })
    }

    /// Reads the file again.
    ///
    /// # Errors
    /// [`AuditorsError`]; then whoever was known is.
    pub fn reload(&self) -> Result<(), AuditorsError> {
        let known = read(&self.file)?;
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    /// Whether a token is an auditor's; and then whether it opens this enterprise's checkpoints.
    pub(super) fn may_audit(&self, token: &str, enterprise: &str) -> Option<bool> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let enterprises = known.get(&Hash::from(Sha256::digest(token)))?;
        Some(enterprises.iter().any(|slug| slug.as_str() == enterprise))
    }
}

/// A token that nobody has had before, of 256 random bits,
/// and the line by which it opens these enterprises' checkpoints.
///
/// # Errors
/// Where the operating system gives no random bytes.
pub fn auditor_token(enterprises: &[EnterpriseSlug]) -> Result<(String, String), getrandom::Error> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)?;
    let token = format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let mut line = String::new();
    for byte in Sha256::digest(&token) {
        // Memory takes every write.
        let _ = write!(line, "{byte:02x}");
    }
    for enterprise in enterprises {
        line.push(' ');
        line.push_str(enterprise.as_str());
    }
    Ok((token, line))
}

fn read(file: &Path) -> Result<Known, AuditorsError> {
    let text = std::fs::read_to_string(file).map_err(|error| AuditorsError::NotRead(file.to_owned(), error))?;
    let mut known = Known::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let (hash, enterprises) = parse(text).ok_or(AuditorsError::Malformed {
            file: file.to_owned(),
            line,
        })?;
        known.entry(hash).or_default().extend(enterprises);
    }
    Ok(known)
}

fn parse(line: &str) -> Option<(Hash, BTreeSet<EnterpriseSlug>)> {
    let mut words = line.split_whitespace();
    let digits = words.next().filter(|digits| digits.len() == 64)?;
    let mut hash = Hash::default();
    for (byte, digits) in hash.iter_mut().zip(digits.as_bytes().chunks(2)) {
        let digits = std::str::from_utf8(digits).ok()?;
        let is_hexadecimal = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        *byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hexadecimal)?;
    }
    let enterprises = words
        .map(|slug| EnterpriseSlug::new(slug).ok())
        .collect::<Option<BTreeSet<_>>>()?;
    (!enterprises.is_empty()).then_some((hash, enterprises))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(name: &str) -> EnterpriseSlug {
        EnterpriseSlug::new(name).unwrap()
    }

    #[test]
    fn a_token_opens_what_its_line_says_until_the_line_is_gone() {
        let file = std::env::temp_dir().join(format!("enterprise-credentials-auditors-{}", std::process::id()));
        let (token, line) = auditor_token(&[slug("octo-corp"), slug("other-corp")]).unwrap();
        let (another, _) = auditor_token(&[slug("octo-corp")]).unwrap();
        assert_ne!(token, another);
        assert!(!line.contains(&token));
        std::fs::write(&file, format!("# for the yearly audit\n\n{line}\n")).unwrap();
        let auditors = Auditors::load(&file).unwrap();
        assert_eq!(auditors.may_audit(&token, "octo-corp"), Some(true));
        assert_eq!(auditors.may_audit(&token, "other-corp"), Some(true));
        assert_eq!(auditors.may_audit(&token, "third-corp"), Some(false));
        assert_eq!(auditors.may_audit(&another, "octo-corp"), None);

        std::fs::write(&file, line.replace("octo-corp", "octo corp!")).unwrap();
        assert!(auditors.reload().is_err());
        assert_eq!(
            auditors.may_audit(&token, "octo-corp"),
            Some(true),
            "what was known stays known"
        );
        std::fs::write(&file, "").unwrap();
        auditors.reload().unwrap();
        assert_eq!(auditors.may_audit(&token, "octo-corp"), None);
        std::fs::remove_file(&file).unwrap();
    }

    #[test]
    fn a_line_that_is_none_is_refused() {
        let hash = "ab".repeat(32);
        assert!(parse(&format!("{hash} octo-corp")).is_some());
        for wrong in [
            hash.clone(),
            hash.replacen('a', "", 1) + " octo-corp",
            hash.replacen("ab", "+f", 1) + " octo-corp",
            hash.replacen("ab", "é", 1) + " octo-corp",
            format!("{hash} Octo_Corp"),
            format!("{hash} octo-corp, other-corp"),
        ] {
            assert_eq!(parse(&wrong), None, "{wrong}");
        }
    }
}
