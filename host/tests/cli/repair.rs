//! `repair` makes an altered stream what it was, byte for byte, or leaves the store as it is and says why.

use std::fs;

use crate::store::{change, imported};
use crate::{Run, file, run, with_line};

const SLUG: &str = "octo-corp";
const OF_OCTO: &str = "enterprise = 'octo-corp'";

/// A log of several segments.
fn log() -> String {
    run(&["generate", "--members", "40", "--credentials", "1500", "--seed", "7"]).output()
}

fn repair(url: &str, from: &str, more: &[&str]) -> Run {
    run(&[&["repair", "--store", url, "--from", from], more].concat())
}

fn export(url: &str) -> String {
    run(&["export", "--store", url, "--enterprise", SLUG]).output()
}

fn is_verified(url: &str) -> bool {
    run(&["verify", "--store", url]).code == 0
}

/// A statement that replaces a text in the line at one position.
fn replaced(text: &str, with: &str) -> String {
    format!(
        "UPDATE segments SET lines = CAST(replace(CAST(lines AS TEXT), '{text}', '{with}') AS BLOB) \
         WHERE {OF_OCTO} AND instr(CAST(lines AS TEXT), '{text}')"
    )
}

#[test]
fn every_damage_is_mended_and_only_what_is_damaged_is_written() {
    let log = log();
    let from = file("repair-every.jsonl", &log);
    let second = format!("{OF_OCTO} AND last = (SELECT min(last) FROM segments WHERE first > 1)");
    let row = format!("{OF_OCTO} AND fingerprint = (SELECT fingerprint FROM look_up ORDER BY position LIMIT 1)");
    for (number, (statement, said)) in [
        (
            replaced("\"position\":2000,", "\"position\": 2000,"),
            vec!["1 damaged segments taken out"],
        ),
        (format!("DELETE FROM segments WHERE {second}"), vec![" lines written"]),
        (
            format!("UPDATE segments SET last = last - 1 WHERE {second}"),
            vec!["1 damaged segments taken out"],
        ),
        (
            format!("UPDATE segments SET first = first + 1 WHERE {second}"),
            vec!["1 damaged segments taken out"],
        ),
        (
            format!("UPDATE segments SET last = 1 << 40 WHERE {second}"),
            vec!["1 damaged segments taken out"],
        ),
        (
            format!("UPDATE segments SET first = NULL WHERE {second}"),
            vec!["1 damaged segments taken out"],
        ),
        (
            format!("UPDATE segments SET lines = x'' WHERE {second}"),
            vec!["1 damaged segments taken out"],
        ),
        (format!("DELETE FROM segments WHERE {OF_OCTO}"), vec!["lines written"]),
        (
            format!("INSERT INTO segments (enterprise, last, lines) VALUES ('{SLUG}', 999999, x'7b7d')"),
            vec!["1 damaged segments taken out", "1 lines beyond the head taken out"],
        ),
        (
            format!("DELETE FROM look_up WHERE {row}"),
            vec!["1 rows of the look-up written"],
        ),
        (
            format!("UPDATE look_up SET position = position + 1 WHERE {row}"),
            vec!["1 wrong rows of the look-up taken out", "1 rows of the look-up written"],
        ),
        (
            format!("INSERT INTO look_up SELECT 'of nobody', enterprise, position, leaf FROM look_up WHERE {row}"),
            vec!["1 wrong rows of the look-up taken out"],
        ),
        (
            format!("UPDATE look_up SET enterprise = 'octo-corq' WHERE {row}"),
            vec!["1 wrong rows of the look-up taken out", "1 rows of the look-up written"],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let url = imported(&format!("repair-{number}"), &log);
        change(&url, &statement);
        assert!(!is_verified(&url), "{statement}");
        let repaired = repair(&url, &from, &[]).output();
        for said in said {
            assert!(repaired.contains(said), "{statement}: {repaired}");
        }
        assert!(!repaired.contains("head written"), "{statement}: {repaired}");
        assert!(is_verified(&url), "{statement}");
        assert!(export(&url) == log, "{statement}");
    }
}

#[test]
fn of_a_stream_that_is_well_nothing_is_written() {
    let log = log();
    let url = imported("repair-well", &log);
    let said = repair(&url, &file("repair-well.jsonl", &log), &[]).output();
    assert!(said.starts_with("nothing was wrong with `octo-corp`"), "{said}");
}

#[test]
fn an_earlier_log_serves_where_the_rest_of_the_stream_is_whole() {
    let log = log();
    let earlier: String = log.lines().take(1_200).map(|line| format!("{line}\n")).collect();
    let from = file("repair-earlier.jsonl", &earlier);
    let url = imported("repair-earlier", &log);
    change(&url, &replaced("\"position\":700,", "\"position\": 700,"));
    repair(&url, &from, &[]).output();
    assert!(is_verified(&url));
    assert!(export(&url) == log);

    // What is damaged is not in the log.
    for (statement, said) in [
        (
            replaced("\"position\":3000,", "\"position\": 3000,"),
            "the log ends at line 1200, and together with the store's own later lines",
        ),
        (
            format!("DELETE FROM segments WHERE {OF_OCTO} AND last > 3000"),
            "take a longer one",
        ),
    ] {
        let url = imported("repair-earlier-tail", &log);
        change(&url, &statement);
        let refused = repair(&url, &from, &[]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
}

#[test]
fn a_log_that_does_not_lead_to_the_head_is_refused_and_nothing_is_written() {
    let log = log();
    let url = imported("repair-other", &log);
    change(&url, &replaced("\"position\":2000,", "\"position\": 2000,"));
    let path = url.strip_prefix("sqlite:").unwrap();
    let before = fs::read(path).unwrap();
    for (other, said) in [
        (
            with_line(&log, 2000, |line| line.replace(":2000,", ":  2000,")),
            "between positions ",
        ),
        (
            with_line(&log, 1, |line| line.replace("octo-corp", "other-corp")),
            "holds nothing of `other-corp`",
        ),
        (with_line(&log, 1_999, |_| String::new()), "line 1999"),
        (
            log.lines().skip(1).map(|line| format!("{line}\n")).collect(),
            "position 2 where 1 is due",
        ),
        (String::new(), "the log is empty"),
    ] {
        let refused = repair(&url, &file("repair-other.jsonl", &other), &[]);
        assert_eq!(refused.code, 1, "{said}: {refused:?}");
        assert!(refused.stderr.contains(said), "{said}: {}", refused.stderr);
        assert!(refused.stderr.contains("nothing was written"), "{}", refused.stderr);
    }
    assert!(fs::read(path).unwrap() == before);
    let parts = repair(
        &url,
        &file("repair-other.jsonl", &with_line(&log, 2000, |_| "{}".into())),
        &[],
    );
    assert_eq!(parts.code, 1);
    let asked = repair(&url, &file("repair-same.jsonl", &log), &["--enterprise", "other-corp"]);
    assert!(
        asked
            .stderr
            .contains("the log is that of `octo-corp`, not of `other-corp`"),
        "{}",
        asked.stderr
    );
}

#[test]
fn where_a_log_parts_from_the_stream_is_told_as_closely_as_the_head_can() {
    let log = log();
    let lines = log.lines().count();
    let url = imported("repair-parts", &log);
    let last = with_line(&log, lines, |line| line.replace("\"position\":", "\"position\": "));
    let refused = repair(&url, &file("repair-parts.jsonl", &last), &[]);
    // The head holds the hashes of perfect subtrees: the last of them is as large as the lowest bit of the size.
    let first = lines - (1 << lines.trailing_zeros()) + 1;
    let said = format!("between positions {first} and {lines} ");
    assert!(refused.stderr.contains(&said), "{said}: {}", refused.stderr);
}

#[test]
fn where_the_head_is_lost_somebody_has_to_say_how_many_lines_are_the_stream() {
    let log = log();
    let lines = log.lines().count();
    let from = file("repair-head.jsonl", &log);
    for statement in [
        format!("DELETE FROM heads WHERE {OF_OCTO}"),
        format!("UPDATE heads SET size = size + 1 WHERE {OF_OCTO}"),
        format!("UPDATE heads SET frontier = x'' WHERE {OF_OCTO}"),
    ] {
        let url = imported("repair-head", &log);
        change(&url, &statement);
        let refused = repair(&url, &from, &[]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("--accept-size N"), "{}", refused.stderr);
        assert!(
            refused.stderr.contains(&format!("end at position {lines}")),
            "{}",
            refused.stderr
        );
        let too_many = repair(&url, &from, &["--accept-size", &(lines + 1).to_string()]);
        assert!(
            too_many.stderr.contains(&format!("the log ends at line {lines}")),
            "{}",
            too_many.stderr
        );

        let repaired = repair(&url, &from, &["--accept-size", &lines.to_string()]).output();
        assert!(
            repaired.contains("1 head written") && !repaired.contains("taken out"),
            "{repaired}"
        );
        assert!(is_verified(&url) && export(&url) == log, "{statement}");

        let known = repair(&url, &from, &["--accept-size", &lines.to_string()]);
        assert!(known.stderr.contains("leave out `--accept-size`"), "{}", known.stderr);
    }
    let url = imported("repair-head-less", &log);
    change(&url, &format!("DELETE FROM heads WHERE {OF_OCTO}"));
    let less = (lines - 100).to_string();
    let repaired = repair(&url, &from, &["--accept-size", &less]).output();
    assert!(repaired.contains("100 lines beyond the head taken out"), "{repaired}");
    assert!(is_verified(&url));
    assert_eq!(export(&url).lines().count(), lines - 100);
}

/// One bit of the file after the other, drawn by chance: of what it hits in the stream nothing is wrong afterwards, or
/// the repair says that it could not, and has written nothing.
#[test]
fn after_a_flip_in_the_file_a_repair_makes_all_well_or_says_that_it_cannot() {
    let log = log();
    let from = file("repair-flip.jsonl", &log);
    let url = imported("repair-flip", &log);
    let path = url.strip_prefix("sqlite:").unwrap();
    let whole = fs::read(path).unwrap();
    let (mut mended, mut chance) = (0, 0x9e37_79b9_7f4a_7c15_u64);
    for _ in 0..16 {
        chance = chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let bit = usize::try_from(chance >> 16).unwrap() % (whole.len() * 8);
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(path, &flipped).unwrap();
        for suffix in ["-wal", "-shm"] {
            let _ = fs::remove_file(format!("{path}{suffix}"));
        }
        if is_verified(&url) {
            continue;
        }
        let repaired = repair(&url, &from, &[]);
        if repaired.code == 0 {
            mended += 1;
            assert!(export(&url) == log, "bit {bit}");
        } else {
            assert_ne!(repaired.stderr.clone() + &repaired.stdout, "", "bit {bit}");
        }
    }
    assert!(mended > 6, "only {mended} were mended");
}
