//! Fan-out: one source, several receivers that share its queue.
//!
//! Each message goes to one of them, whoever is free first. A slow file holds up one task only.

use std::io;
use std::path::PathBuf;

use futures_lite::future::block_on;
use wakering::Receiver;

use crate::run::Executor;
use crate::{lines, search};

const TASKS: usize = 4;

pub(crate) fn run(executor: &Executor, root: PathBuf) -> io::Result<()> {
    let (paths, queue) = wakering::bounded(16);
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| executor.spawn(count(queue.clone())))
        .collect();
    // Should all tasks die, `send` fails instead of waiting for ever: no receiver is left.
    drop(queue);
    let search = executor.spawn(search(root, paths, |_, path| path));

    block_on(async {
        let (mut files, mut lines) = (0, 0);
        for (n, task) in tasks.into_iter().enumerate() {
            let done = task.await.map_err(io::Error::other)?;
            println!("task {n}: {:>5} files {:>8} lines", done.0, done.1);
            files += done.0;
            lines += done.1;
        }
        let sent = search.await.map_err(io::Error::other)??;
        println!("{files} of {sent} files, {lines} lines");
        Ok(())
    })
}

async fn count(queue: Receiver<PathBuf>) -> (usize, usize) {
    let mut done = (0, 0);
    while let Ok(path) = queue.recv().await {
        done.0 += 1;
        done.1 += lines(&path).await.unwrap_or(0);
    }
    done
}
