//! Patterns that people build on channels, each on the files below a directory.
//!
//! ```sh
//! cargo run --release --example patterns -- workers PATH
//! ```
//!
//! | pattern | channels | what it does to the files |
//! |---|---|---|
//! | `fan-in` | `mpsc` | tasks and threads search one directory each; one receiver adds up the sizes |
//! | `fan-out` | `bounded` | several tasks share one queue of paths; each file goes to one of them |
//! | `workers` | `bounded` twice | a pool counts lines; the results come out in the order of the jobs |
//! | `permit` | `bounded` | a file is read only when there is room for its contents |
//! | `weak` | `mpsc` | a clock that reports progress does not keep the channel open |
//! | `telemetry` | `bounded` | workers emit samples and never wait: the oldest samples go first |
//!
//! `docs/patterns.md` has a diagram of each, and of those that are examples of their own: `pipeline`, `actor`,
//! `shutdown`, `retry`.

mod fan_in;
mod fan_out;
#[path = "../common/files.rs"]
mod files;
mod permit;
#[path = "../common/run.rs"]
mod run;
mod telemetry;
mod weak;
mod workers;

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, ValueEnum};

use run::{Executor, On};
use wakering::Sender;

/// Patterns that people build on channels, each on the files below PATH.
#[derive(Parser)]
struct Args {
    #[arg(value_enum)]
    pattern: Pattern,

    #[arg(default_value = ".")]
    path: PathBuf,

    /// What runs the tasks.
    #[arg(long, value_enum, default_value_t = On::Tokio)]
    on: On,
}

#[derive(Clone, Copy, ValueEnum)]
enum Pattern {
    FanIn,
    FanOut,
    Workers,
    Permit,
    Weak,
    Telemetry,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let root = args.path;
    let done = Executor::start(args.on).and_then(|executor| match args.pattern {
        Pattern::FanIn => fan_in::run(&executor, &root),
        Pattern::FanOut => fan_out::run(&executor, root),
        Pattern::Workers => workers::run(&executor, root),
        Pattern::Permit => permit::run(&executor, root),
        Pattern::Weak => weak::run(&executor, root),
        Pattern::Telemetry => telemetry::run(&executor, root),
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Sends a message for each file below `root`, made of its number and its path, until there are no more or the channel is
/// closed. Says how many were sent.
async fn search<T>(
    root: PathBuf,
    messages: Sender<T>,
    message: impl Fn(usize, PathBuf) -> T,
) -> io::Result<usize> {
    let mut sent = 0;
    for path in files::below(&root) {
        if messages.send(message(sent, path?)).await.is_err() {
            break;
        }
        sent += 1;
    }
    Ok(sent)
}

/// The number of lines of a file.
async fn lines(path: &Path) -> io::Result<usize> {
    // Reads on a thread of its own pool, on any executor.
    let content = smol::fs::read(path).await?;
    Ok(content.iter().filter(|byte| **byte == b'\n').count())
}
