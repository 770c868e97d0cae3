//! The oracle of `enterprise-credentials` as one WebAssembly module without imports: it can reach nothing outside of
//! its own memory. Requests and answers are the JSON of [`enterprise_credentials::oracle`], in UTF-8.
//!
//! | export | |
//! | --- | --- |
//! | `memory` | what all addresses are in: at most 64 MiB |
//! | `abi_version() -> i32` | [`ABI_VERSION`], the version of this table |
//! | `alloc(length: i32) -> i32` | the address of a new buffer of so many bytes, zeroed; 0 where there is no room |
//! | `free(address: i32) -> i32` | gives a buffer back: 1; 0 where no buffer has this address |
//! | `call(address: i32, length: i32) -> i64` | answers the request in the first bytes of a buffer; see below |
//! | `last_handle() -> i64` | the last handle that was given out, 0 before the first |
//! | `begin_after(last_handle: i64) -> i32` | sets the last handle of an instance that gave out none yet: 1; else 0 |
//! | `last_panic() -> i64` | why the instance died; 0 where it did not, or said nothing |
//!
//! `call` and `last_panic` give a text: its address in the upper 32 bits, its length in bytes in the lower. A `call` of
//! what is in no buffer gives 0. Rust's linker adds two constants, `__data_end` and `__heap_base`, which nobody needs.
//!
//! # Who owns what
//!
//! A buffer is the caller's from the `alloc` or `call` that gives it until the `free` that takes it. `call` reads a
//! request and leaves it where it is, so one buffer may serve many requests. Nobody frees an answer but the caller. The
//! text of `last_panic` is the module's, and is not freed. An address that is of no buffer, a length beyond the
//! buffer's end and a second `free` get 0 for an answer, and do nothing.
//!
//! Each `alloc` and each `call` may grow the memory. That detaches views of it that were made before.
//!
//! # Death
//!
//! Nothing unwinds in WebAssembly. Where the module runs out of memory, its `call` traps; so it would if it had a fault
//! that panics. Then the instance is dead, with all its enterprises: `alloc`, `free` and `call` answer 0. `last_panic`
//! and `last_handle` still answer. Make another instance, call `begin_after` with the old one's last handle, and say
//! that all handles up to it are lost: so a lost handle never names another enterprise.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod buffers;
#[cfg(target_family = "wasm")]
mod exports;
mod last_words;
mod module;

pub use buffers::Span;
pub use last_words::LastWords;
pub use module::{ABI_VERSION, Module};
