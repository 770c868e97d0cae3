//! Arbitrary bytes as a log.
#![no_main]

#[path = "../../tests/fuzz_checks/log.rs"]
mod checks;
#[path = "../../tests/fuzz_checks/memory.rs"]
mod memory;
#[path = "../../tests/fuzz_checks/spellings.rs"]
mod spellings;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::check(input);
});
