//! The five ways to run the suite. A test body is written once, against [`Driver`]; a driver decides what
//! a job is and whether an operation runs in its async or its blocking form.

mod job;
mod manual;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::thread;

use futures_lite::future;
use wakering::{Receiver, RecvError, SendError, Sender, bounded, unbounded};

use crate::common::watchdog;
pub(crate) use job::Job;
pub(crate) use manual::Manual;

/// Every capacity that each body is run with.
pub(crate) const CAPACITIES: [usize; 6] = [1, 2, 3, 5, 64, 1000];

/// Stands for no bound at all; those bodies that do not fill the channel are run with it too.
pub(crate) const UNBOUNDED: usize = 100;

/// A channel with the bound that a body is given.
pub(crate) fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    if capacity == UNBOUNDED {
        unbounded()
    } else {
        bounded(capacity)
    }
}

/// A job, as every executor takes it.
pub(crate) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Runs jobs and operations.
pub(crate) trait Driver: Clone + Send + Sync + 'static {
    fn new() -> Self;

    /// Runs the body of a test to its end.
    fn block_on<F: Future<Output = ()>>(&self, body: F);

    /// Starts a task.
    fn start(&self, task: Task);

    /// Lets other jobs run.
    fn pause(&self) -> impl Future<Output = ()> + Send {
        future::yield_now()
    }

    /// Starts a job whose result can be awaited; a panic in it comes out where it is awaited.
    fn spawn<R, F>(&self, job: F) -> Job<R>
    where
        R: Send + 'static,
        F: Future<Output = R> + Send + 'static,
    {
        let (job, task) = Job::new(job);
        self.start(Box::pin(task));
        job
    }

    fn send<T: Send>(
        &self,
        tx: &Sender<T>,
        message: T,
    ) -> impl Future<Output = Result<(), SendError<T>>> + Send {
        tx.send(message)
    }

    fn recv<T: Send>(&self, rx: &Receiver<T>) -> impl Future<Output = Result<T, RecvError>> + Send {
        rx.recv()
    }

    fn send_many<T: Send>(
        &self,
        tx: &Sender<T>,
        messages: &mut VecDeque<T>,
    ) -> impl Future<Output = Result<(), SendError<()>>> + Send {
        async move { tx.send_many(messages).await }
    }

    fn recv_many<T: Send>(
        &self,
        rx: &Receiver<T>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> impl Future<Output = usize> + Send {
        async move { rx.recv_many(buffer, limit).await }
    }
}

/// Bodies poll by hand, and take a yield for a sign that a future sleeps: with the feature `tokio-coop` there are none in
/// a body. Jobs have their budget.
fn without_budget<F: Future>(body: F) -> impl Future<Output = F::Output> {
    tokio::task::unconstrained(body)
}

/// tokio with several workers.
#[derive(Clone)]
pub(crate) struct TokioMultiThread;

impl Driver for TokioMultiThread {
    fn new() -> Self {
        Self
    }

    fn block_on<F: Future<Output = ()>>(&self, body: F) {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder
            .worker_threads(4)
            .enable_all()
            .build()
            .unwrap()
            .block_on(without_budget(body));
    }

    fn start(&self, task: Task) {
        tokio::spawn(task);
    }

    fn pause(&self) -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }
}

/// tokio on the calling thread.
#[derive(Clone)]
pub(crate) struct TokioCurrentThread;

impl Driver for TokioCurrentThread {
    fn new() -> Self {
        Self
    }

    fn block_on<F: Future<Output = ()>>(&self, body: F) {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder
            .enable_all()
            .build()
            .unwrap()
            .block_on(without_budget(body));
    }

    fn start(&self, task: Task) {
        tokio::spawn(task);
    }

    fn pause(&self) -> impl Future<Output = ()> + Send {
        tokio::task::yield_now()
    }
}

