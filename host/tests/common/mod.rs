//! What the host's tests share: small histories made by the core itself, stores in directories of their own, and hosts
//! in the test's process and outside it.

#![expect(dead_code, reason = "each test binary uses a part")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

pub(crate) mod history;
pub(crate) mod http;
pub(crate) mod lines;
pub(crate) mod process;
pub(crate) mod watched;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use enterprise_credentials_host::store::{IfMissing, SqliteStore};
use rusqlite::Connection;

/// A directory that goes away with the test, unless the test fails.
#[derive(Debug)]
pub(crate) struct Directory(PathBuf);

impl Directory {
    pub(crate) fn new() -> Self {
        Self::below(Path::new(env!("CARGO_TARGET_TMPDIR")))
    }

    /// One that every user may enter, which those above the checkout need not allow.
    pub(crate) fn open_to_all() -> Self {
        let tried = [
            std::env::temp_dir(),
            "/tmp".into(),
            "/var/tmp".into(),
            "/dev/shm".into(),
        ];
        let others_may_enter = |path: &Path| {
            let metadata = std::fs::metadata(path);
            metadata.is_ok_and(|metadata| metadata.permissions().mode() & 0o001 != 0)
        };
        let open = tried.iter().find(|path| path.ancestors().all(others_may_enter));
        let directory = Self::below(open.unwrap_or_else(|| panic!("none of {tried:?} may be entered by all")));
        std::fs::set_permissions(&directory.0, Permissions::from_mode(0o755)).unwrap();
        directory
    }

    fn below(parent: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("enterprise-credentials-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn store_url(&self) -> String {
        format!("sqlite:{}", self.file("store.db").display())
    }

    pub(crate) async fn store(&self) -> SqliteStore {
        SqliteStore::open(&self.file("store.db"), IfMissing::Create)
            .await
            .unwrap()
    }

    /// Another connection to the store's file, beside those of the program. It makes no checkpoint,
    /// and lets any row go.
    pub(crate) fn connection(&self) -> Connection {
        let connection = Connection::open(self.file("store.db")).unwrap();
        connection.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
        connection.pragma_update(None, "foreign_keys", false).unwrap();
        connection
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// A runtime beside the test's own thread, which may then block.
pub(crate) fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
}

/// Asks again and again until it holds, for a minute at most.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun_at = Instant::now();
    while !holds() {
        assert!(begun_at.elapsed() < Duration::from_secs(60), "still not so: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
