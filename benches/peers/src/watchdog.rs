//! Ends the process when a run takes too long, since a task that hangs cannot be stopped from
//! outside.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How often the clock is looked at.
const PERIOD: Duration = Duration::from_secs(1);

/// Watches one run at a time.
pub struct Watchdog {
    watched: Arc<Mutex<Option<Watched>>>,
}

/// The run under way.
struct Watched {
    name: String,
    since: Instant,
}

impl Watchdog {
    /// Starts the thread that calls `bark` with the name of the run that took longer than `limit`.
    pub fn start(limit: Duration, bark: impl Fn(&str) + Send + 'static) -> Self {
        let watched = Arc::new(Mutex::new(None::<Watched>));
        let seen = Arc::clone(&watched);
        thread::spawn(move || {
            loop {
                thread::sleep(PERIOD);
                let run = seen.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(run) = run.as_ref().filter(|run| run.since.elapsed() > limit) {
                    bark(&run.name);
                }
            }
        });
        Self { watched }
    }

    /// Runs `work` under watch.
    pub fn watch<O>(&self, name: String, work: impl FnOnce() -> O) -> O {
        self.set(Some(Watched {
            name,
            since: Instant::now(),
        }));
        let output = work();
        self.set(None);
        output
    }

    fn set(&self, watched: Option<Watched>) {
        *self.watched.lock().unwrap_or_else(PoisonError::into_inner) = watched;
    }
}
