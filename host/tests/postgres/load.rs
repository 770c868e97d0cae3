//! Clients that ask all the time, of several hosts, while servers come and go.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::common::history::TOKEN_OWNER_OAUTH;
use crate::common::http::{Answer, get, try_revoke_all};

/// Between two requests of a client: each leaves a job to be waited for in the end.
const ASK_EVERY: Duration = Duration::from_millis(40);
/// How long after its end a fault may last.
const PATIENCE: Duration = Duration::from_secs(60);
/// Destroys nothing, so that the caller's token may ask again.
pub(crate) const REVOKE: &str = r#"{"revoke_credentials":false}"#;
pub(crate) const DESTROY: &str = r#"{"revoke_credentials":true}"#;

/// A request, when it was sent and how it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) slug: String,
    pub(crate) key: String,
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
    /// 0 where there was no answer.
    pub(crate) status: u16,
    /// The position in `Location`.
    pub(crate) position: Option<u64>,
}

/// `POST …/revoke-all`.
pub(crate) fn ask(host: SocketAddr, slug: &str, token: &str, body: &str, key: &str) -> Told {
    let began = Instant::now();
    let answer = try_revoke_all(host, slug, token, body, &[("Idempotency-Key", key)]);
    let (mut status, mut position) = (0, None);
    if let Ok(answer) = &answer {
        status = answer.status;
        let location = answer.header("location");
        position = location.and_then(|location| location.rsplit('/').next()?.parse().ok());
    }
    Told {
        slug: slug.to_owned(),
        key: key.to_owned(),
        began,
        ended: Instant::now(),
        status,
        position,
    }
}

/// How a host answers whoever asks how far a revocation is: 401 to a token that does not authenticate.
pub(crate) fn progress(host: SocketAddr, slug: &str, token: &str, position: u64) -> Answer {
    let path = format!("/enterprises/{slug}/credential-authorizations/revocations/{position}");
    get(host, &path, token)
}

/// All that clients were told.
#[derive(Debug, Default)]
pub(crate) struct Load {
    pub(crate) told: Vec<Told>,
}

impl Load {
    /// Has a client for each of `slugs` ask for as long as `meanwhile` takes, and then until it is told 202 once more.
    /// A request that is not answered with 202 is sent again with the same key, to the next host:
    /// as a caller does who wants to know.
    pub(crate) fn during<T>(hosts: &[SocketAddr], slugs: &[&str], meanwhile: impl FnOnce() -> T) -> (Self, T) {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let stop = &stop;
            let asking = slugs.iter().enumerate().map(|(client, slug)| {
                let hosts = hosts.iter().cycle().skip(client).copied();
                scope.spawn(move || ask_until(stop, hosts, slug))
            });
            let asking: Vec<_> = asking.collect();
            let done = meanwhile();
            stop.store(true, Ordering::Relaxed);
            let told = asking.into_iter().flat_map(|client| client.join().unwrap()).collect();
            (Self { told }, done)
        })
    }

    /// How many requests were answered so.
    pub(crate) fn count(&self, status: u16) -> usize {
        self.told.iter().filter(|told| told.status == status).count()
    }

    /// From `begin` until each of the clients was told 202 for a request: the first such, and the last.
    pub(crate) fn outage(&self, begin: Instant) -> (Duration, Duration) {
        let slugs: std::collections::BTreeSet<&str> = self.told.iter().map(|told| told.slug.as_str()).collect();
        let again = slugs.iter().map(|slug| {
            let mut later = self
                .told
                .iter()
                .filter(|told| told.slug == **slug && told.ended > begin);
            let first = later.find(|told| told.status == 202 && told.began > begin);
            first
                .unwrap_or_else(|| panic!("{slug}: no request succeeded any more"))
                .ended
                - begin
        });
        let again: Vec<Duration> = again.collect();
        (*again.iter().min().unwrap(), *again.iter().max().unwrap())
    }

    pub(crate) fn extend(&mut self, other: Self) {
        self.told.extend(other.told);
    }
}

fn ask_until(stop: &AtomicBool, hosts: impl Iterator<Item = SocketAddr>, slug: &str) -> Vec<Told> {
    static KEYS: AtomicU64 = AtomicU64::new(0);
    let (mut told, mut key) = (Vec::<Told>::new(), String::new());
    let mut stopped_at = None;
    for host in hosts {
        if stop.load(Ordering::Relaxed) {
            stopped_at.get_or_insert_with(Instant::now);
        }
        if told.last().is_none_or(|told| told.status == 202) {
            key = format!("key-{}", KEYS.fetch_add(1, Ordering::Relaxed));
        }
        let answer = ask(host, slug, TOKEN_OWNER_OAUTH, REVOKE, &key);
        let is_last = stopped_at.is_some() && answer.status == 202;
        told.push(answer);
        if is_last {
            break;
        }
        let waited = stopped_at.map(|at| at.elapsed()).unwrap_or_default();
        assert!(
            waited < PATIENCE,
            "{slug}: no request succeeds any more: {:?}",
            told.last()
        );
        std::thread::sleep(ASK_EVERY);
    }
    told
}
