//! What was measured, and the table of it.

/// The figures of both builds, in the order in which they first came.
#[derive(Default)]
pub(crate) struct Figures(Vec<(&'static str, [Vec<f64>; 2])>);

impl Figures {
    /// Notes a figure of one round of a build.
    pub(crate) fn note(&mut self, name: &'static str, build: usize, figure: f64) {
        let index = self.0.iter().position(|(known, _)| *known == name).unwrap_or_else(|| {
            self.0.push((name, Default::default()));
            self.0.len() - 1
        });
        if let Some(figures) = self.0.get_mut(index).and_then(|(_, builds)| builds.get_mut(build)) {
            figures.push(figure);
        }
    }

    /// Prints the median of each, and of the ratios of the rounds.
    pub(crate) fn print(&self) {
        println!("\n{:<44} {:>14} {:>14} {:>16}", "", "before", "after", "after/before");
        for (name, [before, after]) in &self.0 {
            let ratios: Vec<f64> = before.iter().zip(after).map(|(before, after)| after / before).collect();
            let (least, most) = ratios.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), ratio| {
                (least.min(*ratio), most.max(*ratio))
            });
            println!(
                "{name:<44} {:>14.1} {:>14.1} {:>6.2} ({least:.2}–{most:.2})",
                median(before),
                median(after),
                median(&ratios)
            );
        }
    }
}

fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
