//! Cosignatures are those of another implementation, and whoever alters a bit of one is found out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use enterprise_credentials_seal::{
    Checkpoint, CosigningKey, Frontier, KeyName, NotVerified, Note, NoteSignature, SigningKey, VerifierKey, WitnessKey,
};

/// The example of C2SP's documents.
const DOCUMENTED: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa \
    Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 \
    jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
const DOCUMENTED_TIME: u64 = 1_679_315_147;
/// Made from 32 bytes of 3 by Python's `cryptography` and `hashlib`, and its cosignature of the documented checkpoint.
const THEIR_KEY: &str = "witness.example.com/w1+84bec770+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR";
const THEIR_COSIGNATURE: &str = "— witness.example.com/w1 \
    hL7HcAAAAABkGFDLMNgPaUkNaJGzku/UOv9J4xe+sMNOE3ojmgMjp7bUMLdRD3VTtNiesVYFDVlpiEzTG3GgzySAzzTFTWah5H3fBQ==\n";
const ORIGIN: &str = "credentials.example.com/octo-corp";

fn name(name: &str) -> KeyName {
    KeyName::new(name).unwrap()
}

fn witness(seed: u8) -> CosigningKey {
    CosigningKey::from_seed(name("witness.example.com/w1"), &[seed; 32])
}

fn log_key() -> SigningKey {
    SigningKey::from_seed(name(ORIGIN), &[1; 32])
}

fn log_keys() -> [VerifierKey; 1] {
    [log_key().verifier_key()]
}

/// What a log of so many lines is.
fn sealed_at(size: u64) -> Checkpoint {
    let mut frontier = Frontier::EMPTY;
    (0..size).for_each(|line| frontier.push_line(line.to_string().as_bytes()).unwrap());
    Checkpoint::of(name(ORIGIN), &frontier)
}

fn signature(line: &str) -> NoteSignature {
    NoteSignature::parse_lines(line.as_bytes()).unwrap().remove(0)
}

#[test]
fn the_documented_note_is_read_with_the_cosignature_in_it() {
    let note = Note::parse(DOCUMENTED.as_bytes()).unwrap();
    assert_eq!(note.to_string(), DOCUMENTED);
    assert_eq!(note.signatures()[1].name(), witness(3).witness_key().name());
    assert_eq!(note.signatures()[1].id().to_string(), "8d66cf3f");
    // Whose key it was is not documented; ours with that name is another, and knows nothing of it.
    assert_eq!(note.cosigned(&[witness(3).witness_key()]), Ok(vec![]));
}

#[test]
fn keys_and_cosignatures_are_those_of_another_implementation() {
    let key: WitnessKey = THEIR_KEY.parse().unwrap();
    assert_eq!(key, witness(3).witness_key());
    assert_eq!(
        (key.to_string().as_str(), key.name().as_str()),
        (THEIR_KEY, "witness.example.com/w1")
    );
    let mut note = Note::parse(DOCUMENTED.as_bytes()).unwrap();
    let ours = witness(3).cosign(&note.text().parse().unwrap(), DOCUMENTED_TIME);
    assert_eq!(format!("{ours}\n"), THEIR_COSIGNATURE);
    assert!(note.add(signature(THEIR_COSIGNATURE)));
    let keys = [witness(4).witness_key(), key];
    let cosigned = note.cosigned(&keys).unwrap();
    assert_eq!(
        (cosigned.len(), cosigned[0].key, cosigned[0].time),
        (1, &keys[1], DOCUMENTED_TIME)
    );
}

#[test]
fn a_key_of_one_kind_is_not_taken_for_one_of_the_other() {
    let (log, cosigner) = (log_key(), CosigningKey::from_seed(name(ORIGIN), &[1; 32]));
    assert_ne!(log.verifier_key().id(), cosigner.witness_key().id());
    let refused = log.verifier_key().to_string().parse::<WitnessKey>().unwrap_err();
    assert!(
        refused.to_string().contains("a log's key is of another kind"),
        "{refused}"
    );
    assert!(cosigner.witness_key().to_string().parse::<VerifierKey>().is_err());
    assert!(SigningKey::from_secret_text(&cosigner.to_secret_text()).is_err());
    assert!(CosigningKey::from_secret_text(&log.to_secret_text()).is_err());
    let again = CosigningKey::from_secret_text(&cosigner.to_secret_text()).unwrap();
    assert_eq!(again.witness_key(), cosigner.witness_key());
    assert!(!format!("{again:?}").contains(cosigner.to_secret_text().splitn(5, '+').nth(4).unwrap()));
    // A cosignature signs no log: one whose key is the same bytes.
    let mut note = sealed_at(3).sign(&[]);
    note.add(cosigner.cosign(&sealed_at(3), 7));
    assert!(note.verify(&log_keys()).is_err());
}

