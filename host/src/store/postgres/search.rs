//! Finds the server that is the primary. All are asked at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::cluster::CONNECT;
use super::config::{Server, Settings};
use super::facts::Facts;
use super::failure::{Failure, reason};
use super::session::Session;
use super::tls::TlsMode;
use crate::store::{Durability, StoreError};

/// A server that was asked, and what became of it.
type Answer = (Server, Result<(Facts, Session), Failure>);
/// A server that answered, what it says, and the connection that it said so on.
pub(super) type Found = (Server, Facts, Session);

/// Of the servers that are no standbys the one of the highest timeline.
///
/// # Errors
/// [`StoreError::Transient`] where there is none, with what each says; [`StoreError::Permanent`] where none answers,
/// and one for a reason that stays.
pub(super) async fn primary(settings: &Arc<Settings>, deadline: Duration) -> Result<Found, StoreError> {
    let mut best: Option<Found> = None;
    let mut others = Vec::new();
    let mut permanent = None;
    let mut is_answered = false;
    for (server, answer) in ask_all(settings, deadline).await {
        is_answered |= answer.is_ok();
        match answer.map_err(|failure| failure.told(CONNECT)) {
            Ok((facts, _)) if facts.is_standby => others.push(format!("`{}` is a standby", server.name)),
            Ok((facts, session)) => {
                if best.as_ref().is_none_or(|(_, best, _)| best.timeline < facts.timeline) {
                    best = Some((server, facts, session));
                }
            }
            Err(error) => {
                others.push(format!("`{}`: {}", server.name, reason(&error)));
                // A wrong password, or a missing database, is no question of time.
                permanent = Some(error)
                    .filter(|error| matches!(error, StoreError::Permanent { .. }))
                    .or(permanent);
            }
        }
    }
    match (best, permanent) {
        (Some(best), _) => Ok(best),
        (None, Some(error)) if !is_answered => Err(error),
        (None, _) => {
            let why = format!("no server of the URL is a primary: {}", others.join("; "));
            Err(StoreError::transient(CONNECT, why))
        }
    }
}

/// In the order of the URL. One that cannot be asked keeps no other from answering.
async fn ask_all(settings: &Arc<Settings>, deadline: Duration) -> Vec<Answer> {
    let mut asked = JoinSet::new();
    for (index, server) in settings.servers.iter().enumerate() {
        let (server, settings) = (server.clone(), Arc::clone(settings));
        asked.spawn(async move {
            let ask = async {
                let session = Session::connect(&server, &settings.tls).await?;
                let facts = Facts::read(&session).await?;
                Ok((facts, session))
            };
            let answered = tokio::time::timeout(deadline, ask).await;
            let answered = answered.unwrap_or_else(|late| Err(Failure::Lost(late.into())));
            (index, (server, answered))
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(index, _)| *index);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

/// Says which server it is, and what is lost with it.
pub(super) fn tell(settings: &Settings, server: &Server, facts: &Facts) {
    let (durability, timeline) = (facts.durability(), facts.timeline);
    let standbys = facts.standbys.as_deref().unwrap_or_default();
    tracing::info!(server = server.name, timeline, %durability, standbys, "connected to the primary");
    match durability {
        Durability::Synchronous => {}
        Durability::ThisNode => {
            tracing::warn!("this server has no standbys: what is appended is lost if its disk is lost")
        }
        Durability::Volatile => {
            tracing::warn!(
                "`fsync` or `full_page_writes` is off on the server: a power failure loses what was appended"
            );
        }
        Durability::Unknown => {
            tracing::warn!("the server does not show how durable its commits are: a failover may lose some");
        }
    }
    if let Some(doubt) = facts.doubt() {
        tracing::warn!(
            doubt,
            "the standbys are no quorum: after a failover two primaries could both acknowledge"
        );
    }
    if server.is_remote && settings.tls.mode != TlsMode::VerifyFull {
        tracing::warn!("the server beyond this machine is not verified: write `sslmode=verify-full` in the URL");
    }
}
