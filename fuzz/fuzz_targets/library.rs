//! Arbitrary calls of the C library's exports: pointers, lengths, oracles and answers given back twice.
#![no_main]

#[path = "../../bindings/c/tests/fuzz_checks/abi.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::check(input);
});
