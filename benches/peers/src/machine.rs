//! What the figures depend on besides the code.

use std::{fs, thread};

/// The CPUs this process may use.
pub fn cpus() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// The load average of the last minute, where the system tells.
pub fn load() -> Option<f64> {
    let averages = fs::read_to_string("/proc/loadavg").ok()?;
    averages.split_whitespace().next()?.parse().ok()
}
