//! A store with some enterprises, the program over it, and the faults beneath.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use enterprise_credentials::log::{read, replay};
use enterprise_credentials::{Enterprise, Event};

use crate::Given;
use crate::http::{Client, Told};

/// After how long at most the host works again when a fault is over. The figures are printed.
pub(crate) const RECOVERY_MAX: Duration = Duration::from_secs(2);
pub(crate) const REVOKE: &str = r#"{"revoke_credentials":false}"#;

/// Enterprises that differ by nothing but their slugs, in a store. All of it goes away with the scene.
pub(crate) struct Scene {
    /// Of the store alone.
    stored: PathBuf,
    directory: PathBuf,
    program: PathBuf,
    shim: PathBuf,
    pub(crate) slugs: Vec<String>,
    /// Of an owner: it survives a request that destroys nothing.
    pub(crate) token: String,
    serves: AtomicU32,
}

/// How the shim fails calls.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) kinds: &'static str,
    pub(crate) errno: i32,
    pub(crate) skip: u32,
    /// -1: until it is lifted.
    pub(crate) count: i32,
    pub(crate) delay_ms: u32,
}

impl Scene {
    pub(crate) fn new(given: &Given, below: &Path, enterprises: usize, credentials: u32) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("beneath-{}-{number}", std::process::id());
        let (stored, directory) = (below.join(&name).join("store"), usual().join(&name));
        for directory in [&stored, &directory] {
            std::fs::create_dir_all(directory).unwrap();
        }
        let mut scene = Self {
            stored,
            directory,
            program: given.program.clone(),
            shim: given.shim.clone(),
            slugs: (0..enterprises).map(|number| format!("corp-{number}")).collect(),
            token: String::new(),
            serves: AtomicU32::new(0),
        };
        let log = scene.generate(credentials, 1);
        for slug in &scene.slugs {
            scene.import(&log, slug);
        }
        scene
    }

    /// A history of a sample enterprise; its owner's token is kept.
    pub(crate) fn generate(&mut self, credentials: u32, seed: u8) -> String {
        let tokens = self.file("tokens.csv");
        // Those of another sample are not overwritten.
        let _ = std::fs::remove_file(&tokens);
        let (members, seed) = ((credentials / 5).max(5).to_string(), seed.to_string());
        let credentials = credentials.to_string();
        let sample = [
            "generate",
            "--seed",
            &seed,
            "--members",
            &members,
            "--credentials",
            &credentials,
            "--tokens",
        ];
        let log = self.run_well(sample.iter().map(AsRef::as_ref).chain([tokens.as_path().as_os_str()]));
        let log = String::from_utf8(log).unwrap();
        let tokens = std::fs::read_to_string(tokens).unwrap();
        let owners = tokens.lines().map(|row| row.split(',').collect::<Vec<_>>());
        let may_call = owners.filter(|row| {
            let issued = format!(r#""CredentialIssued","credential":{},"#, row[1]);
            let mut issued = log.lines().filter(|line| line.contains(&issued));
            row[3] == "owner" && issued.any(|line| line.contains(r#""admin:enterprise""#))
        });
        self.token = may_call.map(|row| row[0].to_owned()).next_back().unwrap();
        log
    }

    /// Imports a sample's history under another name.
    pub(crate) fn import(&self, log: &str, slug: &str) {
        let file = self.log_of(log, slug);
        self.run_well(
            ["import", "--store", &self.url()]
                .map(AsRef::as_ref)
                .into_iter()
                .chain([file.as_os_str()]),
        );
    }

    /// Writes a sample's history under another name to a file.
    pub(crate) fn log_of(&self, log: &str, slug: &str) -> PathBuf {
        let file = self.file("history.jsonl");
        std::fs::write(&file, log.replacen("octo-corp", slug, 1)).unwrap();
        file
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.stored.join("store.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.store().display())
    }

    /// `serve`, with the shim beneath it.
    pub(crate) fn serve(&self, options: &[&str]) -> Serve {
        let log = self.file(&format!("serve-{}.log", self.serves.fetch_add(1, Ordering::Relaxed)));
        let mut child = Command::new(&self.program)
            .args(["serve", "--listen", "127.0.0.1:0", "--store", &self.url()])
            .args(options)
            .env("LD_PRELOAD", &self.shim)
            .env("FAULTS", self.file("fault"))
            .env("FAULTS_NAME", "/store.db")
            .stdout(Stdio::piped())
            .stderr(File::create(&log).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.unwrap_or_else(|| panic!("{line:?}: {}", std::fs::read_to_string(&log).unwrap()));
        Serve {
            address: address.parse().unwrap(),
            child,
            log,
        }
    }

    /// Has the disk fail from now on.
    pub(crate) fn strike(&self, fault: Fault) {
        static GENERATION: AtomicU32 = AtomicU32::new(0);
        let generation = GENERATION.fetch_add(1, Ordering::Relaxed);
        let Fault {
            kinds,
            errno,
            skip,
            count,
            delay_ms,
        } = fault;
        let text = format!("{generation} {kinds} {errno} {skip} {count} {delay_ms}");
        let _ = std::fs::remove_file(self.file("fault.struck"));
        std::fs::write(self.file("fault.new"), text).unwrap();
        std::fs::rename(self.file("fault.new"), self.file("fault")).unwrap();
    }

    /// Lifts the fault. Gives when, and how many calls it has struck.
    pub(crate) fn lift(&self) -> (Instant, u64) {
        std::fs::remove_file(self.file("fault")).unwrap();
        (Instant::now(), self.struck())
    }

    pub(crate) fn struck(&self) -> u64 {
        self.file("fault.struck").metadata().map_or(0, |struck| struck.len())
    }

    pub(crate) fn run<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Output {
        Command::new(&self.program).args(arguments).output().unwrap()
    }

    /// Runs a command, which must succeed, and gives what it printed.
    pub(crate) fn run_well<'a>(&self, arguments: impl IntoIterator<Item = &'a OsStr>) -> Vec<u8> {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    pub(crate) fn export(&self, slug: &str) -> Vec<u8> {
        self.run_well(["export", "--store", &self.url(), "--enterprise", slug].map(AsRef::as_ref))
    }

    /// Waits until no job is left, and fails unless each 202 is one request in the stream, at the position that was
    /// told, and no request is there that nobody was told of, but for those without an answer or with 503.
    pub(crate) fn check_told(&self, told: &[Told]) {
        for slug in &self.slugs {
            let log = self.drained(slug);
            let requested: Vec<u64> = read(&log)
                .map(Result::unwrap)
                .filter(|recorded| matches!(recorded.event, Event::RevokeAllRequested { .. }))
                .map(|recorded| recorded.position.value())
                .collect();
            let of_slug = || told.iter().filter(|told| told.slug == *slug);
            let mut accepted: Vec<u64> = of_slug().filter_map(|told| told.position).collect();
            accepted.sort_unstable();
            let count = accepted.len();
            accepted.dedup();
            assert_eq!(
                accepted.len(),
                count,
                "{slug}: two requests were told the same position"
            );
            for position in &accepted {
                assert!(
                    requested.contains(position),
                    "{slug}: {position} was told, and is not there"
                );
            }
            let unknown = of_slug().filter(|told| told.status != 202).count();
            assert!(
                requested.len() <= accepted.len() + unknown,
                "{slug}: {} requests, {} told, {unknown} unknown",
                requested.len(),
                accepted.len()
            );
        }
    }

    /// The stream, once no revocation is unfinished.
    fn drained(&self, slug: &str) -> Vec<u8> {
        let mut log = Vec::new();
        wait_until(&format!("{slug} has no job"), Duration::from_secs(60), || {
            log = self.export(slug);
            let enterprise: Enterprise = replay(&log).unwrap();
            enterprise.pending_revocations().next().is_none()
        });
        log
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.stored);
            let _ = std::fs::remove_dir_all(&self.directory);
        }
    }
}

/// A `serve` process. Killed when dropped.
pub(crate) struct Serve {
    child: Child,
    pub(crate) address: SocketAddr,
    log: PathBuf,
}

impl Serve {
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// SIGTERM. Gives the exit code, and how long it took.
    pub(crate) fn terminate(mut self) -> (Option<i32>, Duration) {
        let begun_at = Instant::now();
        let sent = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        (self.child.wait().unwrap().code(), begun_at.elapsed())
    }

    /// How many lines of the log have both words.
    pub(crate) fn logged(&self, level: &str, words: &str) -> usize {
        let log = std::fs::read_to_string(&self.log).unwrap();
        log.lines()
            .filter(|line| line.contains(level) && line.contains(words))
            .count()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until it holds.
pub(crate) fn wait_until(what: &str, at_most: Duration, mut holds: impl FnMut() -> bool) {
    let begun_at = Instant::now();
    while !holds() {
        assert!(begun_at.elapsed() < at_most, "still not so: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Where scenes stand that need no file system of their own.
pub(crate) fn usual() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
