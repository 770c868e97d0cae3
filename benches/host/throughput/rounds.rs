//! Candidates in turns, so that what disturbs one disturbs all. Disks wait, so the clock on the wall counts.

use std::time::{Duration, Instant};

use anyhow::Result;
use cpu_time::ProcessTime;

/// How long some work took, and how much CPU time of the process.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Taken {
    wall: Duration,
    cpu: Duration,
    units: u64,
}

/// Measures work of so many units as it says.
pub(crate) fn measure(work: impl FnOnce() -> Result<u64>) -> Result<Taken> {
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    let units = work()?;
    Ok(Taken {
        wall: wall.elapsed(),
        cpu: cpu.elapsed(),
        units,
    })
}

/// Something to be measured, by its name. The first of several is the limit that the others are held against.
pub(crate) type Candidate<'a> = (&'a str, &'a mut dyn FnMut() -> Result<Taken>);

/// Measures the candidates in turns, and prints the median of each.
pub(crate) fn compare<const N: usize>(
    title: &str,
    unit: &str,
    rounds: u32,
    mut candidates: [Candidate<'_>; N],
) -> Result<()> {
    let mut taken: [Vec<Taken>; N] = [const { Vec::new() }; N];
    for _ in 0..rounds.max(1) {
        for ((_, candidate), taken) in candidates.iter_mut().zip(&mut taken) {
            taken.push(candidate()?);
        }
    }
    println!(
        "\n{title:<58} {:>12} {:>8} {:>8}",
        format!("{unit}/s"),
        "of limit",
        "µs CPU"
    );
    let mut limit = None;
    for ((name, _), taken) in candidates.iter().zip(taken) {
        let per_second = median(&taken, |taken| taken.units as f64 / taken.wall.as_secs_f64());
        let cpu = median(&taken, |taken| taken.cpu.as_secs_f64() * 1e6 / taken.units as f64);
        let ratio = per_second / *limit.get_or_insert(per_second);
        println!("  {name:<56} {per_second:>12.0} {ratio:>8.2} {cpu:>8.2}");
    }
    Ok(())
}

fn median(taken: &[Taken], figure: impl Fn(&Taken) -> f64) -> f64 {
    let mut figures: Vec<f64> = taken.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
