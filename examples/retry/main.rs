//! Jobs that fail: each file is a job, workers count its lines, and what they cannot do now is tried again.
//!
//! | what happens to a worker | what it says | what becomes of the job |
//! |---|---|---|
//! | the file is counted | `ack` | done |
//! | the file cannot be read | `nack_after`, each time for twice as long | tried again; a dead letter after the last attempt |
//! | the file is not text | `reject` | a dead letter at once: no other attempt would help |
//! | it crashes (`--crash N`: at every Nth job) | nothing | tried again |
//!
//! ```sh
//! cargo run --release --example retry                  # this repository
//! cargo run --release --example retry -- --crash 10 PATH...
//! ```
//!
//! The tasks run on smol; a task of its own sees to it that delayed jobs come back, by smol's timer. The exit code is 1 when
//! there were dead letters.

mod report;
mod work;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use smol::Timer;
use wakering::ack::{self, Config};
use walkdir::WalkDir;

/// Counts the lines of text files, with workers that may fail.
#[derive(Parser)]
struct Args {
    /// Files and directories [default: the repository this example belongs to]
    #[arg(value_name = "PATH", default_value = env!("CARGO_MANIFEST_DIR"), hide_default_value = true)]
    paths: Vec<PathBuf>,

    /// How many workers there are
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..))]
    workers: u16,

    /// How often a job is tried
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    attempts: u32,

    /// How long to wait before the second attempt, in milliseconds; twice as long before the next one, and so on
    #[arg(long, value_name = "MS", default_value_t = 10)]
    backoff: u64,

    /// A worker crashes at the first attempt of every Nth job
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    crash: Option<u64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let (jobs, consumer, dead) = ack::queue(Config {
        capacity: 256,
        max_attempts: args.attempts,
        visibility_timeout: Duration::from_secs(10),
        ..Config::default()
    });
    let keeper = smol::spawn(consumer.run_expiry(Timer::after));
    let backoff = Duration::from_millis(args.backoff);
    let workers: Vec<_> = (0..args.workers)
        .map(|_| smol::spawn(work::run(consumer.clone(), backoff, args.crash)))
        .collect();
    let finder = smol::unblock(move || {
        let files = args.paths.iter().flat_map(|root| {
            let entries = WalkDir::new(root).into_iter();
            let entries = entries.filter_entry(|e| e.depth() == 0 || !work::is_skipped(e));
            // What cannot be entered is a job that fails.
            entries.filter_map(|entry| match entry {
                Ok(entry) => entry.file_type().is_file().then(|| entry.into_path()),
                Err(error) => Some(error.path()?.to_owned()),
            })
        });
        for path in files {
            if jobs.enqueue_blocking(path).is_err() {
                break;
            }
        }
        // The last producer goes: when all jobs are done or dead, that is the end.
    });
    smol::block_on(async {
        finder.await;
        let mut lines = 0;
        for worker in workers {
            lines += worker.await;
        }
        keeper.await;
        report::print(lines, &consumer.stats(), &dead)
    })
}
