//! The files below a directory: the real input of the examples.

use std::io;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// What cannot be a directory of somebody's sources.
const SKIPPED: [&str; 2] = [".git", "target"];

/// The regular files below `root`, in the order of their names.
pub(crate) fn below(root: &Path) -> impl Iterator<Item = io::Result<PathBuf>> + use<> {
    let is_skipped = |entry: &DirEntry| {
        entry.depth() > 0 && SKIPPED.iter().any(|name| entry.file_name() == *name)
    };
    WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(move |entry| !is_skipped(entry))
        .filter(|entry| {
            entry
                .as_ref()
                .map_or(true, |entry| entry.file_type().is_file())
        })
        .map(|entry| Ok(entry?.into_path()))
}
