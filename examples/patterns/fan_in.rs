//! Fan-in: several sources, one receiver.
//!
//! Each source has a sender of its own. The receiver sees the end when the last of them is gone, so nobody counts the
//! sources. Here every other source is a plain thread: the handles are the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io, thread};

use futures_lite::future::block_on;
use wakering::mpsc;

use crate::files;
use crate::run::Executor;

/// A file's extension and its size.
type Size = (String, u64);

pub(crate) fn run(executor: &Executor, root: &Path) -> io::Result<()> {
    let (sizes, mut each_size) = mpsc::channel::<Size>(16);
    let mut sources = Vec::new();
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if !files::is_skipped(&entry.file_name()) {
            sources.push(entry.path());
        }
    }
    let number = sources.len();
    for (n, source) in sources.into_iter().enumerate() {
        let sizes = sizes.clone();
        if n % 2 == 0 {
            executor.spawn(search(source, sizes));
        } else {
            thread::spawn(move || block_on(search(source, sizes)));
        }
    }
    // With its own sender alive the receiver would wait for ever.
    drop(sizes);

    let mut totals = BTreeMap::<_, (usize, u64)>::new();
    while let Some((extension, size)) = each_size.blocking_recv() {
        let total = totals.entry(extension).or_default();
        *total = (total.0 + 1, total.1 + size);
    }
    let files: usize = totals.values().map(|total| total.0).sum();
    println!("{files} files from {number} sources");
    for (extension, (files, bytes)) in totals {
        println!("{files:>6} files {bytes:>10} bytes  {extension}");
    }
    Ok(())
}

async fn search(source: PathBuf, sizes: mpsc::Sender<Size>) {
    for path in files::below(&source).filter_map(Result::ok) {
        let extension = path.extension().unwrap_or_default().to_string_lossy();
        let size = path.metadata().map_or(0, |file| file.len());
        if sizes.send((extension.into_owned(), size)).await.is_err() {
            return;
        }
    }
}
