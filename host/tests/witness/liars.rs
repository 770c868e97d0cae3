//! Witnesses that do not do as they should: no request waits for one, and nothing false is given out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use enterprise_credentials_seal::{Checkpoint, CosigningKey, KeyName, Note, SealedGrowth, SigningKey, WitnessKey};

use crate::common::wait_until;
use crate::hosts::{OTHER, SLUG, latest, serve, witness_of};
use crate::process::{NAME, Witness};
use crate::scene::{Scene, ask, health};

fn key(seed: u8) -> CosigningKey {
    CosigningKey::from_seed(KeyName::new(NAME).unwrap(), &[seed; 32])
}

/// Answers each request with what `answer` makes of the checkpoint in it, byte for byte.
fn liar(answer: impl Fn(&Note, &mut TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if let Some(request) = read(&stream) {
                answer(&SealedGrowth::parse(&request).unwrap().checkpoint, &mut stream);
            }
        }
    });
    address
}

/// The body of a request.
fn read(stream: &TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut length = None;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().ok();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length?];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

fn say(stream: &mut TcpStream, status: &str, body: &str) {
    let length = body.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
}

/// Serves while this witness lies; what is given out bears the log's signature alone.
fn assert_no_harm(said: &str, known: &WitnessKey, answer: impl Fn(&Note, &mut TcpStream) + Send + 'static) {
    let scene = Scene::new(&[SLUG]);
    let host = serve(&scene, "journal", &[(format!("http://{}", liar(answer)), known)]);
    assert_eq!(ask(host.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    wait_until("it is told", || host.log().contains(said));
    assert_eq!(ask(host.address, SLUG), Some(202), "{said}");
    assert_eq!(health(&host).1["status"], "ok", "{said}");
    scene.wait_until_sealed(SLUG);
    assert_eq!(latest(&scene, SLUG).signatures().len(), 1, "{said}");
    assert!(!host.log().contains("ERROR"), "{}", host.log());
    // Whatever it still waits for, the stop does not.
    assert_eq!(host.terminate(), Some(0), "{said}");
}

#[test]
fn cosignatures_that_are_not_genuine_are_not_given_out() {
    let known = key(3).witness_key();
    let none = "it gives no genuine cosignature by a key that is known";
    assert_no_harm(none, &known, |note, stream| {
        let stranger = key(4).cosign(&note.text().parse().unwrap(), 1_700_000_000);
        say(stream, "200 OK", &format!("{stranger}\n"));
    });
    assert_no_harm(none, &known, |note, stream| {
        let mut other: Checkpoint = note.text().parse().unwrap();
        other.size += 1;
        say(stream, "200 OK", &format!("{}\n", key(3).cosign(&other, 1_700_000_000)));
    });
    // One under the log's own name would make whoever knows that refuse the note.
    assert_no_harm(none, &known, |note, stream| {
        let log = note.signatures()[0].name().clone();
        let forged = Note::sign("x\n", &[SigningKey::from_seed(log, &[9; 32])]).unwrap();
        say(stream, "200 OK", &format!("{}\n", forged.signatures()[0]));
    });
}

#[test]
fn of_several_signatures_the_genuine_ones_are_given_out() {
    let scene = Scene::new(&[SLUG]);
    let known = key(3).witness_key();
    let address = liar(|note, stream| {
        let checkpoint = note.text().parse().unwrap();
        let [stranger, genuine] = [4, 3].map(|seed| key(seed).cosign(&checkpoint, 1_700_000_000));
        say(stream, "200 OK", &format!("{stranger}\n{genuine}\n"));
    });
    let host = serve(&scene, "journal", &[(format!("http://{address}"), &known)]);
    assert_eq!(ask(host.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    wait_until("it is cosigned", || latest(&scene, SLUG).signatures().len() > 1);
    let note = latest(&scene, SLUG);
    assert_eq!(note.signatures().len(), 2);
    assert_eq!(note.cosigned(&[known]).unwrap()[0].time, 1_700_000_000);
    assert_eq!(host.terminate(), Some(0));
}

#[test]
fn answers_that_mean_nothing_do_nothing() {
    let known = key(3).witness_key();
    let cases: [(&str, &str, &str); 8] = [
        ("it answers with something else than cosignatures", "200 OK", ""),
        ("it answers with something else than cosignatures", "200 OK", "<html>\n"),
        ("it answers 409 without the size", "409 Conflict", "much\n"),
        (
            "it answers 409 without the size",
            "409 Conflict",
            "99999999999999999999\n",
        ),
        ("and refuses a proof that begins there", "409 Conflict", "0\n"),
        ("and refuses a proof that begins there", "422 Unprocessable Entity", ""),
        (
            "it answers 403 Forbidden: who are you?",
            "403 Forbidden",
            "who are you?\n\u{1b}[2Jx",
        ),
        ("it answers 404 Not Found", "404 Not Found", ""),
    ];
    for (said, status, body) in cases {
        assert_no_harm(said, &known, |_, stream| say(stream, status, body));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = Scene::new(&[SLUG]);
    let genuine = Witness::start(&witness_of(&other, "w1"));
    let location = genuine.url();
    for status in [
        "301 Moved Permanently",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let location = location.clone();
        assert_no_harm(&format!("it answers {status}"), &genuine.key, move |_, stream| {
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nLocation: {location}/add-checkpoint\r\nContent-Length: 0\r\nConnection: \
                 close\r\n\r\n"
            );
        });
    }
}

#[test]
fn an_answer_without_an_end_is_not_read_to_it() {
    let known = key(3).witness_key();
    assert_no_harm("a witness does not answer", &known, |_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        let line = "x".repeat(1 << 16);
        while stream.write_all(line.as_bytes()).is_ok() {}
    });
    assert_no_harm("a witness does not answer", &known, |_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n");
        while stream.write_all(b"X-Header: and more\r\n").is_ok() {}
    });
    assert_no_harm("a witness does not answer", &known, |_, stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n");
    });
}

#[test]
fn a_witness_that_never_answers_holds_up_nobody() {
    let scene = Scene::new(&[SLUG]);
    let address = liar(|_, stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n");
        thread::sleep(Duration::from_secs(600));
    });
    let genuine = Witness::start(&witness_of(&scene, "w1"));
    let known = key(3).witness_key();
    let silent = (format!("http://{address}"), &known);
    let host = serve(&scene, "journal", &[silent, (genuine.url(), &genuine.key)]);
    for _ in 0..3 {
        assert_eq!(ask(host.address, SLUG), Some(202));
    }
    scene.wait_until_sealed(SLUG);
    wait_until("the other has cosigned all of it", || {
        latest(&scene, SLUG)
            .cosigned(std::slice::from_ref(&genuine.key))
            .unwrap()
            .len()
            == 1
    });
    assert_eq!(health(&host).1["status"], "ok");
    assert_eq!(host.terminate(), Some(0), "nor the stop");
}

/// It may be the answer over one stream that is lost, each time.
#[test]
fn a_stream_over_which_a_witness_hangs_up_keeps_no_other_from_it() {
    let scene = Scene::new(&[SLUG, OTHER]);
    let known = key(3).witness_key();
    let address = liar(|note, stream| {
        let checkpoint: Checkpoint = note.text().parse().unwrap();
        if checkpoint.origin.as_str().ends_with(OTHER) {
            let cosignature = key(3).cosign(&checkpoint, 1_700_000_000);
            say(stream, "200 OK", &format!("{cosignature}\n"));
        }
    });
    let host = serve(&scene, "journal", &[(format!("http://{address}"), &known)]);
    assert_eq!(ask(host.address, SLUG), Some(202));
    scene.wait_until_sealed(SLUG);
    wait_until("it is told", || host.log().contains("a witness does not answer"));
    assert_eq!(ask(host.address, OTHER), Some(202));
    scene.wait_until_sealed(OTHER);
    wait_until("the other is cosigned", || latest(&scene, OTHER).signatures().len() > 1);
    assert_eq!(latest(&scene, SLUG).signatures().len(), 1);
    assert_eq!(host.terminate(), Some(0));
}
