//! One PostgreSQL server: its files, its process, and what is asked of it with psql.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use crate::Given;
use crate::wait::wait_until;

/// The superuser of every server.
pub(crate) const USER: &str = "postgres";
/// Of the superuser, and of servers that nobody but this test knows of.
pub(crate) const PASSWORD: &str = "of-a-drill";
/// The database that hosts use.
pub(crate) const DATABASE: &str = "store";
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a server that ends at its start is started again.
const STARTS_MAX: u32 = 10;

/// A server. Ended at once when it is dropped.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    given: Given,
    directory: PathBuf,
    process: Mutex<Option<Child>>,
}

impl Node {
    /// A new server, which does not run yet, with `settings` besides the usual.
    pub(crate) fn new(given: &Given, below: &Path, name: &'static str, settings: &str) -> Self {
        let directory = below.join(name);
        given.create(&directory);
        let port = free_port();
        let node = Self {
            name,
            port,
            given: given.clone(),
            directory,
            process: Mutex::default(),
        };
        node.copy_the_first();
        // Durable as in earnest, and else as small as it can be.
        let configuration = format!(
            "cluster_name = '{name}'\nlisten_addresses = '127.0.0.1'\nport = {port}\nunix_socket_directories = '{0}'\n\
             hba_file = '{0}/hba'\nshared_buffers = 16MB\nmin_wal_size = 32MB\nmax_wal_size = 256MB\n\
             wal_keep_size = 512MB\nwal_log_hints = on\nwal_receiver_timeout = 5s\nwal_sender_timeout = 5s\n\
             wal_retrieve_retry_interval = 100ms\nlog_line_prefix = '%m %a '\n{settings}\n",
            node.directory.display()
        );
        fs::write(node.directory.join("conf"), configuration).unwrap();
        let access = "host all all 127.0.0.1/32 scram-sha-256\nhost replication all 127.0.0.1/32 scram-sha-256\n";
        fs::write(node.directory.join("hba"), access).unwrap();
        node
    }

    /// Its data are those of a server that was made once: every server of a run has the same system identifier,
    /// and any may be a standby of any.
    fn copy_the_first(&self) {
        let first = self.given.scratch.join("first");
        if !first.exists() {
            let password = self.given.scratch.join("password");
            fs::write(&password, PASSWORD).unwrap();
            let (first, password) = (first.display().to_string(), format!("--pwfile={}", password.display()));
            let by_password = ["-U", USER, "-A", "scram-sha-256", &password];
            let others = ["-N", "-E", "UTF8", "--locale=C", "-D", &first];
            self.run_well("initdb", &[by_password.as_slice(), &others].concat());
        }
        let mut copy = self.given.unprivileged("cp");
        let copied = copy.arg("-a").arg(&first).arg(self.data()).status();
        assert!(copied.unwrap().success());
    }

    /// How to reach it.
    pub(crate) fn conninfo(&self, database: &str) -> String {
        conninfo(self.port, database)
    }

    /// How the member `name` streams from it.
    pub(crate) fn upstream(&self, name: &str) -> String {
        upstream(self.port, name)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// When it is started, it follows `primary`.
    pub(crate) fn becomes_standby_of(&self, primary: &Self) {
        File::create(self.data().join("standby.signal")).unwrap();
        let following = format!("primary_conninfo = '{}'\n", primary.upstream(self.name));
        fs::write(self.data().join("postgresql.auto.conf"), following).unwrap();
        for file in ["standby.signal", "postgresql.auto.conf"] {
            self.given.give(&self.data().join(file));
        }
    }

    /// Starts it, and waits until it answers. What is left of a server that was killed may hold its memory for a
    /// moment.
    pub(crate) fn start(&self) {
        *self.process.lock().unwrap() = Some(self.spawn());
        let mut starts = 1;
        wait_until(&format!("{} answers", self.name), PATIENCE, || {
            let ended = self.process.lock().unwrap().as_mut().unwrap().try_wait().unwrap();
            if ended.is_some() {
                assert!(starts < STARTS_MAX, "{} ended: {}", self.name, self.log());
                starts += 1;
                std::thread::sleep(Duration::from_millis(200));
                *self.process.lock().unwrap() = Some(self.spawn());
            }
            self.try_sql("postgres", "SELECT 1").is_ok()
        });
    }

    fn spawn(&self) -> Child {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.directory.join("log"))
            .unwrap();
        self.given
            .unprivileged(self.given.bin.join("postgres"))
            .arg("-D")
            .arg(self.data())
            .arg(format!("--config-file={}", self.directory.join("conf").display()))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap()
    }

    /// Ends it: with SIGINT it stops in order, with SIGQUIT at once.
    pub(crate) fn stop(&self, signal: &str) {
        if let Some(mut process) = self.process.lock().unwrap().take() {
            send(signal, process.id());
            process.wait().unwrap();
        }
    }

