//! A snapshot is read back as it was written, or refused: never misread.
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking, its helpers too")]

use core::num::NonZeroU32;
use std::collections::BTreeSet;

use enterprise_credentials::audit::Auditor;
use enterprise_credentials::snapshot::{self, SnapshotError};
use enterprise_credentials::{
    Caller, Command, CredentialId, CredentialKind, CredentialType, Enterprise, Event, RecordedEvent, RevokeAll, Role,
    Timestamp, log,
};

/// What the hash of behaviour is taken from.
const CORPUS: &[u8] = include_bytes!("../src/snapshot/corpus.jsonl");

fn corpus() -> Vec<RecordedEvent> {
    log::read(CORPUS).map(Result::unwrap).collect()
}

#[test]
fn a_snapshot_stands_for_the_events_before_it() {
    let history = corpus();
    let end = log::replay(CORPUS).unwrap();
    let mut enterprise = Enterprise::new();
    for (position, recorded) in history.iter().enumerate() {
        let mut restored = snapshot::read(&snapshot::write(&enterprise)).unwrap();
        assert_eq!(restored, enterprise, "after {position} events");
        restored.apply_all(&history[position..]).unwrap();
        assert_eq!(restored, end, "from a snapshot after {position} events");
        enterprise.apply(recorded).unwrap();
    }
}

#[test]
fn the_same_state_gives_the_same_bytes() {
    let mut enterprise = Enterprise::new();
    corpus().iter().for_each(|recorded| enterprise.apply(recorded).unwrap());
    let bytes = snapshot::write(&enterprise);
    assert_eq!(bytes, snapshot::write(&log::replay(CORPUS).unwrap()));
    assert_eq!(bytes, snapshot::write(&snapshot::read(&bytes).unwrap()));
}

#[test]
fn every_altered_byte_is_noticed() {
    let bytes = snapshot::write(&log::replay(CORPUS).unwrap());
    for place in 0..bytes.len() {
        for bit in [1, 0x80] {
            let mut altered = bytes.clone();
            altered[place] ^= bit;
            let expected = match place {
                0..8 => SnapshotError::NotASnapshot,
                _ => SnapshotError::Damaged,
            };
            assert_eq!(snapshot::read(&altered), Err(expected), "byte {place}");
        }
    }
}

/// Two neighbouring bytes may lie in two words of the checksum, and must not cancel each other out.
#[test]
fn every_altered_pair_of_bytes_at_the_end_of_a_word_is_noticed() {
    let bytes = snapshot::write(&log::replay(CORPUS).unwrap());
    let mut altered = bytes.clone();
    for first in (15..800).step_by(8) {
        for (one, other) in (1..=255).flat_map(|one| [1, 3, 0x10, 0x80, one].map(|other| (one, other))) {
            altered[first] ^= one;
            altered[first + 1] ^= other;
            assert_eq!(
                snapshot::read(&altered),
                Err(SnapshotError::Damaged),
                "bytes {first} and on"
            );
            altered[first] ^= one;
            altered[first + 1] ^= other;
        }
    }
    assert_eq!(altered, bytes);
}

