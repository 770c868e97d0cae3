//! Many processes on one database.

use std::time::Duration;

use crate::Given;
use crate::cluster::Cluster;
use crate::common::history::{
    History, TOKEN_HOLDER, TOKEN_MEMBER, TOKEN_OWNER, TOKEN_OWNER_OAUTH, completions, token_of_many,
};
use crate::common::process::{run, run_well};
use crate::load::{DESTROY, Load, REVOKE, ask, progress};
use crate::scene::Scene;
use crate::wait::{Trace, wait_until};

const SLUG: &str = "octo-corp";
const CREDENTIALS: u64 = 300;
const LOADED: [&str; 3] = ["corp-1", "corp-2", "corp-3"];

/// A token that was destroyed through one host is refused by the other at once,
/// and the two share a job without doing it twice.
pub(crate) fn two_hosts(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_one(given);
    let scene = Scene::new(given, cluster.url());
    let history = History::sample(SLUG, "").with_credentials(CREDENTIALS, "");
    let plan = history.plan(true);
    run_well(&["import", "--store", &scene.url, &scene.written(&history)]);
    let hosts = [scene.serve(&["--batch", "5"]), scene.serve(&["--batch", "5"])];
    let status = |host: usize, token: &str| progress(hosts[host].address, SLUG, token, 1).status;
    for host in [0, 1] {
        assert_eq!(
            status(host, TOKEN_HOLDER),
            404,
            "it is alive, and there is no such revocation"
        );
    }
    let accepted = ask(hosts[0].address, SLUG, TOKEN_OWNER, DESTROY, "the-end");
    assert_eq!(accepted.status, 202, "{accepted:?}");
    let many = (0..CREDENTIALS).step_by(7).map(|number| token_of_many(number, ""));
    let tokens: Vec<String> = [TOKEN_OWNER, TOKEN_HOLDER, TOKEN_MEMBER]
        .map(str::to_owned)
        .into_iter()
        .chain(many)
        .collect();
    for token in &tokens {
        for host in [1, 0] {
            assert_eq!(status(host, token), 401);
        }
    }
    trace.say(format!(
        "{} destroyed tokens were refused by both hosts at once",
        tokens.len()
    ));
    let position = accepted.position.unwrap();
    wait_until("the job is completed", Duration::from_secs(60), || {
        progress(hosts[1].address, SLUG, TOKEN_OWNER_OAUTH, position).json()["state"] == "completed"
    });
    scene.check_told(SLUG, &[accepted]);
    let totals = (
        plan.cut.value(),
        plan.authorizations_revoked,
        plan.credentials_destroyed,
    );
    assert_eq!(completions(&scene.export(SLUG)), [totals]);
    trace.say(format!("the job ended once, as planned: {totals:?}"));
    for host in hosts {
        assert_eq!(host.terminate(), Some(0));
    }
}

/// Four importers at once, two of them with the same log, beside two hosts under load.
pub(crate) fn two_hosts_and_four_importers(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_one(given);
    let scene = Scene::new(given, cluster.url());
    for slug in LOADED {
        scene.import(slug, 50, "");
    }
    let hosts = [scene.serve(&[]), scene.serve(&[])];
    let addresses = [hosts[0].address, hosts[1].address];
    let histories: Vec<History> = ["new-1", "new-2", "new-3", "new-3"]
        .iter()
        .map(|slug| History::sample(slug, "").with_credentials(2_000, ""))
        .collect();
    let files: Vec<String> = histories.iter().map(|history| scene.written(history)).collect();
    let (load, outputs) = Load::during(&addresses, &LOADED, || {
        std::thread::scope(|scope| {
            let imports: Vec<_> = files
                .iter()
                .map(|file| scope.spawn(|| run(&["import", "--store", &scene.url, file])))
                .collect();
            imports
                .into_iter()
                .map(|import| import.join().unwrap())
                .collect::<Vec<_>>()
        })
    });
    for (history, output) in histories.iter().zip(&outputs) {
        let said = String::from_utf8_lossy(&output.stderr);
        // Who imports what another is just importing may be told that somebody else was faster.
        assert!(output.status.success() || said.contains("ends at position"), "{said}");
        assert_eq!(scene.export(history.slug().as_str()), history.log, "{said}");
    }
    assert!(outputs.iter().filter(|output| output.status.success()).count() >= 3);
    let longest = load.told.iter().map(|told| told.ended - told.began).max().unwrap();
    trace.say(format!(
        "4 importers of 2,000 credentials each beside 2 hosts: {} requests got 202, {} another answer; the longest \
         took {:.2} s",
        load.count(202),
        load.told.len() - load.count(202),
        longest.as_secs_f64()
    ));
    for (number, history) in histories[..3].iter().enumerate() {
        let slug = history.slug();
        let told = ask(addresses[number % 2], slug.as_str(), TOKEN_OWNER_OAUTH, REVOKE, "first");
        assert_eq!(told.status, 202, "{told:?}");
        scene.check_told(slug.as_str(), &[told]);
    }
    for slug in LOADED {
        scene.check_told(slug, &load.told);
    }
    scene.verify();
}
