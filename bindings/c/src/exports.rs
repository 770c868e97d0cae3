//! What C calls. The header documents it for those who call.

use std::ffi::{c_char, c_int};
use std::slice;
use std::sync::PoisonError;

use enterprise_credentials::oracle::REQUEST_BYTES_MAX;
use enterprise_credentials_carrier::Fault;

use crate::answers::Answers;
use crate::oracles::Oracles;

/// The version of the header. Another number means that a program built with the old one would go wrong.
pub const EC_ABI_VERSION: u32 = 1;

/// An oracle: its number.
pub type EcOracle = u64;

static ORACLES: Oracles = Oracles::new();
static ANSWERS: Answers = Answers::new();

/// [`EC_ABI_VERSION`]
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn ec_abi_version() -> u32 {
    EC_ABI_VERSION
}

/// A new oracle.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn ec_oracle_new() -> EcOracle {
    ORACLES.begin()
}

/// Gives an oracle back: 1, or 0 where there is none.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn ec_oracle_free(oracle: EcOracle) -> c_int {
    ORACLES.free(oracle).into()
}

/// Answers a request. The answer is the caller's, until `ec_answer_free`.
///
/// # Safety
/// `request` is null or points to `length` bytes that nobody writes meanwhile. `answer_length` is null or points to a
/// `size_t` that only this call uses.
#[expect(
    unsafe_code,
    reason = "the request and the place for a length are in the caller's memory"
)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ec_oracle_call(
    oracle: EcOracle,
    request: *const c_char,
    length: usize,
    answer_length: *mut usize,
) -> *const c_char {
    let answer = match ORACLES.get(oracle) {
        None => misuse("there is no such oracle: it was never made, or it was freed"),
        Some(_) if request.is_null() && length > 0 => misuse("the request is NULL, and its length is not 0"),
        Some(oracle) => {
            // SAFETY: it is null with a length of 0, or the caller promises so many bytes.
            let request = unsafe { bytes(request, length) };
            // What is no UTF-8 is replaced: then it is in no command, for all texts there are ASCII.
            let request = String::from_utf8_lossy(request);
            let mut oracle = oracle.lock().unwrap_or_else(PoisonError::into_inner);
            oracle.call(&request)
        }
    };
    let (address, length) = ANSWERS.give(answer);
    if !answer_length.is_null() {
        // SAFETY: the caller promises that a length may be written here.
        unsafe { answer_length.write(length) }
    }
    address
}

/// Gives an answer back: 1, or 0 where none is at this address.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn ec_answer_free(answer: *const c_char) -> c_int {
    ANSWERS.free(answer).into()
}

/// How many oracles and answers were not given back.
#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
pub extern "C" fn ec_live() -> usize {
    ORACLES.count() + ANSWERS.count()
}

/// The answer to a call that is none.
fn misuse(message: &str) -> String {
    let fault = Fault {
        kind: "misuse",
        message,
        lost_up_to: None,
    };
    // Its request is not read.
    fault.answer_to("")
}

/// A request where the caller has it. Of one that is too long, as much as tells.
///
/// # Safety
/// There are so many bytes, or none and the address is null; nobody writes to them as long as these are used.
#[expect(unsafe_code, reason = "the request is in the caller's memory")]
unsafe fn bytes<'a>(request: *const c_char, length: usize) -> &'a [u8] {
    if request.is_null() {
        return &[];
    }
    let length = length.min(REQUEST_BYTES_MAX + 1);
    // SAFETY: the caller promises these bytes, and more than 4 MiB of them are not looked at.
    unsafe { slice::from_raw_parts(request.cast(), length) }
}
