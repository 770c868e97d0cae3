//! What must hold of any bytes that are read as one of the seal's texts.
//! The fuzz target and the replay of its corpus both call it.

use std::fmt::Display;

use enterprise_credentials_seal::{
    Checkpoint, CosigningKey, Hash, KeyName, Malformed, NotSealed, Note, NoteSignature, SealedGrowth, SealedLine,
    SigningKey, VerifierKey, WitnessKey, leaf_hash,
};

/// Keys that inputs of the corpus are signed with: one by an owner whose secret is 32 bytes of 1,
/// and one by another of 2.
fn keys() -> Vec<VerifierKey> {
    [1, 2].map(|seed| secret(seed).verifier_key()).into()
}

fn secret(seed: u8) -> SigningKey {
    let name = KeyName::new("credentials.example.com/octo-corp").unwrap();
    SigningKey::from_seed(name, &[seed; SigningKey::SEED_LENGTH])
}

/// Gives what the bytes were, and what they showed.
pub(crate) fn check(bytes: &[u8]) -> Vec<&'static str> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let mut found = vec![
        read("note", bytes, Note::parse(bytes)),
        read("checkpoint", text.as_bytes(), text.parse::<Checkpoint>()),
        read("verifier key", line.as_bytes(), text.parse::<VerifierKey>()),
        read("witness's key", line.as_bytes(), text.parse::<WitnessKey>()),
        read("signatures", bytes, NoteSignature::parse_lines(bytes).map(Lines)),
        read("line", bytes, SealedLine::parse(bytes)),
        read("growth", bytes, SealedGrowth::parse(bytes)),
    ];
    if let Ok(key) = SigningKey::from_secret_text(&text) {
        assert_eq!(key.to_secret_text(), line);
        found.push(Some("signing key"));
    }
    found.push(Note::parse(bytes).ok().and_then(cosigned));
    found.push(Note::parse(bytes).ok().map(note));
    found.push(SealedLine::parse(bytes).ok().map(line_shows));
    found.push(SealedGrowth::parse(bytes).ok().map(growth_shows));
    let found: Vec<&str> = found.into_iter().flatten().collect();
    if found.is_empty() { vec!["nothing"] } else { found }
}

struct Lines(Vec<NoteSignature>);

impl Display for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// What is read is written again to the same bytes: no two texts mean the same.
fn read<T: Display>(what: &'static str, bytes: &[u8], read: Result<T, Malformed>) -> Option<&'static str> {
    match read {
        Ok(value) => {
            assert_eq!(value.to_string().as_bytes(), bytes, "{what}");
            Some(what)
        }
        Err(error) => {
            // The end of the last line is a line to name as well.
            let lines = bytes.split(|byte| *byte == b'\n').count();
            assert!((1..=lines + 1).contains(&error.line), "{error}, of {lines} lines");
            None
        }
    }
}

fn cosigned(note: Note) -> Option<&'static str> {
    let name = KeyName::new("witness.example.com/w1").unwrap();
    let witness = CosigningKey::from_seed(name, &[3; SigningKey::SEED_LENGTH]);
    let keys = [witness.witness_key()];
    let Ok(cosigned) = note.cosigned(&keys) else {
        return Some("note with a false cosignature");
    };
    let time = cosigned.first()?.time;
    // Whoever says so has signed it so: the signature is the same each time.
    let again = witness.cosign(&note.text().parse().ok()?, time);
    assert!(note.signatures().contains(&again));
    Some("cosigned checkpoint")
}

fn note(note: Note) -> &'static str {
    let keys = keys();
    match (note.verify(&keys), Checkpoint::open(&note, &keys)) {
        (Ok(signers), Ok(checkpoint)) => {
            // The keys are different, and so whoever signed also signs the text again alike.
            let again = Note::sign(&checkpoint.to_string(), &[secret(1), secret(2)]).unwrap();
            assert_eq!(again.text(), note.text());
            assert!(signers.iter().all(|key| *key.name() == checkpoint.origin));
            assert!(
                again
                    .signatures()
                    .iter()
                    .any(|signature| note.signatures().contains(signature))
            );
            "signed checkpoint"
        }
        (Ok(_), Err(_)) => "signed note that is no checkpoint of the key's log",
        (Err(_), opened) => {
            assert!(opened.is_err());
            "note that is not signed"
        }
    }
}

fn line_shows(mut line: SealedLine) -> &'static str {
    let keys = keys();
    let opened = line.open(&keys);
    line.line.push(b'x');
    assert!(line.open(&keys).is_err(), "another line");
    shown(&opened, "sealed line")
}

fn growth_shows(growth: SealedGrowth) -> &'static str {
    let keys = keys();
    // Of the older log nothing is known but its size; it is one line often enough.
    let root = leaf_hash(b"one");
    let origin = KeyName::new("credentials.example.com/octo-corp").unwrap();
    let older = |root| Checkpoint {
        origin: origin.clone(),
        size: growth.old,
        root,
    };
    let other = growth.open(&older(Hash::from_bytes([7; Hash::LENGTH])), &keys);
    assert!(other.is_err(), "from another log");
    shown(&growth.open(&older(root), &keys), "sealed growth")
}

fn shown(opened: &Result<Checkpoint, NotSealed>, what: &'static str) -> &'static str {
    match opened {
        Ok(_) => what,
        Err(NotSealed::NotAuthentic(_)) => "proof of an unknown checkpoint",
        Err(NotSealed::NotProven(_)) => "proof that shows nothing",
        Err(NotSealed::OtherLogs { .. } | NotSealed::OtherSize { .. }) => "proof of another log",
    }
}
