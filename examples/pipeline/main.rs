//! Counts the words of a tree of text files. Three stages in three different worlds, and the same
//! kind of channel between them:
//!
//! ```text
//!   walk.rs                      read.rs                        aggregate.rs
//!   a task on tokio  ----------> tasks on a smol  ------------> a plain thread
//!                       paths    executor              lines
//! ```
//!
//! Neither end of a channel knows what the other end runs on: the walker awaits in tokio, the readers
//! await in smol, and the aggregator blocks its thread.
//!
//! Both channels are bounded, so what is on its way never takes more than so much memory, however large
//! the tree: when the aggregator is the slowest of the three, the readers come to wait for it, and then
//! the walker for them.
//!
//! ```text
//! cargo run --release --example pipeline -- [PATH]...
//! ```

mod aggregate;
mod args;
mod interrupt;
mod message;
mod metrics;
mod progress;
mod read;
mod summary;
mod walk;
mod words;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread::{self, available_parallelism};

use clap::Parser;
use wakering::bounded;

use crate::args::Args;
use crate::metrics::Metrics;
use crate::progress::Progress;
use crate::summary::Summary;

fn main() -> ExitCode {
    ExitCode::from(run(Args::parse()).unwrap_or_else(|error| {
        eprintln!("pipeline: {error}");
        args::FAILED
    }))
}

fn run(args: Args) -> io::Result<u8> {
    let progress = Arc::new(Progress::new());
    // Counters cost a little, so the channels have them only if they are asked for.
    let metrics = args.metrics.then(|| Arc::new(Metrics::default()));
    let ((path_sender, path_receiver), (line_sender, line_receiver)) = match &metrics {
        Some(metrics) => (metrics.paths(args.capacity), metrics.lines(args.capacity)),
        None => (bounded(args.capacity), bounded(args.capacity)),
    };

    // Stage 1, on tokio, which also looks after the terminal: Ctrl-C and the progress bar.
    let tokio = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let interrupt = {
        let _inside = tokio.enter();
        interrupt::close_on_ctrl_c(
            path_sender.downgrade(),
            line_sender.downgrade(),
            progress.clone(),
        )?
    };
    tokio.spawn(interrupt);
    tokio.spawn(progress::draw(progress.clone()));
    if let Some(metrics) = &metrics {
        tokio.spawn(metrics::print(metrics.clone(), progress.clone()));
    }
    let walker = tokio.spawn(walk::run(
        args.paths,
        args.skip,
        path_sender,
        progress.clone(),
    ));

    // Stage 2, on smol.
    let smol = smol::Executor::new();
    let readers: Vec<_> = (0..args.readers)
        .map(|reader| {
            smol.spawn(read::run(
                reader,
                path_receiver.clone(),
                line_sender.clone(),
                &progress,
            ))
        })
        .collect();
    // A channel ends with the last handle of either side, so ours must not outlive the readers' own:
    // with one more sender about, the aggregator would wait for ever.
    drop((path_receiver, line_sender));

    let (walked, read, tally) = thread::scope(|scope| {
        // Stage 3, on a thread. Each stage owns its ends of the channels, so that the others notice when
        // it ends, even if by a panic.
        let progress = &*progress;
        let aggregator = scope.spawn(move || aggregate::run(line_receiver, args.readers, progress));

        let threads = available_parallelism()
            .map_or(1, usize::from)
            .min(args.readers);
        // The threads that run smol's tasks have to be told when there are none left. Nothing is ever
        // sent on this channel: that its only sender is dropped is the message.
        let (running, stopped) = bounded::<()>(1);
        for _ in 0..threads {
            let (smol, stopped) = (&smol, stopped.clone());
            scope.spawn(move || smol::block_on(smol.run(stopped.recv())));
        }
        let read = smol::block_on(async {
            for reader in readers {
                reader.await;
            }
            progress.elapsed()
        });
        drop(running);

        let walked = tokio.block_on(walker).expect("the walker does not panic");
        (
            walked,
            read,
            aggregator.join().expect("the aggregator does not panic"),
        )
    });
    // Ends the drawing first: nothing may be drawn over the summary.
    drop(tokio);
    progress.clear();

    let summary = Summary {
        progress: &progress,
        tally,
        walked,
        read,
        top: args.top,
        capacity: args.capacity,
        metrics: metrics.as_deref(),
    };
    match summary.print(&mut io::stdout().lock()) {
        // Whoever pipes us into `head` has seen enough, which is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        printed => printed?,
    }
    Ok(if progress.interrupted() {
        args::INTERRUPTED
    } else if progress.unreadable.get() > 0 {
        args::UNREADABLE
    } else {
        args::FINE
    })
}
