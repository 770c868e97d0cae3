//! The header says what is exported. cbindgen reads the exports, and a C compiler is the judge: where a function is
//! declared twice, both must have the same type.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use cbindgen::{Builder, Config, Language};

const HEADER: &str = "include/enterprise_credentials.h";

#[test]
fn the_header_declares_each_export_with_its_type() {
    let exported = exported();
    let header = fs::read_to_string(HEADER).unwrap();
    assert_eq!(declared(&header), declared(&exported));
    assert!(declared(&header).len() > 5, "{header}");
    compile("agrees", &header, &exported).unwrap();
    let altered = header.replace("size_t *answer_length", "int *answer_length");
    let error = compile("differs", &altered, &exported).unwrap_err();
    assert!(error.contains("conflicting types for ‘ec_oracle_call’"), "{error}");
}

#[test]
fn the_header_is_for_the_versions_that_there_are() {
    use enterprise_credentials::oracle::{PROTOCOL, RULE_SET};
    let header = fs::read_to_string(HEADER).unwrap();
    for (name, version) in [
        ("EC_ABI_VERSION", enterprise_credentials_c::ec_abi_version()),
        ("EC_PROTOCOL", PROTOCOL),
        ("EC_RULE_SET", RULE_SET),
    ] {
        assert!(header.contains(&format!("#define {name} {version}\n")), "{name}");
    }
}

/// What cbindgen makes of the exports.
fn exported() -> String {
    let mut config = Config {
        language: Language::C,
        ..Config::default()
    };
    config.export.rename = [("EcOracle".into(), "ec_oracle".into())].into();
    config.usize_is_size_t = true;
    // A declaration a line.
    config.line_length = 1_000;
    let bindings = Builder::new()
        .with_config(config)
        .with_src("src/exports.rs")
        .generate()
        .unwrap();
    let mut text = Vec::new();
    bindings.write(&mut text);
    String::from_utf8(text).unwrap()
}

/// The names of functions that a header declares.
fn declared(header: &str) -> BTreeSet<&str> {
    let lines = header
        .lines()
        .filter(|line| line.ends_with(");") && !line.starts_with(' '));
    let before_arguments = lines.filter_map(|line| line.split('(').next());
    before_arguments
        .filter_map(|line| line.rsplit([' ', '*']).next())
        .collect()
}

/// Compiles both in one file, or says why not.
fn compile(name: &str, header: &str, exported: &str) -> Result<(), String> {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.c"));
    fs::write(&file, format!("{header}\n{exported}")).unwrap();
    let mut compiler = Command::new("cc");
    compiler
        .env("LC_ALL", "C.UTF-8")
        .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]);
    let output = compiler.arg(&file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}
