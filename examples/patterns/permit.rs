//! A permit before an expensive message: it is made when there is room for it, and not before.
//!
//! With `send(read(path).await)` each reader holds the contents of a file while it waits for room. With a permit the
//! memory in use is bounded by the capacity: the contents that are queued or being read.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_lite::future::block_on;
use wakering::{Receiver, Sender};

use crate::run::Executor;
use crate::search;

/// How many files are in memory at a time, at most, beside the one that is looked at.
const ROOM: usize = 4;

const READERS: usize = 16;

/// How many files are held, and were held at most.
#[derive(Default)]
struct Held {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Held {
    fn one_more(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn one_less(&self) {
        self.now.fetch_sub(1, Ordering::Relaxed);
    }
}

pub(crate) fn run(executor: &Executor, root: PathBuf) -> io::Result<()> {
    let (paths, to_read) = wakering::bounded(64);
    let (contents, to_look_at) = wakering::bounded(ROOM);
    let held = Arc::new(Held::default());
    for _ in 0..READERS {
        executor.spawn(read(to_read.clone(), contents.clone(), held.clone()));
    }
    drop((to_read, contents));
    let search = executor.spawn(search(root, paths, |_, path| path));

    block_on(async {
        let (mut files, mut bytes) = (0, 0);
        while let Ok(content) = to_look_at.recv().await {
            files += 1;
            bytes += content.len();
            held.one_less();
        }
        println!("{files} files, {bytes} bytes");
        println!(
            "{READERS} readers, room for {ROOM}: at most {} files in memory at a time",
            held.most.load(Ordering::Relaxed)
        );
        search.await.map_err(io::Error::other)??;
        Ok(())
    })
}

async fn read(paths: Receiver<PathBuf>, contents: Sender<Vec<u8>>, held: Arc<Held>) {
    while let Ok(path) = paths.recv().await {
        let Ok(permit) = contents.reserve().await else {
            return;
        };
        held.one_more();
        match smol::fs::read(&path).await {
            Ok(content) => permit.send(content),
            Err(error) => {
                // The permit is dropped unused, and its room goes to the next.
                held.one_less();
                eprintln!("{}: {error}", path.display());
            }
        }
    }
}
