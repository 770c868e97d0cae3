//! Arbitrary calls of the WebAssembly module's exports, natively: lengths, addresses, buffers given back twice.
#![no_main]

#[path = "../../bindings/wasm/tests/fuzz_checks/abi.rs"]
mod checks;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    checks::check(input);
});
