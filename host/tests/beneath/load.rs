//! Clients that ask all the time, while a fault comes and goes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::http::{Client, Told};
use crate::scene::{RECOVERY_MAX, REVOKE, Scene, Serve};

const CLIENTS: usize = 4;
const HEALTH_EVERY: Duration = Duration::from_millis(50);
/// Between two requests of a client: each leaves a job to be waited for in the end.
const POST_EVERY: Duration = Duration::from_millis(20);

/// All that clients were told.
pub(crate) struct Load {
    pub(crate) posts: Vec<Told>,
    pub(crate) health: Vec<Told>,
}

impl Load {
    /// Has clients ask for as long as `meanwhile` takes.
    pub(crate) fn during<T>(scene: &Scene, serve: &Serve, meanwhile: impl FnOnce() -> T) -> (Self, T) {
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (stop, slugs, token) = (&stop, &scene.slugs, scene.token.as_str());
            let posting = (0..CLIENTS).map(|first| {
                let client = serve.client();
                scope.spawn(move || {
                    let mut in_turn = slugs.iter().cycle().skip(first);
                    until(stop, || {
                        std::thread::sleep(POST_EVERY);
                        client.revoke_all(in_turn.next().unwrap(), token, REVOKE, None)
                    })
                })
            });
            let posting: Vec<_> = posting.collect();
            let client = serve.client();
            let looking = scope.spawn(move || until(stop, || look(&client)));
            let done = meanwhile();
            stop.store(true, Ordering::Relaxed);
            let posts = posting.into_iter().flat_map(|client| client.join().unwrap()).collect();
            let health = looking.join().unwrap();
            (Self { posts, health }, done)
        })
    }

    /// How long after `end` the last request failed. Fails where that is too long, and where nothing was asked since.
    pub(crate) fn recovery(&self, end: Instant) -> Duration {
        let last_ill = |all: &[Told], well: u16| {
            let is_long = all.iter().any(|told| told.began >= end + RECOVERY_MAX);
            assert!(is_long, "nobody asked long enough");
            let ill = all.iter().filter(|told| told.ended > end && told.status != well);
            let last = ill.max_by_key(|told| told.ended);
            let took = last.map_or(Duration::ZERO, |told| told.ended - end);
            assert!(
                took <= RECOVERY_MAX,
                "not {well} {took:?} after the fault's end: {last:?}"
            );
            took
        };
        last_ill(&self.posts, 202).max(last_ill(&self.health, 200))
    }

    /// How many requests were answered so.
    pub(crate) fn count(&self, status: u16) -> usize {
        self.posts.iter().filter(|told| told.status == status).count()
    }

    /// Whether `healthz` said 503 in that time.
    pub(crate) fn was_ill(&self, begin: Instant, end: Instant) -> bool {
        let mut within = self
            .health
            .iter()
            .filter(|told| told.began >= begin && told.ended <= end);
        within.any(|told| told.status == 503)
    }
}

fn until(stop: &AtomicBool, mut ask: impl FnMut() -> Told) -> Vec<Told> {
    let mut told = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        told.push(ask());
    }
    told
}

fn look(client: &Client) -> Told {
    std::thread::sleep(HEALTH_EVERY);
    client.health()
}
