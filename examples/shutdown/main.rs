//! A pool of workers that is stopped in the middle of its work, and finishes what it has accepted.
//!
//! ```text
//!            bounded(64)
//! find files ==========> workers: select! { stop => close and drain, path => count its lines }
//! ```
//!
//! ```sh
//! cargo run --release --example shutdown -- PATH                 # Ctrl-C stops it
//! cargo run --release --example shutdown -- --after 20 PATH      # stops by itself after 20 files
//! cargo run --release --example shutdown -- --on smol --by watch
//! ```
//!
//! The signal is a `CancellationToken` or a `watch` channel. At the end, what the channel accepted is compared with what
//! the workers did; the exit code says whether it is the same.

#[path = "../common/files.rs"]
mod files;
#[path = "../common/run.rs"]
mod run;
mod stop;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use futures_lite::future::block_on;

use run::{Executor, On};
use stop::By;
use work::Tally;

/// Counts the lines of all files below PATH, until it is stopped.
#[derive(Parser)]
struct Args {
    #[arg(default_value = ".")]
    path: PathBuf,

    /// What runs the tasks.
    #[arg(long, value_enum, default_value_t = On::Tokio)]
    on: On,

    /// What the signal to stop is.
    #[arg(long, value_enum, default_value_t = By::Token)]
    by: By,

    /// How many workers there are.
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1000))]
    workers: u16,

    /// Stops by itself when so many files are done; otherwise Ctrl-C stops it.
    #[arg(long)]
    after: Option<usize>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let executor = match Executor::start(args.on) {
        Ok(executor) => executor,
        Err(error) => {
            eprintln!("no executor: {error}");
            return ExitCode::FAILURE;
        }
    };
    let (stop, stopped) = stop::signal(args.by);
    let on_ctrl_c = stop.clone();
    match ctrlc::set_handler(move || on_ctrl_c.ask()) {
        Ok(()) => println!("Ctrl-C stops the search"),
        Err(error) => eprintln!("Ctrl-C will not wait for the workers: {error}"),
    }

    let (paths, to_count) = wakering::bounded(64);
    // Unbounded, so that no worker waits for whoever counts them.
    let (done, each_done) = wakering::unbounded();
    let found = executor.spawn(work::find(args.path, paths));
    let workers: Vec<_> = (0..args.workers)
        .map(|_| executor.spawn(work::work(to_count.clone(), stopped.clone(), done.clone())))
        .collect();
    drop((to_count, done));
    match args.after {
        Some(files) => drop(executor.spawn(work::stop_after(files, each_done, stop))),
        None => drop(each_done),
    }

    block_on(async {
        let mut tally = Tally::default();
        for worker in workers {
            tally.add(&worker.await.expect("a worker comes to its end"));
        }
        let accepted = found.await.expect("the search comes to its end");
        println!("accepted {accepted} files, counted {}", tally.files);
        println!("{} of them were queued at the stop", tally.drained);
        println!("{} lines", tally.lines);
        if accepted != tally.files {
            eprintln!("files were lost");
            ExitCode::from(2)
        } else if tally.unreadable > 0 {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        }
    })
}
