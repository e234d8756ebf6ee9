//! Runs an example the way its user does.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use walkdir::WalkDir;

/// Far more than any of the runs takes: who is not done by then hangs.
pub(crate) const HANGS: Duration = Duration::from_secs(120);

/// An example of this crate.
#[derive(Debug)]
pub(crate) struct Example {
    name: &'static str,
    binary: OnceLock<PathBuf>,
}

impl Example {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            binary: OnceLock::new(),
        }
    }

    pub(crate) fn command<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        let mut command = Command::new(self.binary());
        command
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn run<I: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Outcome {
        finish(self.command(args).spawn().expect("the example starts"))
    }

    /// The example as a user would build it, in the profile of this test.
    ///
    /// `cargo test` has already built it, but `cargo test --test NAME` and `--all-targets` have not, and then what is
    /// there may be missing or older than the source.
    fn binary(&self) -> &Path {
        self.binary.get_or_init(|| {
            let test = env::current_exe().expect("a test has an executable");
            let profile = test.ancestors().nth(2).expect("is in TARGET/PROFILE/deps");
            let name = format!("{}{}", self.name, env::consts::EXE_SUFFIX);
            let binary = profile.join("examples").join(name);
            if !self.is_newer_than_its_source(&binary) {
                self.build(profile);
            }
            binary
        })
    }

    fn is_newer_than_its_source(&self, binary: &Path) -> bool {
        let Ok(built) = binary.metadata().and_then(|file| file.modified()) else {
            return false;
        };
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let own = Path::new("examples").join(self.name);
        [Path::new("src"), Path::new("examples/common"), &own]
            .iter()
            .flat_map(|dir| WalkDir::new(root.join(dir)))
            .all(|entry| {
                let file = entry.expect("the source can be read").metadata();
                file.expect("the source can be read")
                    .modified()
                    .expect("has a time")
                    <= built
            })
    }

    fn build(&self, profile: &Path) {
        let name = profile
            .file_name()
            .and_then(OsStr::to_str)
            .expect("a profile");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .parent()
            .expect("is in the target directory");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--example", self.name, "--manifest-path"]);
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
}

/// Waits for the example. What it prints fits into the buffers of the pipes, so it can be read when it has exited.
pub(crate) fn finish(mut child: Child) -> Outcome {
    let started = Instant::now();
    while child.try_wait().expect("can be waited for").is_none() {
        if started.elapsed() > HANGS {
            child.kill().expect("can be killed");
            panic!("hangs: {:?}", child.wait_with_output());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Outcome::of(&child.wait_with_output().expect("can be read"))
}

/// Presses Ctrl-C.
#[cfg(unix)]
#[allow(dead_code, reason = "not every test does")]
pub(crate) fn interrupt(child: &Child) {
    let kill = format!("kill -INT {}", child.id());
    let killed = Command::new("sh").args(["-c", &kill]).status();
    assert!(killed.expect("sh").success());
}

/// How an example has exited, and what it has printed.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("prints UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}
