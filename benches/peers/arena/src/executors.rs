//! The executors, started once and kept for the whole run.

use crate::cells::Executor;
use crate::workload::{Jobs, Part};
use async_executor::Executor as Tasks;
use futures_lite::future::{Boxed, block_on, pending};
use std::sync::Arc;
use std::{io, thread};
use tokio::runtime::{Builder, Runtime};

/// How many threads run tasks in `Mt` and `Smol`.
const WORKERS: usize = 2;

/// One of each kind of executor.
pub struct Executors {
    mt: Runtime,
    ct: Runtime,
    /// Run by threads of their own.
    smol: Arc<Tasks<'static>>,
}

impl Executors {
    /// Starts all executors.
    ///
    /// # Errors
    ///
    /// When a thread cannot be started.
    pub fn start() -> io::Result<Self> {
        Ok(Self {
            mt: Builder::new_multi_thread()
                .worker_threads(WORKERS)
                .build()?,
            ct: Builder::new_current_thread().build()?,
            smol: start_smol()?,
        })
    }

    /// Starts the jobs in the order given and waits for all of them.
    pub fn run(&self, executor: Executor, jobs: Jobs) -> Vec<Part> {
        match (executor, jobs) {
            (Executor::Mt, Jobs::Tasks(tasks)) => run_on_tokio(&self.mt, tasks),
            (Executor::Ct, Jobs::Tasks(tasks)) => run_on_tokio(&self.ct, tasks),
            (Executor::Smol, Jobs::Tasks(tasks)) => run_on_smol(&self.smol, tasks),
            (Executor::Threads, Jobs::Threads(threads)) => run_on_threads(threads),
            _ => unreachable!("tasks run on a task executor, threads on threads"),
        }
    }
}

fn start_smol() -> io::Result<Arc<Tasks<'static>>> {
    let tasks = Arc::new(Tasks::new());
    for _ in 0..WORKERS {
        let tasks = Arc::clone(&tasks);
        thread::Builder::new().spawn(move || block_on(tasks.run(pending::<()>())))?;
    }
    Ok(tasks)
}

fn run_on_tokio(runtime: &Runtime, tasks: Vec<Boxed<Part>>) -> Vec<Part> {
    runtime.block_on(async {
        let handles: Vec<_> = tasks.into_iter().map(tokio::spawn).collect();
        let mut parts = Vec::with_capacity(handles.len());
        for handle in handles {
            parts.push(handle.await.expect("the task ran to its end"));
        }
        parts
    })
}

fn run_on_smol(executor: &Tasks<'static>, tasks: Vec<Boxed<Part>>) -> Vec<Part> {
    let tasks: Vec<_> = tasks.into_iter().map(|task| executor.spawn(task)).collect();
    block_on(async {
        let mut parts = Vec::with_capacity(tasks.len());
        for task in tasks {
            parts.push(task.await);
        }
        parts
    })
}

fn run_on_threads(threads: Vec<Box<dyn FnOnce() -> Part + Send>>) -> Vec<Part> {
    let handles: Vec<_> = threads.into_iter().map(thread::spawn).collect();
    let parts = handles.into_iter().map(thread::JoinHandle::join);
    parts
        .map(|part| part.expect("the thread ran to its end"))
        .collect()
}
