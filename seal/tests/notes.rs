//! Keys and notes are those of Go's package `note`, whose documented examples are read, written and signed alike.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use enterprise_credentials_seal::{
    Checkpoint, Frontier, KeyName, Malformed, NotAuthentic, NotVerified, Note, SigningKey, VerifierKey,
};

const TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_SECRET: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SIGNED: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const ENOCH: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const ENOCH_SIGNED: &str =
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

fn secret(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(KeyName::new(name).unwrap(), &[seed; 32])
}

fn note(text: &str) -> Result<Note, Malformed> {
    Note::parse(text.as_bytes())
}

#[test]
fn the_documented_keys_are_read_written_and_belong_together() {
    let peter = SigningKey::from_secret_text(PETER_SECRET).unwrap();
    assert_eq!(peter.to_secret_text(), PETER_SECRET);
    assert_eq!(peter.verifier_key().to_string(), PETER);
    assert_eq!(key(PETER), peter.verifier_key());
    assert_eq!(key(&format!("{PETER}\n")), peter.verifier_key());
    assert_eq!(
        (key(ENOCH).name().as_str(), key(ENOCH).id().to_string().as_str()),
        ("EnochRoot", "af0cfe78")
    );
    // Made from 32 bytes of 0, as the example has it.
    assert_eq!(secret("EnochRoot", 0).verifier_key(), key(ENOCH));
}

#[test]
fn the_documented_note_is_signed_alike_and_verified() {
    let peter = SigningKey::from_secret_text(PETER_SECRET).unwrap();
    let signed = Note::sign(TEXT, &[peter.clone(), secret("EnochRoot", 0)]).unwrap();
    let documented = format!("{TEXT}\n{PETER_SIGNED}{ENOCH_SIGNED}");
    assert_eq!(signed.to_string(), documented);
    assert_eq!(note(&documented), Ok(signed.clone()));

    let keys = [key(PETER), key(ENOCH)];
    assert_eq!(signed.verify(&keys), Ok(vec![&keys[0], &keys[1]]));
    assert_eq!(
        signed.verify(&keys[1..]),
        Ok(vec![&keys[1]]),
        "one that is known suffices"
    );
    let twice = note(&format!("{TEXT}\n{PETER_SIGNED}{PETER_SIGNED}")).unwrap();
    assert_eq!(twice.verify(&keys), Ok(vec![&keys[0]]));
}

#[test]
fn a_signature_that_is_not_by_a_known_key_is_nothing_and_a_false_one_of_a_known_key_is_an_error() {
    let documented = note(&format!("{TEXT}\n{PETER_SIGNED}")).unwrap();
    let unknown = documented.verify(&[key(ENOCH)]).unwrap_err();
    let said =
        "no signature is by a key that was given: signed by `PeterNeumann+c74f20a3`; given was `EnochRoot+af0cfe78`";
    assert_eq!(unknown.to_string(), said);
    assert!(
        documented
            .verify(&[])
            .unwrap_err()
            .to_string()
            .ends_with("given was none")
    );

    // Genuine by one known key, false by another.
    let other = ENOCH_SIGNED.replace("BzmZ", "BzmY");
    let other = note(&format!("{TEXT}\n{PETER_SIGNED}{other}")).unwrap();
    assert!(other.verify(&[key(PETER)]).is_ok());
    let refused = other.verify(&[key(PETER), key(ENOCH)]).unwrap_err();
    assert!(matches!(refused, NotVerified::False { .. }), "{refused}");
    let said = "the signature by `EnochRoot+af0cfe78` is false: ";
    assert!(refused.to_string().starts_with(said), "{refused}");

    let text = note(&format!("{TEXT}\n{PETER_SIGNED}").replace("cryptography", "cryptographi")).unwrap();
    assert!(matches!(text.verify(&[key(PETER)]), Err(NotVerified::False { .. })));
}

