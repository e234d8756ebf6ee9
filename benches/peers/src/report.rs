//! The report: the table, the geometric means, and the cells in which we are behind.

use crate::results::{CellResult, Statistic, geometric_mean};
use crate::table::Table;
use crate::wakering::OURS;
use arena::peer::Class;
use serde::Serialize;
use std::fmt;
use std::path::PathBuf;

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
}

impl Report {
    /// Prints the report and writes the JSON file if one was asked for.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn publish(&self) -> std::io::Result<()> {
        println!("{self}");
        match &self.json {
            Some(path) => std::fs::write(path, serde_json::to_string_pretty(self)?),
            None => Ok(()),
        }
    }

    fn table(&self) -> Table {
        let mut header = vec!["cell".to_string()];
        header.extend([OURS, "ratio", "best strict", "", "best loose", ""].map(String::from));
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
        let ratio = result
            .ratio(OURS)
            .map_or(String::new(), |ratio| format!("{ratio:.2}"));
        let mut row = vec![result.cell.clone(), nanos(OURS), ratio];
        row.extend(best(Class::Strict));
        row.extend(best(Class::Loose));
        row.extend(self.rivals().map(nanos));
        row
    }

    fn rivals(&self) -> impl Iterator<Item = &'static str> {
        self.peers.iter().copied().filter(|&peer| peer != OURS)
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
            .filter_map(|&peer| Some((peer, geometric_mean(&self.cells, peer)?)))
            .collect();
        means.sort_by(|(_, (a, _)), (_, (b, _))| a.total_cmp(b));
        rows.extend(means.iter().map(|(peer, mean)| mean_row(peer, *mean)));
        Table { rows }
    }

    /// Our own mean for each executor.
    fn our_means(&self) -> Table {
        let mut rows = vec![
            ["executor", "cells", "times the best strict rival"]
                .map(String::from)
                .to_vec(),
        ];
        let executor_of = |result: &CellResult| result.cell.split('/').next().map(String::from);
        let mut executors: Vec<_> = self.cells.iter().filter_map(executor_of).collect();
        executors.dedup();
        for executor in executors {
            let cells = self
                .cells
                .iter()
                .filter(|result| executor_of(result).as_ref() == Some(&executor));
            rows.extend(geometric_mean(cells, OURS).map(|mean| mean_row(&executor, mean)));
        }
        Table { rows }
    }

    /// Our cells with our ratios, the worst first.
    fn ratios(&self) -> Vec<(f64, &CellResult)> {
        let ratio = |result| Some((CellResult::ratio(result, OURS)?, result));
        let mut ratios: Vec<_> = self.cells.iter().filter_map(ratio).collect();
        ratios.sort_by(|(a, _), (b, _)| b.total_cmp(a));
        ratios
    }
}

fn mean_row(name: &str, (mean, cells): (f64, usize)) -> Vec<String> {
    vec![name.to_string(), cells.to_string(), format!("{mean:.2}")]
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
        if self.peers.contains(&OURS) {
            writeln!(
                f,
                "Geometric mean of {OURS} by executor:\n\n{}",
                self.our_means()
            )?;
            self.fmt_behind(f)?;
        }
        Ok(())
    }
}

impl Report {
    fn fmt_behind(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratios = self.ratios();
        let behind = ratios.iter().take_while(|(ratio, _)| *ratio > 1.0);
        let (count, cells) = (behind.clone().count(), ratios.len());
        writeln!(
            f,
            "Behind the best strict rival in {count} of {cells} cells:\n"
        )?;
        for (ratio, result) in behind {
            let ours = result.entry(OURS).map(|entry| entry.with_range());
            let best = result.best(Class::Strict).map(|entry| entry.with_range());
            let range = ours
                .zip(best)
                .map_or(String::new(), |(ours, best)| format!("{ours}, {best}"));
            writeln!(f, "- {} {ratio:.2}: {range}", result.cell)?;
        }
        Ok(())
    }
}
