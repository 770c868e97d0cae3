//! Progress bars: on standard error, and only where that is a terminal. Each is as wide as the terminal, says how long
//! it will take yet, and leaves nothing behind when its last handle is dropped.

use std::io::{IsTerminal, stdout};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// How often what cannot be counted shows that it goes on.
const TICK: Duration = Duration::from_millis(200);

/// How many of `length` bytes are done.
pub(super) fn bytes(length: u64, doing: &'static str) -> ProgressBar {
    bar(
        ProgressBar::new(length),
        "  {msg} {wide_bar} {bytes} of {total_bytes}, {eta} left",
        doing,
    )
}

/// How many of `length` things are done.
pub(super) fn counted(length: u64, doing: &'static str) -> ProgressBar {
    bar(
        ProgressBar::new(length),
        "  {msg} {wide_bar} {human_pos} of {human_len}, {eta} left",
        doing,
    )
}

/// That something goes on, of which nobody knows how much there is.
pub(super) fn going_on(doing: &'static str) -> ProgressBar {
    let bar = bar(ProgressBar::new_spinner(), "  {msg}, {elapsed} gone", doing);
    bar.enable_steady_tick(TICK);
    bar
}

/// The bar, unless the lines that a command writes meanwhile go to a terminal: the two would spoil each other.
pub(super) fn beside_lines(bar: ProgressBar) -> ProgressBar {
    if stdout().is_terminal() {
        ProgressBar::hidden()
    } else {
        bar
    }
}

fn bar(bar: ProgressBar, template: &str, doing: &'static str) -> ProgressBar {
    // A template that does not parse would be a fault here; the plain bar is good enough then.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.with_style(style.progress_chars("━╸ "))
        .with_message(doing)
        .with_finish(ProgressFinish::AndClear)
}
