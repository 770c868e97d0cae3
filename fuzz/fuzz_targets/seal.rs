//! Arbitrary bytes as checkpoints, keys and proofs.
#![no_main]

#[path = "../../seal/tests/fuzz_checks/texts.rs"]
mod checks;
#[path = "../../tests/fuzz_checks/memory.rs"]
mod memory;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    memory::bounded(input.len(), || checks::check(input));
});
