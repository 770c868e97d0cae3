//! A sample enterprise for rehearsals, with a realistic history. The same arguments give the same bytes for ever.

mod cast;
mod draw;
mod fate;
mod life;

use anyhow::Result;
use base64::Engine;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use enterprise_credentials::{
    CredentialId, CredentialKind, Enterprise, EnterpriseKind, Fingerprint, PersonId, RecordedEvent, Role,
};

use self::draw::Draw;
use self::life::Life;
use crate::token;

/// What the history is made from. Equal samples have equal histories, byte for byte, in every version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// The kind of enterprise.
    pub kind: EnterpriseKind,
    /// How many people ever join, in all roles together; at least the first owner does.
    pub members: u32,
    /// How many credentials are ever issued.
    pub credentials: u32,
    /// What chance is made from.
    pub seed: u64,
}

/// A bearer token of a sample's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleToken {
    /// The token itself.
    pub token: String,
    /// The credential that it is.
    pub credential: CredentialId,
    /// Whose it is.
    pub owner: PersonId,
    /// The owner's role at the end of the history.
    pub role: Role,
    /// Its kind.
    pub kind: CredentialKind,
}

/// How many characters a token has behind its prefix.
const TOKEN_LENGTH: u32 = 36;

impl Sample {
    /// Makes the history, and hands each event to `record` as soon as it is decided: nothing but the state is kept.
    ///
    /// Every event is decided by the core, so an audit finds nothing.
    ///
    /// # Errors
    /// What `record` returns; or the rule that this generator broke, which is a fault of the generator.
    pub fn generate(&self, record: &mut dyn FnMut(&RecordedEvent) -> Result<()>) -> Result<Enterprise> {
        Life::new(self, record)?.live()
    }

    /// The tokens of all credentials that authenticate at the API when the history ends, in order of issue.
    pub fn tokens(&self, enterprise: &Enterprise) -> impl Iterator<Item = SampleToken> {
        let end = enterprise.last_at();
        enterprise.credentials().filter_map(move |credential| {
            let owner = enterprise.authenticates(credential.id(), end?).ok()?;
            Some(SampleToken {
                token: self.token(credential.id(), credential.kind())?,
                credential: credential.id(),
                owner,
                role: enterprise.role(owner)?,
                kind: credential.kind(),
            })
        })
    }

    /// A credential's token, made from the seed alone; an SSH key has none.
    pub fn token(&self, credential: CredentialId, kind: CredentialKind) -> Option<String> {
        let mut token = kind.token_prefix()?.to_owned();
        let mut draw = Draw::of_credential(self, credential);
        token.extend((0..TOKEN_LENGTH).map(|_| draw.letter_or_digit()));
        Some(token)
    }

    /// What the log has of a credential: the hash of its token, or that of its public key.
    fn fingerprint(&self, credential: CredentialId, kind: CredentialKind) -> Result<Fingerprint> {
        if let Some(token) = self.token(credential, kind) {
            return Ok(token::fingerprint(&token)?);
        }
        let hash_of_key = Draw::of_credential(self, credential).bytes();
        Ok(Fingerprint::new(&format!(
            "SHA256:{}",
            BASE64_STANDARD_NO_PAD.encode(hash_of_key)
        ))?)
    }
}
