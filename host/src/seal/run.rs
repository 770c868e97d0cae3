//! Signing, aside from every request.

use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::Frontier;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::agenda::Chain;
use super::{SealError, Sealer};
use crate::error_chain;
use crate::store::Store;

/// How many streams are signed at once.
const AT_ONCE_MAX: usize = 8;
/// How long a stop waits for signatures.
const STOP_MAX: Duration = Duration::from_secs(10);

type Turns = JoinSet<(EnterpriseSlug, Option<Chain>, Result<Option<Frontier>, SealError>)>;

/// Signs what is due until `stop` turns true, then what waits for its time, and returns. `noted` is told what became of each stream.
pub(crate) async fn seal_until<S: Store>(
    sealer: Arc<Sealer>,
    store: Arc<S>,
    mut stop: watch::Receiver<bool>,
    noted: impl Fn(&EnterpriseSlug, &Result<Option<Frontier>, SealError>),
) {
    // What was signed is compared with the streams at once, and what was appended and not signed before the last end is signed.
    match sealer.journaled().await {
        Ok(enterprises) => enterprises.iter().for_each(|enterprise| sealer.look_at(enterprise)),
        Err(error) => tracing::error!(error = error_chain(&error), "cannot list what was sealed"),
    }
    let mut turns = Turns::new();
    let end = |turn: Option<Result<_, _>>| {
        // One that ended in a panic is at work for ever: nothing more is signed of that stream until the next start.
        if let Some(Ok((enterprise, known, sealed))) = turn {
            let (enterprise, known): (EnterpriseSlug, Option<Chain>) = (enterprise, known);
            sealer.ended(&enterprise, known.as_ref(), &sealed);
            noted(&enterprise, &sealed);
        }
    };
    while !*stop.borrow() {
        begin_turns(&sealer, &store, &mut turns);
        tokio::select! {
            turn = turns.join_next(), if !turns.is_empty() => end(turn),
            () = sealer.wait(), if turns.len() < AT_ONCE_MAX => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
    sealer.hurry();
    let ending = async {
        loop {
            begin_turns(&sealer, &store, &mut turns);
            match turns.join_next().await {
                None => return,
                turn => end(turn),
            }
        }
    };
    if tokio::time::timeout(STOP_MAX, ending).await.is_err() {
        tracing::warn!("streams were still being sealed at the stop");
    }
}

fn begin_turns<S: Store>(sealer: &Arc<Sealer>, store: &Arc<S>, turns: &mut Turns) {
    while turns.len() < AT_ONCE_MAX
        && let Some((enterprise, known)) = sealer.next()
    {
        let (sealer, store) = (Arc::clone(sealer), Arc::clone(store));
        turns.spawn(async move {
            let sealed = sealer.seal(&*store, &enterprise, known.as_ref()).await;
            (enterprise, known, sealed)
        });
    }
}
