//! The command line.

use crate::results::Statistic;
use crate::wakering::competitors;
use arena::cells::Cell;
use arena::competitor::Competitor;
use clap::Parser;
use std::path::PathBuf;
use std::time::Duration;

/// Compares wakering with its rivals: the same workloads, interleaved in one process.
#[derive(Parser)]
pub struct Options {
    /// A smoke test: few cells, short runs, three rounds.
    #[arg(long)]
    pub quick: bool,

    /// Only the cell of this name, or those whose names contain it (repeatable).
    #[arg(long = "cells", value_name = "SUBSTRING")]
    cells: Vec<String>,

    /// Only the peer of this name, or those whose names contain it (repeatable).
    #[arg(long = "peers", value_name = "NAME")]
    peers: Vec<String>,

    /// Leave out the peer of exactly this name (repeatable).
    #[arg(long = "without", value_name = "NAME")]
    without: Vec<String>,

    /// Rounds per cell [default: 7, with --quick 3].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    rounds: Option<u16>,

    /// About how long one run is to take, in milliseconds [default: 10, with --quick 2].
    #[arg(long, value_name = "MS", value_parser = clap::value_parser!(u16).range(1..))]
    millis: Option<u16>,

    /// How the rounds of a competitor come to one figure.
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Statistic::Median)]
    pub statistic: Statistic,

    /// Give up when one run takes longer, in seconds.
    #[arg(long, value_name = "S", default_value_t = 30)]
    timeout: u16,

    /// Also write all samples to this file.
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,

    /// Also draw what is measured to this SVG file: the geometric means, or, with --latency or --growth, lines.
    #[arg(long, value_name = "FILE")]
    pub chart: Option<PathBuf>,

    /// Do not measure time but count: polls and wakes of tasks on one thread, sleeps of threads.
    #[arg(long)]
    pub counts: bool,

    /// Do not measure throughput but how long single messages take.
    #[arg(long)]
    pub latency: bool,

    /// Measure other cells instead: how the cost grows with senders, receivers, capacity and size.
    #[arg(long)]
    pub growth: bool,

    /// With the counts also the instructions, by valgrind's cachegrind (slow).
    #[arg(long, requires = "counts")]
    pub instructions: bool,

    /// Only run everything once, on one thread, with so many messages: for tools that look from outside.
    #[arg(long, value_name = "MESSAGES")]
    pub just_run: Option<u64>,

    /// Print the names of the cells and peers, measure nothing.
    #[arg(long)]
    pub list: bool,
}

impl Options {
    /// The cells asked for.
    pub fn cells(&self) -> Vec<Cell> {
        let all: Vec<Cell> = Cell::all()
            .into_iter()
            .filter(|cell| !self.quick || cell.is_quick())
            .collect();
        let names: Vec<String> = all.iter().map(Cell::to_string).collect();
        let wanted = names.iter().map(|name| wants(&self.cells, &names, name));
        all.iter()
            .zip(wanted)
            .filter_map(|(cell, wanted)| wanted.then_some(*cell))
            .collect()
    }

    /// Whether a cell of this name, which is not among all cells, is asked for.
    pub fn wants_cell(&self, name: &str) -> bool {
        wants(&self.cells, &[], name)
    }

    /// The competitors asked for.
    pub fn competitors(&self) -> Vec<Competitor> {
        let mut all = competitors();
        let names: Vec<String> = all
            .iter()
            .map(|competitor| competitor.name.to_string())
            .collect();
        all.retain(|competitor| {
            wants(&self.peers, &names, competitor.name)
                && !self.without.iter().any(|name| name == competitor.name)
        });
        all
    }

    /// Whether what is to be done has cells of its own.
    pub fn has_own_cells(&self) -> bool {
        self.latency || self.growth
    }

    pub fn rounds(&self) -> usize {
        self.rounds.unwrap_or(if self.quick { 3 } else { 7 }).into()
    }

    pub fn run_time(&self) -> Duration {
        Duration::from_millis(
            self.millis
                .unwrap_or(if self.quick { 2 } else { 10 })
                .into(),
        )
    }

    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.timeout.into())
    }
}

/// Whether the filters let `name` through: a filter that is the name of one thing means that thing
/// alone, any other filter means whatever contains it, and no filter at all means everything.
fn wants(filters: &[String], names: &[String], name: &str) -> bool {
    let wants = |filter: &String| {
        if names.contains(filter) {
            filter == name
        } else {
            name.contains(filter)
        }
    };
    filters.is_empty() || filters.iter().any(wants)
}
