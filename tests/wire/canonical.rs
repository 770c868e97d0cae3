//! However a canonical line is spelt, it says the same, and the canonical writer writes what serde writes.

use enterprise_credentials::log::{self, Decoder, Encoder};
use enterprise_credentials::{Position, RecordedEvent, Timestamp};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::generated::{recorded_event, timestamp};
use crate::spellings;

/// Bytes that JSON gives a meaning to, and some that it does not.
const BYTES: &[u8] = b"{}[]\",:\\\t\r\n 0129-+.eEtfnu\0\x7f\xc3\xa9a";

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_what_serde_writes(recorded in recorded_event()) {
        let by_serde = serde_json::to_string(&recorded).unwrap() + "\n";
        prop_assert_eq!(String::from_utf8(line_of(&recorded)).unwrap(), by_serde);
    }

    #[test]
    fn what_is_written_in_turn_is_what_is_written_alone(
        events in prop::collection::vec((recorded_event(), any::<Index>()), 0..8),
        times in prop::collection::vec(timestamp(), 1..4),
    ) {
        let times = [times, vec![Timestamp::MIN]].concat();
        let (mut encoder, mut in_turn, mut alone) = (Encoder::new(), Vec::new(), Vec::new());
        for (recorded, time) in events {
            let recorded = RecordedEvent { at: *time.get(&times), ..recorded };
            encoder.encode(&recorded, &mut in_turn);
            alone.extend(line_of(&recorded));
        }
        prop_assert_eq!(String::from_utf8(in_turn), String::from_utf8(alone));
    }

    #[test]
    fn what_is_written_is_read_alike(recorded in recorded_event()) {
        let line = line_of(&recorded);
        judged_alike(&decoder_before(&recorded), &line)?;
        prop_assert_eq!(decoder_before(&recorded).decode(&line), Ok(recorded));
    }

    #[test]
    fn damaged_lines_are_judged_alike(recorded in recorded_event(), damages in prop::collection::vec(damage(), 1..4)) {
        let mut line = line_of(&recorded);
        for damage in damages {
            damage.inflict(&mut line);
        }
        judged_alike(&decoder_before(&recorded), &line)?;
    }

    #[test]
    fn arbitrary_bytes_are_judged_alike(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        judged_alike(&Decoder::new(), &bytes)?;
    }

    #[test]
    fn numbers_are_judged_alike(recorded in recorded_event(), number in "-?[0-9]{1,21}(\\.0)?(e0)?") {
        let line = String::from_utf8(line_of(&recorded)).unwrap();
        let (start, rest) = line.split_at(line.rfind(':').unwrap() + 1);
        let rest = rest.trim_start_matches(|character: char| character.is_ascii_digit());
        let line = format!("{start}{number}{rest}");
        judged_alike(&decoder_before(&recorded), line.as_bytes())?;
    }

    #[test]
    fn times_are_judged_alike(
        recorded in recorded_event(), month in 0..14, day in 0..33, hour in 0..26, second in 0..62,
    ) {
        let canonical = String::from_utf8(line_of(&recorded)).unwrap();
        let (start, rest) = canonical.split_once(",\"at\":\"").unwrap();
        let ((year, _), (_, rest)) = (rest.split_at(4), rest.split_at(24));
        let line = format!("{start},\"at\":\"{year}-{month:02}-{day:02}T{hour:02}:59:{second:02}.999Z{rest}");
        judged_alike(&decoder_before(&recorded), line.as_bytes())?;
    }
}

#[test]
fn every_single_byte_of_the_samples_may_be_any_other_or_missing_or_twice() {
    for (at, line) in (1..).zip(super::V1.split_inclusive(|byte| *byte == b'\n')) {
        let decoder = Decoder::resume(Position::new(at - 1).unwrap(), None);
        for place in 0..line.len() {
            let (before, (byte, after)) = (&line[..place], line[place..].split_first().unwrap());
            let others = b"\" \\0-,}x".iter().map(|other| vec![*other]);
            for instead in others.chain([vec![], vec![*byte; 2]]) {
                judged_alike(&decoder, &[before, &instead, after].concat()).unwrap();
            }
        }
    }
}

