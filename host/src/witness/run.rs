//! Shows streams to witnesses. Each witness has a task, which asks one thing at a time. No request waits for it.

use std::sync::Arc;
use std::time::Duration;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::WitnessKey;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use super::agenda::{Agenda, pause};
use super::client::{Client, Unheard};
use super::keep::keep;
use super::submission::{Known, NotCosigned, Witness};
use super::{WitnessOptions, WitnessUrl};
use crate::error_chain;
use crate::seal::Sealer;
use crate::store::{Alteration, Store};

/// How long a witness is left alone that does not answer at all, at most.
const SILENCE_MAX: Duration = Duration::from_secs(300);
/// After how long a witness is asked again, at most, that knows more of a stream than this host has: if it contradicts
/// it, nothing is answered from the stream until then, whatever was mended meanwhile.
const DOUBT_MAX: Duration = Duration::from_secs(60);

/// Shows every stream of which there is a checkpoint to every witness, and again whenever there is a new one, until
/// `stop` turns true or its sender is gone. `noted` is told of each witness whether it contradicts a stream.
pub(crate) async fn show_until<S: Store>(
    options: WitnessOptions,
    sealer: Arc<Sealer>,
    store: Arc<S>,
    stop: watch::Receiver<bool>,
    noted: impl Fn(&EnterpriseSlug, &WitnessUrl, Option<Alteration>) + Clone + Send + Sync + 'static,
) {
    let keys: Arc<[WitnessKey]> = options.keys.into();
    let mut tasks = tokio::task::JoinSet::new();
    for url in options.witnesses {
        let task = Task {
            witness: Witness::new(Client::new(url, options.timeout), Arc::clone(&keys)),
            agenda: Agenda::new(options.again_after),
            silences: 0,
            silent_until: Instant::now(),
            sealer: Arc::clone(&sealer),
            store: Arc::clone(&store),
            noted: noted.clone(),
        };
        tasks.spawn(task.run(stop.clone()));
    }
    tasks.join_all().await;
}

struct Task<S, N> {
    witness: Witness,
    agenda: Agenda,
    /// How often in a row it did not answer at all.
    silences: u32,
    silent_until: Instant,
    sealer: Arc<Sealer>,
    store: Arc<S>,
    noted: N,
}

impl<S, N> Task<S, N>
where
    S: Store,
    N: Fn(&EnterpriseSlug, &WitnessUrl, Option<Alteration>) + Send + Sync,
{
    async fn run(mut self, mut stop: watch::Receiver<bool>) {
        tokio::select! {
            // Also when the sender is gone. A request that is under way is left to itself: it is bounded,
            // and nothing depends on it.
            _ = stop.wait_for(|stop| *stop) => {}
            () = self.show_all() => {}
        }
    }

    /// Without an end.
    async fn show_all(&mut self) {
        let mut given = self.sealer.given();
        self.list().await;
        loop {
            tokio::select! {
                heard = news(&mut given) => match heard {
                    Some(enterprise) => self.agenda.changed(enterprise),
                    None => self.list().await,
                },
                () = due(self.agenda.next().map(|next| next.max(self.silent_until))) => self.turn().await,
            }
        }
    }

    /// All streams of which something was signed here.
    async fn list(&mut self) {
        match self.sealer.journaled().await {
            Ok(enterprises) => enterprises
                .into_iter()
                .for_each(|enterprise| self.agenda.changed(enterprise)),
            Err(error) => tracing::error!(error = error_chain(&error), "cannot list what is shown to witnesses"),
        }
    }

    /// Shows the stream that is due.
    async fn turn(&mut self) {
        let Some((enterprise, before)) = self.agenda.first() else {
            return;
        };
        let mut known = before;
        let shown = self.show(&enterprise, &mut known).await;
        if !known.is_of_same_log(before) {
            // Another log was begun, of which the witness has said nothing.
            self.note(&enterprise, None);
        }
        match shown {
            Ok(true) => {
                self.note(&enterprise, None);
                self.heard();
                self.agenda.shown(enterprise, known);
            }
            Ok(false) => self.agenda.forget(&enterprise),
            Err(error) => self.failed(enterprise, known, error),
        }
    }

    async fn show(&self, enterprise: &EnterpriseSlug, known: &mut Known) -> Result<bool, NotCosigned> {
        match self.witness.show(&*self.store, enterprise, known).await? {
            Some(cosigned) => {
                keep(&self.sealer, &*self.store, enterprise, &cosigned).await?;
                Ok(true)
            }
            None => Ok(false),
        }
    }

    fn note(&self, enterprise: &EnterpriseSlug, contradiction: Option<Alteration>) {
        (self.noted)(enterprise, self.witness.url(), contradiction);
    }

    fn heard(&mut self) {
        if std::mem::take(&mut self.silences) > 0 {
            tracing::info!(witness = %self.witness.url(), "the witness answers again");
        }
    }

    fn failed(&mut self, enterprise: EnterpriseSlug, known: Known, error: NotCosigned) {
        let (witness, said) = (self.witness.url(), error_chain(&error));
        if let NotCosigned::Unheard(Unheard::Unreachable(_)) = error {
            // It is not this stream's fault, and others would wait for nothing as well.
            let pause = pause(self.silences, SILENCE_MAX);
            tracing::warn!(%witness, error = said, ?pause, "a witness does not answer");
            self.silences = self.silences.saturating_add(1);
            self.silent_until = Instant::now() + pause;
            // But it may be this stream's: the others have their turns before it gets another.
            self.agenda.failed(enterprise, known, SILENCE_MAX);
            return;
        }
        self.heard();
        let pause_max = match &error {
            NotCosigned::Contradicted(_) | NotCosigned::Ahead { .. } => DOUBT_MAX,
            _ => Duration::MAX,
        };
        let pause = self.agenda.failed(enterprise.clone(), known, pause_max);
        match error {
            // It is told of as an altered stream is.
            NotCosigned::Contradicted(alteration) => self.note(&enterprise, Some(alteration)),
            error => {
                if let NotCosigned::Ahead { .. } = error {
                    self.note(&enterprise, None);
                }
                let witness = self.witness.url();
                tracing::warn!(%witness, %enterprise, error = said, ?pause, "a checkpoint is not cosigned");
            }
        }
    }
}

/// The stream of which there is a new checkpoint; nothing where some were missed.
async fn news(given: &mut Receiver<EnterpriseSlug>) -> Option<EnterpriseSlug> {
    match given.recv().await {
        Ok(enterprise) => Some(enterprise),
        Err(RecvError::Lagged(_)) => None,
        // Nothing is signed any more.
        Err(RecvError::Closed) => std::future::pending().await,
    }
}

async fn due(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
