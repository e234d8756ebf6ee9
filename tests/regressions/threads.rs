//! Two or more threads that start at the same moment.

use std::sync::{Arc, Barrier};
use std::thread;

use crate::common::watchdog;

/// How often a race is run.
pub(crate) const ROUNDS: usize = 2_000;

pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Boxes a job for [`race`].
pub(crate) fn job(job: impl FnOnce() + Send + 'static) -> Job {
    Box::new(job)
}

/// Runs the jobs on threads of their own, from the same moment on, and waits for them.
pub(crate) fn race(jobs: Vec<Job>) {
    let start = Arc::new(Barrier::new(jobs.len()));
    let threads: Vec<_> = jobs
        .into_iter()
        .map(|job| {
            let start = start.clone();
            thread::spawn(move || {
                start.wait();
                job();
            })
        })
        .collect();
    for thread in threads {
        if let Err(panic) = thread.join() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// Runs `round` many times, under the watchdog.
pub(crate) fn rounds(what: &'static str, mut round: impl FnMut(usize) + Send + 'static) {
    watchdog(what, move || (0..ROUNDS).for_each(&mut round));
}
