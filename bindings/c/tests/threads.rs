//! Many threads that ask one oracle, and free what others were given.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::collections::BTreeSet;
use std::ffi::{CStr, c_char};
use std::ptr;
use std::sync::mpsc::channel;
use std::thread;

use enterprise_credentials_c::{ec_answer_free, ec_live, ec_oracle_call, ec_oracle_free, ec_oracle_new};

const THREADS: usize = 4;
const CALLS: usize = 200;

/// An answer on its way to another thread.
struct Sent(*const c_char);

#[expect(
    unsafe_code,
    reason = "the header allows that an answer is read and freed in another thread"
)]
// SAFETY: nobody writes to an answer.
unsafe impl Send for Sent {}

#[test]
fn calls_come_one_after_the_other_and_answers_may_be_freed_anywhere() {
    let oracle = ec_oracle_new();
    let (sender, answers) = channel();
    let mut texts = BTreeSet::new();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let sender = sender.clone();
            scope.spawn(move || (0..CALLS).for_each(|_| sender.send(Sent(begun(oracle))).unwrap()));
        }
        drop(sender);
        for Sent(answer) in answers {
            texts.insert(text(answer));
            assert_eq!(ec_answer_free(answer), 1);
        }
    });
    let handle = |number| format!(r#"{{"result":{{"handle":{number},"position":0,"last_at":null}}}}"#);
    assert_eq!(texts, (1..=THREADS * CALLS).map(handle).collect());
    assert_eq!(ec_oracle_free(oracle), 1);
    assert_eq!(ec_live(), 0);
}

#[expect(unsafe_code, reason = "as a caller in C calls")]
fn begun(oracle: u64) -> *const c_char {
    let request = br#"{"call":"begin"}"#;
    // SAFETY: the request has this length, and no place for the answer's length is given.
    unsafe { ec_oracle_call(oracle, request.as_ptr().cast(), request.len(), ptr::null_mut()) }
}

#[expect(unsafe_code, reason = "as a caller in C reads")]
fn text(answer: *const c_char) -> String {
    // SAFETY: it ends with a NUL, and is freed after this.
    unsafe { CStr::from_ptr(answer) }.to_str().unwrap().to_owned()
}
