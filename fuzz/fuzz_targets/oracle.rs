//! Arbitrary requests to an oracle.
#![no_main]

#[path = "../../tests/fuzz_checks/oracle.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::check(input);
});