#[test]
fn every_order_of_fields_is_judged_alike() {
    for (at, line) in (1..)
        .zip(super::V1.split(|byte| *byte == b'\n'))
        .filter(|(_, line)| !line.is_empty())
    {
        let decoder = Decoder::resume(Position::new(at - 1).unwrap(), None);
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).unwrap();
        let fields: Vec<String> = object.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
        let recorded = decoder.clone().decode(line);
        assert!(recorded.is_ok());
        for (start, end) in (0..fields.len()).flat_map(|start| (start..fields.len()).map(move |end| (start, end))) {
            let mut turned = fields.clone();
            turned[start..=end].rotate_right(1);
            let mut repeated = turned.clone();
            repeated.insert(end, fields[start].clone());
            let lines = [turned, repeated].map(|fields| format!("{{{}}}", fields.join(",")));
            assert_eq!(decoder.clone().decode(lines[0].as_bytes()), recorded);
            assert!(decoder.clone().decode(lines[1].as_bytes()).is_err());
            lines
                .iter()
                .for_each(|line| judged_alike(&decoder, line.as_bytes()).unwrap());
        }
    }
}

/// Something that happens to a line.
#[derive(Debug, Clone)]
enum Damage {
    Replace(Index, u8),
    Insert(Index, u8),
    Remove(Index),
    Cut(Index),
    /// The bytes between two places once more, which may repeat whole fields.
    Repeat(Index, Index),
    /// The two fields around a comma change places.
    Swap(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let byte = || prop::sample::select(BYTES);
    prop_oneof![
        (any::<Index>(), byte()).prop_map(|(place, byte)| Damage::Replace(place, byte)),
        (any::<Index>(), byte()).prop_map(|(place, byte)| Damage::Insert(place, byte)),
        any::<Index>().prop_map(Damage::Remove),
        any::<Index>().prop_map(Damage::Cut),
        any::<(Index, Index)>().prop_map(|(start, end)| Damage::Repeat(start, end)),
        any::<Index>().prop_map(Damage::Swap),
    ]
}

impl Damage {
    fn inflict(&self, line: &mut Vec<u8>) {
        let length = line.len();
        if length == 0 {
            return;
        }
        match self {
            Self::Replace(place, byte) => *line.get_mut(place.index(length)).unwrap() = *byte,
            Self::Insert(place, byte) => line.insert(place.index(length), *byte),
            Self::Remove(place) => drop(line.remove(place.index(length))),
            Self::Cut(place) => line.truncate(place.index(length)),
            Self::Repeat(start, end) => {
                let (start, end) = (start.index(length), end.index(length));
                let (start, end) = (start.min(end), start.max(end));
                let repeated = line.get(start..end).unwrap().to_vec();
                line.splice(end..end, repeated);
            }
            Self::Swap(place) => {
                let mut fields: Vec<&[u8]> = line.split(|byte| *byte == b',').collect();
                let place = place.index(fields.len());
                let next = (place + 1) % fields.len();
                fields.swap(place, next);
                *line = fields.join(&b',');
            }
        }
    }
}

/// However a line is spelt, and so whichever way reads it, it gives the same event or the same error.
fn judged_alike(decoder: &Decoder, line: &[u8]) -> Result<(), TestCaseError> {
    spellings::judged_alike(decoder, line).map_err(TestCaseError::fail)
}

fn line_of(recorded: &RecordedEvent) -> Vec<u8> {
    let mut line = Vec::new();
    log::write_line(recorded, &mut line);
    line
}

fn decoder_before(recorded: &RecordedEvent) -> Decoder {
    Decoder::resume(Position::new(recorded.position.value() - 1).unwrap(), None)
}
