//! `import-inventory`: the provider's inventory becomes a history on which a plan is what it would be on the log.

use std::fmt::Write;

use serde_json::Value;

use crate::reconcile::{AT, Credential, inventory, listed};
use crate::{Run, file, path, run, run_on, sample};

fn made(list: &str, options: &[&str]) -> Run {
    let kind = [
        "import-inventory",
        "-",
        "--slug",
        "octo-corp",
        "--kind",
        "managed_users",
        "--exported-at",
        AT,
    ];
    run_on(list, &[&kind, options].concat())
}

/// The people of a log, for `--people`.
fn people(log: &str) -> String {
    let list = run_on(log, &["credentials", "-", "--format", "jsonl"]).output();
    let mut people = std::collections::BTreeMap::new();
    for row in list.lines() {
        let row: Value = serde_json::from_str(row).unwrap();
        let [login, role] = ["login", "role"].map(|column| row[column].as_str().unwrap().to_owned());
        people.insert(row["owner"].as_u64().unwrap(), (login, role));
    }
    let mut csv = "login,id,role\n".to_owned();
    for (person, (login, role)) in people {
        writeln!(csv, "{login},{person},{role}").unwrap();
    }
    csv
}

fn plan(log: &str) -> Value {
    run_on(log, &["plan", "-", "--revoke-credentials", "--json", "--at", AT]).json()
}

fn list(log: &str) -> String {
    inventory(listed(log).values().map(Credential::rows))
}

/// What a plan says of everything but the people who have no credential, and the ids and logins that were made.
fn figures(plan: &Value) -> [Value; 5] {
    let figures = [
        "authorizations_revoked",
        "credentials_destroyed",
        "by_kind",
        "by_role",
        "not_covered",
    ];
    figures.map(|figure| match figure {
        // Pairs that were revoked before are in no inventory.
        "not_covered" => plan["not_covered"]["member_credentials"].clone(),
        figure => plan[figure].clone(),
    })
}

