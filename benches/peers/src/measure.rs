//! The rounds of one cell: every competitor once per round, in an order that changes from round to
//! round.

use crate::results::{CellResult, Entry, Statistic};
use crate::watchdog::Watchdog;
use arena::cells::{Cell, Executor};
use arena::competitor::Competitor;
use arena::executors::Executors;
use arena::workload::{self, MakeJobs};
use std::fmt;
use std::time::Duration;

/// A cell is never measured with fewer messages, nor with fewer than `LEAST_PER_SENDER` from each
/// sender.
const LEAST_MESSAGES: u64 = 96;
const LEAST_PER_SENDER: u64 = 16;
/// A cell is never measured with more messages.
const MOST_MESSAGES: u64 = 1 << 22;

/// How often each number of messages is tried when looking for the right one; the fastest counts.
const CALIBRATIONS: usize = 3;

/// The last step to the right number of messages is less than this. It is small because the time of
/// a run is not all in proportion: starting 17 threads alone takes some hundred microseconds.
const CLOSE: f64 = 2.0;

/// Runs of threads take so many times as long as those of tasks. Starting the threads is part of the run, and so is the
/// time until the system has spread them: some milliseconds together, whatever the channel.
const LONGER_FOR_THREADS: u32 = 4;

/// Who does not come to an end in a cell, now and then, and so takes no part in it.
///
/// crossfire 3.1.22: at capacity 1 its senders spin in `Slot::write` and its receivers in `Slot::read`, for ever, in one of
/// some dozens of runs of 20 ms.
const HANGS: [(&str, &str); 1] = [("crossfire-mpmc", "Threads/4x4/cap1")];

/// What all cells share.
pub struct Bench {
    pub executors: Executors,
    pub watchdog: Watchdog,
    pub rounds: usize,
    /// How long one run of tasks is to take.
    pub run_time: Duration,
    pub statistic: Statistic,
}

/// A competitor did not deliver every message.
#[derive(Debug)]
pub struct Lost {
    competitor: &'static str,
    cell: Cell,
}

/// A competitor in one cell.
struct Entrant<'a> {
    competitor: &'a Competitor,
    cell: Cell,
    make_jobs: MakeJobs,
    messages: u64,
    samples: Vec<f64>,
}

impl Bench {
    /// Measures the cell, with those of `competitors` that can take part in it.
    ///
    /// # Errors
    ///
    /// When a competitor loses messages.
    pub fn measure(&self, cell: Cell, competitors: &[Competitor]) -> Result<CellResult, Lost> {
        let entrant = |competitor| Entrant::new(competitor, cell);
        let mut entrants: Vec<_> = competitors.iter().filter_map(entrant).collect();
        for entrant in &mut entrants {
            self.calibrate(entrant)?;
        }
        for _ in 0..self.rounds {
            fastrand::shuffle(&mut entrants);
            for entrant in &mut entrants {
                let nanos = self.run(entrant)?.as_secs_f64() * 1e9;
                entrant.samples.push(nanos / entrant.messages as f64);
            }
        }
        let entry = |entrant: Entrant| entrant.entry(self.statistic);
        Ok(CellResult {
            cell,
            entries: entrants.into_iter().map(entry).collect(),
        })
    }

    /// How long one run in `cell` is to take.
    fn run_time(&self, cell: &Cell) -> Duration {
        match cell.executor {
            Executor::Threads => self.run_time * LONGER_FOR_THREADS,
            Executor::Mt | Executor::Ct | Executor::Smol => self.run_time,
        }
    }

    /// Finds the number of messages that takes about as long as it should; this also warms everything up.
    fn calibrate(&self, entrant: &mut Entrant) -> Result<(), Lost> {
        loop {
            let mut time = Duration::MAX;
            for _ in 0..CALIBRATIONS {
                time = time.min(self.run(entrant)?);
            }
            let scale = self.run_time(&entrant.cell).as_secs_f64() / time.as_secs_f64().max(1e-9);
            entrant.scale_messages(scale.min(8.0));
            if scale < CLOSE || entrant.messages == MOST_MESSAGES {
                return Ok(());
            }
        }
    }

    fn run(&self, entrant: &Entrant) -> Result<Duration, Lost> {
        let Entrant {
            competitor,
            cell,
            make_jobs,
            messages,
            ..
        } = entrant;
        let name = format!("{} in {cell}", competitor.name);
        let outcome = self.watchdog.watch(name, || {
            workload::run(&self.executors, cell, *make_jobs, *messages)
        });
        outcome
            .complete
            .then_some(outcome.elapsed)
            .ok_or_else(|| Lost::new(competitor, *cell))
    }
}

impl<'a> Entrant<'a> {
    /// The competitor in the cell, if it can take part, with the least number of messages.
    fn new(competitor: &'a Competitor, cell: Cell) -> Option<Self> {
        if HANGS.contains(&(competitor.name, cell.to_string().as_str())) {
            return None;
        }
        Some(Self {
            competitor,
            cell,
            make_jobs: competitor.jobs_of(&cell)?,
            messages: least_messages(&cell),
            samples: Vec::new(),
        })
    }

    fn scale_messages(&mut self, scale: f64) {
        let messages = (self.messages as f64 * scale) as u64;
        self.messages = messages.clamp(least_messages(&self.cell), MOST_MESSAGES);
    }

    fn entry(self, statistic: Statistic) -> Entry {
        Entry::new(self.competitor, self.messages, self.samples, statistic)
    }
}

fn least_messages(cell: &Cell) -> u64 {
    LEAST_MESSAGES.max(LEAST_PER_SENDER * cell.shape().senders as u64)
}

impl Lost {
    pub fn new(competitor: &Competitor, cell: Cell) -> Self {
        Self {
            competitor: competitor.name,
            cell,
        }
    }
}

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lost messages in {}", self.competitor, self.cell)
    }
}

impl std::error::Error for Lost {}
