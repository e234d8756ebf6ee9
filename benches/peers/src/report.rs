//! The report: the table, the geometric means of everybody, and the summary of ours.

use crate::chart;
use crate::results::{CellResult, Mean, Statistic};
use crate::summary::Summary;
use crate::table::Table;
use crate::wakering::OURS;
use arena::peer::Class;
use serde::Serialize;
use std::error::Error;
use std::path::PathBuf;
use std::{fmt, fs};

/// Everything measured so far and how.
#[derive(Serialize)]
pub struct Report {
    /// The rounds of each cell.
    pub rounds: usize,
    pub statistic: Statistic,
    /// What ran the two-threaded executors and the threads.
    pub cpus: usize,
    /// The load average at the start, where the system tells: figures taken on a busy machine say
    /// little.
    pub load: Option<f64>,
    /// The rivals' crates with their versions.
    pub versions: Vec<String>,
    /// The competitors that were asked for, in the order of the columns.
    pub peers: Vec<&'static str>,
    pub cells: Vec<CellResult>,
    /// Where to write the figures, if anywhere.
    #[serde(skip)]
    pub json: Option<PathBuf>,
    /// Where to draw them, if anywhere.
    #[serde(skip)]
    pub chart: Option<PathBuf>,
}

impl Report {
    /// Prints the report and writes the files that were asked for.
    ///
    /// # Errors
    ///
    /// When a file cannot be written.
    pub fn publish(&self) -> Result<(), Box<dyn Error>> {
        println!("{self}");
        if let Some(path) = &self.json {
            fs::write(path, serde_json::to_string_pretty(self)?)?;
        }
        if let Some(path) = &self.chart {
            chart::draw(self, path)?;
        }
        Ok(())
    }

    fn table(&self) -> Table {
        let mut header = vec!["cell".to_string()];
        for ours in self.ours() {
            header.extend([ours, "ratio"].map(String::from));
        }
        header.extend(["best strict", "", "best loose", ""].map(String::from));
        header.extend(self.rivals().map(String::from));
        let mut table = Table { rows: vec![header] };
        table
            .rows
            .extend(self.cells.iter().map(|result| self.row(result)));
        table
    }

    fn row(&self, result: &CellResult) -> Vec<String> {
        let nanos = |peer| {
            result
                .entry(peer)
                .map_or(String::new(), |entry| format!("{:.0}", entry.nanos))
        };
        let best = |class| {
            let best = result.best(class);
            [
                nanos(best.map_or("", |entry| entry.peer)),
                best.map_or("", |entry| entry.peer).to_string(),
            ]
        };
        let mut row = vec![result.cell.to_string()];
        for ours in self.ours() {
            let ratio = result.ratio(ours);
            let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
            row.extend([nanos(ours), ratio]);
        }
        row.extend(best(Class::Strict));
        row.extend(best(Class::Loose));
        row.extend(self.rivals().map(nanos));
        row
    }

    fn ours(&self) -> impl Iterator<Item = &'static str> {
        self.peers_that(|peer| OURS.contains(peer))
    }

    fn rivals(&self) -> impl Iterator<Item = &'static str> {
        self.peers_that(|peer| !OURS.contains(peer))
    }

    fn peers_that(
        &self,
        wanted: impl Fn(&&'static str) -> bool,
    ) -> impl Iterator<Item = &'static str> {
        self.peers.iter().copied().filter(wanted)
    }

    fn means(&self) -> Table {
        let mut rows = vec![
            ["peer", "cells", "times the best strict rival"]
                .map(String::from)
                .to_vec(),
        ];
        let mut means: Vec<_> = self
            .peers
            .iter()
            .filter_map(|&peer| Some((peer, self.mean(peer)?)))
            .collect();
        means.sort_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
        for (peer, mean) in means {
            rows.push(vec![
                peer.to_string(),
                mean.cells.to_string(),
                format!("{:.2}", mean.value),
            ]);
        }
        Table { rows }
    }

    /// A peer's mean over the cells that it shares with a strict rival.
    fn mean(&self, peer: &str) -> Option<Mean> {
        Mean::of(self.cells.iter().filter_map(|result| result.ratio(peer)))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Nanoseconds per message (per round trip in a ping-pong), {} of {} rounds,",
            format!("{:?}", self.statistic).to_lowercase(),
            self.rounds
        )?;
        let load = self.load.map_or(String::new(), |load| {
            format!(", load average {load} at the start")
        });
        writeln!(
            f,
            "{} CPUs{load}; {}.\n",
            self.cpus,
            self.versions.join(", ")
        )?;
        writeln!(f, "{}", self.table())?;
        writeln!(
            f,
            "Geometric mean, each over the cells the peer takes part in:\n\n{}",
            self.means()
        )?;
        let ours: Vec<_> = self.ours().collect();
        if !ours.is_empty() {
            let cells = &self.cells;
            write!(f, "{}", Summary { cells, ours })?;
        }
        Ok(())
    }
}