#[test]
fn a_plan_on_a_made_history_is_the_plan_on_the_log_and_its_inventory_agrees_with_it() {
    let log = sample("managed_users");
    let list = list(&log);
    let people = file("inventory-people.csv", &people(&log));
    let map = path("inventory-map.csv");
    let made = made(&list, &["--people", &people, "--map", map.to_str().unwrap(), "--force"]);
    assert_eq!(made.code, 0, "{}", made.stderr);
    assert!(
        made.stderr.starts_with("made a history of 300 credentials"),
        "{}",
        made.stderr
    );
    let document = plan(&made.stdout);
    assert_eq!(figures(&document["plan"]), figures(&plan(&log)["plan"]));
    assert_eq!(
        (
            &document["made_from"]["unknown_roles"],
            document.get("plan_with_members")
        ),
        (&0.into(), None)
    );
    let map = std::fs::read_to_string(map).unwrap();
    assert_eq!(map.lines().count(), 301);
    // Somebody goes on with it.
    let credential = map.lines().last().unwrap().rsplit(',').next().unwrap();
    let command = format!(r#"{{"type":"DestroyCredential","credential":{credential}}}"#);
    let more = run_on(
        &made.stdout,
        &["decide", "-", "--command", &command, "--at", "2026-04-01"],
    )
    .output();
    let later = run_on(&(made.stdout.clone() + &more), &["plan", "-"]).output();
    assert!(later.starts_with("  FORECAST "), "{later}");

    let audit = run_on(&made.stdout, &["audit", "-"]).output();
    assert!(
        audit.contains("ALL ITS TIMES ARE INVENTED") && audit.contains("NO FINDINGS"),
        "{audit}"
    );
    assert_eq!(
        run_on(&made.stdout, &["audit", "-", "--json"]).json()["made_from"],
        document["made_from"]
    );

    let of_made = file("inventory-made.csv", &list);
    let options = ["reconcile", "-", "--inventory", &of_made, "--until", AT, "--same-ids"];
    let reconciled = run_on(&made.stdout, &options).output();
    assert!(
        reconciled.contains("found in the log   300\n") && reconciled.contains("NO FINDINGS"),
        "{reconciled}"
    );
}

#[test]
fn where_roles_are_unknown_every_figure_goes_from_collaborators_to_members() {
    let log = sample("managed_users");
    let app = "5,,,credential,github_app_installation,,9,octo,Organization,,,active,,,,,,0,,,,,,,,\n";
    let list = list(&log) + app;
    let unknown = made(&list, &[]).stdout;
    let [from, to] = ["guest_collaborator", "member"].map(|role| plan(&made(&list, &["--assume-role", role]).stdout));
    let document = plan(&unknown);
    assert_eq!(document["plan"], from["plan"]);
    assert_eq!(document["plan_with_members"], to["plan"]);
    let destroyed = to["plan"]["credentials_destroyed"].as_u64().unwrap();
    assert!(
        destroyed > 0 && from["plan"]["credentials_destroyed"] == 0,
        "{destroyed}"
    );

    let words = run_on(&unknown, &["plan", "-", "--revoke-credentials"]).output();
    let opening = "  FORECAST by the rules of this program, which may differ from the service's own\n";
    assert!(words.starts_with(opening), "{words}");
    for said in [
        format!("made from       an inventory that was exported at {AT}T00:00:00.000Z\n"),
        "not modelled    1 github_app_installation: not in any figure\n".to_owned(),
        "unknown roles   ".to_owned(),
        format!("credentials destroyed    0 – {destroyed}\n"),
    ] {
        assert!(words.contains(&said), "{said}{words}");
    }
    let assumed = made(&list, &["--assume-role", "member"]).stdout;
    let words = run_on(&assumed, &["plan", "-", "--revoke-credentials"]).output();
    assert!(
        words.starts_with(opening) && words.contains("people are taken for member\n"),
        "{words}"
    );
    let other = run_on(&log, &["plan", "-"]).output();
    assert!(!other.contains("FORECAST"), "{other}");
    // What had expired at the export has: nobody asks as of now.
    let at = run_on(&unknown, &["plan", "-", "--json"]).json()["at"].clone();
    assert_eq!(at, format!("{AT}T00:00:00.000Z"));
}

#[test]
fn a_made_history_is_imported_and_shown_only_on_demand() {
    let log = made(&list(&sample("managed_users")), &[]).stdout;
    let (path, store) = (file("inventory-import.jsonl", &log), path("inventory-import.db"));
    let url = format!("sqlite:{}", store.display());
    let refused = run(&["import", "--store", &url, &path]);
    assert_eq!((refused.code, refused.stdout.as_str()), (1, ""));
    assert!(
        refused.stderr.contains("its times are invented; give `--force`"),
        "{}",
        refused.stderr
    );
    let forced = run(&["import", "--force", "--store", &url, &path]).output();
    assert!(forced.starts_with("imported "), "{forced}");
    let of_store = ["--store", &url, "--enterprise", "octo-corp"];
    let words = run(&[&["plan"], &of_store[..]].concat()).output();
    assert!(words.starts_with("  FORECAST "), "the mark is in the bytes: {words}");
    let page = crate::path("inventory.html");
    let shown = run(&["audit", &path, "--html", page.to_str().unwrap()]);
    assert_eq!((shown.code, page.exists()), (1, false));
    assert!(shown.stderr.contains("no page was written"), "{}", shown.stderr);
}

#[test]
fn what_is_left_out_is_named_and_nothing_is_made_of_what_is_no_inventory() {
    let list = list(&sample("managed_users"));
    let odd = list.replacen(",User,", ",Bot,", 1);
    let odd = made(&odd, &[]);
    assert_eq!(odd.code, 1);
    let said = "left out: record 1 at byte ";
    assert!(
        odd.stderr.starts_with(said) && odd.stderr.ends_with("LEFT OUT: 1 credentials\n"),
        "{}",
        odd.stderr
    );
    assert!(
        run_on(&odd.stdout, &["plan", "-"])
            .output()
            .contains("left out        1 credentials")
    );

    let none = made("id;kind\n", &[]);
    assert_eq!((none.code, none.stdout.as_str()), (1, ""));
    assert!(
        none.stderr
            .contains("cannot make a history of `-`: its columns are separated by semicolons")
    );
    let map = file("inventory-there.csv", "kept");
    let there = made(&list, &["--map", &map]);
    assert_eq!(
        (there.code, std::fs::read_to_string(&map).unwrap().as_str()),
        (1, "kept")
    );
    assert!(there.stderr.contains("`--force` to overwrite"), "{}", there.stderr);
}
