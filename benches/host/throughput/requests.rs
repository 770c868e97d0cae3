//! The operation over HTTP on a loopback port, for many enterprises, against SQLite committing a row each.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};

use anyhow::{Context, Result, ensure};
use enterprise_credentials::{
    Command, CredentialId, CredentialKind, Enterprise, EnterpriseKind, EnterpriseSlug, Login, OrganizationId, PersonId,
    Role, Scopes,
};
use enterprise_credentials_host::enterprises::now;
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::store::{IfMissing, Line, SqliteStore, Store};
use enterprise_credentials_host::token::fingerprint;
use tokio::runtime::Runtime;

use crate::directory::{Directory, url};
use crate::raw::{self, Row};
use crate::rounds::{Taken, compare, measure};

const ENTERPRISES: u64 = 400;
/// Each has its own connection, and asks enterprise after enterprise.
const CLIENTS: usize = 16;
const REQUESTS: u64 = 2_000;
const CREDENTIALS: u64 = 20;

pub(crate) fn run(runtime: &Runtime, directory: &Directory, rounds: u32) -> Result<()> {
    let title = format!("THE OPERATION, {ENTERPRISES} enterprises, {CLIENTS} clients");
    compare(
        &title,
        "requests",
        rounds,
        [
            ("SQLite: a row and a commit each, one after the other", &mut || {
                commits(directory)
            }),
            ("POST revoke-all, each with its job recorded", &mut || {
                operation(runtime, directory)
            }),
        ],
    )
}

fn commits(directory: &Directory) -> Result<Taken> {
    let slug = slug(0)?;
    let connection = raw::create(&directory.store()?, &slug)?;
    let commit = |rows: std::ops::RangeInclusive<u64>| {
        for position in rows {
            let (position, line) = (i64::try_from(position)?, vec![b'x'; 200]);
            raw::insert(&connection, &slug, &[Row { position, line }])?;
        }
        Ok(REQUESTS)
    };
    // The write-ahead log grows to the size at which it is used again: to grow a file takes longer than to write to it.
    commit(1..=REQUESTS)?;
    measure(|| commit(REQUESTS + 1..=2 * REQUESTS))
}

fn operation(runtime: &Runtime, directory: &Directory) -> Result<Taken> {
    let path = directory.store()?;
    let (store, host) = runtime.block_on(async {
        let store = SqliteStore::open(&url(&path)?, IfMissing::Create).await?;
        for number in 0..ENTERPRISES {
            found(&store, number).await?;
        }
        let host = Host::start(
            store.clone(),
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            HostOptions::default(),
        )
        .await?;
        anyhow::Ok((store, host))
    })?;
    let address = host.address();
    // Every enterprise is asked once before the clock runs, so that all are in memory.
    ask_all(address, ENTERPRISES)?;
    let taken = measure(|| ask_all(address, REQUESTS));
    runtime.block_on(host.stop());
    runtime.block_on(store.close());
    taken
}

fn ask_all(address: SocketAddr, requests: u64) -> Result<u64> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..requests)
            .take(CLIENTS)
            .map(|first| scope.spawn(move || ask_in_turn(address, (first..requests).step_by(CLIENTS))))
            .collect();
        for client in clients {
            client.join().expect("a client that does not panic")?;
        }
        Ok(requests)
    })
}

fn ask_in_turn(address: SocketAddr, numbers: impl Iterator<Item = u64>) -> Result<()> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_nodelay(true)?;
    for number in numbers.map(|number| number % ENTERPRISES) {
        let request = format!(
            "POST /enterprises/{}/credential-authorizations/revoke-all HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\
             Authorization: Bearer {}\r\nContent-Length: 28\r\n\r\n{{\"revoke_credentials\":false}}",
            slug(number)?.as_str(),
            token(number, 1)
        );
        connection.write_all(request.as_bytes())?;
        ensure!(status(&mut connection)? == 202, "a request was not accepted");
    }
    Ok(())
}

/// Reads one answer to its end.
fn status(connection: &mut TcpStream) -> Result<u16> {
    let (mut answer, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let length = connection.read(&mut piece)?;
        ensure!(length > 0, "the connection was closed");
        answer.extend_from_slice(piece.get(..length).context("no more than there is room")?);
        let text = std::str::from_utf8(&answer)?.to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .split("content-length: ")
            .nth(1)
            .and_then(|rest| rest.lines().next());
        if body.len() == length.context("an answer has a length")?.parse::<usize>()? {
            return Ok(head.split(' ').nth(1).context("an answer has a status")?.parse()?);
        }
    }
}

/// An enterprise with an owner and some credentials.
async fn found(store: &SqliteStore, number: u64) -> Result<()> {
    let mut enterprise = Enterprise::new();
    let mut lines = Vec::new();
    for command in founding(number)? {
        let at = now();
        for recorded in enterprise.record(enterprise.decide(&command, at)?, at, None) {
            enterprise.apply(&recorded)?;
            lines.push(Line::written(recorded));
        }
    }
    store.append(&slug(number)?, Default::default(), &lines).await?;
    Ok(())
}

fn founding(number: u64) -> Result<Vec<Command>> {
    let (organization, owner) = (OrganizationId::new(1)?, PersonId::new(1)?);
    let mut commands = vec![
        Command::CreateEnterprise {
            slug: slug(number)?,
            kind: EnterpriseKind::ManagedUsers,
        },
        Command::AddOrganization {
            organization,
            login: Login::new("octo-org")?,
        },
        Command::AddMember {
            member: owner,
            login: Login::new("mona_octo")?,
            role: Role::Owner,
        },
    ];
    for id in 1..=CREDENTIALS {
        let credential = CredentialId::new(id)?;
        commands.push(Command::IssueCredential {
            credential,
            owner,
            kind: CredentialKind::ClassicPat,
            scopes: Scopes::parse(["admin:enterprise"])?,
            expires_at: None,
            fingerprint: Some(fingerprint(&token(number, id))?),
        });
        commands.push(Command::AuthorizeCredential {
            credential,
            organization,
        });
    }
    Ok(commands)
}

fn slug(number: u64) -> Result<EnterpriseSlug> {
    Ok(EnterpriseSlug::new(&format!("corp-{number}"))?)
}

fn token(enterprise: u64, credential: u64) -> String {
    format!("ghp_{enterprise:020}{credential:016}")
}
