//! A running job and its result, the same for every executor.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// The result of a job, to be awaited.
pub(crate) struct Job<R>(Arc<Mutex<State<R>>>);

struct State<R> {
    result: Option<Result<R, Box<dyn Any + Send>>>,
    waiter: Option<Waker>,
}

impl<R: Send> Job<R> {
    /// Splits a job into the handle to await and the task to run.
    pub(crate) fn new<F>(job: F) -> (Self, impl Future<Output = ()> + Send)
    where
        F: Future<Output = R> + Send,
    {
        let state = Arc::new(Mutex::new(State {
            result: None,
            waiter: None,
        }));
        let task = Running {
            job: Box::pin(job),
            state: state.clone(),
        };
        (Self(state), task)
    }

    /// Whether the job has ended.
    pub(crate) fn is_finished(&self) -> bool {
        self.0.lock().unwrap().result.is_some()
    }
}

impl<R> Future for Job<R> {
    type Output = R;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<R> {
        let mut state = self.0.lock().unwrap();
        match state.result.take() {
            None => {
                state.waiter = Some(cx.waker().clone());
                Poll::Pending
            }
            Some(Ok(result)) => Poll::Ready(result),
            Some(Err(panic)) => {
                drop(state);
                resume_unwind(panic)
            }
        }
    }
}

/// The task: runs the job, catches its panic, tells the handle.
struct Running<F: Future> {
    job: Pin<Box<F>>,
    state: Arc<Mutex<State<F::Output>>>,
}

impl<F: Future> Future for Running<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let polled = catch_unwind(AssertUnwindSafe(|| self.job.as_mut().poll(cx)));
        let result = match polled {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(result)) => Ok(result),
            Err(panic) => Err(panic),
        };
        let waiter = {
            let mut state = self.state.lock().unwrap();
            state.result = Some(result);
            state.waiter.take()
        };
        if let Some(waiter) = waiter {
            waiter.wake();
        }
        Poll::Ready(())
    }
}
