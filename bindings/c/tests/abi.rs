//! Random calls of the exports. A program of its own, since nobody else may ask meanwhile.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, its helpers too"
)]

#[path = "fuzz_checks/abi.rs"]
mod checks;

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, TestRunner};

use checks::check;

#[test]
fn whatever_is_called_nothing_but_the_callers_own_is_touched() {
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
