//! What the stages count, and the bar that shows it.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

/// A number to show: nothing depends on when others see it, so `Relaxed` does.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

#[derive(Default)]
pub(crate) struct HighWater(AtomicUsize);

impl HighWater {
    pub(crate) fn observe(&self, level: usize) {
        self.0.fetch_max(level, Relaxed);
    }

    pub(crate) fn get(&self) -> usize {
        self.0.load(Relaxed)
    }
}

pub(crate) struct Progress {
    started: Instant,
    bar: ProgressBar,
    interrupted: AtomicBool,

    /// Files whose path was sent, and how many of them the readers are done with.
    pub(crate) found: Counter,
    pub(crate) done: Counter,

    pub(crate) text: Counter,
    pub(crate) binary: Counter,
    pub(crate) unreadable: Counter,
    /// Files which Ctrl-C came before, or in the middle of.
    pub(crate) unfinished: Counter,

    pub(crate) bytes: Counter,
    pub(crate) messages: Counter,
    pub(crate) paths_depth: HighWater,
    pub(crate) lines_depth: HighWater,
}

impl Progress {
    pub(crate) fn new() -> Self {
        // Draws on stderr, and not at all where that is no terminal.
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template(
            "{spinner} [{wide_bar}] {human_pos}/{human_len} files, {msg}",
        );
        bar.set_style(style.expect("the template is valid").progress_chars("=> "));
        Self {
            started: Instant::now(),
            bar,
            interrupted: AtomicBool::new(false),
            found: Counter::default(),
            done: Counter::default(),
            text: Counter::default(),
            binary: Counter::default(),
            unreadable: Counter::default(),
            unfinished: Counter::default(),
            bytes: Counter::default(),
            messages: Counter::default(),
            paths_depth: HighWater::default(),
            lines_depth: HighWater::default(),
        }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn interrupt(&self) {
        self.interrupted.store(true, Relaxed);
    }

    pub(crate) fn interrupted(&self) -> bool {
        self.interrupted.load(Relaxed)
    }

    /// Says what could not be read, and counts it.
    pub(crate) fn report(&self, path: &Path, error: &io::Error) {
        self.unreadable.add(1);
        self.say(format_args!(
            "pipeline: cannot read {}: {error}",
            path.display()
        ));
    }

    /// Prints a line beside the bar.
    pub(crate) fn say(&self, line: fmt::Arguments<'_>) {
        // Without `suspend` the bar would be drawn into the message.
        self.bar.suspend(|| {
            // Not `eprintln!`, which panics when stderr is closed.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Draws the bar, in a task of its own: the stages do nothing but count.
pub(crate) async fn draw(progress: Arc<Progress>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        let (bar, elapsed) = (&progress.bar, progress.elapsed());
        let rate = |counter: &Counter| per_second(counter.get(), elapsed);
        bar.update(|state| {
            state.set_len(progress.found.get());
            state.set_pos(progress.done.get());
        });
        bar.set_message(format!(
            "{}/s, {}/s, {} messages/s",
            HumanCount(rate(&progress.done)),
            HumanBytes(rate(&progress.bytes)),
            HumanCount(rate(&progress.messages)),
        ));
    }
}

pub(crate) fn per_second(count: u64, elapsed: Duration) -> u64 {
    (count as f64 / elapsed.as_secs_f64().max(f64::EPSILON)) as u64
}
