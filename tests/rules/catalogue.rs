//! The catalogue itself: every rule has its examples and is cited where it is checked, and docs/rules.md says so.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use enterprise_credentials::{Rule, Source};

/// A family of rules: the title of its section, its file and the text of that.
const FAMILIES: [(&str, &str, &str); 15] = [
    ("The request", "http.rs", include_str!("http.rs")),
    ("Its body", "body.rs", include_str!("body.rs")),
    ("Authentication", "authentication.rs", include_str!("authentication.rs")),
    ("Authority", "authority.rs", include_str!("authority.rs")),
    ("Repetition and warning", "requests.rs", include_str!("requests.rs")),
    ("Bounds", "bounds.rs", include_str!("bounds.rs")),
    ("Scope", "scope.rs", include_str!("scope.rs")),
    ("Effect", "effect.rs", include_str!("effect.rs")),
    ("The plan", "plan.rs", include_str!("plan.rs")),
    ("The job", "job.rs", include_str!("job.rs")),
    ("Single commands", "commands.rs", include_str!("commands.rs")),
    ("Granting again", "tombstones.rs", include_str!("tombstones.rs")),
    ("Narrower requests", "narrower.rs", include_str!("narrower.rs")),
    ("Organizations", "organizations.rs", include_str!("organizations.rs")),
    ("Memberships", "membership.rs", include_str!("membership.rs")),
];

#[test]
fn every_rule_has_its_examples() {
    for rule in Rule::ALL {
        let homes: Vec<&str> = FAMILIES
            .iter()
            .filter_map(|(.., text)| examples(text, rule.id()))
            .collect();
        assert_eq!(homes.len(), 1, "`{rule}` needs one module of its name in tests/rules");
        for example in ["accepted", "refused"] {
            let test = format!("    #[test]\n    fn {example}() {{\n");
            assert!(homes[0].contains(&test), "`{rule}` needs a test `{example}`");
        }
    }
}

/// A check that does not say which rule it keeps is found by nobody who looks for the rule.
#[test]
fn every_rule_is_cited_where_it_is_checked() {
    let sources = sources();
    for rule in Rule::ALL {
        let checks = checks(&sources, *rule);
        assert!(!checks.is_empty(), "no check in src/ cites `Rule::{rule:?}`");
    }
}

#[test]
fn every_module_of_examples_is_named_by_a_rule() {
    for (_, file, text) in FAMILIES {
        for id in text
            .lines()
            .filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(" {"))
        {
            assert!(
                Rule::ALL.iter().any(|rule| rule.id() == id),
                "tests/rules/{file}: `{id}` is no rule"
            );
        }
    }
}

#[test]
fn ids_are_the_rules_names_and_come_once() {
    for (place, rule) in Rule::ALL.iter().enumerate() {
        assert_eq!(rule.id().replace('_', ""), format!("{rule:?}").to_lowercase());
        assert!(Rule::ALL.iter().skip(place + 1).all(|other| other.id() != rule.id()));
        assert!(rule.sentence().ends_with('.'), "`{rule}`: {}", rule.sentence());
    }
}

#[test]
fn precedence_is_that_of_the_domain() {
    let turns = Rule::ALL
        .iter()
        .filter_map(|rule| rule.http().map(|http| (http.precedence, http.status)));
    let turns: Vec<(u8, u16)> = turns.collect();
    assert!(
        turns.is_sorted_by_key(|(precedence, _)| *precedence),
        "the catalogue lists rules by their turn"
    );
    let statuses: Vec<u16> = turns.chunk_by(|a, b| a.0 == b.0).map(|turn| turn[0].1).collect();
    assert!(
        turns
            .chunk_by(|a, b| a.0 == b.0)
            .all(|turn| turn.iter().all(|(_, status)| *status == turn[0].1))
    );
    // User-Agent, token, version, enterprise and organization; kind, scope, the token's authorization, role; person;
    // key; body: length, JSON, type, option; first owner; EMU; key reused; too many.
    assert_eq!(
        statuses,
        [
            403, 401, 400, 404, 403, 403, 403, 403, 404, 422, 413, 400, 422, 422, 422, 422, 422, 429, 429, 429
        ]
    );
}

