//! Panics of what is under test. They are caught, and reported instead of printed, because shrinking would print
//! thousands.

use std::boxed::Box;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::string::{String, ToString};
use std::sync::Once;

static HOOK: Once = Once::new();

thread_local! {
    static IS_CATCHING: Cell<bool> = const { Cell::new(false) };
    static TOLD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Calls, and gives what a panic on this thread says, and where it was. Other threads' panics are printed as ever.
pub(crate) fn caught<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    HOOK.call_once(|| {
        let otherwise = take_hook();
        set_hook(Box::new(move |panic| {
            if IS_CATCHING.get() {
                TOLD.set(Some(panic.to_string()));
            } else {
                otherwise(panic);
            }
        }));
    });
    let was_catching = IS_CATCHING.replace(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    IS_CATCHING.set(was_catching);
    called.map_err(|payload| {
        let payload = payload.downcast_ref::<&str>().map(ToString::to_string);
        // Whoever has set a hook of their own since has what it says.
        let told = TOLD.take().or(payload).unwrap_or_default();
        told.replacen(":\n", ": ", 1)
    })
}