#[test]
fn a_text_that_is_no_note_is_refused_with_the_line_that_is_wrong() {
    let many = format!("{TEXT}\n{}", PETER_SIGNED.repeat(101));
    let long = format!("{}\n\n{PETER_SIGNED}", "x".repeat(Note::BYTES_MAX));
    for (wrong, line) in [
        ("", 1),
        (TEXT, 3),
        (&format!("{TEXT}\n"), 4),
        (&format!("{TEXT}{PETER_SIGNED}"), 4),
        (&format!("\n\n{PETER_SIGNED}"), 0),
        (&format!("{TEXT}\n{}", PETER_SIGNED.trim_end()), 4),
        (&format!("{TEXT}\n{PETER_SIGNED}\n"), 6),
        (&format!("{TEXT}\n{PETER_SIGNED}more\n"), 5),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace('—', "-")), 4),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace("— ", "—")), 4),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace("Peter", "Peter ")), 4),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace("Peter", "Peter+")), 4),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace("Peter", "Peter\u{a0}")), 4),
        (&format!("{TEXT}\n— PeterNeumann x08gow==\n"), 4),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace("AM=", "AN=")), 4),
        (&format!("{TEXT}\n{}", PETER_SIGNED.replace('\n', "\r\n")), 4),
        (&format!("{TEXT}\n{PETER_SIGNED}").replace("problem,", "problem,\r"), 1),
        (&format!("{TEXT}\n{PETER_SIGNED}").replace("then", "\tthen"), 2),
        (&many, 104),
        (&long, 1),
    ] {
        match note(wrong) {
            Err(error) => assert_eq!((error.what, error.line), ("a signed note", line), "{wrong}"),
            // An empty line is a text too.
            Ok(_) => assert_eq!(line, 0, "{wrong}"),
        }
    }
    let not_utf_8 = [TEXT.as_bytes(), b"\xff\n\n", PETER_SIGNED.as_bytes()].concat();
    let error = Note::parse(&not_utf_8).unwrap_err();
    assert_eq!(
        error.to_string(),
        "this is not a signed note: line 3 should be text in UTF-8"
    );
    assert!(note(&format!("{TEXT}\n{}", PETER_SIGNED.repeat(100))).is_ok());
    assert!(Note::sign("no line feed", &[]).is_err());
    assert!(Note::sign("a tab\there\n", &[]).is_err());
}

#[test]
fn a_text_that_is_no_key_is_refused() {
    for wrong in [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        &PETER.replace("c74f20a3", "c74f20a4"),
        &PETER.replace("c74f20a3", "C74F20A3"),
        &PETER.replace("c74f20a3", ""),
        &PETER.replace("Peter", "peter"),
        &PETER.replace("Peter", "Peter "),
        &PETER.replace("PeterNeumann", ""),
        // A kind that is unknown, and a key that is too long: from Go's tests, with ids that fit.
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        &format!("{PETER}="),
        &format!(" {PETER}"),
        &format!("{PETER}\n\n"),
        &format!("{PETER}\r\n"),
        PETER_SECRET,
    ] {
        let error = wrong.parse::<VerifierKey>().unwrap_err();
        assert_eq!(error.what, "a verifier key", "{wrong}");
    }
    for wrong in [
        PETER,
        &PETER_SECRET.replace("c74f20a3", "c74f20a4"),
        &PETER_SECRET.replace("PRIVATE", "private"),
    ] {
        let error = SigningKey::from_secret_text(wrong).unwrap_err();
        let said = "this is not a signing key: line 1 should be `PRIVATE+KEY+name+id+key`, as `seal key` writes it, of \
                    the kind Ed25519";
        assert_eq!(error.to_string(), said, "and nothing of the secret");
    }
    let shown = format!("{:?}", SigningKey::from_secret_text(PETER_SECRET).unwrap());
    assert_eq!(shown, "SigningKey(PeterNeumann+c74f20a3, secret)");
}

