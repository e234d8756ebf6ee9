//! Who works, and how each of them stops.

use std::path::{Path, PathBuf};

use tokio::select;
use wakering::{Receiver, Sender};

use crate::files;
use crate::stop::{Stop, Stopped};

/// What a worker has done.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) files: usize,
    pub(crate) lines: usize,
    pub(crate) unreadable: usize,
    /// How many of them were queued when the worker was asked to stop.
    pub(crate) drained: usize,
}

impl Tally {
    async fn count(&mut self, path: &Path) {
        // Reads on a thread of its own pool, on any executor.
        match smol::fs::read(path).await {
            Ok(content) => self.lines += content.iter().filter(|byte| **byte == b'\n').count(),
            Err(error) => {
                eprintln!("{}: {error}", path.display());
                self.unreadable += 1;
            }
        }
        self.files += 1;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.files += other.files;
        self.lines += other.lines;
        self.unreadable += other.unreadable;
        self.drained += other.drained;
    }
}

/// Sends the paths of all files until the channel is closed. Returns how many were accepted.
///
/// It need not know of the signal: the close ends it, even while it waits for room.
pub(crate) async fn find(root: PathBuf, paths: Sender<PathBuf>) -> usize {
    let mut accepted = 0;
    for path in files::below(&root) {
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                eprintln!("{error}");
                continue;
            }
        };
        if paths.send(path).await.is_err() {
            break;
        }
        accepted += 1;
    }
    accepted
}

/// Counts the lines of files until there are no more, or it is asked to stop. `done` is told of each.
pub(crate) async fn work(
    paths: Receiver<PathBuf>,
    mut stopped: Stopped,
    done: Sender<()>,
) -> Tally {
    let mut tally = Tally::default();
    loop {
        select! {
            biased;
            () = stopped.asked() => break,
            // Dropped when the signal comes first: it has taken nothing then.
            path = paths.recv() => match path {
                Ok(path) => tally.count(&path).await,
                Err(_) => return tally,
            },
        }
        // It is no error when nobody counts.
        let _ = done.try_send(());
    }
    // From here on nothing is accepted; what was accepted is still worked on, by one worker or another.
    paths.close();
    while let Ok(path) = paths.recv().await {
        tally.count(&path).await;
        tally.drained += 1;
    }
    tally
}

/// Asks for the stop when so many files are done.
pub(crate) async fn stop_after(files: usize, done: Receiver<()>, stop: Stop) {
    for _ in 0..files {
        if done.recv().await.is_err() {
            return;
        }
    }
    stop.ask();
}
