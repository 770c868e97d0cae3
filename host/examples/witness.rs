//! A witness: it cosigns checkpoints of logs that it was told of, each only if it goes on from all that it has cosigned
//! before. So whoever keeps a log, and the log's key, cannot show one history to some and another to others. It speaks
//! C2SP's `tlog-witness`, and its cosignatures are C2SP's `tlog-cosignature` v1.
//! Run it where whoever keeps the logs has no say.
//!
//! ```sh
//! mkdir w1 && cat octo-corp.vkey acme.vkey > w1/logs          # the verifier keys of the logs, one a line
//! cargo run -p enterprise-credentials-host --example witness -- w1 127.0.0.1:8090 witness.example.com/w1
//! ```
//!
//! It prints the key by which its cosignatures are checked, and then where it listens. It speaks HTTP: beyond one
//! machine, put a proxy that speaks TLS before it. The directory holds
//!
//! | file | |
//! | --- | --- |
//! | `logs` | you write it: one verifier key for each log, two while the log's key changes. It is read at the start |
//! | `key` | its secret, made at the first start |
//! | `*.checkpoint` | of each log the checkpoint that it cosigned last, durable before anybody gets the cosignature |
//! | `lock` | held by the one process that may use the directory |
//!
//! **Never restore that directory from a copy**: a witness that has forgotten may cosign a second history. If it is
//! lost, begin with an empty one: the new key is another witness. For the same reason the key is in it,
//! and not beside it.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail, ensure};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use enterprise_credentials_host::http::{self, HttpOptions};
use enterprise_credentials_seal::{
    Checkpoint, CosigningKey, Frontier, KeyName, NotAuthentic, NotWitnessed, Note, SealedGrowth, SigningKey,
    VerifierKey,
};
use sha2::{Digest, Sha256};

/// A checkpoint takes a few hundred bytes, and a proof at most 65 lines.
const REQUEST_BYTES_MAX: usize = 64 << 10;

/// What is cosigned, and with what.
struct Witness {
    key: CosigningKey,
    logs: HashMap<KeyName, Log>,
}

/// One log, and what was cosigned of it.
struct Log {
    keys: Vec<VerifierKey>,
    file: PathBuf,
    /// What was cosigned last. Whoever decides holds it until the next one is durable.
    last: Mutex<Checkpoint>,
}

/// Why there is no cosignature.
enum Refused {
    Malformed(String),
    UnknownLog(KeyName),
    NotWitnessed(NotWitnessed),
    NotKept(anyhow::Error),
}

impl Witness {
    /// Opens the directory, which holds `logs`; makes the key if there is none.
    fn open(directory: &Path, name: &str) -> Result<Self> {
        let key = open_key(&directory.join("key"), KeyName::new(name)?)?;
        let list = directory.join("logs");
        let list = fs::read_to_string(&list).with_context(|| format!("cannot read `{}`", list.display()))?;
        let mut logs: HashMap<KeyName, Log> = HashMap::new();
        for (number, line) in (1..).zip(list.lines()) {
            let key: VerifierKey = line.parse().with_context(|| format!("line {number} of `logs`"))?;
            let origin = key.name().clone();
            if !logs.contains_key(&origin) {
                logs.insert(origin.clone(), Log::open(directory, &origin)?);
            }
            logs.entry(origin).and_modify(|log| log.keys.push(key));
        }
        Ok(Self { key, logs })
    }

    /// Decides, makes durable what it decides, and only then signs.
    fn cosign(&self, request: &[u8]) -> Result<String, Refused> {
        let request = SealedGrowth::parse(request).map_err(|error| Refused::Malformed(error.to_string()))?;
        let text = request.checkpoint.text();
        let origin = text.lines().next().and_then(|line| KeyName::new(line).ok());
        let origin = origin.ok_or_else(|| Refused::Malformed("the checkpoint names no log".to_owned()))?;
        let Some(log) = self.logs.get(&origin) else {
            return Err(Refused::UnknownLog(origin));
        };
        // One at a time for each log: two that both go on from the last one need not go on from each other.
        let mut last = log.last.lock().unwrap_or_else(PoisonError::into_inner);
        let newer = request
            .witness(&last, &log.keys)
            .map_err(|why| log.refused(why, &request.checkpoint))?;
        if newer != *last {
            // If this fails the file may hold the newer one: nobody has a signature of it, and the next start makes it
            // durable and goes on from it.
            replace(&log.file, &request.checkpoint.to_string()).map_err(Refused::NotKept)?;
            *last = newer.clone();
        }
        let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let time = time.map_err(|_| Refused::NotKept(anyhow!("the clock shows a time before 1970")))?;
        Ok(format!("{}\n", self.key.cosign(&newer, time.as_secs())))
    }
}

