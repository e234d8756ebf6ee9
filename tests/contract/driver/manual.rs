//! Manual polling: one thread, and a task is polled only when somebody woke it. When nobody is woken and
//! the body has not ended, a wake-up was lost, and the test fails at once instead of hanging.

use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use super::{Driver, Task};

/// See the module.
#[derive(Clone)]
pub(crate) struct Manual {
    started: Arc<Mutex<Vec<Task>>>,
}

/// Remembers that its task was woken.
struct Flag(AtomicBool);

impl Flag {
    /// A task is polled once without being woken.
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, SeqCst);
    }
}

impl Driver for Manual {
    fn new() -> Self {
        Self {
            started: Arc::default(),
        }
    }

    fn start(&self, task: Task) {
        self.started.lock().unwrap().push(task);
    }

    fn block_on<F: Future<Output = ()>>(&self, body: F) {
        let mut body = pin!(body);
        let body_flag = Flag::new();
        let mut tasks: Vec<(Arc<Flag>, Task)> = Vec::new();
        loop {
            let mut polled = false;
            if body_flag.0.swap(false, SeqCst) {
                polled = true;
                let waker = Waker::from(body_flag.clone());
                if body
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_ready()
                {
                    return;
                }
            }
            tasks.retain_mut(|(flag, task)| {
                if !flag.0.swap(false, SeqCst) {
                    return true;
                }
                polled = true;
                let waker = Waker::from(flag.clone());
                task.as_mut().poll(&mut Context::from_waker(&waker)) == Poll::Pending
            });
            let started = std::mem::take(&mut *self.started.lock().unwrap());
            polled |= !started.is_empty();
            tasks.extend(started.into_iter().map(|task| (Flag::new(), task)));
            assert!(
                polled,
                "lost wake-up: {} jobs asleep and nobody woken",
                tasks.len()
            );
        }
    }
}
