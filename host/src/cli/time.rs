//! Times and places in a log, as arguments.

use enterprise_credentials::limits::ID_MAX;
use enterprise_credentials::log::Until;
use enterprise_credentials::{Enterprise, Position, Timestamp};
use enterprise_credentials_host::enterprises::time_for;

/// Reads a time in UTC. Hours, minutes, seconds that are not given are zero:
/// `2026-03-10` is midnight at the start of that day.
pub(super) fn time(text: &str) -> Result<Timestamp, String> {
    const ZEROS: &str = "0000-00-00T00:00:00.000";
    const LENGTHS: [usize; 4] = [
        "0000-00-00".len(),
        "0000-00-00T00:00".len(),
        "0000-00-00T00:00:00".len(),
        ZEROS.len(),
    ];
    let given = text.strip_suffix('Z').unwrap_or(text);
    let zeros = ZEROS.get(given.len()..).filter(|_| LENGTHS.contains(&given.len()));
    let time = zeros.and_then(|zeros| Timestamp::parse(&format!("{}{zeros}Z", given.replacen(' ', "T", 1))).ok());
    time.ok_or_else(|| {
        "write a time in UTC, as `2026-03-10T09:00:00.000Z`, `2026-03-10T09:00` or `2026-03-10`".to_owned()
    })
}

/// Reads a position, or a time.
pub(super) fn until(text: &str) -> Result<Until, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let position = text.parse().ok().and_then(|number| Position::new(number).ok());
        return position
            .map(Until::Position)
            .ok_or_else(|| format!("the highest position there can be is {ID_MAX}"));
    }
    time(text)
        .map(Until::Time)
        .map_err(|hint| format!("neither a position nor a time: {hint}"))
}

/// The time of a question about a state: as asked, else the time up to which the log was read, else now; never before
/// the last event.
pub(super) fn time_of_question(
    enterprise: &Enterprise,
    at: Option<Timestamp>,
    until: Option<Until>,
) -> anyhow::Result<Timestamp> {
    if let Some(at) = at {
        let last_at = end(enterprise, None);
        anyhow::ensure!(
            at >= last_at,
            "`--at {at}` is before the last event, at {last_at}: ask for that time or a later one"
        );
        return Ok(at);
    }
    Ok(match until {
        Some(_) => end(enterprise, until),
        None => time_for(enterprise),
    })
}

/// The time up to which a log was read: that of its last event, where no other was asked for.
pub(super) fn end(enterprise: &Enterprise, until: Option<Until>) -> Timestamp {
    match until {
        Some(Until::Time(until)) => until,
        Some(Until::Position(_)) | None => enterprise.last_at().unwrap_or(Timestamp::MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_time_may_be_left_out() {
        for text in [
            "2026-03-10",
            "2026-03-10T00:00",
            "2026-03-10 00:00:00",
            "2026-03-10T00:00:00Z",
            "2026-03-10T00:00:00.000Z",
        ] {
            assert_eq!(time(text).unwrap().to_string(), "2026-03-10T00:00:00.000Z", "{text}");
        }
        for text in [
            "",
            "Z",
            "2026",
            "2026-03",
            "2026-03-10T",
            "2026-02-30",
            "2026-03-10T09",
            "10:00",
            "yesterday",
            "2026-03-1é",
        ] {
            assert!(time(text).is_err(), "{text}");
        }
    }

    #[test]
    fn digits_are_a_position() {
        assert_eq!(until("0"), Ok(Until::Position(Position::START)));
        assert_eq!(
            until("20260310").map(|until| matches!(until, Until::Position(_))),
            Ok(true)
        );
        assert!(matches!(until("2026-03-10"), Ok(Until::Time(_))));
        assert!(until("99999999999999999999").is_err());
        assert!(until("-1").is_err());
    }
}
