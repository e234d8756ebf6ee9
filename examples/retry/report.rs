//! What is said at the end.

use std::path::PathBuf;
use std::process::ExitCode;

use wakering::ack::{DeadLetters, Stats};

/// All jobs are done or dead.
pub(crate) fn print(lines: u64, stats: &Stats, dead: &DeadLetters<PathBuf>) -> ExitCode {
    println!(
        "{lines} lines in {} of {} files",
        stats.acked, stats.enqueued
    );
    println!(
        "{} attempts: {} done, {} put off, {} crashed, {} refused",
        stats.delivered, stats.acked, stats.nacked, stats.dropped, stats.rejected
    );
    let mut letters: Vec<_> = dead.try_iter().collect();
    letters.sort_by_cached_key(|letter| letter.to_path_buf());
    for letter in &letters {
        println!("dead: {} ({:?})", letter.display(), letter.reason());
        for attempt in letter.history() {
            let after = attempt.delivered_at - letter.enqueued_at();
            println!("    after {after:.1?}: {:?}", attempt.outcome);
        }
    }
    if letters.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
