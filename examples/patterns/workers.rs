//! A pool of workers with results, which come out in the order of the jobs.
//!
//! Both queues are bounded, so a slow reader of the results holds up the workers, and they the source. Outcomes that are
//! early wait outside of the queues, for as long as the slowest job takes.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;

use futures_lite::future::block_on;
use wakering::{Receiver, Sender};

use crate::run::Executor;
use crate::{lines, search};

const WORKERS: usize = 4;

struct Job {
    number: usize,
    path: PathBuf,
}

struct Outcome {
    job: Job,
    lines: io::Result<usize>,
}

pub(crate) fn run(executor: &Executor, root: PathBuf) -> io::Result<()> {
    let (jobs, to_do) = wakering::bounded(16);
    let (outcomes, done) = wakering::bounded(16);
    for _ in 0..WORKERS {
        executor.spawn(work(to_do.clone(), outcomes.clone()));
    }
    // The end travels by itself: no more jobs, so no more workers, so no more outcomes.
    drop((to_do, outcomes));
    let search = executor.spawn(search(root, jobs, |number, path| Job { number, path }));

    block_on(async {
        let mut early = BTreeMap::new();
        let mut most_early = 0;
        let mut next = 0;
        while let Ok(outcome) = done.recv().await {
            early.insert(outcome.job.number, outcome);
            most_early = most_early.max(early.len());
            while let Some(Outcome { job, lines }) = early.remove(&next) {
                match lines {
                    Ok(lines) => println!("{lines:>7}  {}", job.path.display()),
                    Err(error) => println!("      -  {}: {error}", job.path.display()),
                }
                next += 1;
            }
        }
        println!("{next} files; at most {most_early} outcomes waited for their turn");
        search.await.map_err(io::Error::other)??;
        Ok(())
    })
}

async fn work(jobs: Receiver<Job>, outcomes: Sender<Outcome>) {
    while let Ok(job) = jobs.recv().await {
        let lines = lines(&job.path).await;
        if outcomes.send(Outcome { job, lines }).await.is_err() {
            return;
        }
    }
}
