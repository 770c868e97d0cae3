//! Signs streams. It signs what is appended and durable, once it knows that the lines lead on from what was signed
//! last.
//!
//! Checkpoints never contradict each other, because of this order: the append is durable, the lines lead from what the
//! journal holds to it, it is signed, the journal is durable, the store has it, and only then it is given out. If the
//! process is killed between any two of these, the next process finds in the journal whatever may have been given out.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{Checkpoint, Frontier, KeyName, SigningKey};
use tokio::sync::{Notify, broadcast};
use tokio::task::spawn_blocking;

use super::agenda::{Agenda, Chain, Haste};
use super::base::{Base, check_leads, is_signed_by, place};
use super::contradicted::Contradicted;
use super::durable::Durable;
use super::faults::Faults;
use super::made::refuse_made;
use super::{Journal, SealError};
#[cfg(feature = "witness")]
use crate::store::Alteration;
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
    /// Whether a stream is signed too that was made of an inventory, with invented times.
    pub made: bool,
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
            made: false,
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
    pub(super) keys: Vec<SigningKey>,
    pub(super) journal: Arc<Journal>,
    pub(super) durable: Durable,
    /// Held by whoever adds to what the store keeps: two would undo each other's.
    pub(super) keeping: tokio::sync::Mutex<()>,
    pub(super) every: Duration,
    made: bool,
    agenda: Mutex<Agenda>,
    changed: Notify,
    faults: Faults,
    contradicted: Contradicted,
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
            durable: Durable::default(),
            keeping: tokio::sync::Mutex::default(),
            every: options.every,
            made: options.made,
            agenda: Mutex::default(),
            changed: Notify::new(),
            faults: Faults::default(),
            contradicted: Contradicted::default(),
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
    pub(crate) async fn journaled(&self) -> Result<Vec<EnterpriseSlug>, SealError> {
        let journal = Arc::clone(&self.journal);
        Ok(aside(move || journal.enterprises()).await??)
    }

    /// Notes what a witness has cosigned of a stream that this host does not have, or that there is no such thing.
    #[cfg(feature = "witness")]
    pub(crate) fn witnessed(&self, enterprise: &EnterpriseSlug, witness: String, contradiction: Option<Alteration>) {
        if self.contradicted.note(enterprise, witness, contradiction) {
            self.look_at(enterprise);
        }
    }

    /// Compares a stream with what was signed of it.
    ///
    /// # Errors
    /// [`StoreError::Altered`] where it does not lead on from there, or a witness contradicts it.
    pub(crate) async fn compare(
        &self,
        streams: &impl Streams,
        enterprise: &EnterpriseSlug,
        head: &Frontier,
    ) -> Result<(), StoreError> {
        self.contradicted.check(enterprise)?;
        let kept = streams.last_checkpoint(enterprise).await?;
        // Where the journal cannot be read the stream is not signed, and what the store says has to do: a broken disk
        // beside the store is not to stop revocations. It is told, and tried again until it is compared.
        let journaled = self.journaled_last(enterprise).await;
        if let Err(fault) = &journaled
            && self.faults.note(enterprise, Some(fault))
        {
            tracing::error!(%enterprise, "the stream is served, and was not compared with the journal of the seal");
        }
        let (is_read, journaled) = (journaled.is_ok(), journaled.unwrap_or_default());
        let journaled_at = journaled.as_ref().map(place);
        let base = Base::of(enterprise, &self.keys, journaled, kept)?;
        base.check_journaled(streams, enterprise).await?;
        let later;
        let head = if head.size() < base.frontier().size() {
            // Others may have gone on, and signed, since it was read.
            later = streams.head(enterprise).await?.unwrap_or_default();
            later.frontier()
        } else {
            head
        };
        check_leads(streams, enterprise, base.frontier(), head).await?;
        self.contradicted.check(enterprise)?;
        if base.frontier() != head {
            self.agenda().chain(enterprise, base.frontier(), head);
        }
        // What others have signed has to be in this journal too, or it is not found out when the store is set back.
        if !is_read || base.frontier() != head || base.last().map(place) != journaled_at {
            self.look_at(enterprise);
        }
        Ok(())
    }

    /// Whether a witness has cosigned of a stream what this host does not have.
    pub(crate) fn is_contradicted(&self, enterprise: &EnterpriseSlug) -> bool {
        self.contradicted.check(enterprise).is_err()
    }

    /// Signs a stream as far as it is durable; nothing where it is empty.
    pub(super) async fn seal(
        &self,
        store: &impl Store,
        enterprise: &EnterpriseSlug,
        known: Option<&Chain>,
    ) -> Result<Option<Frontier>, SealError> {
        self.contradicted.check(enterprise)?;
        let journaled = self.journaled_last(enterprise).await?;
        let kept = store.last_checkpoint(enterprise).await?;
        let base = Base::of(enterprise, &self.keys, journaled.clone(), kept.clone())?;
        base.check_journaled(store, enterprise).await?;
        let end = match known {
            // Another host may have signed what it has appended since.
            Some(chain) if chain.to.size() >= base.frontier().size() => chain.to.clone(),
            _ => store.head(enterprise).await?.unwrap_or_default().frontier().clone(),
        };
        if known.is_none_or(|chain| chain.from != *base.frontier()) {
            check_leads(store, enterprise, base.frontier(), &end).await?;
        }
        base.check_rows()?;
        if end.size() == 0 {
            return Ok(None);
        }
        if !self.made && base.last().is_none() {
            refuse_made(store, enterprise).await?;
        }
        let signed = self.sign(enterprise, &base, end)?;
        self.make_durable(enterprise, journaled.as_ref(), &signed).await?;
        if !kept.is_some_and(|kept| kept.holds(&signed)) {
            let origin = KeptCheckpoint::origin(&self.name, enterprise, signed.log)?;
            let ours = signed.note.signatures().iter().filter(|by| *by.name() == origin);
            if self.keep(store, enterprise, &signed, ours).await? {
                // Nobody need listen.
                let _ = self.given.send(enterprise.clone());
            }
        }
        Ok(Some(signed.frontier))
    }

    /// Signs with each key that has not, unless a witness has contradicted the stream meanwhile.
    fn sign(&self, enterprise: &EnterpriseSlug, base: &Base, frontier: Frontier) -> Result<KeptCheckpoint, SealError> {
        self.contradicted.check(enterprise)?;
        let log = base.log();
        let origin = KeptCheckpoint::origin(&self.name, enterprise, log)?;
        if let Some(last) = base.last() {
            check_origin(last, &origin)?;
        }
        let checkpoint = Checkpoint::of(origin.clone(), &frontier);
        let text = checkpoint.to_string();
        let same = base
            .last()
            .filter(|last| last.frontier == frontier && last.note.text() == text);
        let Some(last) = same else {
            let note = checkpoint.sign(&self.keys);
            return Ok(KeptCheckpoint { log, frontier, note });
        };
        let mut signed = last.clone();
        let missing = self.keys.iter().filter(|key| !is_signed_by(last, &origin, key));
        let missing: Vec<SigningKey> = missing.cloned().collect();
        for signature in checkpoint.sign(&missing).signatures() {
            // A note without room for a key is as good as one that has not changed: the next one has room.
            signed.note.add(signature.clone());
        }
        Ok(signed)
    }

    fn agenda(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What all the keys are called.
pub(super) fn name_of(keys: &[SigningKey]) -> Result<KeyName, SealError> {
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
            "the seal is on, and the store may lose what it has acknowledged: after a failover a checkpoint that was \
             given out may be contradicted"
        );
    }
}

