//! The token with which the request is made.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use enterprise_credentials::{
    ADMIN_ENTERPRISE_SCOPE, ADMIN_ORG_SCOPE, Authority, Caller, Command, CredentialId, CredentialKind, Enterprise,
    EnterpriseSlug, OrganizationAccess, PersonId, Role, Scopes,
};
use enterprise_credentials_host::enterprises::time_for;
use enterprise_credentials_host::sample::Sample;
use enterprise_credentials_host::store::{Batch, Store, Urgency};
use enterprise_credentials_host::token;

use crate::cli::scope::{Named, Scope};

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
    pub(super) async fn choose(&self, store: &impl Store, enterprise: &mut Enterprise, scope: &Scope) -> Result<Means> {
        let found = match self {
            Self::Sample(sample) => {
                let mut tokens = sample.tokens(enterprise);
                let owners = tokens.find(|token| is_owners(authority(enterprise, scope, token.credential)));
                owners.map(|token| (token.token, token.credential))
            }
            Self::File(path) => Some(from_file(path, store, enterprise, scope).await?),
            Self::Added => None,
        };
        let (token, credential, origin) = match (found, self) {
            (Some((token, credential)), _) => (token, credential, ""),
            (None, source) => {
                let (token, credential) = add(store, enterprise, scope).await?;
                let origin = match source {
                    Self::Sample(_) => "; ADDED to the sample, whose own tokens may not make this request",
                    _ => "; ADDED to the copy of the log, which holds no token",
                };
                (token, credential, origin)
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
async fn from_file(
    path: &Path,
    store: &impl Store,
    enterprise: &Enterprise,
    scope: &Scope,
) -> Result<(String, CredentialId)> {
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
        match authority(enterprise, scope, holder.credential) {
            owners if is_owners(owners) => return Ok(found),
            Some(_) => drop(holders.get_or_insert(found)),
            None => drop(known.get_or_insert(found)),
        }
    }
    match holders.or(known) {
        Some(found) => Ok(found),
        None => bail!(
            "no token in `{}` is that of a credential in the log: the log has the SHA-256 of each token as its \
             fingerprint",
            path.display()
        ),
    }
}

/// By what the owner of a credential may make the request with it.
fn authority(enterprise: &Enterprise, scope: &Scope, credential: CredentialId) -> Option<Authority> {
    let person = enterprise.credential(credential)?.owner();
    let caller = Caller::Person {
        person,
        credential: Some(credential),
    };
    let at = time_for(enterprise);
    let authority = match &scope.organization {
        None => enterprise.authorize(&caller, at),
        Some(Named { id, .. }) => enterprise.authorize_at_organization(&caller, *id, OrganizationAccess::Write, at),
    };
    authority.ok()
}

/// Whether it is that of an owner of the place where the request is made.
const fn is_owners(authority: Option<Authority>) -> bool {
    matches!(authority, Some(Authority::Owner | Authority::OrganizationOwner))
}

/// Issues a classic PAT to the first owner of the enterprise, or of the organization,
/// for which it is authorized then; in the copy alone.
async fn add(store: &impl Store, enterprise: &mut Enterprise, scope: &Scope) -> Result<(String, CredentialId)> {
    let organization = scope.organization.as_ref().map(|it| it.id);
    let owner = match organization {
        None => enterprise
            .people()
            .find(|(.., role)| *role == Role::Owner)
            .map(|(person, ..)| person),
        Some(organization) => enterprise
            .organization_owners()
            .find(|(of, _)| *of == organization)
            .map(|(_, person)| person),
    };
    let place = if organization.is_none() {
        "enterprise"
    } else {
        "organization"
    };
    let owner = owner
        .with_context(|| format!("the {place} has no owner, so no token can be added: give one with `--token-file`"))?;
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
        scopes: Scopes::parse([match organization {
            None => ADMIN_ENTERPRISE_SCOPE,
            Some(_) => ADMIN_ORG_SCOPE,
        }])?,
        expires_at: None,
        fingerprint: Some(token::fingerprint(&token)?),
    };
    let authorize = organization.map(|organization| Command::AuthorizeCredential {
        credential,
        organization,
    });
    for command in [Some(issue), authorize].into_iter().flatten() {
        record(store, &slug, enterprise, &command).await?;
    }
    Ok((token, credential))
}

async fn record(
    store: &impl Store,
    slug: &EnterpriseSlug,
    enterprise: &mut Enterprise,
    command: &Command,
) -> Result<()> {
    let at = time_for(enterprise);
    let head = store.head(slug).await?.unwrap_or_default();
    let recorded: Vec<_> = enterprise.record(enterprise.decide(command, at)?, at, None).collect();
    let batch = Batch::written(head.position(), &recorded)?;
    store.append(slug, &head, batch, Urgency::Request).await?;
    for event in &recorded {
        enterprise.apply(event)?;
    }
    Ok(())
}
