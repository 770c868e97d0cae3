//! The rows that a table of figures consists of.

/// Begins a group of rows.
pub fn title(title: &str) {
    println!("\n{title}");
}

/// Prints a figure that no target is set for.
pub fn figure(what: &str, value: f64, unit: &str) {
    println!("      {what:<58} {value:>9.1} {unit}");
}

/// Prints a ratio that is to reach a target.
pub fn at_least(id: &str, what: &str, ratio: f64, target: f64) {
    row(id, what, ratio, ("≥", target), ratio >= target);
}

/// Prints a ratio, or nanoseconds, that is to stay within a target.
pub fn at_most(id: &str, what: &str, ratio: f64, target: f64) {
    row(id, what, ratio, ("≤", target), ratio <= target);
}

fn row(id: &str, what: &str, ratio: f64, (sign, target): (&str, f64), reached: bool) {
    let verdict = if reached { "reached" } else { "NOT REACHED" };
    println!("{id:<5} {what:<58} {ratio:>9.2}   {sign} {target:<6} {verdict}");
}
