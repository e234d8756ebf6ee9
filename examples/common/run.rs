//! Where the tasks run. Nothing else knows.

use std::future::{Future, pending};
use std::io;
use std::sync::Arc;
use std::thread;

use futures_lite::future::block_on;
use wakering::oneshot;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum On {
    /// tokio's runtime of several threads.
    Tokio,
    /// An executor of the smol family, run by two threads.
    Smol,
    /// A thread for each task.
    Threads,
}

pub(crate) enum Executor {
    Tokio(tokio::runtime::Runtime),
    Smol(Arc<async_executor::Executor<'static>>),
    Threads,
}

impl Executor {
    pub(crate) fn start(on: On) -> io::Result<Self> {
        Ok(match on {
            On::Tokio => Self::Tokio(tokio::runtime::Runtime::new()?),
            On::Smol => {
                let executor = Arc::new(async_executor::Executor::new());
                for _ in 0..2 {
                    let executor = executor.clone();
                    thread::Builder::new()
                        .spawn(move || block_on(executor.run(pending::<()>())))?;
                }
                Self::Smol(executor)
            }
            On::Threads => Self::Threads,
        })
    }

    /// Starts a task. What it returns comes by a oneshot channel, so that it can be awaited anywhere.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> oneshot::Receiver<T> {
        let (done, result) = oneshot::channel();
        let task = async move {
            // It is no error when nobody asks for the result.
            let _ = done.send(task.await);
        };
        match self {
            Self::Tokio(runtime) => drop(runtime.spawn(task)),
            Self::Smol(executor) => executor.spawn(task).detach(),
            Self::Threads => drop(thread::spawn(move || block_on(task))),
        }
        result
    }
}
