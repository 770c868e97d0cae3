//! What a fence proves, with a row in place of a stream: the right one, and those that are easily taken for it.

use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use crate::Given;
use crate::cluster::{Cluster, P, S1, S2};
use crate::node::Node;
use crate::wait::{Trace, wait_until};

const READ: &str = "SELECT size FROM heads";
const FENCE: &str = "DO $$ BEGIN PERFORM pg_logical_emit_message(true, 'fence', ''); END $$";
/// The read comes first, and the commit that waits for the quorum behind it.
const READ_THEN_FENCE: &str =
    "BEGIN; SELECT size FROM heads; SELECT pg_logical_emit_message(true, 'fence', '') > '0/0'; COMMIT";
const SEPARATE_MESSAGE: &str = "SELECT pg_logical_emit_message(false, 'fence', '') > '0/0'";
/// Longer than any commit takes that need not wait for ever.
const LONG: Duration = Duration::from_secs(3);

/// On an old primary that was cut off, while another has gone on. A fence that passes there, with what was read being
/// old, is a lie, and must be seen to be one.
pub(crate) fn wrong_fences(given: &Given, trace: &Trace) {
    let cluster = Cluster::of_three(given);
    let old = &cluster.nodes[P];
    old.sql("CREATE TABLE heads (size int)");
    old.sql("INSERT INTO heads VALUES (1)");
    assert!(ends(old, READ_THEN_FENCE), "p is the primary");
    assert!(ends(old, FENCE));
    trace.say("a fence passes on p, before anything is read");

    let new = &cluster.nodes[cluster.promote(trace, &[S1, S2]).unwrap()];
    new.sql("UPDATE heads SET size = 2");
    trace.say(format!("the stream goes on at {}; p is alive and cut off", new.name));
    assert_eq!(old.sql(READ), "1");
    trace.say("fence before read: it passed, and the read says 1: a lie");
    assert!(ends(new, FENCE));
    assert_eq!(old.sql(READ), "1");
    trace.say(format!(
        "fence on another connection: it passes on {}, and the read on p says 1: a lie",
        new.name
    ));
    assert!(ends(old, SEPARATE_MESSAGE));
    trace.say("fence outside of the transaction: it passes on p: a lie");
    let cancelled = cancelled(old);
    let said = String::from_utf8_lossy(&cancelled.stderr);
    assert!(
        cancelled.status.success() && said.contains("canceling wait for synchronous replication"),
        "{said}"
    );
    trace.say("a wait that was cancelled: COMMIT succeeds, and only a WARNING says that it proves nothing");
    assert!(!ends(old, READ_THEN_FENCE));
    trace.say("read, then fence, in one transaction: it does not pass on p");
    assert!(ends(new, READ_THEN_FENCE));
    trace.say(format!("and it does on {}", new.name));
}

/// Whether it ends by itself. What does not is left behind, and ends with the server.
fn ends(node: &Node, sql: &str) -> bool {
    let mut psql = node.psql("postgres", sql);
    let mut asked = psql.stdout(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while begun.elapsed() < LONG {
        if let Some(status) = asked.try_wait().unwrap() {
            assert!(status.success(), "{sql}");
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    asked.kill().unwrap();
    asked.wait().unwrap();
    false
}

/// What is said of a fence whose wait is cancelled.
fn cancelled(node: &Node) -> Output {
    let waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND backend_type = 'client backend'";
    let mut psql = node.psql("postgres", FENCE);
    let asked = psql.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("a commit waits", Duration::from_secs(30), || {
        node.sql(&format!("SELECT count(*) > 0 {waiting}")) == "t"
    });
    node.sql(&format!("SELECT pg_cancel_backend(pid) {waiting}"));
    asked.wait_with_output().unwrap()
}
