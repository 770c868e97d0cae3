//! Charts as SVG, without text of their own. The words and numbers beside a chart say what it shows.

use enterprise_credentials::{Loss, Timestamp};
use maud::{Markup, html};

use super::jobs::{Bar, Job};
use super::words::{count, counted, duration, moment};

/// The height of the chart of a job, in its own units; a bar is 10 wide.
const HEIGHT: u64 = 100;
const BAR_WIDTH: usize = 10;

/// The job over time: a bar for each stretch.
pub(super) fn job(job: &Job, requested: Timestamp) -> Markup {
    let most = job.bars.iter().map(|bar| bar.sum()).max().unwrap_or_default().max(1);
    let width = job.bars.len().max(1) * BAR_WIDTH;
    let stretch = requested
        .milliseconds()
        .checked_add(job.bar_ms)
        .and_then(|end| Timestamp::from_milliseconds(end).ok())
        .map_or_else(String::new, |end| duration(requested, end));
    let last = job.items.map_or(requested, |(_, last)| last);
    let busiest = counted(most, "item", "items");
    let words = format!(
        "Items recorded over time: at most {busiest} in {stretch}, the last {} after the request.",
        duration(requested, last)
    );
    html! {
        figure {
            svg.job viewBox=(format!("0 0 {width} {HEIGHT}")) preserveAspectRatio="none" role="img" aria-label=(words) {
                defs {
                    pattern #hatch width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                        rect.destroyed width="4" height="4" {}
                        rect.gap width="1.6" height="4" {}
                    }
                }
                @for (place, bar) in job.bars.iter().enumerate() {
                    (stacked(place * BAR_WIDTH, *bar, most))
                }
            }
            div.axis aria-hidden="true" { span { (moment(requested)) } span { "+ " (duration(requested, last)) } }
            figcaption {
                span.key.revoked {} "authorizations revoked "
                span.key.hatched {} "credentials destroyed "
                span.note { "One bar is " (stretch) "; the highest is " (busiest) "." }
            }
        }
    }
}

fn stacked(x: usize, bar: Bar, most: u64) -> Markup {
    let height = |part: u64| scaled(part, most, HEIGHT);
    let (revoked, destroyed) = (height(bar.authorizations), height(bar.credentials));
    let width = BAR_WIDTH - 1;
    html! {
        @if bar.authorizations > 0 {
            rect.revoked x=(x) y=(HEIGHT - revoked.min(HEIGHT)) width=(width) height=(revoked) {}
        }
        @if bar.credentials > 0 {
            @let top = HEIGHT.saturating_sub(revoked + destroyed);
            rect fill="url(#hatch)" x=(x) y=(top) width=(width) height=(destroyed) {}
        }
    }
}

/// A table with a bar for each row: what each part of the enterprise lost.
pub(super) fn losses(caption: &str, head: &str, rows: &[(String, Loss)], destroys: bool) -> Markup {
    let sum = |loss: &Loss| loss.authorizations_revoked + loss.credentials_destroyed;
    let most = rows.iter().map(|(_, loss)| sum(loss)).max().unwrap_or_default().max(1);
    html! {
        table {
            caption { (caption) }
            thead {
                tr {
                    th scope="col" { (head) }
                    th.number scope="col" { "Authorizations" }
                    @if destroys { th.number scope="col" { "Credentials" } }
                }
            }
            tbody {
                @for (name, loss) in rows {
                    tr {
                        th scope="row" {
                            (name)
                            svg.bar viewBox="0 0 1000 8" preserveAspectRatio="none" aria-hidden="true" {
                                @let revoked = scaled(loss.authorizations_revoked, most, 1000);
                                @let destroyed = scaled(loss.credentials_destroyed, most, 1000);
                                rect.track width="1000" height="8" {}
                                rect.revoked width=(revoked) height="8" {}
                                rect.destroyed x=(revoked) width=(destroyed) height="8" {}
                            }
                        }
                        td.number { (count(loss.authorizations_revoked)) }
                        @if destroys { td.number { (count(loss.credentials_destroyed)) } }
                    }
                }
            }
        }
    }
}

/// A part of `most` as one of `whole`; what is there at all is seen.
fn scaled(part: u64, most: u64, whole: u64) -> u64 {
    let scaled = u128::from(part) * u128::from(whole) / u128::from(most.max(1));
    u64::try_from(scaled).unwrap_or(whole).max(u64::from(part > 0))
}
