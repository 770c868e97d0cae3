//! Hosts over one store, their clients, and time that passes when all of them wait. Everything runs in turns on one
//! thread, so that a run depends on nothing but its workload and its plan.

use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use enterprise_credentials::log::replay;
use enterprise_credentials_host::clock::Clock;
use enterprise_credentials_host::enterprises::{CacheOptions, Enterprises};
use enterprise_credentials_host::http::{HttpOptions, router};
use enterprise_credentials_host::store::{Head, Store};
use enterprise_credentials_host::worker::{Worker, WorkerOptions};
use http_body_util::BodyExt;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::sync::watch;

use crate::common::history::exported;
use crate::common::http::revoke_all_path;
use crate::common::lines::{append, lines};
use crate::store::{Faults, Faulty, Life, Plan, Record};
use crate::workload::{Ask, Request, SLUG, TOKENS, history, slug};

/// How many credentials a batch takes.
pub(crate) const BATCH: u32 = 2;
/// How often a client sends a request that is not answered, or with 503.
const ATTEMPTS_MAX: u32 = 4;
/// How long the workers have, once nothing fails any more: the longest pause of one that failed often, and some.
const CALM_SECONDS_MAX: u32 = 40;

/// What one run left behind: what its clients saw, what is in the store, and how it was made.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) log: Vec<u8>,
    pub(crate) seen: Vec<Seen>,
    pub(crate) record: Record,
    /// The appends that the workers needed once nothing failed any more, and the lines these wrote.
    pub(crate) calm_appends: (usize, usize),
}

/// An attempt of a client, between two ends of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) path: String,
    pub(crate) token: &'static str,
    pub(crate) body: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) is_progress: bool,
    pub(crate) began_at: usize,
    pub(crate) ended_at: usize,
    pub(crate) answer: Option<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    pub(crate) body: String,
}

/// Runs the workload to its end, on a runtime of its own: two hosts over `store`, each seeing it through `wrap`.
pub(crate) fn run<S: Store + Clone, W: Store>(
    store: S,
    plan: Plan,
    workload: Vec<Vec<Request>>,
    wrap: impl Fn(Faulty<S>) -> W + Clone + Send + 'static,
) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        append(&store, &slug(), &Head::EMPTY, &lines(&history())).await.unwrap();
        let world = Arc::new(World::start(store, plan, wrap));
        let clients: Vec<_> = workload
            .into_iter()
            .map(|requests| tokio::spawn(client(Arc::clone(&world), requests)))
            .collect();
        for client in clients {
            client.await.unwrap();
        }
        world.end().await
    })
}

struct World<S> {
    store: S,
    faults: Arc<Faults>,
    /// The host that lives now, for each of the two.
    hosts: [Arc<Mutex<Living>>; 2],
    seen: Mutex<Vec<Seen>>,
}

#[derive(Clone)]
struct Living {
    router: Router,
    life: Life,
}

impl<S: Store + Clone> World<S> {
    fn start<W: Store>(store: S, plan: Plan, wrap: impl Fn(Faulty<S>) -> W + Clone + Send + 'static) -> Self {
        let faults = Faults::new(plan);
        let hosts = [0, 1].map(|host| keep_alive(store.clone(), Arc::clone(&faults), host, wrap.clone()));
        Self {
            store,
            faults,
            hosts,
            seen: Mutex::default(),
        }
    }

    async fn log(&self) -> Vec<u8> {
        exported(&self.store, &slug()).await
    }

    async fn end_of_stream(&self) -> usize {
        self.log().await.iter().filter(|byte| **byte == b'\n').count()
    }

    /// Lets everybody finish without further chance; then each token is shown to both hosts once more.
    async fn end(&self) -> Run {
        self.faults.calm();
        let begun_at = (self.appends(), self.end_of_stream().await);
        for _ in 0..CALM_SECONDS_MAX {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let is_finished = replay(&self.log().await).is_ok_and(|end| end.pending_revocations().next().is_none());
            if is_finished {
                break;
            }
        }
        let calm_appends = (self.appends() - begun_at.0, self.end_of_stream().await - begun_at.1);
        for (token, _) in TOKENS {
            for host in [0, 1] {
                let path = "/enterprises/octo-corp/credential-authorizations/revocations/1";
                self.send(&Request::progress(host, token), path).await;
            }
        }
        tokio::time::sleep(Duration::from_secs(5)).await;
        Run {
            log: self.log().await,
            seen: self.seen.lock().unwrap().clone(),
            record: self.faults.record.lock().unwrap().clone(),
            calm_appends,
        }
    }

