//! Signs streams: what is appended and durable, once its lines are known to lead on from what was signed last.
//!
//! The order is what keeps checkpoints from contradicting each other. The append is durable; the lines lead from what the journal
//! holds to it; it is signed; the journal is durable; the store has it; only then is it given out. Killed between any two of these,
//! the next process finds in the journal whatever may have been given out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, SigningKey};
use tokio::sync::{Notify, broadcast};
use tokio::task::spawn_blocking;

use super::agenda::{Agenda, Chain, Haste};
use super::base::{Base, check_leads};
use super::faults::Faults;
use super::{Journal, SealError};
use crate::store::{Durability, KeptCheckpoint, Store, StoreError, Streams};

/// How streams are sealed.
#[derive(Debug, Clone)]
pub struct SealOptions {
    /// The keys that sign, each: two while one takes the place of the other. All bear the service's name.
    pub keys: Vec<SigningKey>,
    /// The directory of the journal.
    pub state: PathBuf,
    /// Whether an empty journal may go on from what another has signed.
    pub join: bool,
    /// After how long an event is signed that is neither a request nor a completion.
    pub every: Duration,
}

impl SealOptions {
    /// How long an event waits for its signature where nothing else is said.
    pub const EVERY_DEFAULT: Duration = Duration::from_secs(60);

    /// With the journal in this directory.
    pub const fn new(keys: Vec<SigningKey>, state: PathBuf) -> Self {
        Self {
            keys,
            state,
            join: false,
            every: Self::EVERY_DEFAULT,
        }
    }
}

/// How many checkpoints may wait to be noticed by a receiver of [`Sealer::given`].
const GIVEN_MAX: usize = 1_024;

/// What signs the streams of one store.
#[derive(Debug)]
pub struct Sealer {
    name: KeyName,
    keys: Vec<SigningKey>,
    journal: Arc<Journal>,
    every: Duration,
    agenda: Mutex<Agenda>,
    changed: Notify,
    faults: Faults,
    given: broadcast::Sender<EnterpriseSlug>,
}

impl Sealer {
    /// Opens the journal, and names the logs of a store that have no name.
    ///
    /// # Errors
    /// [`SealError`]: then nothing is ever signed.
    pub async fn open(store: &impl Store, options: SealOptions) -> Result<Self, SealError> {
        let name = name_of(&options.keys)?;
        let other = |is: KeyName| SealError::OtherName { is, key: name.clone() };
        let journal = Journal::open(&options.state)?;
        let named = [journal.log_name()?, store.log_name().await?];
        if let Some(is) = named.iter().flatten().find(|is| **is != name) {
            return Err(other(is.clone()));
        }
        match named {
            [None, Some(_)] if !options.join => return Err(SealError::NotJoined(options.state)),
            [None, _] => journal.begin(&name)?,
            [Some(_), _] => {}
        }
        let is = store.name_logs(&name).await?;
        if is != name {
            return Err(other(is));
        }
        warn_of_loss(store).await;
        Ok(Self {
            name,
            keys: options.keys,
            journal: Arc::new(journal),
            every: options.every,
            agenda: Mutex::default(),
            changed: Notify::new(),
            faults: Faults::default(),
            given: broadcast::Sender::new(GIVEN_MAX),
        })
    }

    /// What the service's logs are called.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Gets the slug of each stream of which a new checkpoint is given out. Who is slow misses some.
    pub fn given(&self) -> broadcast::Receiver<EnterpriseSlug> {
        self.given.subscribe()
    }

    /// Of how many streams the last attempt to sign failed.
    pub fn unsealed(&self) -> usize {
        self.faults.count()
    }

    /// This process has appended, and it is durable.
    pub(crate) fn appended(&self, enterprise: &EnterpriseSlug, from: &Frontier, to: &Frontier, is_urgent: bool) {
        {
            let (mut agenda, now) = (self.agenda(), Instant::now());
            agenda.chain(enterprise, from, to);
            match is_urgent {
                true => agenda.put(enterprise, Haste::Now, now),
                false => agenda.put(enterprise, Haste::Then, now + self.every),
            }
        }
        self.changed.notify_one();
    }

    /// The stream has grown, by whomever.
    pub(crate) fn grown(&self, enterprise: &EnterpriseSlug) {
        let at = Instant::now() + self.every;
        self.agenda().put(enterprise, Haste::Then, at);
        self.changed.notify_one();
    }

