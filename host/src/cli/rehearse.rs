//! `rehearse`: the main job, end to end, on a store that is thrown away.

mod caller;
mod evidence;
mod job;
mod load;
mod request;
mod seal;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Args;
use enterprise_credentials::{Caller, Enterprise, Plan};
use enterprise_credentials_host::enterprises::time_for;
use enterprise_credentials_host::host::{Host, HostOptions};
use enterprise_credentials_host::store::{self, IfMissing, Store, StoreUrl, Streams};

use self::caller::{Means, TokenSource};
use self::load::Source;
use self::request::{Answer, Request};
use super::directory::Directory;
use super::generate::SampleArgs;
use super::output::print;
use super::scope::{Scope, ScopeArgs};
use super::signal::stop_signal;
use super::table::counted;
use super::terminal::{bad, good};
use super::{answer, blast_radius};

/// Rehearse a revocation from end to end, and show the evidence.
///
/// It plans the revocation, sends the real request to a real server, follows the job and audits the result. It revokes
/// everything, unless you limit it with `--person`, `--credential-type` or `--organization`. If you give several
/// limits, it takes what matches all of them.
///
/// Nothing of yours is touched. The store is in a temporary directory, which is removed at the end, and the server
/// listens on a free loopback port. Without `--history` it makes a sample enterprise. At the end it seals the log with
/// a key that it throws away.
///
/// Exits with 0 only if the evidence is clean, and with 3 if the request was refused.
///
/// Example: enterprise-credentials rehearse --person alan-dijkstra2_octo --keep sample
#[derive(Debug, Args)]
pub(crate) struct Rehearse {
    /// Rehearse on a copy of this log instead of a sample enterprise.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["members", "credentials", "kind"])]
    history: Option<PathBuf>,
    /// Make the request with a token from this file. It has one token a line, or is what `generate --tokens` wrote.
    ///
    /// The first token that may make the request is taken, an owner's if there is one. Without this file, a token is
    /// added to the copy of the log. So it is if no token of a sample may make the request.
    #[arg(long, value_name = "FILE", requires = "history")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    sample: SampleArgs,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Also destroy tokens and keys: of enterprise members, or of the person named.
    #[arg(long)]
    revoke_credentials: bool,
    /// Keep the sealed log, its checkpoint and the verifier key in this directory. It must not exist yet.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
}

/// What the sample of a rehearsal is made from: every rehearsal without a history shows the same enterprise.
const SEED: u64 = 1;
/// How many organizations, and how many owners, the plan shows.
const ROWS_MAX: usize = 5;

impl Rehearse {
    pub(super) fn run(self) -> Result<ExitCode> {
        if let Some(keep) = &self.keep {
            let there = std::fs::symlink_metadata(keep).is_ok();
            ensure!(
                !there,
                "`{}` is there already: name a directory that can be made",
                keep.display()
            );
        }
        let (directory, rehearsed) = super::runtime()?.block_on(async {
            // Before anything is there to be removed: a signal that comes early must not kill.
            let stopped = stop_signal().context("cannot listen for signals")?;
            let directory = Directory::new("rehearsal")?;
            let rehearsed = tokio::select! {
                rehearsed = self.rehearse(&directory) => rehearsed,
                signal = stopped => Err(anyhow!("stopped by {signal}: the rehearsal's store is removed")),
            };
            anyhow::Ok((directory, rehearsed))
        })?;
        let removed = directory.remove();
        let code = rehearsed?;
        removed?;
        Ok(code)
    }

    async fn rehearse(&self, directory: &Directory) -> Result<ExitCode> {
        let store = store::open(&store_url(directory), IfMissing::Create).await?;
        let (mut enterprise, scope, means) = self.prepare(&store).await?;
        let plan = self.show_plan(&enterprise, &scope, &means)?;

        let mut host = Host::start(
            store.clone(),
            SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            HostOptions::default(),
        )
        .await
        .context("cannot listen on a loopback port")?;
        let address = host.address();
        let code = tokio::select! {
            ended = host.ended() => return Err(ended.into()),
            code = self.call(address, &store, &mut enterprise, &scope, &means, &plan) => code,
        };
        host.stop().await;
        store.close().await;
        code
    }

