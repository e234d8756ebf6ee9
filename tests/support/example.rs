//! Finds the program of an example, for tests that run it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use walkdir::WalkDir;

/// The one example that this test runs, as a user would build it, in the profile of this test.
///
/// `cargo test` has already built it, but `cargo test --test NAME` and `--all-targets` have not, and then what is
/// there may be missing or older than the source.
pub(crate) fn binary(example: &str) -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test has an executable");
        let profile = test.ancestors().nth(2).expect("is in TARGET/PROFILE/deps");
        let name = format!("{example}{}", std::env::consts::EXE_SUFFIX);
        let binary = profile.join("examples").join(name);
        if !is_newer_than_its_source(example, &binary) {
            build(example, profile);
        }
        binary
    })
}

fn is_newer_than_its_source(example: &str, binary: &Path) -> bool {
    let Ok(built) = binary.metadata().and_then(|file| file.modified()) else {
        return false;
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = format!("examples/{example}");
    ["src", &example].iter().all(|dir| {
        WalkDir::new(root.join(dir)).into_iter().all(|entry| {
            let file = entry.expect("the source can be read").metadata();
            file.expect("the source can be read")
                .modified()
                .expect("has a time")
                <= built
        })
    })
}

fn build(example: &str, profile: &Path) {
    let name = profile
        .file_name()
        .and_then(OsStr::to_str)
        .expect("a profile");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("is in the target directory");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--example", example, "--manifest-path"]);
    cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    cargo.arg("--target-dir").arg(target);
    cargo.args(["--profile", if name == "debug" { "dev" } else { name }]);
    // With `--target` there is one more directory.
    if profile.parent() != Some(target) {
        cargo
            .arg("--target")
            .args(profile.parent().and_then(Path::file_name));
    }
    assert!(cargo.status().expect("cargo").success());
}
