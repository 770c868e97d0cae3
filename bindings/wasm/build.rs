//! Gives the module's memory its bound, however it is built.

/// 64 MiB: what all enterprises together may take, with room for the largest answers.
const MEMORY_BYTES_MAX: u32 = 64 * 1024 * 1024;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_FAMILY").is_ok_and(|family| family == "wasm") {
        println!("cargo::rustc-link-arg-cdylib=--max-memory={MEMORY_BYTES_MAX}");
    }
}
