//! The exports, the allocator, and what happens on a panic.

use core::cell::UnsafeCell;
use core::fmt::Write;
use core::panic::PanicInfo;
use core::ptr::NonNull;

use dlmalloc::GlobalDlmalloc;

use crate::{ABI_VERSION, LastWords, Module, Span};

#[cfg(target_feature = "atomics")]
compile_error!("the module is for one thread: build it without `atomics`");

#[global_allocator]
static ALLOCATOR: GlobalDlmalloc = GlobalDlmalloc;

static MODULE: Single<Module> = Single(UnsafeCell::new(Module::new()));
static LAST_WORDS: Single<LastWords> = Single(UnsafeCell::new(LastWords::new()));

/// What is there once, for one thread.
struct Single<T>(UnsafeCell<T>);

#[expect(unsafe_code, reason = "the exports are functions, so what they share is a static")]
// SAFETY: without `atomics` there is no second thread.
unsafe impl<T> Sync for Single<T> {}

impl<T> Single<T> {
    #[expect(unsafe_code, reason = "the exports are functions, so what they share is a static")]
    #[expect(clippy::mut_from_ref, reason = "each export borrows each static once")]
    fn borrowed(&self) -> &mut T {
        // SAFETY: each export borrows each static once, and calls no other. Nothing outside runs while an export runs,
        // because the module imports nothing. After a trap the export that it ended never goes on.
        unsafe { &mut *self.0.get() }
    }
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn abi_version() -> u32 {
    ABI_VERSION
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn alloc(length: usize) -> usize {
    MODULE
        .borrowed()
        .alloc(length)
        .map_or(0, |span| span.address.addr().get())
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn free(address: usize) -> u32 {
    MODULE.borrowed().free(address).into()
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn call(address: usize, length: usize) -> u64 {
    MODULE.borrowed().call(address, length).map_or(0, packed)
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn last_handle() -> u64 {
    MODULE.borrowed().last_handle()
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn begin_after(last_handle: u64) -> u32 {
    MODULE.borrowed().begin_after(last_handle).into()
}

#[expect(unsafe_code, reason = "an export needs its name")]
#[unsafe(no_mangle)]
extern "C" fn last_panic() -> u64 {
    let words = LAST_WORDS.borrowed().as_bytes();
    if words.is_empty() {
        return 0;
    }
    packed(Span {
        address: NonNull::from(words).cast(),
        length: words.len(),
    })
}

/// The address above, the length below.
fn packed(span: Span) -> u64 {
    let [address, length] = [span.address.addr().get(), span.length];
    ((address as u64) << 32) | length as u64
}

#[panic_handler]
fn panicked(info: &PanicInfo<'_>) -> ! {
    let words = LAST_WORDS.borrowed();
    // The first panic is the one to tell of: what is told in the middle of telling it is not.
    if words.as_bytes().is_empty() {
        // What does not fit is cut.
        let _ = write!(words, "{info}");
    }
    core::arch::wasm32::unreachable()
}
