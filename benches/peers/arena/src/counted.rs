//! An executor that counts. One thread, first in, first out: the counts of a run do not depend on the machine.

use crate::workload::Part;
use futures_lite::future::Boxed;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// What the tasks of a run have cost their executor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub polls: u64,
    /// Calls of wakers, those that found the task awake already among them.
    pub wakes: u64,
}

#[derive(Default)]
struct Queue {
    ready: Mutex<VecDeque<usize>>,
    wakes: AtomicU64,
}

struct Task {
    index: usize,
    is_queued: AtomicBool,
    queue: Arc<Queue>,
}

impl Task {
    fn enqueue(&self) {
        if !self.is_queued.swap(true, Relaxed) {
            let mut ready = self
                .queue
                .ready
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            ready.push_back(self.index);
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.queue.wakes.fetch_add(1, Relaxed);
        self.enqueue();
    }
}

/// Runs the tasks to their ends.
///
/// # Panics
///
/// When all tasks that are left wait for each other.
pub fn run(tasks: Vec<Boxed<Part>>) -> (Vec<Part>, Counts) {
    let queue = Arc::new(Queue::default());
    let number = tasks.len();
    let mut tasks: Vec<_> = tasks.into_iter().map(Some).collect();
    let handles: Vec<_> = (0..number)
        .map(|index| {
            Arc::new(Task {
                index,
                is_queued: AtomicBool::new(false),
                queue: Arc::clone(&queue),
            })
        })
        .collect();
    handles.iter().for_each(|handle| handle.enqueue());
    let wakers: Vec<_> = handles
        .iter()
        .map(|task| Waker::from(Arc::clone(task)))
        .collect();
    let mut parts = Vec::with_capacity(number);
    let mut polls = 0;
    while parts.len() < number {
        let next = queue
            .ready
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front();
        let index = next.expect("a task that is not done is woken");
        handles[index].is_queued.store(false, Relaxed);
        let Some(task) = &mut tasks[index] else {
            continue;
        };
        polls += 1;
        if let Poll::Ready(part) = task.as_mut().poll(&mut Context::from_waker(&wakers[index])) {
            parts.push(part);
            tasks[index] = None;
        }
    }
    let wakes = queue.wakes.load(Relaxed);
    (parts, Counts { polls, wakes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_lite::future::yield_now;
    use std::time::Instant;

    #[test]
    fn each_yield_is_a_wake_and_a_poll() {
        let task = |yields: u64| -> Boxed<Part> {
            Box::pin(async move {
                let start = Instant::now();
                for _ in 0..yields {
                    yield_now().await;
                }
                Part::new(start, yields)
            })
        };
        let (parts, counts) = run(vec![task(3), task(0), task(5)]);
        assert_eq!(parts.len(), 3);
        assert_eq!(
            counts,
            Counts {
                polls: 3 + 8,
                wakes: 8
            }
        );
    }
}
