//! What reading may allocate, counted by the allocator of the fuzz targets and of the replay alike.

use std::alloc::System;

use cap::Cap;

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

/// What the shortest input may cost: the first page of each table of a state, the headers of an answer.
const BYTES_AT_FIRST: usize = 256 * 1024;
/// The dearest bytes are those of a list of scopes of one letter each, in a vector that doubles.
const BYTES_PER_BYTE_READ: usize = 64;

/// Does the work, and fails if it allocated more in all, freed or not, than so many bytes read are worth.
/// No other thread may be at work.
pub(crate) fn bounded<T>(bytes_read: usize, work: impl FnOnce() -> T) -> T {
    let before = ALLOCATOR.total_allocated();
    let done = work();
    let allocated = ALLOCATOR.total_allocated() - before;
    let bytes_max = BYTES_AT_FIRST + BYTES_PER_BYTE_READ * bytes_read;
    assert!(
        allocated <= bytes_max,
        "{allocated} bytes allocated for {bytes_read} bytes read"
    );
    done
}
