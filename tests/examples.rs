//! Runs the examples the way their user does, and looks at what they print and how they exit. (`pipeline` has a test of
//! its own.)

#![cfg(all(feature = "std", not(any(miri, wakering_loom, wakering_shuttle))))]

#[path = "support/example.rs"]
mod example;
#[path = "examples/retry.rs"]
mod retry;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use example::{Example, Outcome};

static PATTERNS: Example = Example::new("patterns");
static SHUTDOWN: Example = Example::new("shutdown");
static ACTOR: Example = Example::new("actor");

const EXECUTORS: [&str; 3] = ["tokio", "smol", "threads"];

/// A directory of `files` files, the n-th of n lines, a few in each sub-directory.
fn some_files(files: usize) -> TempDir {
    let dir = tempfile::tempdir().expect("a temporary directory");
    for n in 0..files {
        let below = dir.path().join((n % 7).to_string());
        fs::create_dir_all(&below).expect("the directory");
        fs::write(below.join(format!("{n:03}.txt")), "line\n".repeat(n)).expect("the file");
    }
    dir
}

fn path(dir: &TempDir) -> &str {
    dir.path().to_str().expect("is UTF-8")
}

/// The number before `what`.
fn before(what: &str, outcome: &Outcome) -> usize {
    let found = outcome
        .stdout
        .split(what)
        .next()
        .filter(|it| it.len() < outcome.stdout.len());
    let digits = found.and_then(|text| {
        text.rsplit(|c: char| !c.is_ascii_digit())
            .find(|it| !it.is_empty())
    });
    digits
        .and_then(|digits| digits.parse().ok())
        .unwrap_or_else(|| panic!("no {what:?} in {outcome:#?}"))
}

/// Runs a pattern on files below a directory, on each executor.
fn pattern(name: &str, dir: &Path, look: impl Fn(&Outcome)) {
    let dir = dir.to_str().expect("is UTF-8");
    for executor in EXECUTORS {
        let outcome = PATTERNS.run([name, "--on", executor, dir]);
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        look(&outcome);
    }
}

#[test]
fn fan_in_adds_up_what_all_sources_found() {
    let dir = some_files(30);
    pattern("fan-in", dir.path(), |outcome| {
        assert_eq!(before(" files from ", outcome), 30);
        assert_eq!(before(" sources", outcome), 7);
        let bytes = "line\n".len() * (0..30).sum::<usize>();
        assert_eq!(before(" bytes  txt", outcome), bytes);
    });
}

#[test]
fn fan_out_gives_each_file_to_one_task() {
    let dir = some_files(60);
    pattern("fan-out", dir.path(), |outcome| {
        assert!(
            outcome.stdout.contains("60 of 60 files, 1770 lines"),
            "{outcome:#?}"
        );
    });
}

#[test]
fn results_of_workers_come_in_the_order_of_the_jobs() {
    let dir = some_files(60);
    pattern("workers", dir.path(), |outcome| {
        assert_eq!(before(" files; at most", outcome), 60);
        let paths: Vec<_> = outcome
            .stdout
            .lines()
            .filter_map(|line| line.trim().split_once("  "))
            .collect();
        assert_eq!(paths.len(), 60);
        assert!(paths.is_sorted_by_key(|(_, path)| *path), "{outcome:#?}");
        for (lines, path) in paths {
            assert!(path.ends_with(&format!(
                "{:03}.txt",
                lines.parse::<usize>().expect("a number")
            )));
        }
    });
}

#[test]
fn no_more_files_are_read_than_there_are_permits() {
    let dir = some_files(60);
    pattern("permit", dir.path(), |outcome| {
        assert_eq!(before(" files, ", outcome), 60);
        let most = before(" files in memory at a time", outcome);
        // Those with room, and the one that is looked at.
        assert!((1..=5).contains(&most), "{outcome:#?}");
    });
}

#[test]
fn a_weak_sender_does_not_keep_the_channel_open() {
    let dir = some_files(60);
    pattern("weak", dir.path(), |outcome| {
        assert!(
            outcome.stdout.contains("60 files, 1770 lines, "),
            "{outcome:#?}"
        );
    });
}

#[test]
fn telemetry_drops_and_counts_what_is_too_much() {
    let dir = some_files(200);
    pattern("telemetry", dir.path(), |outcome| {
        let sent = before(" samples sent", outcome);
        assert_eq!(sent, 200);
        assert_eq!(
            before(" seen", outcome) + before(" dropped, and", outcome),
            sent
        );
    });
}

#[test]
fn a_missing_directory_is_a_failure() {
    for name in [
        "fan-in",
        "fan-out",
        "workers",
        "permit",
        "weak",
        "telemetry",
    ] {
        let outcome = PATTERNS.run([name, "/there/is/no/such/directory"]);
        assert_eq!(outcome.code, Some(1), "{name}: {outcome:#?}");
        assert!(!outcome.stderr.is_empty());
    }
}

#[test]
fn a_shutdown_finishes_what_was_accepted() {
    let dir = some_files(300);
    for executor in EXECUTORS {
        for signal in ["token", "watch"] {
            let args = [
                "--on",
                executor,
                "--by",
                signal,
                "--after",
                "20",
                path(&dir),
            ];
            let outcome = SHUTDOWN.run(args);
            assert_eq!(outcome.code, Some(0), "{outcome:#?}");
            let accepted = before(" files, counted", &outcome);
            assert!((20..=300).contains(&accepted));
            assert!(
                outcome.stdout.contains(&format!("counted {accepted}\n")),
                "{outcome:#?}"
            );
        }
    }
}

#[test]
fn without_a_shutdown_everything_is_done() {
    let dir = some_files(50);
    for signal in ["token", "watch"] {
        let outcome = SHUTDOWN.run(["--by", signal, path(&dir)]);
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        assert!(
            outcome.stdout.contains("accepted 50 files, counted 50\n"),
            "{outcome:#?}"
        );
        assert_eq!(before(" lines", &outcome), (0..50).sum::<usize>());
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_is_a_shutdown() {
    use std::io::{BufRead, BufReader};

    let dir = some_files(2_000);
    for signal in ["token", "watch"] {
        let mut command = SHUTDOWN.command(["--by", signal, path(&dir)]);
        let mut child = command.spawn().expect("the example starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("is piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("can be read");
        assert_eq!(line, "Ctrl-C stops the search\n");
        example::interrupt(&child);
        // With the rest of what it prints.
        let rest = std::thread::spawn(move || std::io::read_to_string(stdout));
        let mut outcome = example::finish(child);
        outcome.stdout = rest.join().expect("does not panic").expect("can be read");
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        let accepted = before(" files, counted", &outcome);
        assert!(
            outcome.stdout.contains(&format!("counted {accepted}\n")),
            "{outcome:#?}"
        );
    }
}

#[test]
fn the_books_of_the_warehouse_balance() {
    for executor in EXECUTORS {
        let outcome = ACTOR.run(["--on", executor, "--customers", "3", "--orders", "200"]);
        assert_eq!(outcome.code, Some(0), "{outcome:#?}");
        assert_eq!(before(" orders on", &outcome), 600);
    }
}
