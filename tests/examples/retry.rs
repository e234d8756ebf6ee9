//! The example `retry`.

use std::fs;
use std::path::Path;

use crate::example::Example;

static RETRY: Example = Example::new("retry");

fn retry(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let dir = dir.to_str().expect("is UTF-8");
    let outcome = RETRY.run(args.iter().copied().chain([dir]));
    (outcome.code, outcome.stdout)
}

fn texts(dir: &Path, n: usize) {
    for i in 0..n {
        fs::write(dir.join(format!("{i}.txt")), "one\ntwo\n").unwrap();
    }
}

#[test]
fn all_is_well() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 20);
    let (code, stdout) = retry(dir.path(), &[]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(
        stdout.starts_with("40 lines in 20 of 20 files\n20 attempts"),
        "{stdout}"
    );
}

#[test]
fn crashes_are_made_good() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 20);
    let (code, stdout) = retry(dir.path(), &["--crash", "2", "--workers", "3"]);
    assert_eq!(code, Some(0), "{stdout}");
    assert!(
        stdout.starts_with("40 lines in 20 of 20 files\n30 attempts"),
        "{stdout}"
    );
    assert!(stdout.contains("10 crashed"), "{stdout}");
}

/// What is missing is tried as often as can be, with delays; what is not text once.
#[test]
fn dead_letters_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 3);
    fs::write(dir.path().join("binary"), [0xFF, 0xFE, 0xFF]).unwrap();
    let missing = dir.path().join("missing");
    let args = [
        "--attempts",
        "4",
        "--backoff",
        "1",
        missing.to_str().unwrap(),
    ];
    let (code, stdout) = retry(dir.path(), &args);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(
        stdout.starts_with("6 lines in 3 of 5 files\n8 attempts"),
        "{stdout}"
    );
    assert!(stdout.contains("binary (Rejected)"), "{stdout}");
    assert!(stdout.contains("missing (Attempts)"), "{stdout}");
    assert_eq!(stdout.matches(": Nacked").count(), 4, "{stdout}");
}
