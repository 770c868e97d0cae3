//! Arbitrary requests, to enterprises of each kind.
#![no_main]

#[path = "../../tests/fuzz_checks/request.rs"]
mod checks;
#[path = "../../tests/fuzz_checks/memory.rs"]
mod memory;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::check(input);
});
