//! Every history of the channel must be one that a plain queue could have produced.
//!
//! Real threads:
//!
//! ```sh
//! cargo test --release --test linearizability -- --nocapture
//! WAKERING_LIN_HISTORIES=50000 cargo test --release --test linearizability -- --nocapture
//! ```
//!
//! Under a model scheduler, which finds in a few hundred histories what real threads do not show in tens of thousands:
//!
//! ```sh
//! RUSTFLAGS="--cfg wakering_shuttle" cargo test --release --test linearizability -- --nocapture
//! ```
//!
//! | variable | meaning |
//! |---|---|
//! | `WAKERING_LIN_HISTORIES` | how many histories each test plays |
//! | `WAKERING_LIN_SEED` | the seed of the run, instead of the clock; a run prints its own |
//! | `WAKERING_LIN_PROGRAM` | play only the program with this seed (a failure prints it), with real threads |
//! | `WAKERING_LIN_SCHEDULE` | replay this schedule (a failure prints it), under the model scheduler; name the one test with it |
//! | `WAKERING_LIN_EXAMPLES` | also print one history for each excuse that was needed |

#![cfg(all(feature = "std", not(wakering_loom)))]

#[path = "support/lin/mod.rs"]
mod lin;

use lin::job::{Face, Plan, Stats, UNBOUNDED};
use lin::rng::Rng;

const CAPACITIES: [usize; 4] = [1, 2, 3, 5];

/// Which channel a test is about.
#[derive(Clone, Copy, Debug)]
struct Kind {
    face: Face,
    bounded: bool,
}

const MPMC: Kind = kind(Face::Mpmc, true);
const MPMC_UNBOUNDED: Kind = kind(Face::Mpmc, false);
const MPSC: Kind = kind(Face::Mpsc, true);
const MPSC_UNBOUNDED: Kind = kind(Face::Mpsc, false);

const fn kind(face: Face, bounded: bool) -> Kind {
    Kind { face, bounded }
}

/// The shape of history number `n` of a run.
fn plan(kind: Kind, run_seed: u64, n: u64) -> Plan {
    let mut rng = Rng::fork(run_seed, n);
    let seed = env("WAKERING_LIN_PROGRAM").unwrap_or_else(|| rng.next());
    let mut rng = Rng::new(seed);
    let threads = 3 + rng.below(2);
    Plan {
        seed,
        face: kind.face,
        capacity: match (CAPACITIES[rng.below(4)], kind.bounded) {
            (capacity, true) => capacity,
            (_, false) => UNBOUNDED,
        },
        threads,
        calls: 8 + rng.below(3) - (threads - 3),
    }
}

fn env(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number, not {text:?}")),
    )
}

fn run_seed() -> u64 {
    let clock = || {
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(1, |t| t.as_nanos() as u64)
    };
    let seed = env("WAKERING_LIN_SEED").unwrap_or_else(clock);
    println!("WAKERING_LIN_SEED={seed}");
    seed
}

#[cfg(not(wakering_shuttle))]
mod real_threads {
    use super::*;
    use lin::job::Job;
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;
    use std::time::{Duration, Instant};

    const THREADS: usize = 4;
    /// Histories between two meetings with the judge: starting threads, or waking them, costs more than a history.
    const BATCH: usize = 64;

    /// A history, and the place where its threads meet so that they start together.
    struct Meeting {
        job: Job,
        arrived: AtomicUsize,
        left: AtomicUsize,
    }

    fn worker(seat: usize, work: Receiver<Arc<Vec<Meeting>>>, done: Sender<thread::Result<()>>) {
        for batch in work {
            let result = catch_unwind(AssertUnwindSafe(|| {
                for meeting in batch.iter().filter(|m| seat < m.job.plan.threads) {
                    meeting.arrived.fetch_add(1, Ordering::SeqCst);
                    for spins in 0.. {
                        if meeting.arrived.load(Ordering::SeqCst) == meeting.job.plan.threads {
                            break;
                        }
                        if spins % 100 == 99 {
                            thread::yield_now()
                        } else {
                            std::hint::spin_loop()
                        }
                    }
                    let result = catch_unwind(AssertUnwindSafe(|| meeting.job.run(seat)));
                    meeting.left.fetch_add(1, Ordering::SeqCst);
                    if let Err(panic) = result {
                        eprintln!(
                            "worker {seat} panicked in the history of {:?}",
                            meeting.job.plan
                        );
                        std::panic::resume_unwind(panic);
                    }
                }
            }));
            drop(batch);
            if done.send(result).is_err() {
                return;
            }
        }
    }

    #[test]
    fn histories_of_mpmc() {
        histories(MPMC);
    }

