//! Replays the corpora of the fuzz targets (`fuzz/corpus/`), without a fuzzer and on stable Rust.

#![cfg(all(
    feature = "std",
    feature = "stream",
    not(any(wakering_loom, wakering_shuttle))
))]

#[path = "support/ack.rs"]
mod ack;
#[path = "support/broadcast.rs"]
mod broadcast;
#[path = "support/meeting.rs"]
mod meeting;
#[path = "support/oneshot.rs"]
mod oneshot;
#[path = "support/ops/mod.rs"]
mod ops;
#[path = "support/watch.rs"]
mod watch;

use std::path::Path;

use arbitrary::Arbitrary;

use ops::fuzz_entry::{decode, mpmc_ops, mpmc_panics, mpsc_ops};

/// Runs `target` with every program of its corpus.
fn replay<P: for<'a> Arbitrary<'a> + std::fmt::Debug>(name: &str, target: fn(&P)) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(name);
    let mut runs = 0;
    for entry in std::fs::read_dir(corpus).expect("the corpus is in the repository") {
        let path = entry.expect("a directory entry").path();
        let data = std::fs::read(&path).expect("a corpus file");
        let Some(program) = decode::<P>(&data) else {
            continue;
        };
        let report = Report(&path, &program);
        target(&program);
        std::mem::forget(report);
        runs += 1;
    }
    assert!(runs > 0, "no programs for {name}");
}

/// Names the program when it fails.
struct Report<'a, P: std::fmt::Debug>(&'a Path, &'a P);

impl<P: std::fmt::Debug> Drop for Report<'_, P> {
    fn drop(&mut self) {
        eprintln!("{}: {:#?}", self.0.display(), self.1);
    }
}

#[test]
fn corpus_of_mpmc_ops() {
    replay("mpmc_ops", mpmc_ops);
}

#[test]
fn corpus_of_mpmc_panics() {
    replay("mpmc_panics", mpmc_panics);
}

#[test]
fn corpus_of_meeting_ops() {
    replay("meeting_ops", meeting::run);
}

#[test]
fn corpus_of_oneshot_ops() {
    replay("oneshot_ops", oneshot::run);
}

#[test]
fn corpus_of_mpsc_ops() {
    replay("mpsc_ops", mpsc_ops);
}

#[test]
fn corpus_of_watch_ops() {
    replay("watch_ops", watch::run);
}

#[test]
fn corpus_of_ack_ops() {
    replay("ack_ops", ack::run);
}

#[test]
fn corpus_of_broadcast_ops() {
    replay("broadcast_ops", broadcast::run);
}
