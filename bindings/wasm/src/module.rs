//! What the exports do, without how they are exported.

use alloc::string::String;

use enterprise_credentials::oracle::Oracle;

use crate::buffers::{Buffers, Span};

/// The version of the exports. Another number means that a caller of the old ones would go wrong.
pub const ABI_VERSION: u32 = 1;

/// One instance: an oracle, and the buffers through which it is asked.
#[derive(Debug, Default)]
pub struct Module {
    /// From the first call on.
    oracle: Option<Oracle>,
    buffers: Buffers,
    /// As of the last call that came to its end.
    last_handle: u64,
    /// A call has begun and has not ended. Nobody asks meanwhile, so whoever sees this asks one that died.
    calling: bool,
}

impl Module {
    /// A new instance.
    pub const fn new() -> Self {
        Self {
            oracle: None,
            buffers: Buffers::new(),
            last_handle: 0,
            calling: false,
        }
    }

    /// A new buffer of so many bytes, zeroed, which is the caller's until `free`. Nothing where there is no room.
    pub fn alloc(&mut self, length: usize) -> Option<Span> {
        if self.calling { None } else { self.buffers.alloc(length) }
    }

    /// Takes a buffer back. False where none is at this address.
    pub fn free(&mut self, address: usize) -> bool {
        !self.calling && self.buffers.free(address)
    }

    /// Answers the request in the first bytes of a buffer, in another buffer. Nothing where there is no such buffer, or
    /// where an earlier call did not come to its end.
    pub fn call(&mut self, address: usize, length: usize) -> Option<Span> {
        if self.calling {
            return None;
        }
        self.buffers.read(address, length)?;
        self.calling = true;
        let answer = self.answer(address, length);
        self.calling = false;
        answer
    }

    /// The last handle that was given out; 0 before the first.
    pub const fn last_handle(&self) -> u64 {
        self.last_handle
    }

    /// Sets the last handle of one that gave out none yet. False where it did.
    pub fn begin_after(&mut self, last_handle: u64) -> bool {
        if self.calling || self.last_handle > 0 {
            return false;
        }
        self.oracle = Some(Oracle::after(last_handle));
        self.last_handle = last_handle;
        true
    }

    fn answer(&mut self, address: usize, length: usize) -> Option<Span> {
        self.buffers.make_room()?;
        let request = self.buffers.read(address, length)?;
        // What is no UTF-8 is replaced: then it is in no command, for all texts there are ASCII.
        let request = String::from_utf8_lossy(request);
        let oracle = self.oracle.get_or_insert_default();
        let answer = oracle.call(&request);
        self.last_handle = oracle.last_handle();
        Some(self.buffers.give(answer.into_boxed_str().into_boxed_bytes()))
    }
}
