//! Shows one stream to one witness: from the witness's last checkpoint to the stream's latest.

use std::sync::Arc;

use enterprise_credentials::EnterpriseSlug;
use enterprise_credentials_seal::{ConsistencyProver, Frontier, Note, NoteSignature, SealedGrowth, WitnessKey};
use tokio::task::spawn_blocking;

use super::WitnessUrl;
use super::client::{Client, Said, Unheard};
use crate::seal::{self, GrowthError, KeptCheckpoint};
use crate::store::{Alteration, Head, Page, StoreError, Streams, walk};

/// How often a witness is asked again at once, where it stands elsewhere than was thought.
/// Somebody else may be showing it the same stream.
const ASKED_MAX: u32 = 4;

const PROVE: &str = "prove that a stream only grew";

/// One witness, and the keys by which its cosignatures may be genuine.
#[derive(Debug, Clone)]
pub(super) struct Witness {
    client: Client,
    keys: Arc<[WitnessKey]>,
}

/// What a witness was last known to have cosigned of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Known {
    /// Of which log of the stream.
    log: u32,
    size: u64,
}

impl Known {
    pub(super) const fn is_of_same_log(self, other: Self) -> bool {
        // Of log 0 there is none: nothing is known yet.
        other.log == 0 || self.log == other.log
    }
}

