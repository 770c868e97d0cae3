//! What the program shows on a terminal: nothing wider than it, verdicts in colour, bars while it reads. And nothing of
//! that where there is no terminal.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, ioctl_tiocgptpeer, openpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::store::imported;
use crate::{file, path, revoked, run, sample, with_line};

const WIDTHS: [u16; 4] = [60, 80, 100, 120];
/// All that may decide on colours.
const VARIABLES: [&str; 4] = ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLORTERM"];

/// A pseudo-terminal: what is written to its second file is read from the first.
fn terminal(columns: u16) -> (File, File) {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
    let controller = openpt(flags).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let size = Winsize {
        ws_row: 40,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&controller, size).unwrap();
    let terminal = ioctl_tiocgptpeer(&controller, flags).unwrap();
    (controller.into(), terminal.into())
}

/// What a terminal showed, and the exit code.
struct Shown {
    code: i32,
    text: String,
}

/// Runs the program with its output and its errors on one terminal.
fn shown(columns: u16, variables: &[(&str, &str)], arguments: &[&str]) -> Shown {
    let (controller, terminal) = terminal(columns);
    let (stdout, stderr) = (terminal.try_clone().unwrap(), terminal);
    run_on_terminal(controller, variables, arguments, stdout.into(), stderr.into())
}

fn run_on_terminal(
    mut controller: File,
    variables: &[(&str, &str)],
    arguments: &[&str],
    stdout: Stdio,
    stderr: Stdio,
) -> Shown {
    let mut command = Command::new(env!("CARGO_BIN_EXE_enterprise-credentials"));
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").envs(variables.iter().copied());
    command
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr);
    let mut child = command.spawn().unwrap();
    // Only the program has the terminal now: when it ends, reading fails.
    drop(command);
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = controller.read(&mut part) {
        bytes.extend_from_slice(&part[..length]);
    }
    Shown {
        code: child.wait().unwrap().code().unwrap(),
        text: String::from_utf8(bytes).unwrap(),
    }
}

/// The lines without what only controls the terminal; each time that a bar is drawn is one.
fn lines(text: &str) -> Vec<String> {
    let mut parts = text.split("\x1b[");
    let mut plain = parts.next().unwrap().to_owned();
    for part in parts {
        let (_, rest) = part.split_at(part.find(|it: char| it.is_ascii_alphabetic()).unwrap() + 1);
        plain.push_str(rest);
    }
    plain.split(['\r', '\n']).map(str::to_owned).collect()
}

/// The colours that are switched on, and off again.
fn colours(text: &str) -> Vec<&str> {
    let parts = text.split("\x1b[").skip(1);
    let colours = parts.filter_map(|part| {
        part.split_once('m')
            .filter(|(code, _)| code.bytes().all(|it| it.is_ascii_digit()))
    });
    colours.map(|(code, _)| code).collect()
}

#[track_caller]
fn fits(columns: u16, arguments: &[&str], is_to_be_copied: impl Fn(&str) -> bool) {
    let shown = shown(columns, &[], arguments);
    let lines = lines(&shown.text);
    assert!(lines.iter().any(|line| !line.trim().is_empty()), "{arguments:?}");
    for line in lines.iter().filter(|line| !is_to_be_copied(line)) {
        assert!(
            line.chars().count() <= columns.into(),
            "{arguments:?} at {columns} columns: {line:?} in\n{}",
            shown.text
        );
    }
}

#[test]
fn no_line_of_an_answer_is_wider_than_the_terminal() {
    let log = file("terminal-answers.jsonl", &revoked("managed_users", true));
    let store = imported("terminal-answers", &revoked("managed_users", true));
    let end = std::fs::read_to_string(&log).unwrap().lines().count().to_string();
    let request = r#"{"type":"RevokeAll","caller":{"person":6,"credential":6}}"#;
    let answers: [&[&str]; 11] = [
        &["audit", &log],
        &["audit", &log, "--person", "nobody"],
        &["plan", &log, "--as", "2", "--revoke-credentials"],
        &["plan", &log, "--person", "octo_admin"],
        &["replay", &log],
        &["explain", &log, "--position", &end],
        &["decide", &log, "--command", request],
        &["decide", &log, "--command", request, "--explain"],
        &["verify", "--store", &store],
        &["replay", "terminal-nothing-of-this-name-is-in-this-directory.jsonl"],
        &["replay", &log, "--store", &store, "--enterprise", "octo-corp"],
    ];
    for columns in WIDTHS {
        for arguments in answers {
            fits(columns, arguments, |_| false);
        }
    }
}

#[test]
fn no_line_of_a_rehearsal_is_wider_than_the_terminal_but_what_is_to_be_copied() {
    for columns in [60, 80] {
        let rehearse = ["rehearse", "--members", "40", "--credentials", "300"];
        fits(columns, &rehearse, |line| line.starts_with("— rehearsal/octo-corp "));
    }
}

#[test]
fn no_line_of_a_help_is_wider_than_the_terminal() {
    let help = run(&["--help"]).output();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names: Vec<&str> = commands
        .lines()
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert!(names.len() > 10, "{names:?}");
    for columns in WIDTHS {
        fits(columns, &["--help"], |_| false);
        fits(columns, &["seal", "verify", "--help"], |_| false);
        for name in &names {
            fits(columns, &[name, "--help"], |_| false);
        }
    }
}

