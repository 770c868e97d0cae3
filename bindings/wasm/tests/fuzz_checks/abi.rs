//! What must hold of any calls of the exports, whoever makes them. The fuzz target and the random test call it.
//!
//! An input is a program: bytes that say which export is called next, and with what.

use std::ptr::NonNull;
use std::slice;

use enterprise_credentials::oracle::Oracle;
use enterprise_credentials_wasm::{Module, Span};

/// No more buffers are held at once.
const HELD_MAX: usize = 16;

const REQUESTS: [&str; 6] = [
    r#"{"call":"version"}"#,
    r#"{"id":"é","call":"begin"}"#,
    r#"{"call":"clone","handle":1}"#,
    r#"{"call":"end","handle":2}"#,
    r#"{"call":"carry_out","handle":1,"at":"2026-03-10T09:00:00.000Z","command":{"type":"CreateEnterprise","slug":"octo-corp","kind":"managed_users"}}"#,
    r#"{"call":"audit","handle":1}"#,
];

/// A buffer that the caller has, and what must be in it.
struct Held {
    span: Span,
    content: Vec<u8>,
}

struct Caller<'a> {
    module: Module,
    /// What the module must answer.
    oracle: Oracle,
    held: Vec<Held>,
    program: slice::Iter<'a, u8>,
}

pub(crate) fn check(input: &[u8]) {
    let mut caller = Caller {
        module: Module::new(),
        oracle: Oracle::new(),
        held: Vec::new(),
        program: input.iter(),
    };
    while let Some(step) = caller.program.next() {
        match step % 6 {
            0 => caller.alloc(),
            1 => caller.free(),
            2 => caller.free_what_is_not_there(),
            3 => caller.call(),
            4 => caller.call_what_is_not_there(),
            _ => caller.write(),
        }
        caller.sees_what_it_holds();
    }
}

impl Caller<'_> {
    fn next(&mut self) -> usize {
        self.program.next().copied().unwrap_or_default().into()
    }

    fn one_held(&mut self) -> Option<usize> {
        let next = self.next();
        next.checked_rem(self.held.len())
    }

    fn alloc(&mut self) {
        assert_eq!(self.module.alloc(usize::MAX), None, "there is no room for it");
        let length = self.next() * 8;
        if self.held.len() < HELD_MAX {
            let span = self.module.alloc(length).expect("there is room");
            assert_eq!(span.length, length.max(1));
            let content = vec![0; span.length];
            self.holds(span, content);
        }
    }

    fn holds(&mut self, span: Span, content: Vec<u8>) {
        let (from, to) = bounds(span);
        for other in &self.held {
            let (other_from, other_to) = bounds(other.span);
            assert!(to <= other_from || other_to <= from, "two buffers overlap");
        }
        self.held.push(Held { span, content });
    }

    fn free(&mut self) {
        if let Some(one) = self.one_held() {
            let address = self.held.swap_remove(one).span.address.addr().get();
            assert!(self.module.free(address));
            assert!(!self.module.free(address), "given back twice");
            assert_eq!(self.module.call(address, 1), None, "read after it was given back");
        }
    }

    fn free_what_is_not_there(&mut self) {
        let address = self.elsewhere();
        assert!(!self.module.free(address), "no buffer is at {address}");
    }

    fn call_what_is_not_there(&mut self) {
        let (address, length) = (self.elsewhere(), self.next());
        assert_eq!(self.module.call(address, length), None, "no buffer is at {address}");
        if let Some(one) = self.one_held() {
            let span = self.held[one].span;
            let address = span.address.addr().get();
            let more = self.next() + 1;
            assert_eq!(self.module.call(address, span.length + more), None, "beyond its end");
            assert_eq!(self.module.call(address, usize::MAX), None, "beyond its end");
        }
    }

    /// An address at which no buffer begins.
    fn elsewhere(&mut self) -> usize {
        let offset = self.next();
        let address = match self.one_held() {
            Some(one) => self.held[one].span.address.addr().get() + offset,
            None => offset,
        };
        let begins = |held: &Held| held.span.address.addr().get() == address;
        if self.held.iter().any(begins) { 0 } else { address }
    }

    fn call(&mut self) {
        let Some(one) = self.one_held() else { return };
        if self.held.len() >= HELD_MAX {
            return;
        }
        let which = self.next();
        let request: Vec<u8> = match REQUESTS.get(which % (REQUESTS.len() + 1)) {
            Some(request) => request.as_bytes().to_vec(),
            None => self.program.as_slice().to_vec(),
        };
        let held = &mut self.held[one];
        let length = request.len().min(held.content.len());
        held.content[..length].copy_from_slice(&request[..length]);
        poke(held.span, &held.content);
        let address = held.span.address.addr().get();
        let expected = self.oracle.call(&String::from_utf8_lossy(&request[..length]));
        let answer = self.module.call(address, length).expect("an answer");
        assert_eq!(self.module.last_handle(), self.oracle.last_handle());
        self.holds(answer, expected.into_bytes());
    }

    fn write(&mut self) {
        let byte = u8::try_from(self.next()).expect("it was a byte");
        if let Some(one) = self.one_held() {
            let held = &mut self.held[one];
            held.content.fill(byte);
            poke(held.span, &held.content);
        }
    }

    fn sees_what_it_holds(&self) {
        for held in &self.held {
            assert_eq!(peek(held.span), held.content);
        }
    }
}

fn bounds(span: Span) -> (usize, usize) {
    let from = span.address.addr().get();
    (from, from + span.length)
}

#[expect(unsafe_code, reason = "as a caller outside of the module writes")]
fn poke(span: Span, content: &[u8]) {
    let source = NonNull::from(content).cast();
    assert_eq!(content.len(), span.length);
    // SAFETY: the module says that the caller may write so many bytes there; a content of its own is elsewhere.
    unsafe { span.address.copy_from_nonoverlapping(source, span.length) }
}

#[expect(unsafe_code, reason = "as a caller outside of the module reads")]
fn peek(span: Span) -> Vec<u8> {
    // SAFETY: the module says that so many bytes are there, and nobody writes meanwhile.
    unsafe { slice::from_raw_parts(span.address.as_ptr(), span.length) }.to_vec()
}
