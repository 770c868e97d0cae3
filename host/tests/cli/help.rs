//! Every command explains itself, and docs/command-line.md names it.

use crate::run;

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
