//! The command line and the exit codes.

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread::available_parallelism;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

pub(crate) const FINE: u8 = 0;
pub(crate) const UNREADABLE: u8 = 1;
/// The same as clap's for wrong arguments: either way there is no result.
pub(crate) const FAILED: u8 = 2;
/// What shells report of a program that SIGINT ended: 128 + 2.
pub(crate) const INTERRUPTED: u8 = 130;

const AFTER_HELP: &str = "\
Exit codes:
  0    everything was read
  1    something could not be read; the rest was
  2    wrong arguments, or there was no way to start or to print
  130  interrupted by Ctrl-C; what was counted until then is printed";

/// Counts the words of every text file below PATH
///
/// A word is a run of letters and digits, with apostrophes inside, whatever its case. A file with a NUL
/// byte or invalid UTF-8 in it is binary and is passed over. A symbolic link to a file is read, one to
/// a directory is not followed.
///
/// Ctrl-C prints what has been counted so far; a second Ctrl-C ends the program at once.
#[derive(Parser, Debug)]
#[command(name = "pipeline", after_help = AFTER_HELP)]
pub(crate) struct Args {
    /// Files and directories to read [default: the repository this example belongs to]
    #[arg(value_name = "PATH", default_value = env!("CARGO_MANIFEST_DIR"), hide_default_value = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// How many of the most frequent words to print
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,

    /// How many files to read at the same time [default: one for each CPU]
    #[arg(long, value_name = "N", default_value_t = cpus(), hide_default_value = true, value_parser = from_1_to(1024))]
    pub(crate) readers: usize,

    /// How many messages each channel holds
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = from_1_to(1 << 20))]
    pub(crate) capacity: usize,

    /// Print what goes through the channels, every second on stderr and in the end
    #[arg(long)]
    pub(crate) metrics: bool,

    /// Name of directories to pass over, wherever below PATH they are; may be repeated
    #[arg(long, value_name = "NAME", default_values = [".git", "target"])]
    pub(crate) skip: Vec<OsString>,
}

fn cpus() -> usize {
    available_parallelism().map_or(1, usize::from)
}

fn from_1_to(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}
