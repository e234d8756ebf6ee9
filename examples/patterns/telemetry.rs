//! Telemetry that never holds up the work: when its queue is full, the oldest sample goes.
//!
//! The report is slower than the workers. What it sees at the end is the latest that happened, and how much it missed.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use futures_lite::future::block_on;
use wakering::{Builder, Overflow, Receiver, Sender};

use crate::run::Executor;
use crate::{lines, search};

const QUEUE: usize = 32;

/// The number of a file and its lines.
type Sample = (usize, usize);

pub(crate) fn run(executor: &Executor, root: PathBuf) -> io::Result<()> {
    let (samples, to_report) = Builder::new(QUEUE).overflow(Overflow::DropOldest).build();
    let (paths, queue) = wakering::bounded(16);
    let search = executor.spawn(search(root, paths, |number, path| (number, path)));
    let workers: Vec<_> = (0..4)
        .map(|_| executor.spawn(count(queue.clone(), samples.clone())))
        .collect();
    drop((queue, samples));
    let report = thread::spawn(move || report(&to_report));

    block_on(async {
        let mut sent = 0;
        for worker in workers {
            sent += worker.await.map_err(io::Error::other)?;
        }
        search.await.map_err(io::Error::other)??;
        let (seen, dropped) = report.join().expect("the report does not panic");
        println!("{sent} samples sent: {seen} seen, {dropped} dropped, and no worker waited");
        Ok(())
    })
}

async fn count(paths: Receiver<(usize, PathBuf)>, samples: Sender<Sample>) -> usize {
    let mut sent = 0;
    while let Ok((number, path)) = paths.recv().await {
        let lines = lines(&path).await.unwrap_or(0);
        // Done at once, whether there is room or not.
        if samples.send((number, lines)).await.is_ok() {
            sent += 1;
        }
    }
    sent
}

/// How many samples were seen, and how many had to go.
fn report(samples: &Receiver<Sample>) -> (usize, u64) {
    let mut seen = 0;
    while let Ok((number, lines)) = samples.recv_blocking() {
        seen += 1;
        if seen % 16 == 1 {
            println!("file {number}: {lines} lines");
            // A report that writes to somewhere slow.
            thread::sleep(Duration::from_millis(2));
        }
    }
    (seen, samples.dropped())
}