    #[test]
    fn histories_of_mpmc_unbounded() {
        histories(MPMC_UNBOUNDED);
    }

    #[test]
    fn histories_of_mpsc() {
        histories(MPSC);
    }

    #[test]
    fn histories_of_mpsc_unbounded() {
        histories(MPSC_UNBOUNDED);
    }

    fn histories(kind: Kind) {
        let seed = run_seed();
        let histories = env("WAKERING_LIN_HISTORIES").unwrap_or(4_000);
        let began = Instant::now();
        let mut stats = Stats::default();
        let (done, finished) = channel();
        let workers: Vec<_> = (0..THREADS)
            .map(|seat| {
                let (tx, rx) = channel();
                let done = done.clone();
                thread::spawn(move || worker(seat, rx, done));
                tx
            })
            .collect();
        for first in (0..histories).step_by(BATCH) {
            let plans: Vec<_> = (first..histories.min(first + BATCH as u64))
                .map(|n| plan(kind, seed, n))
                .collect();
            let meeting = |&plan: &Plan| Meeting {
                job: Job::new(plan),
                arrived: AtomicUsize::new(0),
                left: AtomicUsize::new(0),
            };
            let batch: Arc<Vec<_>> = Arc::new(plans.iter().map(meeting).collect());
            for worker in &workers {
                worker.send(batch.clone()).unwrap();
            }
            for _ in &workers {
                match finished.recv_timeout(Duration::from_secs(60)) {
                    Ok(Ok(())) => {}
                    Ok(Err(panic)) => std::panic::resume_unwind(panic),
                    Err(_) => {
                        let hangs = batch
                            .iter()
                            .find(|m| m.left.load(Ordering::SeqCst) < m.job.plan.threads);
                        panic!("a worker hangs in {:?}", hangs.map(|m| m.job.plan));
                    }
                }
            }
            let batch = Arc::into_inner(batch).expect("the workers have let go");
            for (n, meeting) in batch.into_iter().enumerate() {
                if let Err(failure) = meeting.job.judge(&mut stats) {
                    panic!(
                        "history {} after {:?}: {failure}",
                        first + n as u64,
                        began.elapsed()
                    );
                }
            }
        }
        println!("real threads, {kind:?}, {:?}: {stats}", began.elapsed());
    }
}

#[cfg(wakering_shuttle)]
mod model {
    use super::*;
    use lin::job::Job;
    use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
    use shuttle::{Config, Runner};
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    /// One history. Its program comes from the scheduler's own random numbers, so that a schedule replays it all.
    fn history(kind: Kind, stats: &Mutex<Stats>) {
        use shuttle::rand::Rng as _;
        let plan = plan(kind, shuttle::rand::thread_rng().gen_range(0..u64::MAX), 0);
        let job = Arc::new(Job::new(plan));
        let threads: Vec<_> = (0..plan.threads)
            .map(|seat| {
                let job = job.clone();
                shuttle::thread::spawn(move || job.run(seat))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let job = Arc::into_inner(job).expect("the threads have let go");
        let mut stats = stats
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if let Err(failure) = job.judge(&mut stats) {
            panic!("after {stats}: {failure}");
        }
    }

    fn config() -> Config {
        let mut config = Config::new();
        config.stack_size = 256 * 1024;
        config
    }

    fn run(name: &str, kind: Kind, scheduler: impl Scheduler + 'static) {
        let began = Instant::now();
        let stats = Arc::new(Mutex::new(Stats::default()));
        let seen = stats.clone();
        Runner::new(scheduler, config()).run(move || history(kind, &seen));
        println!(
            "{name}, {kind:?}, {:?}: {}",
            began.elapsed(),
            stats.lock().unwrap()
        );
    }

    fn histories() -> usize {
        env("WAKERING_LIN_HISTORIES").unwrap_or(4_000) as usize
    }

    fn both(kind: Kind) {
        let seed = run_seed();
        if let Ok(schedule) = std::env::var("WAKERING_LIN_SCHEDULE") {
            let replay = shuttle::scheduler::ReplayScheduler::new_from_encoded(&schedule);
            return run("replay", kind, replay);
        }
        let random = RandomScheduler::new_from_seed(seed, histories());
        run("random", kind, random);
        run(
            "pct",
            kind,
            PctScheduler::new_from_seed(seed, 3, histories()),
        );
    }

    #[test]
    fn schedules_of_mpmc() {
        both(MPMC);
    }

    #[test]
    fn schedules_of_mpmc_unbounded() {
        both(MPMC_UNBOUNDED);
    }

    #[test]
    fn schedules_of_mpsc() {
        both(MPSC);
    }

    #[test]
    fn schedules_of_mpsc_unbounded() {
        both(MPSC_UNBOUNDED);
    }
}
