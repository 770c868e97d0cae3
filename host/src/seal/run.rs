//! Signs streams. No request waits for it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::Frontier;
use tokio::sync::watch;
use tokio::task::{Id, JoinSet};

use super::agenda::Chain;
use super::{SealError, Sealer};
use crate::error_chain;
use crate::store::Store;

/// How many streams are signed at once.
const AT_ONCE_MAX: usize = 8;
/// How long a stop waits for signatures.
const STOP_MAX: Duration = Duration::from_secs(10);

/// Signs what is due until `stop` turns true, then what waits for its time, and returns.
/// `noted` is told what became of each stream.
pub(crate) async fn seal_until<S: Store>(
    sealer: Arc<Sealer>,
    store: Arc<S>,
    mut stop: watch::Receiver<bool>,
    noted: impl Fn(&EnterpriseSlug, &Result<Option<Frontier>, SealError>),
) {
    // What was signed is compared with the streams at once,
    // and what was appended and not signed before the last end is signed.
    match sealer.journaled().await {
        Ok(enterprises) => enterprises.iter().for_each(|enterprise| sealer.look_at(enterprise)),
        Err(error) => tracing::error!(error = error_chain(&error), "cannot list what was sealed"),
    }
    tokio::select! {
        // It has no end.
        () = look_through(&sealer, &*store) => {}
        () = sign(&sealer, &store, &mut stop, noted) => {}
    }
}

/// Looks at what others sign, without an end: what the journal does not hold of that is not found out when the store is
/// set back.
async fn look_through(sealer: &Sealer, store: &impl Store) {
    loop {
        if let Err(error) = sealer.look_through(store).await {
            tracing::error!(error = error_chain(&error), "cannot list what was sealed");
        }
        tokio::time::sleep(sealer.every).await;
    }
}

async fn sign<S: Store>(
    sealer: &Arc<Sealer>,
    store: &Arc<S>,
    stop: &mut watch::Receiver<bool>,
    noted: impl Fn(&EnterpriseSlug, &Result<Option<Frontier>, SealError>),
) {
    let mut turns = Turns::default();
    let end = |(enterprise, known, sealed): Ended| {
        sealer.ended(&enterprise, known.as_ref(), &sealed);
        noted(&enterprise, &sealed);
    };
    while !*stop.borrow() {
        turns.begin(sealer, store);
        tokio::select! {
            Some(turn) = turns.next() => end(turn),
            () = sealer.wait(), if turns.tasks.len() < AT_ONCE_MAX => {}
            changed = stop.changed() => if changed.is_err() { return },
        }
    }
    sealer.hurry();
    let ending = async {
        loop {
            turns.begin(sealer, store);
            match turns.next().await {
                None => return,
                Some(turn) => end(turn),
            }
        }
    };
    if tokio::time::timeout(STOP_MAX, ending).await.is_err() {
        tracing::warn!("streams were still being sealed at the stop");
    }
}

/// What became of a stream.
type Ended = (EnterpriseSlug, Option<Chain>, Result<Option<Frontier>, SealError>);

/// The streams that are being signed.
#[derive(Default)]
struct Turns {
    tasks: JoinSet<Result<Option<Frontier>, SealError>>,
    of: HashMap<Id, (EnterpriseSlug, Option<Chain>)>,
}

impl Turns {
    fn begin<S: Store>(&mut self, sealer: &Arc<Sealer>, store: &Arc<S>) {
        while self.tasks.len() < AT_ONCE_MAX
            && let Some((enterprise, known)) = sealer.next()
        {
            let (sealer, store) = (Arc::clone(sealer), Arc::clone(store));
            let turn = (enterprise.clone(), known.clone());
            let task = self
                .tasks
                .spawn(async move { sealer.seal(&*store, &enterprise, known.as_ref()).await });
            self.of.insert(task.id(), turn);
        }
    }

    /// The next one that ends; nothing where none is under way. One that ends in a panic has failed,
    /// and is tried again as any other.
    async fn next(&mut self) -> Option<Ended> {
        let ended = self.tasks.join_next_with_id().await?;
        let (id, sealed) = ended.unwrap_or_else(|error| (error.id(), Err(SealError::Lost)));
        let (enterprise, known) = self.of.remove(&id)?;
        Some((enterprise, known, sealed))
    }
}