#[test]
fn a_table_turns_into_lists_where_it_does_not_fit() {
    let log = file("terminal-lists.jsonl", &revoked("managed_users", true));
    let table = lines(&shown(80, &[], &["replay", &log]).text);
    let row = |line: &String| line.starts_with("  classic_pat  ") && line.ends_with(|it: char| it.is_ascii_digit());
    assert!(table.iter().any(row), "{table:#?}");
    let list = lines(&shown(60, &[], &["replay", &log]).text);
    let place = list.iter().position(|line| line == "  classic_pat").unwrap();
    assert!(list[place + 2].starts_with("    issued  "), "{list:#?}");
    // Where nobody looks tables are as on 80 columns, and sentences are whole.
    let piped = run(&["replay", &log]).output();
    assert!(piped.lines().map(str::to_owned).any(|line| row(&line)), "{piped}");
    assert!(piped.lines().all(|line| line.chars().count() <= 80), "{piped}");
}

#[test]
fn verdicts_have_a_colour_on_a_terminal_alone_and_say_the_same_without_it() {
    let clean = revoked("managed_users", true);
    let request = 1 + clean
        .lines()
        .position(|line| line.contains("RevokeAllRequested"))
        .unwrap();
    let forged = with_line(&clean, request, |line| {
        line.replace(r#"{"person":2,"credential":2}"#, r#"{"person":6,"credential":6}"#)
    });
    let (clean, forged) = (
        file("terminal-clean.jsonl", &clean),
        file("terminal-forged.jsonl", &forged),
    );
    for (log, code, verdict) in [
        (&clean, 0, "\x1b[32mNO FINDINGS\x1b[0m: every"),
        (&forged, 1, "\x1b[31mFINDINGS\x1b[0m: "),
    ] {
        let audit = ["audit", log];
        let coloured = shown(80, &[], &audit);
        assert_eq!(coloured.code, code);
        assert!(coloured.text.contains(verdict), "{}", coloured.text);
        let answer = |text: &str| {
            lines(text)
                .into_iter()
                .filter(|line| !line.contains(" left"))
                .collect::<Vec<_>>()
        };
        for variables in [[("NO_COLOR", "1")], [("CLICOLOR", "0")], [("TERM", "dumb")]] {
            let plain = shown(80, &variables, &audit);
            assert_eq!(colours(&plain.text), [""; 0], "{variables:?}");
            if variables[0].0 != "TERM" {
                assert_eq!(answer(&plain.text), answer(&coloured.text), "{variables:?}");
            }
        }
        assert!(!run(&audit).stdout.contains('\x1b'));
    }
    let missing = shown(80, &[], &["replay", "terminal-missing.jsonl"]);
    assert!(
        missing.text.contains("\x1b[31merror:\x1b[0m cannot read"),
        "{}",
        missing.text
    );
    let plain = shown(80, &[("NO_COLOR", "1")], &["replay", "terminal-missing.jsonl"]);
    assert_eq!(colours(&plain.text), [""; 0]);
}

#[test]
fn what_reads_or_writes_long_says_how_long_on_a_terminal_alone() {
    let log = file("terminal-bars.jsonl", &sample("managed_users"));
    let store = imported("terminal-bars", &sample("managed_users"));
    let into = format!("sqlite:{}", path("terminal-bars-into.db").display());
    let stream = ["--store", &store, "--enterprise", "octo-corp"];
    let export = [&["export"], &stream[..]].concat();
    let audit = [&["audit"], &stream[..]].concat();
    let repair = ["repair", "--store", &store, "--from", &log];
    let bars: [(&[&str], &str); 9] = [
        (&["audit", &log], "reading"),
        (&["explain", &log, "--position", "9"], "reading"),
        (&["credentials", &log], "reading"),
        (&["import", "--store", &into, &log], "reading"),
        (&["generate", "--members", "40", "--credentials", "300"], "issuing"),
        (&["verify", "--store", &store], "examining"),
        (&audit, "reading"),
        (&export, "exporting"),
        (&repair, "reading"),
    ];
    for (arguments, doing) in bars {
        let (controller, terminal) = terminal(80);
        let seen = run_on_terminal(controller, &[], arguments, Stdio::null(), terminal.into());
        assert_eq!(seen.code, 0, "{arguments:?}: {}", seen.text);
        let drawn = lines(&seen.text);
        let drawn: Vec<&String> = drawn.iter().filter(|line| !line.trim().is_empty()).collect();
        assert!(!drawn.is_empty(), "{arguments:?}");
        for line in drawn {
            assert!(
                line.starts_with(&format!("  {doing} ")) && line.trim_end().ends_with(" left"),
                "{line:?}"
            );
            assert!(line.chars().count() <= 80, "{line:?}");
        }
        assert!(seen.text.ends_with("\x1b[2K"), "nothing is left of it: {:?}", seen.text);
        assert_eq!(run(arguments).stderr, "", "{arguments:?}");
    }
    // Lines and a bar on one terminal would spoil each other.
    for arguments in [bars[2].0, bars[4].0, bars[7].0] {
        let together = shown(80, &[], arguments);
        assert!(!together.text.contains('\x1b'), "{arguments:?}: {:?}", together.text);
    }
}