#[test]
fn every_length_but_the_right_one_is_noticed() {
    let bytes = snapshot::write(&log::replay(CORPUS).unwrap());
    for length in 0..bytes.len() {
        let expected = match length {
            0..8 => SnapshotError::NotASnapshot,
            _ => SnapshotError::Damaged,
        };
        assert_eq!(snapshot::read(&bytes[..length]), Err(expected), "{length} bytes");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert_eq!(snapshot::read(&longer), Err(SnapshotError::Damaged));
    longer.extend_from_slice(&bytes);
    assert_eq!(snapshot::read(&longer), Err(SnapshotError::Damaged));
}

#[test]
fn another_version_is_refused_by_its_behaviour() {
    let bytes = snapshot::write(&Enterprise::new());
    assert_eq!(bytes[8..16], snapshot::behaviour().to_le_bytes());
    let other = with_behaviour(&bytes, snapshot::behaviour() + 1);
    let refused = snapshot::read(&other).unwrap_err();
    assert_eq!(refused, SnapshotError::OtherVersion);
    assert!(refused.to_string().ends_with("replay the stream instead"));
    assert_eq!(with_behaviour(&other, snapshot::behaviour()), bytes);
}

/// The same snapshot as if another version had written it, its checksum made right.
fn with_behaviour(bytes: &[u8], behaviour: u64) -> Vec<u8> {
    let mut bytes = bytes[..bytes.len() - 8].to_vec();
    bytes[8..16].copy_from_slice(&behaviour.to_le_bytes());
    let sum = checksum(&bytes);
    bytes.extend_from_slice(&sum.to_le_bytes());
    bytes
}

/// A hash that left out a state or an answer would let another version's snapshot pass.
#[test]
fn the_hash_is_of_every_state_and_every_answer_on_the_way() {
    let mut enterprise = Enterprise::new();
    let mut hash = 0;
    for recorded in corpus() {
        enterprise.apply(&recorded).unwrap();
        let written = snapshot::write(&enterprise);
        hash = hash_on(hash_on(hash, &[1]), &written[16..written.len() - 8]);
        for credential in enterprise.credentials().map(|credential| credential.id()) {
            let authenticates = enterprise.authenticates(credential, recorded.at).is_ok();
            hash = hash_on(hash, &[authenticates.into()]);
            for (organization, _) in enterprise.organizations() {
                let may_use = enterprise.may_use(credential, organization, recorded.at).is_ok();
                hash = hash_on(hash, &[may_use.into()]);
            }
        }
    }
    assert_eq!(snapshot::behaviour(), hash);
}

/// The checksum as the documents describe it, told a second time.
fn checksum(bytes: &[u8]) -> u64 {
    hash_on(0, bytes)
}

fn hash_on(hash: u64, bytes: &[u8]) -> u64 {
    let words = bytes.chunks(8).map(|word| {
        let mut padded = [0; 8];
        padded[..word.len()].copy_from_slice(word);
        u64::from_le_bytes(padded)
    });
    words.fold(hash, |hash, word| {
        let product = (hash ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        product ^ product >> 32
    })
}

#[test]
fn a_state_that_does_not_fill_its_snapshot_is_refused() {
    let bytes = snapshot::write(&log::replay(CORPUS).unwrap());
    let mut longer = bytes[..bytes.len() - 8].to_vec();
    longer.push(0);
    let sum = checksum(&longer);
    longer.extend_from_slice(&sum.to_le_bytes());
    assert_eq!(snapshot::read(&longer), Err(SnapshotError::Damaged));
}

#[test]
fn no_state_is_made_of_values_that_no_event_makes() {
    let bytes = snapshot::write(&log::replay(CORPUS).unwrap());
    let mut refused = 0;
    for (place, bits) in (16..bytes.len() - 8).zip([1, 0x80, 0xFF].into_iter().cycle()) {
        let mut altered = bytes[..bytes.len() - 8].to_vec();
        altered[place] ^= bits;
        let sum = checksum(&altered);
        altered.extend_from_slice(&sum.to_le_bytes());
        // Whatever it is now, reading it ends, and what is read can be asked, with every assertion of the state on.
        match snapshot::read(&altered) {
            Ok(enterprise) => ask_everything(&enterprise),
            Err(error) => {
                assert_eq!(error, SnapshotError::Damaged);
                refused += 1;
            }
        }
    }
    assert!(refused > bytes.len() / 3, "{refused} of {} refused", bytes.len());
}

fn ask_everything(enterprise: &Enterprise) {
    let at = enterprise.last_at().unwrap_or(Timestamp::MIN);
    drop(enterprise.summary(at));
    for credential in enterprise.credentials() {
        for (organization, _) in enterprise.organizations() {
            let _ = enterprise.may_use(credential.id(), organization, at);
        }
        let _ = enterprise.decide(&destroy(credential.id()), at);
    }
    let caller = Caller::Stranger {};
    let request = RevokeAll {
        caller,
        revoke_credentials: true,
        idempotency_key: None,
    };
    drop(enterprise.plan(&request, at));
    for revocation in enterprise.pending_revocations() {
        let _ = enterprise.decide(
            &Command::ContinueRevocation {
                revocation,
                limit: NonZeroU32::MAX,
            },
            at,
        );
    }
}

fn destroy(credential: CredentialId) -> Command {
    Command::DestroyCredential { credential }
}

/// What the corpus lacks, the hash cannot notice.
#[test]
fn the_corpus_has_everything() {
    let text = str::from_utf8(CORPUS).unwrap();
    let after = |key: &str| -> BTreeSet<String> {
        let key = format!("\"{key}\":\"");
        let found = text.split(&key).skip(1);
        found.map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
    };
    let roles = Role::ALL.iter().filter(|role| **role != Role::OutsideCollaborator);
    assert_eq!(after("role"), roles.map(ToString::to_string).collect());
    let kinds = CredentialKind::ALL.iter().map(ToString::to_string);
    assert!(after("kind").is_superset(&kinds.collect()));
    assert_eq!(
        after("authority").len(),
        4,
        "owner, permission, installation, organization_owner"
    );
    let types = CredentialType::ALL
        .iter()
        .filter(|of| **of != CredentialType::ClassicPat);
    assert_eq!(after("credential_type"), types.map(ToString::to_string).collect());
    let types = after("type");
    for name in Event::NAMES {
        assert!(types.contains(name), "no {name} in the corpus");
    }
    for field in [
        "expires_at",
        "idempotency_key",
        "scopes",
        "revocation",
        "installation",
        "organization",
        "person",
    ] {
        assert!(text.contains(&format!("\"{field}\":")), "no {field} in the corpus");
    }
}

#[test]
fn the_corpus_keeps_the_rules() {
    let mut auditor = Auditor::new();
    corpus().iter().for_each(|recorded| auditor.observe(recorded).unwrap());
    assert_eq!(auditor.finish().findings, []);
}
