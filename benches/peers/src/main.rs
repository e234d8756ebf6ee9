//! Compares wakering with its rivals: the same workloads, interleaved in one process.
//!
//! Every cell (executor, workload, capacity, payload) is measured in rounds, each of which runs
//! every competitor once, in random order; the figures are medians over the rounds, or the fastest
//! rounds with `--statistic min`. A competitor takes no part in cells that it cannot run: several
//! receivers for a single-consumer channel, threads for one without blocking calls, no bound for
//! one that always has a capacity.
//!
//! ```sh
//! cd benches/peers
//! cargo run --release                                # everything, a few minutes
//! cargo run --release -- --cells Mt/4x1 --peers wakering --peers crossfire
//! cargo run --profile quick -- --quick               # after a change: a faster build, few cells
//! cargo run --release -- --statistic min --rounds 30 --millis 2       # on a busy machine
//! cargo run --release -- --cells Ct/ --counts --instructions          # what no other load changes
//! ```

mod chart;
mod counts;
mod growth;
mod latency;
mod lines;
mod machine;
mod measure;
mod options;
mod report;
mod results;
mod summary;
mod table;
mod wakering;
mod watchdog;

use crate::measure::Bench;
use crate::options::Options;
use crate::report::Report;
use crate::watchdog::Watchdog;
use arena::cells::Cell;
use arena::competitor::Competitor;
use arena::executors::Executors;
use clap::Parser;
use std::error::Error;
use std::io;
use std::panic;
use std::process::{ExitCode, exit};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The exit code after a run that took too long.
const HUNG: i32 = 3;
/// The exit code after a panic in any thread, as a panic of the main thread has it.
const PANICKED: i32 = 101;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::parse();
    let (cells, competitors) = (options.cells(), options.competitors());
    if (cells.is_empty() && !options.has_own_cells()) || competitors.is_empty() {
        eprintln!("no such cell or peer; --list prints the names");
        return Ok(ExitCode::FAILURE);
    }
    if options.list {
        cells.iter().for_each(|cell| println!("{cell}"));
        competitors
            .iter()
            .for_each(|competitor| println!("{} ({:?})", competitor.name, competitor.class));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(messages) = options.just_run {
        counts::just_run(&cells, &competitors, messages)?;
    } else if options.counts {
        let executors = Executors::start()?;
        counts::report(&executors, &cells, &competitors, options.instructions)?;
    } else if options.latency {
        let executors = Executors::start()?;
        let wanted = |name: &str| options.wants_cell(name);
        let chart = options.chart.as_deref();
        latency::report(&executors, &competitors, options.rounds(), chart, wanted)?;
    } else if options.growth {
        let bench = bench(&options, Watchdog::start(options.timeout(), hung))?;
        let wanted = |name: &str| options.wants_cell(name);
        growth::report(&bench, &competitors, options.chart.as_deref(), wanted)?;
    } else {
        measure(options, &cells, &competitors)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn measure(
    options: Options,
    cells: &[Cell],
    competitors: &[Competitor],
) -> Result<(), Box<dyn Error>> {
    exit_on_panic();
    arena::rivals::prepare();

    let report = Arc::new(Mutex::new(Report {
        rounds: options.rounds(),
        statistic: options.statistic,
        cpus: machine::cpus(),
        load: machine::load(),
        versions: arena::versions::versions(),
        peers: competitors
            .iter()
            .map(|competitor| competitor.name)
            .collect(),
        cells: Vec::new(),
        json: options.json.clone(),
        chart: options.chart.clone(),
    }));
    let bench = bench(&options, watchdog(&options, Arc::clone(&report)))?;
    for (index, cell) in cells.iter().enumerate() {
        eprintln!("{}/{} {cell}", index + 1, cells.len());
        let result = bench.measure(*cell, competitors);
        match result {
            Ok(result) => lock(&report).cells.push(result),
            Err(lost) => {
                lock(&report).publish()?;
                return Err(lost.into());
            }
        }
    }
    lock(&report).publish()?;
    Ok(())
}

fn bench(options: &Options, watchdog: Watchdog) -> io::Result<Bench> {
    Ok(Bench {
        executors: Executors::start()?,
        watchdog,
        rounds: options.rounds(),
        run_time: options.run_time(),
        statistic: options.statistic,
    })
}

/// On a run that hangs: says which one, publishes what there is, and exits.
fn watchdog(options: &Options, report: Arc<Mutex<Report>>) -> Watchdog {
    Watchdog::start(options.timeout(), move |run| {
        if let Err(error) = lock(&report).publish() {
            eprintln!("{error}");
        }
        hung(run);
    })
}

fn hung(run: &str) {
    eprintln!("{run} takes too long; leave it out with --without");
    exit(HUNG);
}

/// A panic on an executor's thread would otherwise leave the run waiting for its tasks.
fn exit_on_panic() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        print(info);
        exit(PANICKED);
    }));
}

fn lock(report: &Mutex<Report>) -> MutexGuard<'_, Report> {
    report.lock().unwrap_or_else(PoisonError::into_inner)
}
