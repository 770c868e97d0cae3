//! A URL as settings: which servers there are, and how to speak with them. A setting that cannot be honoured is
//! refused, and not ignored.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts, SslMode, TargetSessionAttrs};

use super::passwords::Passwords;
use super::tls::{Tls, TlsMode};
use crate::store::{PostgresUrl, StoreError};

const OPEN: &str = "be opened";

/// How long a connection may take where the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// When a machine that has gone without a word is noticed.
const KEEPALIVES_IDLE: Duration = Duration::from_secs(10);
const KEEPALIVES_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVES_RETRIES: u32 = 3;
const USER_TIMEOUT: Duration = Duration::from_secs(20);

/// The servers of a URL. At any time one of them is the primary.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) servers: Vec<Server>,
    pub(super) tls: Tls,
}

/// One server.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// As the log calls it.
    pub(super) name: String,
    pub(super) config: Config,
    /// Whether it is beyond this machine.
    pub(super) is_remote: bool,
}

/// What is not `tokio-postgres`'s to read, or means more here.
#[derive(Debug, Default)]
struct Own {
    mode: Option<TlsMode>,
    root: Option<PathBuf>,
    passfile: Option<PathBuf>,
}

impl Settings {
    /// Reads a URL; passwords come from it, from `PGPASSWORD`, or from a password file, in this order.
    pub(super) fn read(url: &PostgresUrl) -> Result<Self, StoreError> {
        let refused = |why: &str| StoreError::permanent(OPEN, format!("the URL `{url}` is not taken: {why}"));
        let (rest, own) = split(url.secret()).map_err(|why| refused(&why))?;
        let config: Config = rest
            .parse()
            .map_err(|error: tokio_postgres::Error| refused(&crate::error_chain(&error)))?;
        if config.get_target_session_attrs() == TargetSessionAttrs::ReadOnly {
            return Err(refused(
                "`target_session_attrs` must be `read-write`, as it is where it is left out",
            ));
        }
        if config.get_load_balance_hosts() != LoadBalanceHosts::Disable || !config.get_hostaddrs().is_empty() {
            return Err(refused("leave out `load_balance_hosts` and `hostaddr`"));
        }
        let passwords = Passwords::read(own.passfile).map_err(|why| refused(&why))?;
        let servers = servers(&config, &passwords).map_err(|why| refused(&why))?;
        let tls = Tls::load(own.mode.unwrap_or(TlsMode::Prefer), own.root).map_err(|why| refused(&why))?;
        Ok(Self { servers, tls })
    }
}

/// Takes our own parameters out of a URL's query.
fn split(url: &str) -> Result<(String, Own), String> {
    let credentials_end = url.find('@').map_or(0, |at| at + 1);
    let (before, behind) = url.split_at_checked(credentials_end).unwrap_or((url, ""));
    let credentials = before.split_once("://").map_or("", |(_, credentials)| credentials);
    let place = behind.split('?').next().unwrap_or_default();
    if credentials.contains(['/', '?']) || place.contains('@') {
        return Err("write `@`, `/` and `?` in a password as `%40`, `%2F` and `%3F`".to_owned());
    }
    let Some((place, query)) = behind.split_once('?') else {
        return Ok((url.to_owned(), Own::default()));
    };
    let mut own = Own::default();
    let mut others = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        match key {
            "sslmode" => own.mode = Some(value.parse()?),
            "sslrootcert" => own.root = Some(path(value)?),
            "passfile" => own.passfile = Some(path(value)?),
            "target_session_attrs" if value == "any" => {
                return Err("`target_session_attrs` must be `read-write`, as it is where it is left out".to_owned());
            }
            _ => others.push(pair),
        }
    }
    let query = others.join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    Ok((format!("{before}{place}{mark}{query}"), own))
}

fn path(value: &str) -> Result<PathBuf, String> {
    if value.contains('%') {
        return Err("write paths of files without `%`".to_owned());
    }
    Ok(PathBuf::from(value))
}

/// A configuration of its own for each host.
fn servers(config: &Config, passwords: &Passwords) -> Result<Vec<Server>, String> {
    let local = [Host::Tcp("localhost".to_owned())];
    let hosts = match config.get_hosts() {
        [] => &local,
        hosts => hosts,
    };
    let ports = config.get_ports();
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err("it names another number of ports than of hosts".to_owned());
    }
    let port_of = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
    let servers = hosts.iter().enumerate();
    Ok(servers
        .map(|(index, host)| server(config, host, port_of(index), passwords))
        .collect())
}

