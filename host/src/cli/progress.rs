//! Progress bars: on stderr, and only where that is a terminal; they leave nothing behind.

use indicatif::{ProgressBar, ProgressStyle};

/// How much of a file is read.
pub(super) fn bytes(length: u64) -> ProgressBar {
    bar(length, "  reading   {bar:40} {bytes} of {total_bytes}")
}

/// How many of `length` things are done.
pub(super) fn counted(length: u64, doing: &'static str) -> ProgressBar {
    let bar = bar(length, "  {msg} {bar:40} {human_pos} of {human_len}, {elapsed} gone");
    bar.with_message(doing)
}

fn bar(length: u64, template: &str) -> ProgressBar {
    // A template that does not parse would be a fault here; the plain bar is good enough then.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style.progress_chars("━╸ "))
}
