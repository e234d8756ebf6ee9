//! The files below a directory: the real input of the examples.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

/// What cannot be a directory of somebody's sources.
const SKIPPED: [&str; 2] = [".git", "target"];

/// The regular files below `root`, in the order of their names.
pub(crate) fn below(root: &Path) -> impl Iterator<Item = io::Result<PathBuf>> + use<> {
    WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || !is_skipped(entry.file_name()))
        .filter(|entry| {
            entry
                .as_ref()
                .map_or(true, |entry| entry.file_type().is_file())
        })
        .map(|entry| Ok(entry?.into_path()))
}

pub(crate) fn is_skipped(name: &OsStr) -> bool {
    SKIPPED.iter().any(|skipped| name == *skipped)
}
