//! The buffers that a caller has and has not given back.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;
use core::slice;

/// Where bytes lie in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where they begin. The caller may read and write them from here.
    pub address: NonNull<u8>,
    /// How many they are.
    pub length: usize,
}

/// Each is a `Box<[u8]>` that was let go of, so that the caller may write to it. None is empty. In order of address.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    live: Vec<Span>,
}

impl Buffers {
    pub(crate) const fn new() -> Self {
        Self { live: Vec::new() }
    }

    /// A new buffer, zeroed; nothing where there is no room. Of none as well there is one byte, so that it has a place.
    pub(crate) fn alloc(&mut self, length: usize) -> Option<Span> {
        self.make_room()?;
        let length = length.max(1);
        let mut bytes = Vec::new();
        bytes.try_reserve_exact(length).ok()?;
        bytes.resize(length, 0);
        Some(self.give(bytes.into_boxed_slice()))
    }

    /// Room to give one more buffer.
    pub(crate) fn make_room(&mut self) -> Option<()> {
        self.live.try_reserve(1).ok()
    }

    /// Gives bytes, which are not empty, to the caller.
    pub(crate) fn give(&mut self, bytes: Box<[u8]>) -> Span {
        let span = Span {
            length: bytes.len(),
            address: NonNull::from(Box::leak(bytes)).cast(),
        };
        let place = self.live.partition_point(|other| other.address < span.address);
        self.live.insert(place, span);
        span
    }

    /// Takes a buffer back. False where none is at this address.
    pub(crate) fn free(&mut self, address: usize) -> bool {
        let Some(place) = self.place(address) else { return false };
        let span = self.live.remove(place);
        drop(boxed(span));
        true
    }

    /// The first bytes of a buffer; nothing where it has not as many, or none is at this address.
    pub(crate) fn read(&self, address: usize, length: usize) -> Option<&[u8]> {
        let span = self.live.get(self.place(address)?)?;
        (length <= span.length).then(|| bytes(span, length))
    }

    fn place(&self, address: usize) -> Option<usize> {
        self.live
            .binary_search_by_key(&address, |span| span.address.addr().get())
            .ok()
    }
}

impl Drop for Buffers {
    fn drop(&mut self) {
        for span in self.live.drain(..) {
            drop(boxed(span));
        }
    }
}

#[expect(
    unsafe_code,
    reason = "the caller writes to these bytes by address, so no reference to them is kept"
)]
fn bytes(span: &Span, length: usize) -> &[u8] {
    // SAFETY: a buffer in the list is an allocation of `span.length` initialised bytes, of which these are the first.
    // The caller writes to it only between calls.
    unsafe { slice::from_raw_parts(span.address.as_ptr(), length) }
}

#[expect(unsafe_code, reason = "a buffer is given back by its address")]
fn boxed(span: Span) -> Box<[u8]> {
    let bytes = NonNull::slice_from_raw_parts(span.address, span.length);
    // SAFETY: `give` made it of a box of this length, and it left the list just now: nobody else makes a box of it.
    unsafe { Box::from_raw(bytes.as_ptr()) }
}
