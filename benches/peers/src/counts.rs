//! What can be counted does not suffer from a busy machine: polls and wakes, instructions, and how often a thread slept.

use crate::measure::Lost;
use crate::table::Table;
use arena::cells::{Cell, Executor};
use arena::competitor::Competitor;
use arena::counted;
use arena::executors::Executors;
use arena::workload::{self, Jobs, Outcome};
use nix::sys::resource::{UsageWho, getrusage};
use std::error::Error;
use std::process::Command;
use std::{env, io};

/// Enough that beginning and end do not count.
const MESSAGES: u64 = 20_000;

/// Instructions are counted by a slow machine.
const FEW_MESSAGES: u64 = 2_000;

/// Prints a line for each competitor in each cell: for tasks on one thread polls and wakes, with `instructions` those
/// too; for threads how often one of them slept. (Tasks on several threads have no counts that are the same twice.)
pub fn report(
    executors: &Executors,
    cells: &[Cell],
    competitors: &[Competitor],
    instructions: bool,
) -> Result<(), Box<dyn Error>> {
    let header = ["cell", "peer", "polls", "wakes", "sleeps", "instructions"];
    let mut table = Table {
        rows: vec![header.map(String::from).to_vec()],
    };
    for cell in cells {
        for competitor in competitors {
            let counts = match cell.executor {
                Executor::Ct => of_tasks(cell, competitor, instructions)?,
                Executor::Threads => of_threads(executors, cell, competitor)?,
                Executor::Mt | Executor::Smol => None,
            };
            if let Some(counts) = counts {
                let mut row = vec![cell.to_string(), competitor.name.to_string()];
                row.extend(counts);
                table.rows.push(row);
            }
        }
    }
    println!("For each message (for each round trip in a ping-pong):\n\n{table}");
    Ok(())
}

/// Runs each competitor once in each cell, with so many messages, on the counting executor.
pub fn just_run(
    cells: &[Cell],
    competitors: &[Competitor],
    messages: u64,
) -> Result<(), Box<dyn Error>> {
    for cell in cells {
        for competitor in competitors {
            run(cell, competitor, messages)?;
        }
    }
    Ok(())
}

fn run(
    cell: &Cell,
    competitor: &Competitor,
    messages: u64,
) -> Result<Option<counted::Counts>, Lost> {
    let Some(make_jobs) = competitor.jobs_of(cell) else {
        return Ok(None);
    };
    let Jobs::Tasks(tasks) = make_jobs(cell, messages) else {
        return Ok(None);
    };
    let (parts, counts) = counted::run(tasks);
    if Outcome::new(&parts, messages, cell.bytes).complete {
        Ok(Some(counts))
    } else {
        Err(Lost::new(competitor, *cell))
    }
}

type Row = [String; 4];

fn of_tasks(
    cell: &Cell,
    competitor: &Competitor,
    instructions: bool,
) -> Result<Option<Row>, Box<dyn Error>> {
    let Some(counts) = run(cell, competitor, MESSAGES)? else {
        return Ok(None);
    };
    let each = |count: u64| format!("{:.2}", count as f64 / MESSAGES as f64);
    let instructions = if instructions {
        let more = instructions_of(cell, competitor, 2 * FEW_MESSAGES)?;
        let less = instructions_of(cell, competitor, FEW_MESSAGES)?;
        ((more.saturating_sub(less)) / FEW_MESSAGES).to_string()
    } else {
        String::new()
    };
    Ok(Some([
        each(counts.polls),
        each(counts.wakes),
        String::new(),
        instructions,
    ]))
}

/// All instructions of a run of this program with so many messages. (What is the same for any number is taken off by whoever
/// asks twice.)
fn instructions_of(cell: &Cell, competitor: &Competitor, messages: u64) -> io::Result<u64> {
    let output = Command::new("valgrind")
        .args([
            "--tool=cachegrind",
            "--cache-sim=no",
            "--cachegrind-out-file=/dev/null",
        ])
        .arg(env::current_exe()?)
        .args(["--cells", &cell.to_string(), "--peers", competitor.name])
        .args(["--just-run", &messages.to_string()])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    // "I refs: 1,234", with more or less space between the words.
    let mut totals = said.lines().filter_map(|line| {
        let (what, count) = line.split_once("refs:")?;
        what.trim_end()
            .ends_with('I')
            .then(|| count.trim().replace(',', ""))
    });
    totals
        .next()
        .and_then(|count| count.parse().ok())
        .ok_or_else(|| io::Error::other(format!("valgrind does not count: {said}")))
}

fn of_threads(
    executors: &Executors,
    cell: &Cell,
    competitor: &Competitor,
) -> Result<Option<Row>, Box<dyn Error>> {
    let Some(make_jobs) = competitor.jobs_of(cell) else {
        return Ok(None);
    };
    let sleeps =
        || getrusage(UsageWho::RUSAGE_SELF).map(|usage| usage.voluntary_context_switches());
    let before = sleeps()?;
    let outcome = workload::run(executors, cell, make_jobs, MESSAGES);
    let slept = sleeps()? - before;
    if !outcome.complete {
        return Err(Lost::new(competitor, *cell).into());
    }
    let each = format!("{:.3}", slept as f64 / MESSAGES as f64);
    Ok(Some([String::new(), String::new(), each, String::new()]))
}
