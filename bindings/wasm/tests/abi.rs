//! The exports, without WebAssembly: lengths, addresses, and who owns what.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "fuzz_checks/abi.rs"]
mod checks;

use std::fmt::Write;

use enterprise_credentials_wasm::{LastWords, Module};
use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

use checks::check;

#[test]
fn whatever_is_called_no_buffer_but_the_callers_own_is_touched() {
    let config = Config {
        cases: 256,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&vec(any::<u8>(), 0..512), |program| {
            check(&program);
            Ok(())
        })
        .unwrap();
}

#[test]
fn handles_go_on_after_those_of_a_dead_instance() {
    let mut module = Module::new();
    assert!(module.begin_after(7));
    assert_eq!(module.last_handle(), 7);
    assert!(!module.begin_after(3), "7 were given out");
    assert_eq!(module.last_handle(), 7);
    let begin = br#"{"call":"begin"}"#;
    let request = module.alloc(begin.len()).unwrap();
    #[expect(unsafe_code, reason = "as a caller outside of the module writes")]
    // SAFETY: the buffer has this length.
    unsafe {
        request.address.as_ptr().copy_from(begin.as_ptr(), begin.len());
    }
    module.call(request.address.addr().get(), begin.len()).unwrap();
    assert_eq!(module.last_handle(), 8);
}

#[test]
fn last_words_are_cut_where_a_character_ends() {
    let mut words = LastWords::new();
    write!(words, "{}", "x".repeat(1_021)).unwrap();
    write!(words, "é€").unwrap();
    write!(words, "y").unwrap();
    let said = std::str::from_utf8(words.as_bytes()).unwrap();
    assert_eq!(said, format!("{}é", "x".repeat(1_021)));
}