/// Does what may wait for a disk.
pub(super) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, SealError> {
    spawn_blocking(work).await.map_err(|_| SealError::Lost)
}

#[cfg(all(test, feature = "witness"))]
mod tests {
    use super::*;
    use crate::seal::random_key;
    use crate::store::contract::Memory;

    #[tokio::test]
    async fn what_a_witness_contradicts_meanwhile_is_not_signed_and_a_broken_journal_is_looked_at_again() {
        let state = std::env::temp_dir().join(format!("enterprise-credentials-sealer-{}", std::process::id()));
        let store = Memory::default();
        let key = random_key("credentials.example.com".parse().unwrap()).unwrap();
        let sealer = Sealer::open(&store, SealOptions::new(vec![key], state.clone()))
            .await
            .unwrap();
        let slug = EnterpriseSlug::new("octo-corp").unwrap();
        let base = Base::of(&slug, &sealer.keys, None, None).unwrap();
        let mut frontier = Frontier::EMPTY;
        frontier.push_line(b"a line").unwrap();
        let signed = sealer.sign(&slug, &base, frontier.clone()).unwrap();
        store.keep_checkpoint(&slug, &signed).await.unwrap();
        sealer.make_durable(&slug, None, &signed).await.unwrap();
        sealer.compare(&store, &slug, &frontier).await.unwrap();
        assert_eq!((sealer.unsealed(), sealer.next().is_some()), (0, false));

        std::fs::write(state.join("octo-corp"), "broken").unwrap();
        sealer.compare(&store, &slug, &frontier).await.unwrap();
        assert_eq!((sealer.unsealed(), sealer.next().is_some()), (1, true));

        let (witness, size) = ("https://witness.example.com".to_owned(), 7);
        let alteration = Alteration::WitnessedOtherwise {
            witness: witness.clone(),
            size,
        };
        sealer.witnessed(&slug, witness, Some(alteration));
        let contradicted = sealer.sign(&slug, &base, frontier);
        assert!(
            matches!(contradicted, Err(SealError::Store(StoreError::Altered(_)))),
            "{contradicted:?}"
        );
        std::fs::remove_dir_all(state).unwrap();
    }
}
