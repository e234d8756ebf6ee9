//! What nobody who passes messages can go below: what the processor and the executors take by themselves.
//!
//! ```sh
//! cargo run --release --bin limits
//! ```

#[path = "../table.rs"]
mod table;

use arena::cells::Executor;
use arena::executors::Executors;
use arena::workload::{Jobs, Outcome, Part};
use atomic_waker::AtomicWaker;
use futures_lite::future::{Boxed, yield_now};
use std::future::poll_fn;
use std::hint::spin_loop;
use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::thread::{self, Thread};
use std::time::Instant;
use table::Table;

/// The median of so many rounds counts.
const ROUNDS: usize = 31;

/// Something that is done so many times in a round.
struct Limit {
    what: &'static str,
    executor: Executor,
    times: u64,
    jobs: fn(u64) -> Jobs,
}

impl Limit {
    const fn new(
        what: &'static str,
        executor: Executor,
        times: u64,
        jobs: fn(u64) -> Jobs,
    ) -> Self {
        Self {
            what,
            executor,
            times,
            jobs,
        }
    }

    /// Nanoseconds for one of them.
    fn measure(&self, executors: &Executors) -> f64 {
        let parts = executors.run(self.executor, (self.jobs)(self.times));
        Outcome::new(&parts, 0, 0).elapsed.as_nanos() as f64 / self.times as f64
    }
}

const LIMITS: [Limit; 11] = {
    use Executor::{Ct, Mt, Smol, Threads};
    [
        Limit::new(
            "a read-modify-write, by one thread",
            Threads,
            2_000_000,
            |times| exchanges(1, times),
        ),
        Limit::new(
            "a read-modify-write of a word that two threads use",
            Threads,
            1_000_000,
            |times| exchanges(2, times),
        ),
        Limit::new(
            "a turn handed to another thread, which looks for it",
            Threads,
            100_000,
            |times| threads(times, spin_loop, |_| {}),
        ),
        Limit::new(
            "a turn handed to another thread, which sleeps",
            Threads,
            2_000,
            |times| threads(times, thread::park, Thread::unpark),
        ),
        Limit::new("a task that yields: Ct", Ct, 100_000, yields),
        Limit::new("a task that yields: Mt", Mt, 100_000, yields),
        Limit::new("a task that yields: Smol", Smol, 100_000, yields),
        Limit::new(
            "a turn handed to another task, which waits: Ct",
            Ct,
            100_000,
            |times| tasks(times, false),
        ),
        Limit::new(
            "a turn handed to another task, which waits: Mt",
            Mt,
            50_000,
            |times| tasks(times, false),
        ),
        Limit::new(
            "a turn handed to another task, which waits: Smol",
            Smol,
            50_000,
            |times| tasks(times, false),
        ),
        Limit::new(
            "a turn handed to another task, which looks for it: Mt",
            Mt,
            100_000,
            |times| tasks(times, true),
        ),
    ]
};

fn main() -> io::Result<()> {
    let executors = Executors::start()?;
    let mut samples = LIMITS.map(|_| Vec::new());
    for _ in 0..ROUNDS {
        for (limit, samples) in LIMITS.iter().zip(&mut samples) {
            samples.push(limit.measure(&executors));
        }
    }
    let mut rows = vec![["what", "ns", "least", "most"].map(String::from).to_vec()];
    for (limit, samples) in LIMITS.iter().zip(&mut samples) {
        samples.sort_by(f64::total_cmp);
        let figures = [samples[ROUNDS / 2], samples[0], samples[ROUNDS - 1]];
        let mut row = vec![limit.what.to_string()];
        row.extend(figures.map(|nanos| format!("{nanos:.1}")));
        rows.push(row);
    }
    println!(
        "Nanoseconds for one, median, least and most of {ROUNDS} rounds.\n\n{}",
        Table { rows }
    );
    Ok(())
}

/// Threads that exchange one word, so many times together.
fn exchanges(count: u64, times: u64) -> Jobs {
    let word = Arc::new(AtomicU64::new(0));
    let job = || -> Box<dyn FnOnce() -> Part + Send> {
        let word = Arc::clone(&word);
        Box::new(move || {
            let start = Instant::now();
            for _ in 0..times / count {
                word.fetch_add(1, Ordering::AcqRel);
            }
            Part::new(start, 0)
        })
    };
    Jobs::Threads((0..count).map(|_| job()).collect())
}

/// Whose turn it is: two take turns.
#[derive(Default)]
struct Turn {
    whose: AtomicUsize,
    wakers: [AtomicWaker; 2],
    threads: [OnceLock<Thread>; 2],
}

impl Turn {
    fn is_of(&self, me: usize) -> bool {
        self.whose.load(Ordering::Acquire) == me
    }

    async fn comes(&self, me: usize) {
        poll_fn(|cx| {
            if !self.is_of(me) {
                self.wakers[me].register(cx.waker());
            }
            if self.is_of(me) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    /// After this, the other one is to be told.
    fn hand_on(&self, me: usize) {
        self.whose.store(1 - me, Ordering::Release);
    }
}

fn threads(times: u64, wait: fn(), tell: fn(&Thread)) -> Jobs {
    let turn = Arc::new(Turn::default());
    let job = |me: usize| -> Box<dyn FnOnce() -> Part + Send> {
        let turn = Arc::clone(&turn);
        Box::new(move || {
            let start = Instant::now();
            turn.threads[me].get_or_init(thread::current);
            for _ in 0..times / 2 {
                while !turn.is_of(me) {
                    wait();
                }
                turn.hand_on(me);
                if let Some(other) = turn.threads[1 - me].get() {
                    tell(other);
                }
            }
            Part::new(start, 0)
        })
    };
    Jobs::Threads(vec![job(0), job(1)])
}

fn yields(times: u64) -> Jobs {
    Jobs::Tasks(vec![Box::pin(async move {
        let start = Instant::now();
        for _ in 0..times {
            yield_now().await;
        }
        Part::new(start, 0)
    })])
}

/// Two tasks. Those that look for their turn stay in the run queues, and so on two workers.
fn tasks(times: u64, looks: bool) -> Jobs {
    let turn = Arc::new(Turn::default());
    let job = |me: usize| -> Boxed<Part> {
        let turn = Arc::clone(&turn);
        Box::pin(async move {
            let start = Instant::now();
            for _ in 0..times / 2 {
                if looks {
                    while !turn.is_of(me) {
                        yield_now().await;
                    }
                    turn.hand_on(me);
                } else {
                    turn.comes(me).await;
                    turn.hand_on(me);
                    turn.wakers[1 - me].wake();
                }
            }
            Part::new(start, 0)
        })
    };
    Jobs::Tasks(vec![job(0), job(1)])
}