    fn appends(&self) -> usize {
        self.faults.record.lock().unwrap().appends.len()
    }

    /// One attempt: an answer, or the host died.
    async fn send(&self, request: &Request, path: &str) -> Option<Answer> {
        let began_at = self.end_of_stream().await;
        let (body, key) = match &request.ask {
            Ask::RevokeAll { body, key } => (*body, key.clone()),
            Ask::Progress => ("", None),
        };
        let is_progress = matches!(request.ask, Ask::Progress);
        let mut sent = axum::http::Request::builder()
            .method(if is_progress { "GET" } else { "POST" })
            .uri(path)
            .header("Host", "t")
            .header("User-Agent", "t")
            .header("Authorization", format!("Bearer {}", request.token));
        if let Some(key) = &key {
            sent = sent.header("Idempotency-Key", key);
        }
        let host = self.hosts[request.host].lock().unwrap().clone();
        let answer = tokio::select! {
            biased;
            () = host.life.ended() => None,
            answer = ask(host.router, sent.body(Body::from(body)).unwrap()) => Some(answer),
        };
        let ended_at = self.end_of_stream().await;
        self.seen.lock().unwrap().push(Seen {
            path: path.to_string(),
            token: request.token,
            body,
            key,
            is_progress,
            began_at,
            ended_at,
            answer: answer.clone(),
        });
        answer
    }
}

async fn ask(router: Router, request: axum::http::Request<Body>) -> Answer {
    let response = TowerToHyperService::new(router).call(request).await.unwrap();
    let (head, body) = response.into_parts();
    Answer {
        status: head.status.as_u16(),
        location: head
            .headers
            .get("location")
            .map(|location| location.to_str().unwrap().to_string()),
        body: String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap(),
    }
}

/// Sends each request until it is answered with something else than 503, then the next.
async fn client<S: Store + Clone>(world: Arc<World<S>>, requests: Vec<Request>) {
    let mut location = "/enterprises/octo-corp/credential-authorizations/revocations/1".to_string();
    for mut request in requests {
        tokio::time::sleep(request.pause).await;
        let path = match request.ask {
            Ask::RevokeAll { .. } => revoke_all_path(request.enterprise),
            Ask::Progress => location.replace(SLUG, request.enterprise),
        };
        for _ in 0..ATTEMPTS_MAX {
            match world.send(&request, &path).await {
                Some(answer) if answer.status != 503 => {
                    location = answer.location.unwrap_or(location);
                    break;
                }
                _ => tokio::time::sleep(Duration::from_millis(60)).await,
            }
            // A client that is not served asks the other host.
            request.host = 1 - request.host;
        }
    }
}

/// A host, and whenever it dies another one in its place.
fn keep_alive<S: Store + Clone, W: Store>(
    store: S,
    faults: Arc<Faults>,
    host: usize,
    wrap: impl Fn(Faulty<S>) -> W + Clone + Send + 'static,
) -> Arc<Mutex<Living>> {
    let start = move || {
        let life = Life::new();
        let store = wrap(Faulty {
            inner: store.clone(),
            faults: Arc::clone(&faults),
            host,
            life: life.clone(),
        });
        // The history is of another year than the machine's clock.
        let clock = Arc::new(Clock::system(Duration::MAX));
        let (enterprises, changes) = Enterprises::with_clock(store, CacheOptions::default(), clock);
        let options = WorkerOptions {
            batch: NonZeroU32::new(BATCH).unwrap(),
            poll: Duration::from_millis(500),
        };
        let (stop, stopped) = watch::channel(false);
        let router = router(Arc::clone(&enterprises), HttpOptions::default());
        let worker = tokio::spawn(Worker::new(enterprises, changes, options).run(stopped));
        (Living { router, life }, worker, stop)
    };
    let mut started = start();
    let shared = Arc::new(Mutex::new(started.0.clone()));
    let current = Arc::clone(&shared);
    tokio::spawn(async move {
        loop {
            // The channel's other end is kept: a worker whose sender is gone stops.
            let (living, worker, _stop) = &started;
            living.life.ended().await;
            worker.abort();
            tokio::time::sleep(Duration::from_millis(20)).await;
            started = start();
            *current.lock().unwrap() = started.0.clone();
        }
    });
    shared
}