#[test]
fn a_name_is_visible_and_has_no_plus() {
    let longest = "x".repeat(KeyName::LENGTH_MAX);
    for name in ["a", "example.com/octo-corp", "Ελλάς", &longest] {
        assert_eq!(KeyName::new(name).unwrap().as_str(), name);
    }
    for wrong in [
        "",
        "a b",
        "a+b",
        "a\n",
        "a\u{2003}b",
        "a\u{0}",
        "a\u{85}",
        "a\u{7f}",
        &format!("{longest}x"),
    ] {
        assert!(KeyName::new(wrong).is_err(), "{wrong:?}");
    }
    let log = KeyName::new("example.com").unwrap();
    assert_eq!(log.join("octo-corp").unwrap().as_str(), "example.com/octo-corp");
    assert!(log.join("octo corp").is_err());
}

fn checkpoint(origin: &str) -> Checkpoint {
    let mut frontier = Frontier::EMPTY;
    frontier.push_line(b"one").unwrap();
    Checkpoint::of(KeyName::new(origin).unwrap(), &frontier)
}

#[test]
fn a_checkpoint_is_three_lines_and_signed_under_the_name_of_its_log() {
    let ours = checkpoint("example.com/octo-corp");
    let text = format!("example.com/octo-corp\n1\n{}\n", ours.root.to_base64());
    assert_eq!(ours.to_string(), text);
    assert_eq!(ours.to_string().parse(), Ok(ours.clone()));
    let old_and_new = [secret("example.com", 1), secret("example.com", 2)];
    let signed = ours.sign(&old_and_new);
    for key in old_and_new {
        let key = key.named(ours.origin.clone()).verifier_key();
        assert_eq!(
            Checkpoint::open(&signed, &[key]),
            Ok(ours.clone()),
            "either key will do"
        );
    }
}

#[test]
fn a_checkpoint_of_one_log_cannot_be_shown_as_that_of_another() {
    let octo = checkpoint("example.com/octo-corp");
    let [octo_key, acme_key] = ["octo-corp", "acme"].map(|slug| secret(&format!("example.com/{slug}"), 1));
    // The same secret signs both logs, and a signature is over the text alone: this one is acme's key's,
    // over octo's text.
    let shown = Note::sign(&octo.to_string(), std::slice::from_ref(&acme_key)).unwrap();
    let refused = Checkpoint::open(&shown, &[acme_key.verifier_key()]).unwrap_err();
    assert!(matches!(refused, NotAuthentic::OtherLog { .. }), "{refused}");
    let said = "the checkpoint is of the log `example.com/octo-corp`, but the signature is for `example.com/acme`";
    assert_eq!(refused.to_string(), said);
    // One signer more, whose key is known too, does no harm.
    let signed = Note::sign(&octo.to_string(), &[octo_key.clone(), acme_key.clone()]).unwrap();
    let keys = [acme_key.verifier_key(), octo_key.verifier_key()];
    assert_eq!(Checkpoint::open(&signed, &keys), Ok(octo));
}

#[test]
fn a_text_that_is_no_checkpoint_is_refused_with_the_line_that_is_wrong() {
    let text = checkpoint("example.com/octo-corp").to_string();
    let root = text.lines().nth(2).unwrap();
    for (wrong, line) in [
        ("", 1),
        ("\n1\n", 1),
        (&text.replace("octo-corp", "octo corp"), 1),
        (&text.replace("\n1\n", "\n01\n"), 2),
        (&text.replace("\n1\n", "\n+1\n"), 2),
        (&text.replace("\n1\n", "\n-1\n"), 2),
        (&text.replace("\n1\n", "\n1 \n"), 2),
        (&text.replace("\n1\n", "\n\n"), 2),
        (&text.replace("\n1\n", "\n18446744073709551616\n"), 2),
        (&text.replace(root, root.trim_end_matches('=')), 3),
        (&text.replace(root, "AAAA"), 3),
        (text.trim_end(), 3),
        (&format!("{text}extension\n"), 4),
    ] {
        let error = wrong.parse::<Checkpoint>().unwrap_err();
        assert_eq!((error.what, error.line), ("a checkpoint", line), "{wrong}");
    }
    let largest = text.replace("\n1\n", "\n18446744073709551615\n");
    assert_eq!(largest.parse::<Checkpoint>().unwrap().size, u64::MAX);
    assert_eq!(text.replace("\n1\n", "\n0\n").parse::<Checkpoint>().unwrap().size, 0);
}
