//! What was measured, and what follows from it.

use crate::wakering::OURS;
use arena::cells::Cell;
use arena::competitor::Competitor;
use arena::peer::Class;
use clap::ValueEnum;
use serde::Serialize;

/// One cell, with everybody who took part in it.
#[derive(Serialize)]
pub struct CellResult {
    pub cell: Cell,
    pub entries: Vec<Entry>,
}

/// One competitor in one cell.
#[derive(Serialize)]
pub struct Entry {
    pub peer: &'static str,
    pub class: Class,
    /// Messages (or round trips) in one run.
    pub messages: u64,
    /// What the samples come to.
    pub nanos: f64,
    /// Nanoseconds per message of each round, in the order of the rounds.
    pub samples: Vec<f64>,
}

/// How the samples of a competitor come to one figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Statistic {
    /// The median of the rounds.
    Median,
    /// The fastest round: for a machine that others use as well.
    Min,
}

impl Statistic {
    fn of(self, samples: &[f64]) -> f64 {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        match self {
            Statistic::Median => (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0,
            Statistic::Min => sorted[0],
        }
    }
}

impl Entry {
    pub fn new(
        competitor: &Competitor,
        messages: u64,
        samples: Vec<f64>,
        statistic: Statistic,
    ) -> Self {
        Self {
            peer: competitor.name,
            class: competitor.class,
            messages,
            nanos: statistic.of(&samples),
            samples,
        }
    }

    /// The name and the figure, with the extremes of the rounds.
    pub fn with_range(&self) -> String {
        let least = self.samples.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.samples.iter().copied().fold(0.0, f64::max);
        format!("{} {:.0} [{least:.0}..{most:.0}]", self.peer, self.nanos)
    }
}

impl CellResult {
    /// The named competitor, if it took part.
    pub fn entry(&self, peer: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.peer == peer)
    }

    /// The fastest rival of a class; none of ours is one.
    pub fn best(&self, class: Class) -> Option<&Entry> {
        let rivals = self
            .entries
            .iter()
            .filter(|entry| entry.class == class && !OURS.contains(&entry.peer));
        rivals.min_by(|a, b| a.nanos.total_cmp(&b.nanos))
    }

    /// How many times slower than the best strict rival a competitor is.
    pub fn ratio(&self, peer: &str) -> Option<f64> {
        Some(self.entry(peer)?.nanos / self.best(Class::Strict)?.nanos)
    }

    /// How many times slower than another a competitor is.
    pub fn times(&self, peer: &str, other: &str) -> Option<f64> {
        Some(self.entry(peer)?.nanos / self.entry(other)?.nanos)
    }
}

/// A geometric mean.
pub struct Mean {
    pub value: f64,
    /// The number of ratios that came to it, one of each cell.
    pub cells: usize,
}

impl Mean {
    /// The mean of the ratios, if there are any.
    pub fn of(ratios: impl IntoIterator<Item = f64>) -> Option<Self> {
        let logs: Vec<f64> = ratios.into_iter().map(f64::ln).collect();
        let cells = logs.len();
        (cells > 0).then(|| Self {
            value: (logs.iter().sum::<f64>() / cells as f64).exp(),
            cells,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(ours: f64) -> CellResult {
        let entry = |(peer, class, nanos)| Entry {
            peer,
            class,
            messages: 1,
            nanos,
            samples: vec![nanos],
        };
        let entries = [
            (OURS[0], Class::Strict, ours),
            (OURS[1], Class::Strict, 2.0),
            ("strict", Class::Strict, 10.0),
            ("loose", Class::Loose, 5.0),
        ];
        CellResult {
            cell: Cell::all()[0],
            entries: entries.map(entry).into(),
        }
    }

    #[test]
    fn ratios_are_to_the_best_strict_rival() {
        assert_eq!(result(5.0).ratio(OURS[0]), Some(0.5));
        assert_eq!(result(20.0).ratio(OURS[0]), Some(2.0));
        assert_eq!(result(20.0).ratio("loose"), Some(0.5));
        assert_eq!(result(20.0).ratio("absent"), None);
    }

    #[test]
    fn ours_are_no_rivals_of_each_other() {
        assert_eq!(result(1.0).ratio(OURS[1]), Some(0.2));
        assert_eq!(result(1.0).best(Class::Strict).unwrap().peer, "strict");
    }

    #[test]
    fn times_are_to_the_one_named() {
        assert_eq!(result(5.0).times("strict", OURS[0]), Some(2.0));
        assert_eq!(result(5.0).times("strict", "absent"), None);
    }

    #[test]
    fn the_mean_is_geometric() {
        let mean = Mean::of([2.0, 8.0]).unwrap();
        assert!((mean.value - 4.0).abs() < 1e-9);
        assert_eq!(mean.cells, 2);
        assert!(Mean::of([]).is_none());
    }

    #[test]
    fn statistics() {
        assert_eq!(Statistic::Median.of(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(Statistic::Median.of(&[3.0, 1.0]), 2.0);
        assert_eq!(Statistic::Min.of(&[3.0, 1.0, 2.0]), 1.0);
    }
}