impl Log {
    /// What was cosigned last is known, or was never: a file that cannot be read is no reason to begin anew.
    fn open(directory: &Path, origin: &KeyName) -> Result<Self> {
        // A name has slashes, and may be longer than names of files.
        let hash = Sha256::digest(origin.as_str());
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        let file = directory.join(format!("{name}.checkpoint"));
        let last = match fs::read(&file) {
            Ok(note) => {
                // It may have been put there, and not be durable: then the next power cut would have it forgotten.
                sync(&file).with_context(|| format!("cannot make `{}` durable", file.display()))?;
                read_last(&note, origin).with_context(|| format!("`{}`, of `{origin}`", file.display()))?
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Checkpoint::of(origin.clone(), &Frontier::EMPTY),
            Err(error) => bail!("cannot read `{}`: {error}", file.display()),
        };
        let (keys, last) = (Vec::new(), Mutex::new(last));
        Ok(Self { keys, file, last })
    }

    /// Whoever signs two histories is convicted by both checkpoints: the one that is kept, and this one.
    fn refused(&self, why: NotWitnessed, checkpoint: &Note) -> Refused {
        if let NotWitnessed::Split { .. } | NotWitnessed::NotProven(_) = why {
            eprintln!(
                "NOT COSIGNED, {why}. Compare `{}` with:\n{checkpoint}",
                self.file.display()
            );
        }
        Refused::NotWitnessed(why)
    }
}

fn read_last(note: &[u8], origin: &KeyName) -> Result<Checkpoint> {
    let last: Checkpoint = Note::parse(note)?.text().parse()?;
    ensure!(last.origin == *origin, "it is of `{}`", last.origin);
    Ok(last)
}

/// Puts a file in the place of another: at each moment, also after a power cut, one of them is there whole.
fn replace(path: &Path, text: &str) -> Result<()> {
    let cannot = || format!("cannot write `{}`", path.display());
    let temporary = path.with_extension("tmp");
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let written = options.open(&temporary).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        sync(path)
    });
    written.with_context(cannot)
}

/// Makes a file durable, and that it has its name.
fn sync(path: &Path) -> std::io::Result<()> {
    File::open(path)?.sync_all()?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn open_key(path: &Path, name: KeyName) -> Result<CosigningKey> {
    let read = |text: String| CosigningKey::from_secret_text(&text).with_context(|| format!("`{}`", path.display()));
    let key = match fs::read_to_string(path) {
        Ok(text) => read(text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let mut seed = [0; SigningKey::SEED_LENGTH];
            getrandom::fill(&mut seed).map_err(|error| anyhow!("no random bytes: {error}"))?;
            let key = CosigningKey::from_seed(name.clone(), &seed);
            replace(path, &format!("{}\n", key.to_secret_text()))?;
            key
        }
        Err(error) => bail!("cannot read `{}`: {error}", path.display()),
    };
    let found = key.witness_key();
    ensure!(
        *found.name() == name,
        "the key in the directory is of `{}`, and not of `{name}`",
        found.name()
    );
    Ok(key)
}

async fn add_checkpoint(State(witness): State<Arc<Witness>>, body: Body) -> Response {
    let Ok(request) = to_bytes(body, REQUEST_BYTES_MAX).await else {
        let longest = format!("a request has at most {REQUEST_BYTES_MAX} bytes\n");
        return (StatusCode::PAYLOAD_TOO_LARGE, longest).into_response();
    };
    // It waits for the disk, and for others that do.
    match tokio::task::spawn_blocking(move || witness.cosign(&request)).await {
        Ok(Ok(cosignature)) => cosignature.into_response(),
        Ok(Err(refused)) => refused.into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

impl IntoResponse for Refused {
    /// With the statuses of `tlog-witness`.
    fn into_response(self) -> Response {
        let (status, why) = match self {
            Self::NotWitnessed(NotWitnessed::Stale { size } | NotWitnessed::Split { size }) => {
                let content_type = [(header::CONTENT_TYPE, "text/x.tlog.size")];
                return (StatusCode::CONFLICT, content_type, format!("{size}\n")).into_response();
            }
            Self::Malformed(why) => (StatusCode::BAD_REQUEST, why),
            Self::UnknownLog(origin) => (StatusCode::NOT_FOUND, format!("the log `{origin}` is not known here")),
            Self::NotWitnessed(why) => {
                let status = match why {
                    NotWitnessed::NotProven(_) => StatusCode::UNPROCESSABLE_ENTITY,
                    NotWitnessed::Shrinks { .. } | NotWitnessed::NotAuthentic(NotAuthentic::Malformed(_)) => {
                        StatusCode::BAD_REQUEST
                    }
                    _ => StatusCode::FORBIDDEN,
                };
                (status, why.to_string())
            }
            Self::NotKept(error) => {
                eprintln!("NOT COSIGNED: {error:#}");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "it cannot be kept, so it is not cosigned".to_owned(),
                )
            }
        };
        (status, format!("{why}\n")).into_response()
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    run(&std::env::args().skip(1).collect::<Vec<_>>()).await
}

/// Serves until the process ends.
pub(crate) async fn run(arguments: &[String]) -> Result<()> {
    let [directory, address, name] = arguments else {
        bail!("usage: witness DIRECTORY ADDRESS NAME");
    };
    let directory = Path::new(directory);
    let lock = directory.join("lock");
    let lock = File::create(&lock).with_context(|| format!("cannot create `{}`", lock.display()))?;
    lock.try_lock().context("another witness uses the directory")?;
    let witness = Arc::new(Witness::open(directory, name)?);

    let listener = http::listen(address.parse::<SocketAddr>()?)?;
    println!("{}", witness.key.witness_key());
    println!("listening on http://{}", listener.local_addr()?);
    let router = Router::new()
        .route("/add-checkpoint", post(add_checkpoint))
        .with_state(witness);
    // What is durable needs no stop of its own: it may be killed at any moment.
    let (_running, stop) = tokio::sync::watch::channel(false);
    http::serve(listener, router, HttpOptions::default(), stop).await;
    Ok(())
}
