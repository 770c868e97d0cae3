//! What must hold of any calls of the exports, whoever makes them. The fuzz target and the random test call it, in one
//! thread at a time.
//!
//! An input is a program: bytes that say which export is called next, and with what.

use std::ffi::{CStr, c_char};
use std::ptr;
use std::slice;

use enterprise_credentials::oracle::{Oracle, REQUEST_BYTES_MAX};
use enterprise_credentials_c::{EcOracle, ec_answer_free, ec_live, ec_oracle_call, ec_oracle_free, ec_oracle_new};

/// No more oracles and no more answers are held at once.
const HELD_MAX: usize = 16;

const REQUESTS: [&str; 6] = [
    r#"{"call":"version"}"#,
    r#"{"id":"é","call":"begin"}"#,
    r#"{"call":"clone","handle":1}"#,
    r#"{"call":"end","handle":2}"#,
    r#"{"call":"carry_out","handle":1,"at":"2026-03-10T09:00:00.000Z","command":{"type":"CreateEnterprise","slug":"octo-corp","kind":"managed_users"}}"#,
    r#"{"call":"audit","handle":1}"#,
];
const NO_ORACLE: &str =
    r#"{"error":{"kind":"misuse","message":"there is no such oracle: it was never made, or it was freed"}}"#;
const NO_REQUEST: &str = r#"{"error":{"kind":"misuse","message":"the request is NULL, and its length is not 0"}}"#;

/// An oracle that the caller has, and what must speak through it.
struct Asked {
    number: EcOracle,
    oracle: Oracle,
}

/// An answer that the caller has, and what it must be.
struct Held {
    address: *const c_char,
    text: String,
}

#[derive(Default)]
struct Caller<'a> {
    asked: Vec<Asked>,
    held: Vec<Held>,
    /// The oracle that was given back last.
    freed: EcOracle,
    program: slice::Iter<'a, u8>,
}

pub(crate) fn check(input: &[u8]) {
    assert_eq!(ec_live(), 0, "nobody else asks meanwhile");
    let mut caller = Caller {
        program: input.iter(),
        ..Caller::default()
    };
    while let Some(step) = caller.program.next() {
        match step % 8 {
            0 => caller.makes_an_oracle(),
            1 => caller.frees_an_oracle(),
            2 => caller.frees_an_answer(),
            3 => caller.frees_what_is_not_there(),
            4 => caller.asks_what_is_not_there(),
            5 if caller.next() == 0 => caller.asks_too_much(),
            _ => caller.asks(),
        }
        caller.sees_what_it_holds();
    }
    caller.gives_all_back();
}