    async fn prepare(&self, store: &impl Store) -> Result<(Enterprise, Scope, Means)> {
        let started = Instant::now();
        let sample = self.sample.with_seed(SEED);
        let (source, tokens) = match (&self.history, &self.token_file) {
            (None, _) => (Source::Sample(sample), TokenSource::Sample(sample)),
            (Some(path), Some(file)) => (Source::history(path), TokenSource::File(file.clone())),
            (Some(path), None) => (Source::history(path), TokenSource::Added),
        };
        let mut enterprise = source.load(store).await?;
        let scope = self.scope.resolve(&enterprise)?;
        let means = tokens.choose(store, &mut enterprise, &scope).await?;
        say(
            "THE ENTERPRISE",
            &load::in_words(&enterprise, self.history.as_ref(), started.elapsed()),
        )?;
        Ok((enterprise, scope, means))
    }

    fn show_plan(&self, enterprise: &Enterprise, scope: &Scope, means: &Means) -> Result<Plan> {
        let caller = Caller::Person {
            person: means.person,
            credential: Some(means.credential),
        };
        let request = scope.request(&caller, self.revoke_credentials);
        let plan = enterprise.plan(request, time_for(enterprise));
        let refused_to_all_by = answer::refused_to_all_by(enterprise, scope, self.revoke_credentials);
        let words = blast_radius::in_words(enterprise, scope, &plan, refused_to_all_by, ROWS_MAX);
        say("THE PLAN", &words)?;
        Ok(plan)
    }

    async fn call(
        &self,
        address: SocketAddr,
        store: &impl Store,
        enterprise: &mut Enterprise,
        scope: &Scope,
        means: &Means,
        plan: &Plan,
    ) -> Result<ExitCode> {
        let slug = enterprise.slug().context("the log creates no enterprise")?.clone();
        let path = scope.path(slug.as_str()).encoded();
        let path = path.context(
            "no request can name the login `.` or `..`, because a URL cannot hold it in its path: use `decide` instead",
        )?;
        let request = Request::revoke(address, &path, means, scope.body(self.revoke_credentials));
        let read_in = warm_up(address, &path, means).await?;
        say(
            "THE REQUEST",
            &format!(
                "{}\n  The server read the store in {}.\n",
                request.in_words(),
                took(read_in)
            ),
        )?;
        let sent = Instant::now();
        let answer = request.send().await?;
        say("THE ANSWER", &answer.in_words(sent.elapsed()))?;
        if !answer.is_accepted() {
            return refused(&answer);
        }

        let revocation = answer.revocation()?;
        let followed = job::follow(address, store, enterprise, means, &answer, plan).await?;
        say("THE JOB", &followed)?;

        let (words, clean) = evidence::gather(store, &slug, revocation, means, plan).await?;
        say("THE EVIDENCE, from the store", &words)?;
        print("THE SEAL\n\n".to_owned())?;
        for part in seal::seal(store, &slug, self.keep.as_deref()).await? {
            print(part)?;
        }
        print("\n".to_owned())?;
        let verdict = if clean {
            format!(
                "  {}: as planned, {} revoked and {} destroyed; every event keeps the rules\n",
                good("CLEAN"),
                counted(plan.authorizations_revoked, "authorization", "authorizations"),
                counted(plan.credentials_destroyed, "credential", "credentials")
            )
        } else {
            format!(
                "  {}: what was recorded differs from the plan, or breaks a rule: see the evidence\n",
                bad("NOT CLEAN")
            )
        };
        say("THE VERDICT", &verdict)?;
        Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn store_url(directory: &Directory) -> StoreUrl {
    StoreUrl::Sqlite(directory.file("rehearsal.db"))
}

/// Lets the server read the stream before its answer is timed: asks for a revocation that is none,
/// beside the operation.
async fn warm_up(address: SocketAddr, path: &str, means: &Means) -> Result<Duration> {
    let started = Instant::now();
    let (place, _) = path.split_once("/credential-authorizations").unwrap_or((path, ""));
    let location = format!("{place}/credential-authorizations/revocations/1");
    let answer = Request::progress(address, &location, means).send().await?;
    ensure!(
        !answer.is_server_error(),
        "the server failed: it answered {}",
        answer.status()
    );
    Ok(started.elapsed())
}

fn refused(answer: &Answer) -> Result<ExitCode> {
    if answer.is_server_error() {
        bail!("the server failed: it answered {}", answer.status());
    }
    let refused = bad("REFUSED");
    say(
        "THE VERDICT",
        &format!("  {refused}: nothing was recorded, nothing was revoked\n"),
    )?;
    Ok(super::refused())
}

/// Shows one step, at once.
fn say(heading: &str, words: &str) -> Result<()> {
    print(format!("{heading}\n\n{words}\n"))?;
    Ok(())
}

/// How long something took.
fn took(duration: Duration) -> String {
    match duration.as_millis() {
        milliseconds @ 0..1_000 => format!("{milliseconds} ms"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}