    /// Has a stream looked at soon.
    pub(crate) fn look_at(&self, enterprise: &EnterpriseSlug) {
        self.agenda().put(enterprise, Haste::Then, Instant::now());
        self.changed.notify_one();
    }

    /// Has everything signed that waits for its time.
    pub(super) fn hurry(&self) {
        self.agenda().hurry(Instant::now());
    }

    /// The stream to sign next.
    pub(super) fn next(&self) -> Option<(EnterpriseSlug, Option<Chain>)> {
        self.agenda().take(Instant::now())
    }

    /// Waits until there may be one.
    pub(super) async fn wait(&self) {
        let next = self.agenda().next_at();
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = due => {}
            () = self.changed.notified() => {}
        }
    }

    /// What became of a stream that was to be signed.
    pub(super) fn ended(
        &self,
        enterprise: &EnterpriseSlug,
        known: Option<&Chain>,
        sealed: &Result<Option<Frontier>, SealError>,
    ) {
        match sealed {
            Ok(signed) => self.agenda().done(enterprise, known, signed.as_ref()),
            Err(_) => self.agenda().failed(enterprise, Instant::now()),
        }
        self.faults.note(enterprise, sealed.as_ref().err());
        self.changed.notify_one();
    }

    /// The streams of which the journal holds something.
    pub(super) async fn journaled(&self) -> Result<Vec<EnterpriseSlug>, SealError> {
        let journal = Arc::clone(&self.journal);
        Ok(aside(move || journal.enterprises()).await??)
    }

    /// Compares a stream with what was signed of it.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where it does not lead on from there.
    pub(crate) async fn compare(
        &self,
        streams: &impl Streams,
        enterprise: &EnterpriseSlug,
        head: &Frontier,
    ) -> Result<(), StoreError> {
        let kept = streams.last_checkpoint(enterprise).await?;
        // Where the journal cannot be read nothing is signed, and that is told of: here what the store says has to do.
        let journaled = self.journaled_last(enterprise).await.unwrap_or_default();
        let base = Base::of(enterprise, journaled, kept)?;
        let later;
        let head = if head.size() < base.frontier().size() {
            // Others may have gone on, and signed, since it was read.
            later = streams.head(enterprise).await?.unwrap_or_default();
            later.frontier()
        } else {
            head
        };
        check_leads(streams, enterprise, base.frontier(), head).await?;
        if base.frontier() != head {
            self.agenda().chain(enterprise, base.frontier(), head);
            self.look_at(enterprise);
        }
        Ok(())
    }

    /// Signs a stream as far as it is durable; nothing where it is empty.
    pub(super) async fn seal(
        &self,
        store: &impl Store,
        enterprise: &EnterpriseSlug,
        known: Option<&Chain>,
    ) -> Result<Option<Frontier>, SealError> {
        let journaled = self.journaled_last(enterprise).await?;
        let kept = store.last_checkpoint(enterprise).await?;
        let base = Base::of(enterprise, journaled.clone(), kept.clone())?;
        base.check_journaled(store, enterprise).await?;
        let end = match known {
            // Another host may have signed what it has appended since.
            Some(chain) if chain.to.size() >= base.frontier().size() => chain.to.clone(),
            _ => store.head(enterprise).await?.unwrap_or_default().frontier().clone(),
        };
        if known.is_none_or(|chain| chain.from != *base.frontier()) {
            check_leads(store, enterprise, base.frontier(), &end).await?;
        }
        if end.size() == 0 {
            return Ok(None);
        }
        let origin = KeptCheckpoint::origin(&self.name, enterprise, base.log())?;
        let signed = match base.last() {
            Some(last) => {
                check_origin(last, &origin)?;
                if last.frontier == end && self.have_signed(last, &origin) {
                    last.clone()
                } else {
                    self.sign(origin, base.log(), end)
                }
            }
            None => self.sign(origin, base.log(), end),
        };
        if journaled.as_ref() != Some(&signed) {
            let (journal, slug, signed) = (Arc::clone(&self.journal), enterprise.clone(), signed.clone());
            aside(move || journal.write(&slug, &signed)).await??;
        }
        if kept.as_ref() != Some(&signed) {
            store.keep_checkpoint(enterprise, &signed).await?;
            // Nobody need listen.
            let _ = self.given.send(enterprise.clone());
        }
        Ok(Some(signed.frontier))
    }

    fn sign(&self, origin: KeyName, log: u32, frontier: Frontier) -> KeptCheckpoint {
        let note = Checkpoint::of(origin, &frontier).sign(&self.keys);
        KeptCheckpoint { log, frontier, note }
    }

    /// Whether each key has signed it: a new one signs what the old one has.
    fn have_signed(&self, checkpoint: &KeptCheckpoint, origin: &KeyName) -> bool {
        let ids = self
            .keys
            .iter()
            .map(|key| key.named(origin.clone()).verifier_key().id());
        let signatures = checkpoint.note.signatures();
        ids.into_iter()
            .all(|id| signatures.iter().any(|signature| signature.id() == id))
    }

    async fn journaled_last(&self, enterprise: &EnterpriseSlug) -> Result<Option<KeptCheckpoint>, SealError> {
        let (journal, slug) = (Arc::clone(&self.journal), enterprise.clone());
        Ok(aside(move || journal.last(&slug)).await??)
    }

    fn agenda(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a stream's seal anew, where its lines do not lead on from what was sealed: its log gets another name, and the old one is
/// never signed again. The journal in `state` may be in use.
///
/// # Errors
/// [`SealError::Holds`] where they do.
pub async fn restart(
    store: &impl Store,
    enterprise: &EnterpriseSlug,
    keys: &[SigningKey],
    state: &Path,
) -> Result<KeyName, SealError> {
    let name = name_of(keys)?;
    let journal = Journal::open_to_read(state);
    for is in [journal.log_name()?, store.log_name().await?].into_iter().flatten() {
        if is != name {
            return Err(SealError::OtherName { is, key: name });
        }
    }
    let base = Base::of(
        enterprise,
        journal.last(enterprise)?,
        store.last_checkpoint(enterprise).await?,
    );
    let (log, leads) = match base {
        Ok(base) => {
            let head = store.head(enterprise).await?.unwrap_or_default();
            let leads = check_leads(store, enterprise, base.frontier(), head.frontier()).await;
            (base.log(), leads)
        }
        Err(error) => {
            let kept = store.last_checkpoint(enterprise).await?;
            (kept.map_or(KeptCheckpoint::FIRST_LOG, |kept| kept.log), Err(error))
        }
    };
    match leads {
        Ok(()) => return Err(SealError::Holds),
        Err(StoreError::Altered(_)) => {}
        Err(error) => return Err(error.into()),
    }
    let log = log + 1;
    let origin = KeptCheckpoint::origin(&name, enterprise, log)?;
    // What covers nothing contradicts nothing: the journal gets it with the first that does.
    let frontier = Frontier::EMPTY;
    let note = Checkpoint::of(origin.clone(), &frontier).sign(keys);
    let begun = KeptCheckpoint { log, frontier, note };
    store.keep_checkpoint(enterprise, &begun).await?;
    Ok(origin)
}

/// What all the keys are called.
fn name_of(keys: &[SigningKey]) -> Result<KeyName, SealError> {
    let (first, others) = keys.split_first().ok_or(SealError::NoKey)?;
    match others.iter().find(|key| key.name() != first.name()) {
        None => Ok(first.name().clone()),
        Some(other) => Err(SealError::TwoNames(first.name().clone(), other.name().clone())),
    }
}

fn check_origin(last: &KeptCheckpoint, origin: &KeyName) -> Result<(), SealError> {
    let signed = last.signed().ok();
    if signed.as_ref().is_some_and(|signed| signed.origin == *origin) {
        return Ok(());
    }
    Err(SealError::OtherLog {
        found: signed.map_or(String::new(), |signed| signed.origin.to_string()),
        expected: origin.clone(),
    })
}

/// What is acknowledged and may still be lost is signed all the same.
async fn warn_of_loss(store: &impl Store) {
    let Ok(health) = store.health().await else { return };
    if let Some(durability @ (Durability::ThisNode | Durability::Volatile | Durability::Unknown)) = health.durability {
        tracing::warn!(
            %durability,
            "the seal is on, and the store may lose what it has acknowledged: after a failover a checkpoint that was given out may be \
             contradicted"
        );
    }
}

/// Does what may wait for a disk.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SealError> {
    spawn_blocking(work).await.map_err(|_| SealError::Lost)
}