#[test]
fn the_document_is_written_from_the_catalogue() {
    let path = root().join("docs/rules.md");
    let document = document();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &document).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == document,
        "docs/rules.md is stale: run `UPDATE_DOCS=1 cargo test --test rules`"
    );
}

fn document() -> String {
    let mut document = String::from(
        "# Rules\n\n\
         `UPDATE_DOCS=1 cargo test --test rules` writes this page from the catalogue in\n\
         [src/rule.rs](../src/rule.rs). Do not edit it by hand.\n\n\
         A rule is *documented* if the provider's public documentation states it. Otherwise it is ours, and the\n\
         decision says why. If a request breaks several rules, the answer names the one with the lowest *precedence*.\n\
         A rule without a status describes what a request to revoke does, or cannot be broken by one. Two of these\n\
         are still answered with 404: `revocation_known`, if somebody asks for the progress of a revocation that was\n\
         never requested, and `authorization_of_path`, if somebody removes what is not there. The examples of a rule\n\
         are in the module of its name; `accepted` and `refused` are among them. The files under *checked in* check\n\
         the rule, and cite it by its name in code.\n",
    );
    let sources = sources();
    for (title, file, text) in FAMILIES {
        write!(
            document,
            "\n## {title}\n\nExamples: [tests/rules/{file}](../tests/rules/{file})\n\n"
        )
        .unwrap();
        document.push_str(
            "| rule | says | source | status | precedence | checked in |\n| --- | --- | --- | --- | --- | --- |\n",
        );
        for rule in Rule::ALL.iter().filter(|rule| examples(text, rule.id()).is_some()) {
            document.push_str(&row(*rule, &checks(&sources, *rule)));
        }
    }
    document
}

fn row(rule: Rule, checks: &[&str]) -> String {
    let source = match rule.source() {
        Source::Fact => rule.source().to_string(),
        Source::Ruling(number) => format!("[{}](decisions/{})", rule.source(), decision(number)),
    };
    let (status, turn) = match rule.http() {
        Some(http) => (http.status.to_string(), http.precedence.to_string()),
        None => (String::new(), String::new()),
    };
    let sentence = rule.sentence();
    let checks: Vec<String> = checks.iter().map(|file| format!("[{file}](../src/{file})")).collect();
    let checks = checks.join(", ");
    format!("| `{rule}` | {sentence} | {source} | {status} | {turn} | {checks} |\n").replace("|  |", "| |")
}

/// The files of the core, by their paths below src/, in order, and their texts. Left out is what only lists rules: the
/// catalogue, and which rule each error names.
fn sources() -> Vec<(String, String)> {
    let mut folders = vec![root().join("src")];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            let file = path
                .strip_prefix(root().join("src"))
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            let lists = ["rule.rs", "refusal.rs", "rest/fault.rs"];
            match path.extension() {
                _ if lists.contains(&file.as_str()) => {}
                None => folders.push(path),
                Some(extension) if extension == "rs" => sources.push((file, std::fs::read_to_string(path).unwrap())),
                Some(_) => {}
            }
        }
    }
    sources.sort();
    sources
}

/// The files that cite a rule.
fn checks(sources: &[(String, String)], rule: Rule) -> Vec<&str> {
    let name = format!("Rule::{rule:?}");
    let cites = |text: &str| {
        let mut after = text.split(&name).skip(1);
        after.any(|rest| !rest.starts_with(|next: char| next.is_alphanumeric()))
    };
    let cited = sources.iter().filter(|(_, text)| cites(text));
    cited.map(|(file, _)| file.as_str()).collect()
}

/// The file of the decision with this number.
fn decision(number: u16) -> String {
    let files = std::fs::read_dir(root().join("docs/decisions")).unwrap();
    let mut names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let prefix = format!("{number:04}-");
    names
        .find(|name| name.starts_with(&prefix))
        .unwrap_or_else(|| panic!("docs/decisions/{prefix}*.md is missing"))
}

/// The text of the module of this name, if a file has it.
fn examples<'a>(text: &'a str, id: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(&format!("\nmod {id} {{\n"))?;
    after.split("\n}\n").next()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}
