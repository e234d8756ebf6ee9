//! What goes through the channels, as counters that look on at them see it (`--metrics`).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use wakering::{Builder, Counters, Receiver, Sender};

use crate::progress::Progress;

/// Counters for each of the channels.
#[derive(Default)]
pub(crate) struct Metrics {
    paths: Arc<Counters>,
    lines: Arc<Counters>,
}

impl Metrics {
    pub(crate) fn paths<T>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        observed(capacity, &self.paths)
    }

    pub(crate) fn lines<T>(&self, capacity: usize) -> (Sender<T>, Receiver<T>) {
        observed(capacity, &self.lines)
    }
}

fn observed<T>(capacity: usize, counters: &Arc<Counters>) -> (Sender<T>, Receiver<T>) {
    Builder::new(capacity).observer(counters.clone()).build()
}

/// Prints the counters once a second, while the pipeline runs.
pub(crate) async fn print(metrics: Arc<Metrics>, progress: Arc<Progress>) {
    let mut ticks = tokio::time::interval(Duration::from_secs(1));
    ticks.tick().await;
    loop {
        ticks.tick().await;
        progress.say(format_args!("{metrics}"));
    }
}

impl fmt::Display for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  paths: {}", self.paths.snapshot())?;
        write!(f, "  lines: {}", self.lines.snapshot())
    }
}
