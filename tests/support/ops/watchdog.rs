//! Blocking calls that must not block.

use std::process::abort;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

/// Makes a blocking call that has something to do at once. If it blocks for all that, says so and ends the process:
/// there is no other way out of it.
pub fn watched<R>(what: String, call: impl FnOnce() -> R) -> R {
    if cfg!(fuzzing) {
        return call(); // Fuzzers have a limit of their own.
    }
    let (done, wait) = mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if wait.recv_timeout(Duration::from_secs(30)) == Err(RecvTimeoutError::Timeout) {
            eprintln!("a call that should not block does not return: {what}");
            abort();
        }
    });
    let result = call();
    drop(done);
    watchdog.join().expect("the watchdog does not panic");
    result
}
