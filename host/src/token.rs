//! Bearer tokens. They are known by their fingerprints, and neither kept nor logged.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use enterprise_credentials::{Fingerprint, InvalidValue};
use sha2::{Digest, Sha256};

/// The fingerprint of a token: the base64 of its SHA-256, what audit logs call `hashed_token`.
///
/// # Errors
/// None in fact: 44 characters of base64 make a fingerprint.
pub fn fingerprint(token: &str) -> Result<Fingerprint, InvalidValue> {
    Fingerprint::new(&BASE64_STANDARD.encode(Sha256::digest(token)))
}
