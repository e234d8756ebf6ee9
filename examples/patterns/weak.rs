//! A weak sender: somebody who may send while there is a channel, and does not keep it open.
//!
//! The clock reports every few milliseconds to the same receiver as the workers. Were its sender a strong one, the
//! receiver would never see the end.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use futures_lite::future::block_on;
use wakering::{Receiver, mpsc};

use crate::run::Executor;
use crate::{lines, search};

enum Event {
    Counted { lines: usize },
    Tick,
}

pub(crate) fn run(executor: &Executor, root: PathBuf) -> io::Result<()> {
    let (events, mut each_event) = mpsc::channel(16);
    let (paths, queue) = wakering::bounded(16);
    let search = executor.spawn(search(root, paths, |_, path| path));
    executor.spawn(tick(events.downgrade()));
    for _ in 0..2 {
        executor.spawn(count(queue.clone(), events.clone()));
    }
    drop((queue, events));

    block_on(async {
        let (mut ticks, mut files, mut all_lines) = (0, 0, 0);
        while let Some(event) = each_event.recv().await {
            match event {
                Event::Counted { lines } => {
                    files += 1;
                    all_lines += lines;
                }
                Event::Tick => {
                    ticks += 1;
                    println!("tick {ticks}: {files} files so far");
                }
            }
        }
        println!("{files} files, {all_lines} lines, {ticks} ticks");
        search.await.map_err(io::Error::other)??;
        Ok(())
    })
}

async fn tick(events: mpsc::WeakSender<Event>) {
    loop {
        async_io::Timer::after(Duration::from_millis(5)).await;
        // None: the last worker is gone.
        let Some(events) = events.upgrade() else {
            return;
        };
        if events.send(Event::Tick).await.is_err() {
            return;
        }
    }
}

async fn count(paths: Receiver<PathBuf>, events: mpsc::Sender<Event>) {
    while let Ok(path) = paths.recv().await {
        let lines = lines(&path).await.unwrap_or(0);
        if events.send(Event::Counted { lines }).await.is_err() {
            return;
        }
    }
}
