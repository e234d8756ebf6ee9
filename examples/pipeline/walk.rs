//! Stage 1: finds the files and sends their paths.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};

use tokio::task::block_in_place;
use wakering::Sender;
use walkdir::{DirEntry, WalkDir};

use crate::progress::Progress;

/// How many files to look for before the runtime has its thread back.
const BATCH: usize = 128;

/// Returns how long it took.
pub(crate) async fn run(
    roots: Vec<PathBuf>,
    skip: Vec<OsString>,
    paths: Sender<PathBuf>,
    progress: Arc<Progress>,
) -> Duration {
    let mut files = roots.iter().flat_map(|root| files_below(root, &skip));
    'walk: loop {
        // Reading a directory blocks, and there are other tasks on this runtime.
        let batch: Vec<_> = block_in_place(|| files.by_ref().take(BATCH).collect());
        if batch.is_empty() {
            break;
        }
        for file in batch {
            let path = match file {
                Ok(path) => path,
                Err((path, error)) => {
                    progress.report(&path, &error);
                    continue;
                }
            };
            // Closed: nobody wants to hear of more files.
            if paths.send(path).await.is_err() {
                break 'walk;
            }
            progress.found.add(1);
            progress.paths_depth.observe(paths.len());
        }
    }
    progress.elapsed()
}

type Found = Result<PathBuf, (PathBuf, io::Error)>;

fn files_below<'a>(root: &'a Path, skip: &'a [OsString]) -> impl Iterator<Item = Found> + 'a {
    let is_skipped = |entry: &DirEntry| {
        entry.depth() > 0
            && entry.file_type().is_dir()
            && skip.iter().any(|name| name == entry.file_name())
    };
    WalkDir::new(root)
        .into_iter()
        .filter_entry(move |entry| !is_skipped(entry))
        .filter_map(|entry| match entry {
            Ok(entry) => match is_to_read(&entry) {
                Ok(true) => Some(Ok(entry.into_path())),
                Ok(false) => None,
                Err(error) => Some(Err((entry.into_path(), error))),
            },
            Err(error) => {
                let path = error.path().unwrap_or(root).to_owned();
                let error = error
                    .into_io_error()
                    .unwrap_or_else(|| io::Error::other("a loop of links"));
                Some(Err((path, error)))
            }
        })
}

fn is_to_read(entry: &DirEntry) -> io::Result<bool> {
    let kind = match entry.file_type() {
        link if link.is_symlink() => fs::metadata(entry.path())?.file_type(),
        kind => kind,
    };
    // Pipes and devices may never end, so they are only read when asked for by name.
    Ok(if entry.depth() == 0 {
        !kind.is_dir()
    } else {
        kind.is_file()
    })
}
