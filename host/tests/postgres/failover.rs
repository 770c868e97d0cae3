//! The primary is lost under load, the most advanced standby promoted by the drill,
//! and hosts find it by the URL that names all.

use std::time::{Duration, Instant};

use crate::Given;
use crate::cluster::{Cluster, P};
use crate::common::history::TOKEN_OWNER_OAUTH;
use crate::load::{Load, REVOKE, Told, ask, progress};
use crate::scene::Scene;
use crate::wait::Trace;

const ROUNDS: u32 = 3;
const ROUNDS_LONG: u32 = 50;
const SLUGS: [&str; 4] = ["corp-1", "corp-2", "corp-3", "corp-4"];
const LARGE_CREDENTIALS: u64 = 1_000;

/// What one failover took and lost.
struct Round {
    accepted: usize,
    unsure: usize,
    /// When the primary was killed.
    job_under_way: bool,
    /// Until the drill has ended.
    promotion: Duration,
    /// Of the first client, and of the last.
    outage: (Duration, Duration),
}

/// Nothing acknowledged is lost, nothing is repeated, and each job is completed once.
pub(crate) fn failovers(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let scene = Scene::new(given, cluster.url());
    for slug in SLUGS {
        scene.import(slug, 20, "");
    }
    let hosts = [scene.serve(&["--batch", "10"]), scene.serve(&["--batch", "10"])];
    let addresses = [hosts[0].address, hosts[1].address];
    let (mut primary, mut all, mut table) = (P, Load::default(), Vec::new());
    let rounds = if given.is_long { ROUNDS_LONG } else { ROUNDS };
    for round in 0..rounds {
        let large = format!("large-{round}");
        // Tokens of its own: of the enterprises that share one a host asks the first sixteen alone.
        let (salt, owner) = (format!("-{large}"), format!("{TOKEN_OWNER_OAUTH}-{large}"));
        scene.import(&large, LARGE_CREDENTIALS, &salt);
        let job = ask(addresses[0], &large, &owner, REVOKE, "the-job");
        assert_eq!(job.status, 202, "{job:?}");
        let before = Duration::from_millis(300 + 90 * u64::from(round % 10));
        let position = job.position.unwrap();
        let (load, (killed, job_under_way, promotion)) = Load::during(&addresses, &SLUGS, || {
            std::thread::sleep(before);
            let job = progress(addresses[1], &large, &owner, position).json();
            let killed = Instant::now();
            cluster.nodes[primary].kill();
            trace.say(format!("round {round}: {} is killed", cluster.nodes[primary].name));
            let standbys: Vec<usize> = (0..3).filter(|node| *node != primary).collect();
            let old = std::mem::replace(&mut primary, cluster.promote(trace, &standbys).unwrap());
            let promotion = killed.elapsed();
            std::thread::sleep(Duration::from_secs(3));
            cluster.rejoin(old, primary);
            cluster.wait_for_followers(primary, 2);
            (killed, job["state"] != "completed", promotion)
        });
        let round = Round {
            accepted: load.count(202),
            unsure: load.told.len() - load.count(202),
            job_under_way,
            promotion,
            outage: load.outage(killed),
        };
        trace.say(round.row());
        let ended = finish(&scene, &large, job);
        trace.say(format!("{large}: one completion, {ended} events"));
        table.push(round);
        all.extend(load);
    }
    let recorded = SLUGS.map(|slug| scene.check_told(slug, &all.told));
    scene.verify();
    let requests: usize = recorded.iter().map(|recorded| recorded.requests.len()).sum();
    println!("{}", summary(&table, requests));
}

/// The job is completed, once.
fn finish(scene: &Scene, slug: &str, job: Told) -> usize {
    scene.check_told(slug, &[job]).events
}

impl Round {
    fn row(&self) -> String {
        format!(
            "{} requests got 202, {} had to be asked again; job under way: {}; the drill took {:.2} s, 202 again \
             after {:.2} to {:.2} s",
            self.accepted,
            self.unsure,
            self.job_under_way,
            self.promotion.as_secs_f64(),
            self.outage.0.as_secs_f64(),
            self.outage.1.as_secs_f64()
        )
    }
}

fn summary(rounds: &[Round], requests: usize) -> String {
    let seconds = |of: fn(&Round) -> Duration| {
        let mut all: Vec<f64> = rounds.iter().map(|round| of(round).as_secs_f64()).collect();
        all.sort_by(f64::total_cmp);
        format!("{:.2} | {:.2} | {:.2}", all[0], all[all.len() / 2], all[all.len() - 1])
    };
    format!(
        "| {} failovers | least | median | most |\n| --- | --- | --- | --- |\n\
         | seconds until the drill has ended | {} |\n\
         | seconds until the first request is accepted again | {} |\n| seconds until every client's is | {} |\n\
         | requests acknowledged, of {requests} kept | {} |||\n\
         | jobs under way when the primary was killed | {} |||\n\
         | acknowledged and lost, repeated, completed twice | 0 |||",
        rounds.len(),
        seconds(|round| round.promotion),
        seconds(|round| round.outage.0),
        seconds(|round| round.outage.1),
        rounds.iter().map(|round| round.accepted).sum::<usize>(),
        rounds.iter().filter(|round| round.job_under_way).count()
    )
}
