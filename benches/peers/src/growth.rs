//! How the cost of a message grows, as a table and as a chart.

use crate::lines::{self, Panel};
use crate::measure::Bench;
use crate::results::CellResult;
use crate::table::Table;
use arena::competitor::Competitor;
use arena::series::Series;
use std::error::Error;
use std::path::Path;

/// A series with its figures.
struct Measured {
    series: Series,
    results: Vec<CellResult>,
}

/// Measures all series whose cells are wanted, prints them, and draws them to `chart` if that is given.
pub fn report(
    bench: &Bench,
    competitors: &[Competitor],
    chart: Option<&Path>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), Box<dyn Error>> {
    let mut all = Vec::new();
    for mut series in Series::all() {
        series.cells.retain(|(_, cell)| wanted(&cell.to_string()));
        let mut results = Vec::new();
        for (_, cell) in &series.cells {
            eprintln!("{cell}");
            results.push(bench.measure(*cell, competitors)?);
        }
        if !results.is_empty() {
            all.push(Measured { series, results });
        }
    }
    for measured in &all {
        println!("{}", measured.table(competitors));
    }
    let panels: Vec<_> = all
        .iter()
        .map(|measured| measured.panel(competitors))
        .collect();
    chart.map_or(Ok(()), |file| lines::draw(&panels, file))
}

impl Measured {
    fn table(&self, competitors: &[Competitor]) -> Table {
        let mut header = vec![self.title()];
        header.extend(self.series.cells.iter().map(|(value, _)| value.to_string()));
        let mut rows = vec![header];
        for competitor in competitors {
            let nanos = |result: &CellResult| {
                let entry = result.entry(competitor.name);
                entry.map_or(String::new(), |entry| format!("{:.0}", entry.nanos))
            };
            let figures: Vec<_> = self.results.iter().map(nanos).collect();
            if figures.iter().any(|figure| !figure.is_empty()) {
                let mut row = vec![competitor.name.to_string()];
                row.extend(figures);
                rows.push(row);
            }
        }
        Table { rows }
    }

    fn title(&self) -> String {
        format!("{:?}, {}", self.series.executor, self.series.what)
    }

    fn panel(&self, competitors: &[Competitor]) -> Panel {
        Panel {
            title: format!("{}: ns a message", self.title()),
            lines: competitors
                .iter()
                .map(|peer| (peer.name.to_string(), self.points(peer.name)))
                .collect(),
        }
    }

    /// The points of a competitor: how much there is of what changes, and nanoseconds.
    fn points(&self, peer: &str) -> Vec<(f64, f64)> {
        self.series
            .cells
            .iter()
            .zip(&self.results)
            .filter_map(|((value, _), result)| Some((*value as f64, result.entry(peer)?.nanos)))
            .collect()
    }
}
