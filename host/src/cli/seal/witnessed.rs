//! Who cosigned a checkpoint, and how long ago. The checkpoint is at most that old.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, ensure};
use clap::Args;
use enterprise_credentials::Timestamp;
use enterprise_credentials_seal::{Note, WitnessKey};
use serde::Serialize;

use crate::cli::table::count;

/// The witnesses that must have cosigned a checkpoint.
#[derive(Debug, Args)]
pub(in crate::cli) struct Witnesses {
    /// Refuse a checkpoint that this witness has not cosigned. May be given again; then all must have cosigned.
    ///
    /// The key is text: `name+id+key`. Ask the witness for it, not whoever keeps the log.
    #[arg(
        long = "witness-key",
        id = "witness_keys",
        value_name = "VKEY",
        requires = "checkpoint"
    )]
    keys: Vec<WitnessKey>,
}

impl Witnesses {
    /// The cosignatures, one by each of these witnesses.
    pub(in crate::cli) fn of(&self, note: &Note) -> Result<Vec<Cosignature>> {
        let cosigned = note.cosigned(&self.keys).context("the checkpoint is not genuine")?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        for key in &self.keys {
            ensure!(
                cosigned.iter().any(|cosigned| cosigned.key == key),
                "the witness `{}+{}` has not cosigned the checkpoint: fetch one that it has",
                key.name(),
                key.id()
            );
        }
        let cosignatures = cosigned.iter().map(|cosigned| Cosignature {
            witness: format!("{}+{}", cosigned.key.name(), cosigned.key.id()),
            at: cosigned.time,
            now: now.as_secs(),
        });
        Ok(cosignatures.collect())
    }
}

/// A witness, and when it saw the checkpoint as the log's latest one.
#[derive(Debug, Clone)]
pub(in crate::cli) struct Cosignature {
    witness: String,
    /// In seconds from 1970.
    at: u64,
    now: u64,
}

/// What a machine gets of it.
#[derive(Debug, Serialize)]
pub(in crate::cli) struct CosignatureDocument {
    witness: String,
    /// In seconds from 1970, by the witness's clock.
    time: u64,
    /// By the clock of this machine.
    age_seconds: u64,
}

impl Cosignature {
    pub(in crate::cli) fn in_words(&self) -> String {
        let Self { witness, at, .. } = self;
        let milliseconds = at.checked_mul(1_000).and_then(|it| i64::try_from(it).ok());
        let time = milliseconds.and_then(|it| Timestamp::from_milliseconds(it).ok());
        let time = time.map_or_else(|| format!("second {at} from 1970"), |time| time.to_string());
        match self.now.checked_sub(*at) {
            Some(age) => format!("{witness}, at {time}, {} ago", in_words(Duration::from_secs(age))),
            None => format!("{witness}, at {time}: THAT IS TO COME, by the clock of this machine"),
        }
    }

    pub(in crate::cli) fn document(&self) -> CosignatureDocument {
        CosignatureDocument {
            witness: self.witness.clone(),
            time: self.at,
            age_seconds: self.now.saturating_sub(self.at),
        }
    }
}

/// In the largest unit of which there are at least two.
fn in_words(age: Duration) -> String {
    const UNITS: [(u64, &str); 3] = [(86_400, "days"), (3_600, "hours"), (60, "minutes")];
    let seconds = age.as_secs();
    let unit = UNITS.iter().find(|(length, _)| seconds >= 2 * length);
    match unit {
        Some((length, unit)) => format!("{} {unit}", count(seconds / length)),
        None if seconds == 1 => "1 second".to_owned(),
        None => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_told_in_units_that_one_can_count() {
        for (seconds, words) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (119, "119 seconds"),
            (120, "2 minutes"),
            (7_199, "119 minutes"),
            (7_200, "2 hours"),
            (172_799, "47 hours"),
            (172_800, "2 days"),
            (86_400 * 1_234, "1,234 days"),
        ] {
            assert_eq!(in_words(Duration::from_secs(seconds)), words);
        }
    }

    #[test]
    fn a_time_to_come_or_beyond_all_calendars_is_told_as_it_is() {
        let of = |at| Cosignature {
            witness: "w1+00000000".to_owned(),
            at,
            now: 1_700_000_000,
        };
        let said = "w1+00000000, at 2023-11-14T22:13:18.000Z, 2 seconds ago";
        assert_eq!(of(1_699_999_998).in_words(), said);
        let to_come = of(1_700_000_001).in_words();
        assert!(
            to_come.ends_with(": THAT IS TO COME, by the clock of this machine"),
            "{to_come}"
        );
        assert!(
            of(u64::MAX)
                .in_words()
                .starts_with("w1+00000000, at second 18446744073709551615 from 1970")
        );
    }
}
