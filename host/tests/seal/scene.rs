//! A store whose hosts seal, and everything that they may have given out.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;

use enterprise_credentials_host::seal::{Journal, read_key};
use enterprise_credentials_seal::{Checkpoint, KeyName, LogCheck, Note, SigningKey, VerifierKey};

use crate::common::history::{History, TOKEN_OWNER_OAUTH};
use crate::common::http::{get, try_revoke_all};
use crate::common::process::{Serve, export, run, run_well};
use crate::common::{Directory, wait_until};

pub(crate) const NAME: &str = "credentials.example.com";

/// A store in a directory, with a key beside it.
pub(crate) struct Scene(pub(crate) Directory);

impl Scene {
    /// With these enterprises, whose tokens end with their slugs.
    pub(crate) fn new(slugs: &[&str]) -> Self {
        let scene = Self(Directory::new());
        for slug in slugs {
            let history = History::sample(slug, slug).with_credentials(40, slug);
            let file = scene.0.file(&format!("{slug}.jsonl"));
            std::fs::write(&file, &history.log).unwrap();
            run_well(&["import", "--store", &scene.0.store_url(), &file.display().to_string()]);
        }
        scene.make_key("key", NAME);
        scene
    }

    pub(crate) fn make_key(&self, file: &str, name: &str) {
        run_well(&["seal", "key", &self.path(file), "--log", name]);
    }

    pub(crate) fn path(&self, file: &str) -> String {
        self.0.file(file).display().to_string()
    }

    /// A host with a journal of its own.
    pub(crate) fn serve(&self, journal: &str, more: &[&str]) -> Serve {
        let (key, state) = (self.path("key"), self.path(journal));
        let mut options = vec!["--seal-key", &key, "--seal-state", &state];
        options.extend(more);
        Serve::start(&self.0.store_url(), &self.0.file(&format!("{journal}.log")), &options)
    }

    /// Why a host does not start.
    pub(crate) fn refused(&self, options: &[&str]) -> String {
        let store = self.0.store_url();
        let mut arguments = vec!["serve", "--store", &store, "--listen", "127.0.0.1:0"];
        arguments.extend(options);
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    /// Where the stream ends, and how many lines its last checkpoint covers.
    pub(crate) fn ends(&self, slug: &str) -> (u64, u64) {
        let connection = self.0.connection();
        let sizes = "SELECT (SELECT size FROM heads WHERE enterprise = ?1), \
             coalesce((SELECT size FROM checkpoints WHERE enterprise = ?1 ORDER BY log DESC, size DESC LIMIT 1), 0)";
        let row = connection.query_row(sizes, [slug], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
        let (head, sealed) = row.unwrap();
        (head.try_into().unwrap(), sealed.try_into().unwrap())
    }

    pub(crate) fn wait_until_sealed(&self, slug: &str) -> u64 {
        wait_until("all lines are sealed", || {
            let (head, sealed) = self.ends(slug);
            head == sealed
        });
        self.ends(slug).1
    }

    /// Everything that may have been given out of any stream: what the store keeps, and what the journals hold.
    pub(crate) fn notes(&self, journals: &[&str]) -> BTreeSet<String> {
        let connection = self.0.connection();
        let mut select = connection.prepare("SELECT note FROM checkpoints").unwrap();
        let rows = select.query_map([], |row| row.get(0)).unwrap();
        let mut notes: BTreeSet<String> = rows.map(Result::unwrap).collect();
        for journal in journals.iter().filter(|journal| self.0.file(journal).exists()) {
            let journal = Journal::open_to_read(&self.0.file(journal));
            for enterprise in journal.enterprises().unwrap() {
                notes.extend(journal.last(&enterprise).unwrap().map(|last| last.note.to_string()));
            }
        }
        notes
    }

    pub(crate) fn key(&self, file: &str) -> SigningKey {
        read_key(&self.0.file(file)).unwrap()
    }

    pub(crate) fn known(&self, file: &str, origin: &str) -> VerifierKey {
        self.key(file).named(KeyName::new(origin).unwrap()).verifier_key()
    }

    pub(crate) fn export(&self, slug: &str) -> Vec<u8> {
        export(&self.0.store_url(), slug)
    }

    pub(crate) fn copy_store(&self, from: &str, to: &str) {
        for suffix in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(self.0.file(&format!("{to}{suffix}")));
        }
        std::fs::copy(self.0.file(from), self.0.file(to)).unwrap();
    }

    pub(crate) fn copy_journal(&self, from: &str, to: &str) {
        let (from, to): (PathBuf, PathBuf) = (self.0.file(from), self.0.file(to));
        let _ = std::fs::remove_dir_all(&to);
        std::fs::create_dir(&to).unwrap();
        for entry in std::fs::read_dir(from).unwrap() {
            let entry = entry.unwrap();
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Each of the notes of this log is signed, and of what the log begins with: so no two of them contradict each other.
/// Gives how many there are.
pub(crate) fn assert_consistent(notes: &BTreeSet<String>, log: &[u8], known: &[VerifierKey]) -> usize {
    let mut count = 0;
    for text in notes {
        let note = Note::parse(text.as_bytes()).unwrap();
        let of: Checkpoint = note.text().parse().unwrap();
        if of.origin != *known[0].name() {
            continue;
        }
        let Checkpoint { size, root, .. } = Checkpoint::open(&note, known).unwrap();
        let mut check = LogCheck::new(size, root);
        for line in log.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            check.push_line(line);
        }
        check.finish().unwrap_or_else(|error| panic!("{error}: {text}"));
        count += 1;
    }
    count
}

/// Asks for everything to be revoked; the status.
pub(crate) fn ask(address: SocketAddr, slug: &str) -> Option<u16> {
    let token = format!("{TOKEN_OWNER_OAUTH}{slug}");
    try_revoke_all(address, slug, &token, "", &[])
        .ok()
        .map(|answer| answer.status)
}

/// What the host says of itself.
pub(crate) fn health(serve: &Serve) -> (u16, serde_json::Value) {
    let answer = get(serve.address, "/healthz", "");
    (answer.status, answer.json())
}