    /// `kill -9` of every one of its processes.
    pub(crate) fn kill(&self) {
        let Some(mut process) = self.process.lock().unwrap().take() else {
            return;
        };
        let children = format!("/proc/{0}/task/{0}/children", process.id());
        let children = fs::read_to_string(children).unwrap();
        process.kill().unwrap();
        for child in children.split_whitespace() {
            send("-KILL", child.parse().unwrap());
        }
        process.wait().unwrap();
    }

    /// Has a server that ran as the primary follow `primary`, as if nothing of what it alone has had ever been.
    pub(crate) fn rejoin(&self, primary: &Self) {
        self.stop("-QUIT");
        // It rewinds what was shut down in order: so it recovers first, without taking part in anything.
        let _ = fs::remove_file(self.data().join("postmaster.pid"));
        // Else pg_rewind may take both for servers of one timeline, and do nothing.
        primary.sql("CHECKPOINT");
        let (data, source) = (self.data(), primary.conninfo("postgres"));
        let configuration = format!("--config-file={}", self.directory.join("conf").display());
        self.run_well(
            "pg_rewind",
            &[
                "-D",
                data.to_str().unwrap(),
                "--source-server",
                &source,
                "--no-sync",
                &configuration,
            ],
        );
        self.becomes_standby_of(primary);
        self.start();
    }

    /// Has a server begin anew with a copy of `primary`, and follow it.
    pub(crate) fn copy_from(&self, primary: &Self) {
        self.stop("-QUIT");
        fs::remove_dir_all(self.data()).unwrap();
        let (data, source) = (self.data().display().to_string(), primary.conninfo("postgres"));
        self.run_well(
            "pg_basebackup",
            &["-D", &data, "-d", &source, "-c", "fast", "--no-sync"],
        );
        self.becomes_standby_of(primary);
        self.start();
    }

    /// Rows, one a line, with `|` between columns.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.sql_in("postgres", sql)
    }

    pub(crate) fn sql_in(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql)
            .unwrap_or_else(|error| panic!("{}: {sql}: {error}", self.name))
    }

    pub(crate) fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let output = self.psql(database, sql).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stderr))
        }
    }

    /// A statement that may take long, in a process of its own.
    pub(crate) fn psql(&self, database: &str, sql: &str) -> Command {
        let mut psql = Command::new(self.given.bin.join("psql"));
        psql.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql, &self.conninfo(database)])
            .env("PGCONNECT_TIMEOUT", "5")
            .stdin(Stdio::null());
        psql
    }

    /// Changes a setting for good, and waits until it is in force.
    pub(crate) fn set(&self, setting: &str, value: &str) {
        self.sql(&format!("ALTER SYSTEM SET {setting} = '{value}'"));
        self.sql("SELECT pg_reload_conf()");
        wait_until(&format!("{setting} is in force on {}", self.name), PATIENCE, || {
            self.sql(&format!("SHOW {setting}")) == value
        });
    }

    /// Takes nothing more from its primary.
    pub(crate) fn cut_off(&self) {
        self.set("primary_conninfo", "");
        wait_until(&format!("{} is cut off", self.name), PATIENCE, || {
            self.sql("SELECT count(*) FROM pg_stat_wal_receiver") == "0"
        });
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.directory.join("log")).unwrap_or_default()
    }

    fn run_well(&self, program: &str, arguments: &[&str]) {
        let mut command = self.given.unprivileged(self.given.bin.join(program));
        let output: Output = command.args(arguments).env("PGPASSWORD", PASSWORD).output().unwrap();
        assert!(
            output.status.success(),
            "{program} {arguments:?}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop("-QUIT");
    }
}

impl Given {
    /// A command that runs as the servers do.
    fn unprivileged(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.servers_run_as {
            command.uid(user).gid(group);
        }
        command.current_dir(&self.scratch);
        command
    }

    /// A directory of the servers' user alone.
    pub(crate) fn create(&self, directory: &Path) {
        fs::create_dir_all(directory).unwrap();
        self.give(directory);
    }

    fn give(&self, path: &Path) {
        if let Some((user, group)) = self.servers_run_as {
            std::os::unix::fs::chown(path, Some(user), Some(group)).unwrap();
        }
    }
}

/// How to reach the server behind a port.
pub(crate) fn conninfo(port: u16, database: &str) -> String {
    format!("host=127.0.0.1 port={port} user={USER} password={PASSWORD} dbname={database} connect_timeout=5")
}

/// How the member `name` streams from the server behind a port.
pub(crate) fn upstream(port: u16, name: &str) -> String {
    format!("{} application_name={name}", conninfo(port, "replication"))
}

fn send(signal: &str, process: u32) {
    // It may have ended by itself.
    let _ = Command::new("kill")
        .args([signal, &process.to_string()])
        .stderr(Stdio::null())
        .status();
}

/// Free when it was looked for.
fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