/// Why a stream's latest checkpoint is not cosigned.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotCosigned {
    /// The witness does not say what it should.
    #[error(transparent)]
    Unheard(#[from] Unheard),
    /// None of its signatures is genuine and by a known key.
    #[error("it gives no genuine cosignature by a key that is known as a witness's")]
    Stranger,
    /// What it says of itself does not fit together.
    #[error("it says that it has cosigned {size} lines, and refuses a proof that begins there")]
    Confused {
        /// What it says.
        size: u64,
    },
    /// It stands at lines that the stream has, and of which there is no checkpoint yet.
    #[error("it has cosigned {size} lines already, and the latest checkpoint here covers {ours}")]
    Ahead {
        /// What it has cosigned.
        size: u64,
        /// What the latest checkpoint covers.
        ours: u64,
    },
    /// It has cosigned what this host does not have.
    #[error("it has cosigned another history: {0}")]
    Contradicted(Alteration),
    /// This host's own store fails.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a witness has cosigned.
#[derive(Debug)]
pub(super) struct Cosigned {
    pub(super) checkpoint: KeptCheckpoint,
    /// Genuine, by known keys, and none of a log.
    pub(super) signatures: Vec<NoteSignature>,
}

impl Witness {
    pub(super) const fn new(client: Client, keys: Arc<[WitnessKey]>) -> Self {
        Self { client, keys }
    }

    pub(super) const fn url(&self) -> &WitnessUrl {
        self.client.url()
    }

    /// Shows it the latest checkpoint of a stream, also one that it has cosigned already: then it says again when it
    /// saw it. Nothing where there is no checkpoint.
    pub(super) async fn show(
        &self,
        streams: &impl Streams,
        enterprise: &EnterpriseSlug,
        known: &mut Known,
    ) -> Result<Option<Cosigned>, NotCosigned> {
        let mut confused = 0;
        for _ in 0..ASKED_MAX {
            let Some(newest) = seal::latest(streams, enterprise).await? else {
                return Ok(None);
            };
            if known.log != newest.log {
                *known = Known {
                    log: newest.log,
                    size: 0,
                };
            }
            let (old, new) = (known.size, newest.size());
            if old > new {
                return Err(self.ahead(streams, enterprise, old, new).await);
            }
            let growth = grown(streams, enterprise, old, &newest).await?;
            match self.ask(growth).await? {
                Said::Cosigned(signatures) => {
                    let signatures = self.genuine(&newest.note, signatures)?;
                    known.size = new;
                    let checkpoint = newest;
                    return Ok(Some(Cosigned { checkpoint, signatures }));
                }
                // It compares sizes first, then roots, then what lies between.
                Said::Last(size) if size == old && size == new && size > 0 => return Err(self.otherwise(size)),
                Said::NotProven if old > 0 => return Err(self.otherwise(old)),
                Said::Last(size) if size == old => return Err(NotCosigned::Confused { size }),
                Said::NotProven => return Err(NotCosigned::Confused { size: old }),
                Said::Last(size) => (known.size, confused) = (size, size),
            }
        }
        Err(NotCosigned::Confused { size: confused })
    }

    async fn ask(&self, growth: SealedGrowth) -> Result<Said, NotCosigned> {
        let client = self.client.clone();
        let asked = spawn_blocking(move || client.add_checkpoint(&growth)).await;
        // Only a panic ends it otherwise, or the end of the runtime.
        let asked = asked.map_err(|error| StoreError::transient("ask a witness", error))?;
        Ok(asked?)
    }

    /// Those signatures that are by known witnesses. Others are left out: one could bear the log's own name,
    /// and be false.
    fn genuine(&self, note: &Note, signatures: Vec<NoteSignature>) -> Result<Vec<NoteSignature>, NotCosigned> {
        let is_genuine =
            |signature: &NoteSignature| self.keys.iter().any(|key| key.cosigned_at(note, signature).is_some());
        let genuine: Vec<_> = signatures.into_iter().filter(is_genuine).collect();
        if genuine.is_empty() {
            Err(NotCosigned::Stranger)
        } else {
            Ok(genuine)
        }
    }

    /// The witness stands beyond the latest checkpoint. If the stream has fewer lines than it has cosigned,
    /// lines are gone.
    async fn ahead(&self, streams: &impl Streams, enterprise: &EnterpriseSlug, size: u64, ours: u64) -> NotCosigned {
        let head = match streams.head(enterprise).await {
            Ok(head) => head.unwrap_or_default().position(),
            Err(error) => return error.into(),
        };
        if size <= head.value() {
            return NotCosigned::Ahead { size, ours };
        }
        let witness = self.url().to_string();
        NotCosigned::Contradicted(Alteration::WitnessedBeyond { head, witness, size })
    }

    fn otherwise(&self, size: u64) -> NotCosigned {
        let witness = self.url().to_string();
        NotCosigned::Contradicted(Alteration::WitnessedOtherwise { witness, size })
    }
}

/// The proof that a stream only grew from `old` lines to its latest checkpoint, whether or not one of so many lines is
/// kept: if the witness has cosigned so many, one was given out.
async fn grown(
    streams: &impl Streams,
    enterprise: &EnterpriseSlug,
    old: u64,
    newest: &KeptCheckpoint,
) -> Result<SealedGrowth, StoreError> {
    match seal::growth(streams, enterprise, old, newest).await {
        Ok(growth) => Ok(growth),
        Err(GrowthError::Store(error)) => Err(error),
        Err(_) => grown_from_the_first_line(streams, enterprise, old, newest).await,
    }
}

/// Of the lines before the older end, their tree's right edge; then the proof to the newer one.
struct FromTheFirstLine {
    old: u64,
    new: u64,
    edge: Frontier,
    prover: Option<ConsistencyProver>,
}

impl FromTheFirstLine {
    fn push(&mut self, page: &Page) -> Result<(), StoreError> {
        let cannot = |error| StoreError::permanent(PROVE, error);
        for line in page.lines() {
            if self.prover.is_none() && self.edge.size() == self.old {
                let prover = ConsistencyProver::new(&self.edge, self.new);
                self.prover = Some(prover.map_err(|error| StoreError::permanent(PROVE, error))?);
            }
            match &mut self.prover {
                Some(prover) => prover.push_line(line),
                None => self.edge.push_line(line).map_err(cannot)?,
            }
        }
        Ok(())
    }
}

async fn grown_from_the_first_line(
    streams: &impl Streams,
    enterprise: &EnterpriseSlug,
    old: u64,
    newest: &KeptCheckpoint,
) -> Result<SealedGrowth, StoreError> {
    let consumer = FromTheFirstLine {
        old,
        new: newest.size(),
        edge: Frontier::EMPTY,
        prover: None,
    };
    let sealed = Head::new(newest.frontier.clone(), None, 0);
    let read = walk(
        streams,
        enterprise,
        &Frontier::EMPTY,
        &sealed,
        consumer,
        FromTheFirstLine::push,
    )
    .await?;
    let prover = match read.prover {
        Some(prover) => prover,
        // There is no line behind the older end: the two are one.
        None => {
            ConsistencyProver::new(&read.edge, newest.size()).map_err(|error| StoreError::permanent(PROVE, error))?
        }
    };
    Ok(SealedGrowth {
        old,
        proof: prover.finish().map_err(|error| StoreError::permanent(PROVE, error))?,
        checkpoint: newest.note.clone(),
    })
}
