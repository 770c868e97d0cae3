//! Whose token the request is made with.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use enterprise_credentials::{
    ADMIN_ENTERPRISE_SCOPE, Authority, Caller, Command, CredentialId, CredentialKind, Enterprise, PersonId, Role,
    Scopes,
};
use enterprise_credentials_host::enterprises::time_for;
use enterprise_credentials_host::sample::Sample;
use enterprise_credentials_host::store::{Batch, Store, Urgency};
use enterprise_credentials_host::token;

/// A token, and whose it is.
pub(super) struct Means {
    pub(super) token: String,
    pub(super) credential: CredentialId,
    pub(super) person: PersonId,
    /// For people: the login, the role, and where the token comes from.
    pub(super) described: String,
}

/// Where tokens come from.
pub(super) enum TokenSource {
    Sample(Sample),
    File(PathBuf),
    /// From nowhere: one is added to the throw-away copy.
    Added,
}

impl TokenSource {
    pub(super) async fn choose(&self, store: &impl Store, enterprise: &mut Enterprise) -> Result<Means> {
        let (token, credential, origin) = match self {
            Self::Sample(sample) => {
                let owners = sample
                    .tokens(enterprise)
                    .find(|token| authority(enterprise, token.credential) == Some(Authority::Owner));
                let token = owners.context("the sample has no owner's token: let it have more credentials")?;
                (token.token, token.credential, "")
            }
            Self::File(path) => {
                let (token, credential) = from_file(path, store, enterprise).await?;
                (token, credential, "")
            }
            Self::Added => {
                let (token, credential) = add(store, enterprise).await?;
                (
                    token,
                    credential,
                    "; ADDED to the copy of the log, which holds no token",
                )
            }
        };
        let owner = enterprise.credential(credential).map(|credential| credential.owner());
        let person = owner.context("the token's credential was never issued")?;
        let present = enterprise.people().find(|(id, ..)| *id == person);
        let who = present.map_or_else(
            || format!("person {person}, who left"),
            |(_, login, role)| format!("{login}, {role}"),
        );
        let described = format!("credential {credential} of {who}{origin}");
        Ok(Means {
            token,
            credential,
            person,
            described,
        })
    }
}

/// The first token of an owner who may call, else the first of anybody who may, else the first that the log knows: a
/// refusal can be rehearsed too.
async fn from_file(path: &Path, store: &impl Store, enterprise: &Enterprise) -> Result<(String, CredentialId)> {
    let file = File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let (mut holders, mut known) = (None, None);
    for row in BufReader::new(file).lines() {
        let row = row.with_context(|| format!("cannot read `{}`", path.display()))?;
        let token = row.split(',').next().unwrap_or_default().trim();
        let known_by = store.holders(&token::fingerprint(token)?).await?;
        let Some(holder) = known_by.into_iter().next() else {
            continue;
        };
        let found = (token.to_owned(), holder.credential);
        match authority(enterprise, holder.credential) {
            Some(Authority::Owner) => return Ok(found),
            Some(_) => drop(holders.get_or_insert(found)),
            None => drop(known.get_or_insert(found)),
        }
    }
    match holders.or(known) {
        Some(found) => Ok(found),
        None => bail!(
            "`{}` holds no token of a credential in the log: the log has its SHA-256 as fingerprint",
            path.display()
        ),
    }
}

/// By what the owner of a credential may call with it.
fn authority(enterprise: &Enterprise, credential: CredentialId) -> Option<Authority> {
    let person = enterprise.credential(credential)?.owner();
    let caller = Caller::Person {
        person,
        credential: Some(credential),
    };
    enterprise.authorize(&caller, time_for(enterprise)).ok()
}

/// Issues a classic PAT to the first owner, in the copy alone.
async fn add(store: &impl Store, enterprise: &mut Enterprise) -> Result<(String, CredentialId)> {
    let owner = enterprise
        .people()
        .find(|(.., role)| *role == Role::Owner)
        .map(|(person, ..)| person);
    let owner =
        owner.context("the enterprise has no owner to whom a token could be added: give one with `--token-file`")?;
    let (slug, of) = enterprise
        .slug()
        .cloned()
        .zip(enterprise.kind())
        .context("the log creates no enterprise")?;
    let last = enterprise
        .credentials()
        .map(|credential| credential.id().value())
        .max()
        .unwrap_or_default();
    let (credential, kind) = (CredentialId::new(last + 1)?, CredentialKind::ClassicPat);
    // Whoever could guess it could call the server for as long as the rehearsal lasts.
    let seed = RandomState::new().hash_one(credential.value());
    let token = Sample {
        kind: of,
        members: 1,
        credentials: 1,
        seed,
    }
    .token(credential, kind);
    let token = token.context("a classic PAT is a token")?;
    let issue = Command::IssueCredential {
        credential,
        owner,
        kind,
        scopes: Scopes::parse([ADMIN_ENTERPRISE_SCOPE])?,
        expires_at: None,
        fingerprint: Some(token::fingerprint(&token)?),
    };
    let at = time_for(enterprise);
    let head = store.head(&slug).await?.unwrap_or_default();
    let recorded: Vec<_> = enterprise.record(enterprise.decide(&issue, at)?, at, None).collect();
    let batch = Batch::written(head.position(), &recorded)?;
    store.append(&slug, &head, batch, Urgency::Request).await?;
    for event in &recorded {
        enterprise.apply(event)?;
    }
    Ok((token, credential))
}
