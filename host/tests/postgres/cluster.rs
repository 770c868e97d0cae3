//! Three members of one cluster: a primary and two standbys, each of which would be a primary that waits for another.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::Given;
use crate::node::{DATABASE, Node, PASSWORD, USER};
use crate::wait::{Trace, wait_until};

pub(crate) const NAMES: [&str; 3] = ["p", "s1", "s2"];
pub(crate) const QUORUM: &str = "ANY 1 (p,s1,s2)";
const PATIENCE: Duration = Duration::from_secs(60);

/// Where a member stands among [`Cluster::nodes`].
pub(crate) const P: usize = 0;
pub(crate) const S1: usize = 1;
pub(crate) const S2: usize = 2;

/// One server, or a primary and its standbys.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Node>,
    promote: PathBuf,
}

impl Cluster {
    /// One server, which waits for no other.
    pub(crate) fn of_one(given: &Given) -> Self {
        let node = Node::new(given, &directory(given), "p", "");
        node.start();
        let cluster = Self {
            nodes: vec![node],
            promote: given.promote.clone(),
        };
        cluster.nodes[P].sql(&format!("CREATE DATABASE {DATABASE}"));
        cluster
    }

    /// Three, with the quorum in the configuration of each.
    pub(crate) fn of_three(given: &Given) -> Self {
        let below = directory(given);
        let settings = format!("synchronous_standby_names = '{QUORUM}'");
        let nodes: Vec<Node> = NAMES
            .iter()
            .map(|name| Node::new(given, &below, name, &settings))
            .collect();
        // All begin with the same copy.
        for standby in [S1, S2] {
            nodes[standby].becomes_standby_of(&nodes[P]);
        }
        std::thread::scope(|scope| {
            for node in &nodes {
                scope.spawn(|| node.start());
            }
        });
        let cluster = Self {
            nodes,
            promote: given.promote.clone(),
        };
        cluster.wait_for_followers(P, 2);
        cluster.nodes[P].sql(&format!("CREATE DATABASE {DATABASE}"));
        cluster
    }

    /// Waits until so many standbys have what a member has now, and stream from it.
    pub(crate) fn wait_for_followers(&self, primary: usize, count: usize) {
        let primary = &self.nodes[primary];
        let position = primary.sql("SELECT pg_current_wal_flush_lsn()");
        let followers = format!(
            "SELECT count(*) FROM pg_stat_replication
            WHERE state = 'streaming' AND sync_state = 'quorum' AND replay_lsn >= '{position}'"
        );
        wait_until(&format!("{count} follow {}", primary.name), PATIENCE, || {
            primary.sql(&followers) == count.to_string()
        });
    }

    /// Has standbys that were cut off follow a member again.
    pub(crate) fn follow_again(&self, primary: usize, standbys: &[usize]) {
        for standby in standbys {
            let node = &self.nodes[*standby];
            node.set("primary_conninfo", &self.nodes[primary].upstream(node.name));
        }
    }

    /// The store's URL: all members, of which hosts look for the one that can be written to.
    pub(crate) fn url(&self) -> String {
        let ports: Vec<u16> = self.nodes.iter().map(|node| node.port).collect();
        url(&ports)
    }

    /// The drill: what an operator does when a primary is lost or given up. Gives the member that it promoted.
    pub(crate) fn promote(&self, trace: &Trace, standbys: &[usize]) -> Result<usize, String> {
        let mut script = Command::new(&self.promote);
        for standby in standbys {
            let node = &self.nodes[*standby];
            script.args(["--standby", &format!("{}={}", node.name, node.conninfo("postgres"))]);
        }
        let output = script.stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        for line in said.lines() {
            trace.say(format!("promote.sh: {line}"));
        }
        if !output.status.success() {
            return Err(said.into_owned());
        }
        let promoted = String::from_utf8(output.stdout).unwrap();
        let promoted = self.nodes.iter().position(|node| node.name == promoted.trim());
        Ok(promoted.unwrap())
    }

    /// What the drill exists to prevent: a standby is promoted, whatever the others have.
    pub(crate) fn promote_blindly(&self, standby: usize) {
        assert_eq!(self.nodes[standby].sql("SELECT pg_promote(true, 60)"), "t");
    }

    /// Has what was the primary follow the one that is.
    pub(crate) fn rejoin(&self, old: usize, primary: usize) {
        self.nodes[old].rejoin(&self.nodes[primary]);
    }
}

/// The store behind these ports.
pub(crate) fn url(ports: &[u16]) -> String {
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    let hosts = hosts.join(",");
    format!("postgres://{USER}:{PASSWORD}@{hosts}/{DATABASE}?target_session_attrs=read-write&connect_timeout=3")
}

fn directory(given: &Given) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let directory = given.scratch.join(COUNT.fetch_add(1, Ordering::Relaxed).to_string());
    given.create(&directory);
    directory
}