fn server(config: &Config, host: &Host, port: u16, passwords: &Passwords) -> Server {
    let mut one = Config::new();
    let (name, is_remote) = match host {
        Host::Tcp(name) => {
            one.host(name);
            let address = name.parse().map(|ip: std::net::IpAddr| ip.to_canonical().is_loopback());
            (format!("{name}:{port}"), !address.unwrap_or(name == "localhost"))
        }
        #[cfg(unix)]
        Host::Unix(path) => {
            one.host_path(path);
            (format!("{}:{port}", path.display()), false)
        }
    };
    one.port(port);
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    let database = config.get_dbname().or(config.get_user());
    if let Some(database) = database {
        one.dbname(database);
    }
    let host_name = match host {
        Host::Tcp(name) => name.as_str(),
        #[cfg(unix)]
        Host::Unix(_) => "localhost",
    };
    let password = config.get_password().map(<[u8]>::to_vec);
    if let Some(password) = password.or_else(|| passwords.of(host_name, port, database, config.get_user())) {
        one.password(password);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    one.application_name(config.get_application_name().unwrap_or(env!("CARGO_PKG_NAME")));
    one.connect_timeout(config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT));
    one.tcp_user_timeout(config.get_tcp_user_timeout().copied().unwrap_or(USER_TIMEOUT));
    one.keepalives(config.get_keepalives());
    one.keepalives_idle(config.get_keepalives_idle().min(KEEPALIVES_IDLE));
    one.keepalives_interval(config.get_keepalives_interval().unwrap_or(KEEPALIVES_INTERVAL));
    one.keepalives_retries(config.get_keepalives_retries().unwrap_or(KEEPALIVES_RETRIES));
    one.channel_binding(config.get_channel_binding());
    Server {
        name,
        config: one,
        is_remote,
    }
}

impl Server {
    /// With TLS as its mode is.
    pub(super) fn with_ssl_mode(&self, mode: SslMode) -> Config {
        let mut config = self.config.clone();
        config.ssl_mode(mode);
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreUrl;

    fn read(url: &str) -> Result<Settings, String> {
        let StoreUrl::Postgres(url) = url.parse().unwrap() else {
            panic!("a URL of PostgreSQL's")
        };
        Settings::read(&url).map_err(|error| crate::error_chain(&error))
    }

    #[test]
    fn each_host_is_a_server_with_its_own_port() {
        let settings = read(
            "postgres://me:pw@one:5433,two:5434/db?target_session_attrs=read-write\
             &sslmode=disable&options=-csearch_path%3Dx",
        )
        .unwrap();
        let names: Vec<_> = settings.servers.iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["one:5433", "two:5434"]);
        for server in &settings.servers {
            assert_eq!(server.config.get_password(), Some(&b"pw"[..]));
            assert_eq!(server.config.get_dbname(), Some("db"));
            assert_eq!(server.config.get_options(), Some("-csearch_path=x"));
            assert!(server.is_remote);
        }
        let socket = read("postgres://me@/db?host=/run/postgresql&port=5499").unwrap();
        assert_eq!(socket.servers[0].name, "/run/postgresql:5499");
        assert!(!socket.servers[0].is_remote);
    }

    #[test]
    fn what_cannot_be_honoured_is_refused_without_the_password() {
        for (query, word) in [
            ("sslmode=allow", "sslmode"),
            ("sslmode=verify-ca", "verify-full"),
            ("sslmode=verify-full", "sslrootcert"),
            ("sslmode=require&sslrootcert=/ca.pem", "verify-full"),
            ("target_session_attrs=any", "target_session_attrs"),
            ("target_session_attrs=read-only", "target_session_attrs"),
            ("load_balance_hosts=random", "load_balance_hosts"),
            ("hostaddr=127.0.0.1", "hostaddr"),
            ("passfile=/does/not/exist", "passfile"),
            ("nonsense=1", "nonsense"),
        ] {
            let said = read(&format!("postgres://me:hidden@one/db?{query}")).unwrap_err();
            assert!(said.contains(word), "{query}: {said}");
            assert!(!said.contains("hidden"), "{query}: {said}");
        }
        for credentials in ["me:hid@den@", "me:hid/den@", "me:hid?den@"] {
            let said = read(&format!("postgres://{credentials}one/db")).unwrap_err();
            assert!(said.contains("%40") && !said.contains("hid"), "{said}");
        }
    }
}
