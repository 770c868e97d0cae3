//! Candidates measured in turns, so that what disturbs one disturbs all.

use std::time::Duration;

use cpu_time::ThreadTime;

/// How often each candidate is measured: the median counts.
pub const ROUNDS: usize = 7;

/// CPU time that some work took, and how much work it was.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sample {
    time: Duration,
    units: u64,
}

impl Sample {
    /// Measures some work; what is to be ready before it stays outside.
    pub fn time<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let start = ThreadTime::now();
        let result = std::hint::black_box(work());
        self.time += start.elapsed();
        result
    }

    /// Counts units of work.
    pub fn add(&mut self, units: u64) {
        self.units += units;
    }

    /// Seconds of CPU time for all of it.
    pub fn seconds(self) -> f64 {
        self.time.as_secs_f64()
    }

    /// Nanoseconds of CPU time for one unit of work.
    fn ns(self) -> f64 {
        self.time.as_secs_f64() * 1e9 / self.units as f64
    }
}

/// Runs work of `units`, all of it measured.
pub fn timed<R>(units: u64, work: impl FnOnce() -> R) -> Sample {
    let mut sample = Sample::default();
    drop(sample.time(work));
    sample.add(units);
    sample
}

/// Measures the candidates in turns: for each the median of its nanoseconds a unit.
pub fn compare<const N: usize>(mut candidates: [&mut dyn FnMut() -> Sample; N]) -> [f64; N] {
    let mut taken = [[0.0; ROUNDS]; N];
    for round in 0..ROUNDS {
        for (candidate, taken) in candidates.iter_mut().zip(&mut taken) {
            taken[round] = candidate().ns();
        }
    }
    taken.map(|mut rounds| {
        rounds.sort_by(f64::total_cmp);
        rounds[ROUNDS / 2]
    })
}
