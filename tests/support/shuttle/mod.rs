//! Running a future, and running a model, under the model scheduler.

use shuttle::scheduler::{PctScheduler, RandomScheduler, ReplayScheduler, Scheduler};
use shuttle::sync::{Condvar, Mutex};
use shuttle::{Config, Runner, thread};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// The waker of a blocked model thread. Sleeping on it is a real sleep for the scheduler: if nobody wakes the thread any
/// more, the scheduler reports a deadlock.
#[derive(Default)]
struct Signal {
    woken: Mutex<bool>,
    bell: Condvar,
}

impl Signal {
    fn sleep(&self) {
        let mut woken = self.woken.lock().unwrap();
        if *woken {
            // Woken during the poll: let the others run, as an executor would.
            drop(woken);
            thread::yield_now();
            woken = self.woken.lock().unwrap();
        }
        while !*woken {
            woken = self.bell.wait(woken).unwrap();
        }
        *woken = false;
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        *self.woken.lock().unwrap() = true;
        self.bell.notify_one();
    }
}

/// Runs a future on this model thread. Every poll gets a new waker, and only the newest one counts.
pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        let signal = Arc::new(Signal::default());
        match future
            .as_mut()
            .poll(&mut Context::from_waker(&Waker::from(signal.clone())))
        {
            Poll::Ready(output) => return output,
            Poll::Pending => signal.sleep(),
        }
    }
}

/// Polls once, with a waker nobody listens to.
pub(crate) fn poll_once<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

pub(crate) fn spawn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> thread::JoinHandle<T> {
    thread::spawn(work)
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} must be a number"))
    })
}

/// Plays a model under both schedulers, or replays one schedule of it.
///
/// Random choice at every step finds races that are wide; priorities that change at three points (PCT) find the narrow
/// ones that need one thread to be held back for long.
pub(crate) fn check(model: fn()) {
    let run = |scheduler: Box<dyn Scheduler + Send>| {
        let mut config = Config::new();
        config.stack_size = 256 * 1024;
        Runner::new(scheduler, config).run(model);
    };
    if let Ok(schedule) = std::env::var("WAKERING_MODEL_SCHEDULE") {
        return run(Box::new(ReplayScheduler::new_from_encoded(&schedule)));
    }
    let clock = || {
        std::time::UNIX_EPOCH
            .elapsed()
            .map_or(1, |t| t.as_nanos() as u64)
    };
    let seed = number("WAKERING_MODEL_SEED").unwrap_or_else(clock);
    let times = number("WAKERING_MODEL_ITERATIONS").unwrap_or(1_000) as usize;
    println!("WAKERING_MODEL_SEED={seed}");
    run(Box::new(RandomScheduler::new_from_seed(seed, times)));
    run(Box::new(PctScheduler::new_from_seed(seed, 3, times)));
}
