//! `generate`: a sample enterprise's history, to try things on.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use enterprise_credentials::log::write_line;
use enterprise_credentials::{Enterprise, EnterpriseKind, Event};
use enterprise_credentials_host::sample::Sample;

use super::kind::enterprise_kind;
use super::output::NotPrinted;
use super::progress;

/// Write the history of a sample enterprise to standard output.
///
/// The same arguments give the same bytes, on every machine and in every version. The enterprise has people in every
/// role and credentials of every kind. Before the history ends, some credentials expire, and some are revoked,
/// destroyed or left behind.
///
/// Example: enterprise-credentials generate --members 200 --credentials 1000 > octo.jsonl
#[derive(Debug, Args)]
pub(crate) struct Generate {
    #[command(flatten)]
    sample: SampleArgs,
    /// The number from which chance is made. Another number gives another enterprise.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
    /// Write the tokens of the credentials that authenticate at the API to this file. Only its owner can read it.
    ///
    /// The file is CSV with the columns token, credential, owner, role and kind. It cannot be `-`, because standard
    /// output takes the history. The tokens are for rehearsals. Whoever knows the seed can make them too, so never
    /// import such a history into a store that guards anything.
    #[arg(long, value_name = "FILE", value_parser = token_file)]
    tokens: Option<PathBuf>,
    /// Overwrite the file of `--tokens` if it exists.
    #[arg(long, requires = "tokens")]
    force: bool,
}

/// A file named `-` is what nobody means, and standard output takes the history.
fn token_file(path: &str) -> Result<PathBuf, &'static str> {
    match path {
        "-" => Err("standard output takes the history: name a file"),
        path => Ok(PathBuf::from(path)),
    }
}

/// How large the sample is, and of what kind.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct SampleArgs {
    /// How many people join the enterprise, in all roles together.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 20_000,
        value_parser = clap::value_parser!(u32).range(1..=10_000_000)
    )]
    members: u32,
    /// How many credentials are issued.
    #[arg(
        long,
        value_name = "N",
        default_value_t = 100_000,
        value_parser = clap::value_parser!(u32).range(1..=100_000_000)
    )]
    credentials: u32,
    /// The kind of enterprise: `managed_users` (EMU) or `personal_accounts`.
    #[arg(long, value_name = "KIND", default_value = "managed_users", value_parser = enterprise_kind)]
    kind: EnterpriseKind,
}

impl SampleArgs {
    pub(super) const fn with_seed(self, seed: u64) -> Sample {
        let Self {
            members,
            credentials,
            kind,
        } = self;
        Sample {
            kind,
            members,
            credentials,
            seed,
        }
    }
}

impl Generate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let sample = self.sample.with_seed(self.seed);
        let tokens = self.tokens.as_deref();
        let tokens = tokens.map(|path| create_private(path, self.force)).transpose()?;

        let mut output = BufWriter::new(std::io::stdout().lock());
        let mut line = Vec::new();
        let bar = progress::beside_lines(progress::counted(sample.credentials.into(), "issuing"));
        let enterprise = sample.generate(&mut |recorded| {
            bar.inc(u64::from(matches!(recorded.event, Event::CredentialIssued { .. })));
            line.clear();
            write_line(recorded, &mut line);
            output.write_all(&line).map_err(|error| NotPrinted::from(error).into())
        })?;
        output.flush().map_err(NotPrinted::from)?;

        if let (Some(file), Some(path)) = (tokens, &self.tokens) {
            write_tokens(&sample, &enterprise, file).with_context(|| format!("cannot write `{}`", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Creates the file so that from its first byte on nobody else can read it. One that is there, or a link, is left as it
/// is, or with `force` emptied, and taken from others, first.
pub(super) fn create_private(path: &Path, force: bool) -> anyhow::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    if force {
        options.create(true).truncate(true);
    } else {
        options.create_new(true);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).with_context(|| {
        let there = std::fs::symlink_metadata(path).is_ok() && !force;
        let advice = if there {
            ": name another file, or give `--force` to overwrite it"
        } else {
            ""
        };
        format!("cannot create `{}`{advice}", path.display())
    })?;
    #[cfg(unix)]
    keep_from_others(&file).with_context(|| format!("cannot keep `{}` from others", path.display()))?;
    Ok(file)
}

/// What is no file, a terminal or a device, is not ours to change.
#[cfg(unix)]
fn keep_from_others(file: &File) -> std::io::Result<()> {
    if file.metadata()?.is_file() {
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    }
    Ok(())
}

fn write_tokens(sample: &Sample, enterprise: &Enterprise, file: File) -> std::io::Result<()> {
    let mut output = BufWriter::new(file);
    writeln!(output, "token,credential,owner,role,kind")?;
    for row in sample.tokens(enterprise) {
        writeln!(
            output,
            "{},{},{},{},{}",
            row.token, row.credential, row.owner, row.role, row.kind
        )?;
    }
    output.flush()
}
