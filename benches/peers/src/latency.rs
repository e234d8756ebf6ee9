//! How long single messages take: the distribution, not the mean.

use crate::lines::{self, Panel};
use crate::table::Table;
use arena::cells::{Cell, Executor, Workload};
use arena::competitor::Competitor;
use arena::executors::Executors;
use std::error::Error;
use std::path::Path;
use std::time::Duration;

/// From one message of a paced sender to the next.
const PACES: [Duration; 4] = [
    Duration::from_micros(1),
    Duration::from_micros(10),
    Duration::from_micros(100),
    Duration::from_millis(1),
];

/// How many senders wait for room at the same time.
const CROWD: usize = 100;

/// How long each run takes, in each of the rounds.
const RUN: Duration = Duration::from_millis(100);

/// Of a crowd, which keeps no pace.
const MESSAGES: u64 = 50_000;

/// All cells that measure waits.
fn cells() -> impl Iterator<Item = Cell> {
    Executor::ALL.into_iter().flat_map(|executor| {
        let paced = PACES.into_iter().map(Workload::Paced);
        let crowd = (executor != Executor::Threads).then_some(Workload::Crowd(CROWD));
        paced.chain(crowd).map(move |workload| Cell {
            executor,
            workload,
            bytes: 8,
        })
    })
}

/// What is told of the waits: the one that so large a share of them does not exceed, and its name.
const SHARES: [(f64, &str); 4] = [(0.5, "p50"), (0.99, "p99"), (0.999, "p99.9"), (1.0, "most")];

/// One in so many waits is longer than a point of the chart.
const ONE_IN: [f64; 5] = [2.0, 10.0, 100.0, 1_000.0, 10_000.0];

/// Prints a line for each competitor in each cell, and draws one to `chart` if that is given; `wanted` chooses by the name of
/// the cell.
pub fn report(
    executors: &Executors,
    competitors: &[Competitor],
    rounds: usize,
    chart: Option<&Path>,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), Box<dyn Error>> {
    let mut header = vec!["cell", "peer"];
    header.extend(SHARES.map(|(_, name)| name));
    let mut table = Table {
        rows: vec![header.into_iter().map(String::from).collect()],
    };
    let mut panels = Vec::new();
    for cell in cells().filter(|cell| wanted(&cell.to_string())) {
        let messages = match cell.workload {
            Workload::Paced(pace) => (RUN.as_nanos() / pace.as_nanos()) as u64,
            _ => MESSAGES,
        };
        let mut entrants: Vec<_> = competitors
            .iter()
            .filter_map(|competitor| {
                Some((competitor.name, competitor.jobs_of(&cell)?, Vec::new()))
            })
            .collect();
        for _ in 0..rounds {
            fastrand::shuffle(&mut entrants);
            for (_, make_jobs, waits) in &mut entrants {
                for part in executors.run(cell.executor, make_jobs(&cell, messages)) {
                    waits.extend(part.waits);
                }
            }
        }
        entrants.sort_unstable_by_key(|(name, ..)| {
            competitors
                .iter()
                .position(|competitor| competitor.name == *name)
        });
        let mut lines = Vec::new();
        for (name, _, mut waits) in entrants {
            waits.sort_unstable();
            let mut row = vec![cell.to_string(), name.to_string()];
            row.extend(SHARES.map(|(share, _)| {
                quantile(&waits, share).map_or(String::new(), |wait| wait.to_string())
            }));
            table.rows.push(row);
            // Where there are so many.
            let told = ONE_IN.iter().filter(|&&n| n <= waits.len() as f64);
            let points =
                told.filter_map(|&n| Some((n, quantile(&waits, 1.0 - 1.0 / n)?.max(1) as f64)));
            lines.push((name.to_string(), points.collect()));
        }
        panels.push(Panel {
            title: format!("{cell}: ns that one in so many exceeds"),
            lines,
        });
    }
    println!(
        "Nanoseconds from sending a message to receiving it, at a pace; of a crowd of {CROWD} senders at the capacity 16, \
         from the beginning of a send to its end. All of {rounds} rounds together:\n\n{table}"
    );
    chart.map_or(Ok(()), |file| lines::draw(&panels, file))
}

fn quantile(sorted: &[u64], share: f64) -> Option<u64> {
    let place = (share * sorted.len() as f64) as usize;
    let place = place.min(sorted.len().saturating_sub(1));
    sorted.get(place).copied()
}
