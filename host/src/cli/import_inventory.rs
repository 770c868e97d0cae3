//! `import-inventory`: a history out of the provider's inventory, to plan on.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use enterprise_credentials::{CredentialId, EnterpriseKind, EnterpriseSlug, Role, Timestamp};
use enterprise_credentials_report::count;
use enterprise_credentials_report::inventory::Entry;
use enterprise_credentials_report::made::{LeftOut, MadeFrom, Making, Map, NotMade, People, Readings, make};

use super::generate::create_private;
use super::kind::enterprise_kind;
use super::output::{NotPrinted, tell, visible};
use super::{import, time};

/// Make a history out of the provider's credential inventory, so that `plan` answers for an enterprise without a log.
///
/// Writes the history to standard output. Its times are invented, and its first line says so: `import` refuses it.
/// Revoked and deleted credentials are issued and destroyed. Owners whose role is not known are collaborators in it.
/// `plan` then gives each figure from the one for collaborators to the one for members.
///
/// The exit code is 1 if a credential was left out, because its rows could not be taken at their word. Each is named on
/// standard error. The inventory is read three times: standard input is first copied to a temporary file.
///
/// Example: enterprise-credentials import-inventory inventory.csv --slug octo-corp --kind managed_users
/// --exported-at 2026-03-10T09:00 > forecast.jsonl
#[derive(Debug, Args)]
pub(crate) struct ImportInventory {
    /// The provider's inventory, as CSV; `-` reads standard input.
    file: PathBuf,
    /// The enterprise's name in URLs.
    #[arg(long)]
    slug: EnterpriseSlug,
    /// The kind of enterprise: `managed_users` (EMU) or `personal_accounts`.
    #[arg(long, value_parser = enterprise_kind)]
    kind: EnterpriseKind,
    /// When the inventory was exported, which it does not say.
    ///
    /// A date alone means midnight at its start, in UTC.
    #[arg(long, value_name = "TIME", value_parser = time::time)]
    exported_at: Timestamp,
    /// The people whose role is known: a CSV with the columns `login`, `id` and `role`.
    ///
    /// The roles are those of a log, `owner` or `guest_collaborator` for example.
    #[arg(long, value_name = "FILE")]
    people: Option<PathBuf>,
    /// Take everybody whose role is not known for this.
    #[arg(long, value_name = "ROLE")]
    assume_role: Option<Role>,
    /// Write to this file which credential of the history is which of the inventory, readable by its owner only.
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// Overwrite the file of `--map` if there is one.
    #[arg(long, requires = "map")]
    force: bool,
}

/// How many of the credentials that are left out are named.
const LEFT_OUT_MAX: u64 = 20;

impl ImportInventory {
    pub(super) fn run(self) -> Result<ExitCode> {
        let inventory = Again(import::open_twice(&self.file)?);
        let making = Making {
            slug: self.slug,
            kind: self.kind,
            exported_at: self.exported_at,
            people: self.people.as_deref().map(people).transpose()?.unwrap_or_default(),
            assumed_role: self.assume_role,
        };
        let map = self.map.as_deref().map(|path| create_private(path, self.force));
        let mut map = map.transpose()?.map(Map::new).transpose()?;
        let mut output = BufWriter::new(io::stdout().lock());
        let mut left_out = 0;
        let made = make(
            &making,
            &inventory,
            &mut |credential| {
                left_out += 1;
                if left_out <= LEFT_OUT_MAX {
                    tell(&named(&credential));
                }
            },
            &mut |entry: &Entry, id: CredentialId| map.as_mut().map_or(Ok(()), |map| map.write(entry, id)),
            &mut |line| output.write_all(line),
        );
        let made_from = made.map_err(|error| match error {
            NotMade::Output(error) => anyhow::Error::new(NotPrinted::from(error)),
            error => anyhow::Error::new(error).context(format!("cannot make a history of `{}`", self.file.display())),
        })?;
        output.flush().map_err(NotPrinted::from)?;
        map.map(Map::finish)
            .transpose()
            .context("cannot write the file of `--map`")?;
        tell(&in_words(&made_from));
        Ok(if left_out == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// The inventory's file, from its beginning each time.
struct Again(File);

impl Readings for Again {
    type Read = BufReader<File>;

    fn read_again(&self) -> io::Result<Self::Read> {
        let mut file = self.0.try_clone()?;
        file.rewind()?;
        Ok(BufReader::new(file))
    }
}

fn people(path: &Path) -> Result<People> {
    let cannot_read = || format!("cannot read `{}`", path.display());
    let file = File::open(path).with_context(cannot_read)?;
    People::read(BufReader::new(file)).with_context(cannot_read)
}

fn named(credential: &LeftOut) -> String {
    let LeftOut { place, named, why } = credential;
    let (kind, id) = (&named.credential_type, &named.id);
    let (record, byte) = (place.record, place.byte);
    visible(&format!("left out: record {record} at byte {byte}, {kind} {id}: {why}"))
}

fn in_words(made_from: &MadeFrom) -> String {
    let mut words = format!(
        "made a history of {} credentials and {} people; its times are invented",
        count(made_from.credentials),
        count(made_from.people)
    );
    for (kind, listed) in &made_from.not_modelled {
        words.push_str(&format!(
            "\nnot modelled, and so not in it: {} {}",
            count(*listed),
            visible(kind)
        ));
    }
    if made_from.unknown_roles > 0 {
        words.push_str(&format!(
            "\nthe roles of {} people are not known: `--people` and `--assume-role` say them",
            count(made_from.unknown_roles)
        ));
    }
    if made_from.left_out > 0 {
        words.push_str(&format!("\nLEFT OUT: {} credentials", count(made_from.left_out)));
    }
    words
}
