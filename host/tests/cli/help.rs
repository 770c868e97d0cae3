//! Every command explains itself, and docs/command-line.md names it.

use serde_json::Value;

use crate::{file, run};

#[test]
fn every_command_explains_itself_and_is_in_the_documents() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/command-line.md")).unwrap();
    let help = run(&["--help"]).output();
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let names = commands.lines().filter_map(|line| line.split_whitespace().next());
    let mut count = 0;
    for name in names.filter(|name| *name != "help") {
        let help = run(&[name, "--help"]).output();
        assert!(
            help.contains(&format!("Usage: enterprise-credentials {name}")),
            "{help}"
        );
        let row = |line: &str| line.starts_with('|') && line.contains(&format!("`{name}`"));
        assert!(
            page.lines().any(row),
            "`{name}` is not in the table of docs/command-line.md"
        );
        count += 1;
    }
    assert!(count >= 13, "{count} commands");
}

#[test]
fn whoever_an_example_names_is_in_the_sample_that_is_made_without_flags() {
    let sample = file("help-examples.jsonl", &run(&["generate"]).output());
    for command in ["plan", "rehearse"] {
        let help = run(&[command, "--help"]).output();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let example = help.split("Example: ").nth(1).unwrap();
        let login = example.split("--person ").nth(1).unwrap().split(' ').next().unwrap();
        let arguments = ["plan", &sample, "--person", login, "--revoke-credentials", "--json"];
        let plan = run(&arguments).json();
        assert_eq!(plan["refused_to_all_by"], Value::Null, "{command} --person {login}");
        assert!(plan["plan"]["credentials_destroyed"].as_u64() > Some(0), "{login}");
    }
}