#[test]
fn of_several_cosignatures_by_one_witness_the_latest_counts_and_a_false_one_refuses_all() {
    let checkpoint = sealed_at(3);
    let note = |times: &[u64]| {
        let lines = times
            .iter()
            .map(|time| format!("{}\n", witness(3).cosign(&checkpoint, *time)));
        let text = format!("{}{}", checkpoint.sign(&[log_key()]), lines.collect::<String>());
        Note::parse(text.as_bytes()).unwrap()
    };
    let keys = [witness(3).witness_key(), witness(3).witness_key()];
    let cosigned = note(&[7, 9, 8]);
    assert_eq!(
        cosigned
            .cosigned(&keys)
            .unwrap()
            .iter()
            .map(|it| it.time)
            .collect::<Vec<_>>(),
        [9]
    );
    assert_eq!(
        Checkpoint::open(&cosigned, &log_keys()),
        Ok(checkpoint.clone()),
        "and a log's reader ignores them"
    );

    let mut moved = sealed_at(4).sign(&[log_key()]);
    moved.add(witness(3).cosign(&checkpoint, 7));
    assert!(
        matches!(moved.cosigned(&keys), Err(NotVerified::False { .. })),
        "of another checkpoint"
    );
    let short = format!("{}{}", note(&[7]), "— witness.example.com/w1 hL7HcAAA\n");
    let short = Note::parse(short.as_bytes()).unwrap();
    assert!(
        matches!(short.cosigned(&keys), Err(NotVerified::False { .. })),
        "cut short"
    );
}

#[test]
fn a_signature_takes_the_place_of_an_earlier_one_by_the_same_key_and_never_makes_a_note_too_long_to_read() {
    let checkpoint = sealed_at(3);
    let mut note = checkpoint.sign(&[log_key()]);
    for time in 0..200 {
        assert!(note.add(witness(3).cosign(&checkpoint, time)));
    }
    assert_eq!(
        (
            note.signatures().len(),
            note.cosigned(&[witness(3).witness_key()]).unwrap()[0].time
        ),
        (2, 199)
    );
    let room = (4..=255)
        .filter(|seed| note.add(witness(*seed).cosign(&checkpoint, 1)))
        .count();
    assert_eq!(room, Note::SIGNATURES_MAX - 2);
    assert_eq!(Note::parse(note.to_string().as_bytes()), Ok(note));
}

#[test]
fn lines_of_signatures_are_read_to_the_last_byte() {
    let line = THEIR_COSIGNATURE;
    assert_eq!(NoteSignature::parse_lines(line.repeat(2).as_bytes()).unwrap().len(), 2);
    for (wrong, at) in [
        (String::new(), 1),
        ("\n".to_owned(), 1),
        (line.trim_end().to_owned(), 1),
        (format!("{line}\n"), 2),
        (format!("{line}{}", line.replace('—', "-")), 2),
        (line.repeat(101), 101),
    ] {
        assert_eq!(
            NoteSignature::parse_lines(wrong.as_bytes()).unwrap_err().line,
            at,
            "{wrong}"
        );
    }
    assert!(NoteSignature::parse_lines(b"\xff").is_err());
}

#[test]
fn every_bit_of_a_cosignature_and_of_what_it_is_of_is_noticed() {
    let checkpoint = sealed_at(13);
    let key = witness(3).witness_key();
    let text = format!(
        "{}{}\n",
        checkpoint.sign(&[log_key()]),
        witness(3).cosign(&checkpoint, DOCUMENTED_TIME)
    );
    let is_good = |note: &[u8], key: &[u8]| {
        let key = std::str::from_utf8(key)
            .ok()
            .and_then(|key| key.parse::<WitnessKey>().ok());
        let note = Note::parse(note);
        let time = key
            .zip(note.ok())
            .and_then(|(key, note)| Some(note.cosigned(&[key]).ok()?.first()?.time));
        time == Some(DOCUMENTED_TIME)
    };
    let log_signature = text.lines().nth(4).unwrap();
    let start = text.find(log_signature).unwrap();
    let (note, key) = (text.clone().into_bytes(), key.to_string().into_bytes());
    assert!(is_good(&note, &key));
    let (mut tried, mut unnoticed, mut ignored) = (0, 0, 0);
    for at in 0..note.len() {
        for bit in 0..8 {
            let mut altered = note.clone();
            altered[at] ^= 1 << bit;
            tried += 1;
            // The log's own signature is not the witness's to vouch for.
            if (start..=start + log_signature.len()).contains(&at) {
                ignored += usize::from(is_good(&altered, &key));
            } else {
                unnoticed += usize::from(is_good(&altered, &key));
            }
        }
    }
    for at in 0..key.len() {
        for bit in 0..8 {
            let mut altered = key.clone();
            altered[at] ^= 1 << bit;
            tried += 1;
            unnoticed += usize::from(is_good(&note, &altered));
        }
    }
    println!("cosignature: {tried} bits altered, {unnoticed} unnoticed, {ignored} ignored in the log's signature");
    assert!(tried > 3_000 && ignored > 100);
    assert_eq!(unnoticed, 0);
}