/// smol's executor, run by the test's thread and one more.
#[derive(Clone)]
pub(crate) struct Smol(Arc<async_executor::Executor<'static>>);

impl Driver for Smol {
    fn new() -> Self {
        Self(Arc::default())
    }

    fn block_on<F: Future<Output = ()>>(&self, body: F) {
        let (stopped, stop) = Job::new(async {});
        let helper = thread::spawn({
            let executor = self.0.clone();
            move || future::block_on(executor.run(stopped))
        });
        future::block_on(self.0.run(body));
        future::block_on(stop);
        helper.join().unwrap();
    }

    fn start(&self, task: Task) {
        self.0.spawn(task).detach();
    }
}

/// A thread for every job, and the blocking form of every operation that has one.
#[derive(Clone)]
pub(crate) struct Threads;

impl Driver for Threads {
    fn new() -> Self {
        Self
    }

    fn block_on<F: Future<Output = ()>>(&self, body: F) {
        future::block_on(body);
    }

    fn start(&self, task: Task) {
        thread::spawn(|| future::block_on(task));
    }

    async fn pause(&self) {
        thread::yield_now();
    }

    async fn send<T: Send>(&self, tx: &Sender<T>, message: T) -> Result<(), SendError<T>> {
        tx.send_blocking(message)
    }

    async fn recv<T: Send>(&self, rx: &Receiver<T>) -> Result<T, RecvError> {
        rx.recv_blocking()
    }

    async fn send_many<T: Send>(
        &self,
        tx: &Sender<T>,
        messages: &mut VecDeque<T>,
    ) -> Result<(), SendError<()>> {
        tx.send_many_blocking(messages)
    }

    async fn recv_many<T: Send>(
        &self,
        rx: &Receiver<T>,
        buffer: &mut Vec<T>,
        limit: usize,
    ) -> usize {
        rx.recv_many_blocking(buffer, limit)
    }
}

/// Runs one body on one driver at every capacity, and without one if it is for `any`.
pub(crate) fn check<D, F, B>(name: &str, any: bool, body: B)
where
    D: Driver,
    F: Future<Output = ()>,
    B: Fn(D, usize) -> F + Copy + Send + 'static,
{
    let unbounded = any.then_some(UNBOUNDED);
    check_at(name, CAPACITIES.into_iter().chain(unbounded), body);
}

/// Runs one body on one driver at some capacities.
pub(crate) fn check_at<D, F, B>(name: &str, capacities: impl IntoIterator<Item = usize>, body: B)
where
    D: Driver,
    F: Future<Output = ()>,
    B: Fn(D, usize) -> F + Copy + Send + 'static,
{
    for capacity in capacities {
        let name = format!("{name} at capacity {capacity}");
        watchdog(&name, move || {
            let driver = D::new();
            driver.block_on(body(driver.clone(), capacity));
        });
    }
}

/// Makes one test of every named body and every driver: `on_smol::the_body`, and so on. The bodies in `any` are run on
/// unbounded channels too; those in `at_zero` on channels of capacity 0, and on no others.
macro_rules! contract {
    (any { $($any:ident),* $(,)? } $($bounded:ident),* $(,)?) => {
        contract!(@on on_tokio_multi_thread TokioMultiThread [$($any)*] [$($bounded)*]);
        contract!(@on on_tokio_current_thread TokioCurrentThread [$($any)*] [$($bounded)*]);
        contract!(@on on_smol Smol [$($any)*] [$($bounded)*]);
        contract!(@on by_hand Manual [$($any)*] [$($bounded)*]);
        contract!(@on on_threads Threads [$($any)*] [$($bounded)*]);
    };
    (@on $module:ident $driver:ident [$($any:ident)*] [$($bounded:ident)*]) => {
        mod $module {
            use crate::driver::{$driver, check};

            $(
                #[test]
                fn $any() {
                    let name = concat!(stringify!($module), "::", stringify!($any));
                    check::<$driver, _, _>(name, true, super::$any);
                }
            )*
            $(
                #[test]
                fn $bounded() {
                    let name = concat!(stringify!($module), "::", stringify!($bounded));
                    check::<$driver, _, _>(name, false, super::$bounded);
                }
            )*
        }
    };
    (at_zero { $($body:ident),* $(,)? }) => {
        contract!(@zero on_tokio_multi_thread TokioMultiThread [$($body)*]);
        contract!(@zero on_tokio_current_thread TokioCurrentThread [$($body)*]);
        contract!(@zero on_smol Smol [$($body)*]);
        contract!(@zero by_hand Manual [$($body)*]);
        contract!(@zero on_threads Threads [$($body)*]);
    };
    (@zero $module:ident $driver:ident [$($body:ident)*]) => {
        mod $module {
            use crate::driver::{$driver, check_at};

            $(
                #[test]
                fn $body() {
                    let name = concat!(stringify!($module), "::", stringify!($body));
                    check_at::<$driver, _, _>(name, [0], super::$body);
                }
            )*
        }
    };
    ($($bounded:ident),* $(,)?) => {
        contract! { any {} $($bounded),* }
    };
}
pub(crate) use contract;