impl Caller<'_> {
    fn next(&mut self) -> usize {
        self.program.next().copied().unwrap_or_default().into()
    }

    /// The place of one of so many.
    fn one_of(&mut self, many: usize) -> Option<usize> {
        self.next().checked_rem(many)
    }

    fn makes_an_oracle(&mut self) {
        if self.asked.len() < HELD_MAX {
            let number = ec_oracle_new();
            assert!(number > self.freed, "a number is given out once");
            assert!(
                self.asked.iter().all(|other| number > other.number),
                "one number, two oracles"
            );
            let oracle = Oracle::new();
            self.asked.push(Asked { number, oracle });
        }
    }

    fn frees_an_oracle(&mut self) {
        if let Some(one) = self.one_of(self.asked.len()) {
            let number = self.asked.remove(one).number;
            assert_eq!(ec_oracle_free(number), 1);
            assert_eq!(ec_oracle_free(number), 0, "given back twice");
            self.freed = self.freed.max(number);
            self.misused(number, Some(REQUESTS[0].as_bytes()), 1, NO_ORACLE);
        }
    }

    fn frees_an_answer(&mut self) {
        if let Some(one) = self.one_of(self.held.len()) {
            let address = self.held.swap_remove(one).address;
            assert_eq!(ec_answer_free(address), 1);
            assert_eq!(ec_answer_free(address), 0, "given back twice");
        }
    }

    fn frees_what_is_not_there(&mut self) {
        let offset = self.next();
        assert_eq!(ec_answer_free(ptr::null()), 0);
        let address = match self.one_of(self.held.len()) {
            Some(one) => self.held[one].address.wrapping_add(offset),
            None => ptr::without_provenance(offset),
        };
        if self.held.iter().all(|held| held.address != address) {
            assert_eq!(ec_answer_free(address), 0, "no answer is at {address:?}");
        }
        assert_eq!(ec_oracle_free(0), 0);
        assert_eq!(ec_oracle_free(EcOracle::MAX), 0);
    }

    fn asks_what_is_not_there(&mut self) {
        let length = self.next();
        self.misused(0, None, length, NO_ORACLE);
        if let Some(one) = self.one_of(self.asked.len()) {
            let number = self.asked[one].number;
            self.misused(number, None, length + 1, NO_REQUEST);
            self.misused(number, None, usize::MAX, NO_REQUEST);
        }
    }

    fn misused(&self, number: EcOracle, request: Option<&[u8]>, length: usize, expected: &str) {
        let address = called(number, request.map_or(ptr::null(), <[u8]>::as_ptr), length, expected);
        assert_eq!(ec_answer_free(address), 1);
    }

    /// More than a request may have, so that the rest of it is not looked at. It takes long, so it is rare.
    fn asks_too_much(&mut self) {
        let Some(one) = self.one_of(self.asked.len()) else {
            return;
        };
        let length = REQUEST_BYTES_MAX + 1;
        let request = vec![b' '; length];
        let Asked { number, oracle } = &mut self.asked[one];
        let expected = oracle.call(&String::from_utf8_lossy(&request));
        assert!(expected.starts_with(r#"{"error":{"kind":"too_large","#), "{expected}");
        for length in [length, length + 1, usize::MAX] {
            let address = called(*number, request.as_ptr(), length, &expected);
            assert_eq!(ec_answer_free(address), 1);
        }
    }

    fn asks(&mut self) {
        let Some(one) = self.one_of(self.asked.len()) else {
            return;
        };
        if self.held.len() >= HELD_MAX {
            return;
        }
        let which = self.next();
        let request: Box<[u8]> = match REQUESTS.get(which % (REQUESTS.len() + 2)) {
            Some(request) => request.as_bytes().into(),
            None => {
                let rest = self.program.as_slice();
                rest[..self.next().min(rest.len())].into()
            }
        };
        let Asked { number, oracle } = &mut self.asked[one];
        let text = oracle.call(&String::from_utf8_lossy(&request));
        // Nothing lies after a request: a sanitizer sees a byte that is read too far.
        let start = if request.is_empty() {
            ptr::null()
        } else {
            request.as_ptr()
        };
        let address = called(*number, start, request.len(), &text);
        assert!(
            self.held.iter().all(|other| other.address != address),
            "one address, two answers"
        );
        self.held.push(Held { address, text });
    }

    fn sees_what_it_holds(&self) {
        for held in &self.held {
            assert_eq!(peek(held.address), held.text);
        }
        assert_eq!(ec_live(), self.asked.len() + self.held.len());
    }

    fn gives_all_back(self) {
        for asked in self.asked {
            assert_eq!(ec_oracle_free(asked.number), 1);
        }
        for held in self.held {
            assert_eq!(peek(held.address), held.text, "an answer outlives its oracle");
            assert_eq!(ec_answer_free(held.address), 1);
        }
        assert_eq!(ec_live(), 0);
    }
}

/// Calls, and compares the answer.
fn called(number: EcOracle, request: *const u8, length: usize, expected: &str) -> *const c_char {
    let mut answer_length = usize::MAX;
    #[expect(unsafe_code, reason = "as a caller in C calls")]
    // SAFETY: the request is null, or has this length or more than is looked at; the length is a local.
    let answer = unsafe { ec_oracle_call(number, request.cast(), length, &raw mut answer_length) };
    assert_eq!(peek(answer), expected);
    assert_eq!(answer_length, expected.len());
    answer
}

/// An answer as C reads it, up to its NUL.
#[expect(unsafe_code, reason = "as a caller in C reads")]
fn peek(answer: *const c_char) -> String {
    assert!(!answer.is_null());
    // SAFETY: the library says that it ends with a NUL, and nobody frees it meanwhile.
    let answer = unsafe { CStr::from_ptr(answer) };
    answer.to_str().expect("UTF-8").to_owned()
}
