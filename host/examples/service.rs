//! A hosting service in a page: its own routes with axum, and beside them the operations,
//! their worker and the states in memory.
//!
//! Run it with `cargo run -p enterprise-credentials-host --example service`. It makes an enterprise,
//! asks itself over HTTP, and ends.

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::routing::get;
use enterprise_credentials::{
    Actor, Command, CredentialDenial, CredentialId, CredentialKind, EnterpriseKind, EnterpriseSlug, OrganizationId,
    PersonId, Refusal, Role, Scopes,
};
use enterprise_credentials_host::enterprises::{CacheOptions, EnterpriseError, Enterprises, Patience};
use enterprise_credentials_host::http::{self, HttpOptions};
use enterprise_credentials_host::store::{self, IfMissing, Store, Streams};
use enterprise_credentials_host::token;
use enterprise_credentials_host::worker::{Worker, WorkerOptions};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A route of the service's own: who may use an organization's packages? Asked on every request,
/// of a state that is fresh.
async fn packages<S: Store>(
    State(enterprises): State<Arc<Enterprises<S>>>,
    Path((slug, organization)): Path<(EnterpriseSlug, u64)>,
    headers: HeaderMap,
) -> StatusCode {
    // What cannot be known is not answered: a credential that died a moment ago must not be honoured.
    let allowed = may_use(&enterprises, &slug, organization, &headers).await;
    match allowed {
        Ok(true) => StatusCode::OK,
        Ok(false) => StatusCode::FORBIDDEN,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn may_use<S: Store>(
    enterprises: &Enterprises<S>,
    slug: &EnterpriseSlug,
    organization: u64,
    headers: &HeaderMap,
) -> Outcome<bool> {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let Some(token) = bearer.and_then(|value| value.strip_prefix("Bearer ")) else {
        return Ok(false);
    };
    let holders = enterprises.holders(&token::fingerprint(token)?).await?;
    // A token that several enterprises know is dead in all of them as soon as one has destroyed it.
    for other in holders.iter().filter(|holder| holder.enterprise != *slug) {
        let ask = enterprises.ask(&other.enterprise, |state, at| state.authenticates(other.credential, at));
        if let Err(CredentialDenial::Destroyed(_) | CredentialDenial::DestructionPending { .. }) = ask.await? {
            return Ok(false);
        }
    }
    let Some(holder) = holders.iter().find(|holder| holder.enterprise == *slug) else {
        return Ok(false);
    };
    let organization = OrganizationId::new(organization)?;
    let ask = enterprises.ask(slug, |state, at| {
        state.may_use(holder.credential, organization, at).is_ok()
    });
    Ok(ask.await?)
}

/// Whatever happens in the service's tables is a command: decided on a fresh state, and durable when this returns. Its
/// events name who gave it, if anybody did: so what a person has revoked singly is told from what a job records.
async fn execute<S: Store>(
    enterprises: &Enterprises<S>,
    slug: &EnterpriseSlug,
    command: &Command,
    by: Option<Actor>,
) -> Result<Result<(), Refusal>, EnterpriseError> {
    let decide = |state: &enterprise_credentials::Enterprise, at| match state.decide(command, at) {
        Ok(events) => (events, by, Ok(())),
        Err(refusal) => (Vec::new(), None, Err(refusal)),
    };
    enterprises.decide_by(slug, Patience::REQUEST, decide).await
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let file = std::env::temp_dir().join(format!("service-{}.db", std::process::id()));
    let store = store::open(&format!("sqlite:{}", file.display()).parse()?, IfMissing::Create).await?;
    let (enterprises, changes) = Enterprises::new(store, CacheOptions::default());
    let slug: EnterpriseSlug = "octo-corp".parse()?;
    for command in founding(&slug)? {
        execute(&enterprises, &slug, &command, None).await??;
    }

    // The operations with their progress, the service's own route, and the worker, over the same states.
    let (stop, stopped) = watch::channel(false);
    let options = HttpOptions::default();
    let own = Router::new().route("/{enterprise}/{organization}/packages", get(packages));
    let router =
        http::router(Arc::clone(&enterprises), options.clone()).merge(own.with_state(Arc::clone(&enterprises)));
    let listener = http::listen(([127, 0, 0, 1], 0).into())?;
    let address = listener.local_addr()?;
    let api = tokio::spawn(http::serve(listener, router, options, stopped.clone()));
    let worker = tokio::spawn(Worker::new(Arc::clone(&enterprises), changes, WorkerOptions::default()).run(stopped));

    assert_eq!(status(address, "GET /octo-corp/3/packages").await?, 200);
    let revoke_all = "POST /enterprises/octo-corp/credential-authorizations/revoke-all";
    assert_eq!(status(address, revoke_all).await?, 202);
    // At once, wherever the worker is.
    assert_eq!(status(address, "GET /octo-corp/3/packages").await?, 403);
    let destroy = Command::DestroyCredential {
        credential: CredentialId::new(901)?,
    };
    let by = Actor::Person {
        person: PersonId::new(7)?,
        credential: None,
    };
    execute(&enterprises, &slug, &destroy, Some(by)).await??;
    assert_eq!(status(address, revoke_all).await?, 401);

    stop.send_replace(true);
    api.await?;
    worker.await?;
    enterprises.keep_snapshots().await;
    enterprises.store().close().await;
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", file.display()));
    }
    println!("200 before the revocation, 403 from its acceptance on");
    Ok(())
}

/// One owner with one token, which may use one organization.
fn founding(slug: &EnterpriseSlug) -> Outcome<Vec<Command>> {
    let (owner, organization, credential) = (PersonId::new(7)?, OrganizationId::new(3)?, CredentialId::new(901)?);
    let (slug, kind) = (slug.clone(), EnterpriseKind::PersonalAccounts);
    Ok(vec![
        Command::CreateEnterprise { slug, kind },
        Command::AddOrganization {
            organization,
            login: "octo-org".parse()?,
        },
        Command::AddMember {
            member: owner,
            login: "octocat".parse()?,
            role: Role::Owner,
        },
        Command::IssueCredential {
            credential,
            owner,
            kind: CredentialKind::ClassicPat,
            fingerprint: Some(token::fingerprint(TOKEN)?),
            scopes: Scopes::new(vec!["admin:enterprise".parse()?])?,
            expires_at: None,
        },
        Command::AuthorizeCredential {
            credential,
            organization,
        },
    ])
}

const TOKEN: &str = "ghp_example";

/// The status of the answer to a request with the owner's token.
async fn status(address: SocketAddr, method_and_path: &str) -> Outcome<u16> {
    let mut connection = TcpStream::connect(address).await?;
    let request = format!(
        "{method_and_path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: example\r\nAuthorization: Bearer {TOKEN}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n"
    );
    connection.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await?;
    let status = answer.split(' ').nth(1).ok_or("an answer without a status")?;
    Ok(status.parse()?)
}
