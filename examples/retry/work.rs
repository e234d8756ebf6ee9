//! A worker.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::time::Duration;

use wakering::ack::{Consumer, Delivery};
use walkdir::DirEntry;

/// Works until all jobs are done or dead. How many lines it has counted.
pub(crate) async fn run(jobs: Consumer<PathBuf>, backoff: Duration, crash: Option<u64>) -> u64 {
    let mut lines = 0;
    while let Ok(job) = jobs.dequeue().await {
        if crashes(&job, crash) {
            fall(job);
            continue;
        }
        let path = job.clone();
        let settled = match smol::unblock(|| std::fs::read(path)).await {
            Ok(bytes) => match String::from_utf8(bytes) {
                // Counted once it is acknowledged: a job that came too late is somebody else's.
                Ok(text) => job.ack().map(|()| lines += text.lines().count() as u64),
                Err(_) => job.reject(),
            },
            Err(_) => {
                let doubled = job.attempts().saturating_sub(1).min(16);
                job.nack_after(backoff * 2_u32.pow(doubled))
            }
        };
        if settled.is_err() {
            eprintln!("a job took too long, and was given to another worker");
        }
    }
    lines
}

fn crashes(job: &Delivery<PathBuf>, every: Option<u64>) -> bool {
    let number = job.id().as_number().unwrap_or_default();
    job.attempts() == 1 && every.is_some_and(|every| number % every == 0)
}

/// The worker panics while it has the job, without a message; another worker, or the same one, goes on.
fn fall(job: Delivery<PathBuf>) {
    let job = AssertUnwindSafe(job);
    let fallen = catch_unwind(|| {
        let _job = job;
        resume_unwind(Box::new("a crash"))
    });
    debug_assert!(fallen.is_err());
}

/// Directories in which there are no texts.
pub(crate) fn is_skipped(entry: &DirEntry) -> bool {
    let name = entry.file_name();
    entry.file_type().is_dir() && (name == ".git" || name == "target")
}
