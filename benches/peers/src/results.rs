//! What was measured, and what follows from it.

use crate::wakering::OURS;
use arena::competitor::Competitor;
use arena::peer::Class;
use clap::ValueEnum;
use serde::Serialize;

/// One cell, with everybody who took part in it.
#[derive(Serialize)]
pub struct CellResult {
    pub cell: String,
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

    /// The fastest rival of a class.
    pub fn best(&self, class: Class) -> Option<&Entry> {
        let rivals = self
            .entries
            .iter()
            .filter(|entry| entry.class == class && entry.peer != OURS);
        rivals.min_by(|a, b| a.nanos.total_cmp(&b.nanos))
    }

    /// How many times slower than the best strict rival a competitor is.
    pub fn ratio(&self, peer: &str) -> Option<f64> {
        Some(self.entry(peer)?.nanos / self.best(Class::Strict)?.nanos)
    }
}

/// The geometric mean of a competitor's ratios over the cells it shares with a strict rival, and
/// how many these are.
pub fn geometric_mean<'a>(
    results: impl IntoIterator<Item = &'a CellResult>,
    peer: &str,
) -> Option<(f64, usize)> {
    let logs: Vec<f64> = results
        .into_iter()
        .filter_map(|result| result.ratio(peer))
        .map(f64::ln)
        .collect();
    (!logs.is_empty()).then(|| {
        (
            (logs.iter().sum::<f64>() / logs.len() as f64).exp(),
            logs.len(),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(nanos: [(&'static str, Class, f64); 3]) -> CellResult {
        let entry = |(peer, class, nanos)| Entry {
            peer,
            class,
            messages: 1,
            nanos,
            samples: vec![nanos],
        };
        CellResult {
            cell: "cell".into(),
            entries: nanos.map(entry).into(),
        }
    }

    fn result(ours: f64) -> CellResult {
        cell([
            (OURS, Class::Strict, ours),
            ("strict", Class::Strict, 10.0),
            ("loose", Class::Loose, 5.0),
        ])
    }

    #[test]
    fn ratios_are_to_the_best_strict_rival() {
        assert_eq!(result(5.0).ratio(OURS), Some(0.5));
        assert_eq!(result(20.0).ratio(OURS), Some(2.0));
        assert_eq!(result(20.0).ratio("loose"), Some(0.5));
        assert_eq!(result(20.0).ratio("absent"), None);
    }

    #[test]
    fn the_mean_is_geometric() {
        let results = [result(20.0), result(80.0)];
        let (mean, cells) = geometric_mean(&results, OURS).unwrap();
        assert!((mean - 4.0).abs() < 1e-9);
        assert_eq!(cells, 2);
        assert!(geometric_mean(&results, "absent").is_none());
    }

    #[test]
    fn statistics() {
        assert_eq!(Statistic::Median.of(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(Statistic::Median.of(&[3.0, 1.0]), 2.0);
        assert_eq!(Statistic::Min.of(&[3.0, 1.0, 2.0]), 1.0);
    }
}
