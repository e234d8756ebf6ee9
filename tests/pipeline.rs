//! Runs the example `pipeline` the way its user does, and looks at what it prints and how it exits.

#![cfg(all(feature = "std", not(any(miri, wakering_loom, wakering_shuttle))))]

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

#[path = "support/example.rs"]
mod example;

use example::binary;
use tempfile::TempDir;

/// Far more than any of the runs takes: who is not done by then hangs.
const HANGS: Duration = Duration::from_secs(120);

fn pipeline<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Command {
    let mut command = Command::new(binary("pipeline"));
    command
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run<I: AsRef<OsStr>>(args: impl IntoIterator<Item = I>) -> Summary {
    finish(pipeline(args).spawn().expect("the example starts"))
}

/// What the example prints fits into the buffers of the pipes, so it can be read when it has exited.
fn finish(mut child: Child) -> Summary {
    let started = Instant::now();
    while child.try_wait().expect("can be waited for").is_none() {
        if started.elapsed() > HANGS {
            child.kill().expect("can be killed");
            panic!("hangs: {:?}", child.wait_with_output());
        }
        thread::sleep(Duration::from_millis(5));
    }
    Summary::of(&child.wait_with_output().expect("can be read"))
}

#[derive(Debug)]
struct Summary {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

impl Summary {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("prints UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// The lines of the section with this title.
    fn section(&self, title: &str) -> Vec<&str> {
        let mut lines = self.stdout.lines().skip_while(|line| *line != title);
        assert!(lines.next().is_some(), "no {title:?} in {self:#?}");
        lines
            .take_while(|line| !line.is_empty())
            .map(str::trim)
            .collect()
    }

    /// The words in the order printed, each with its count.
    fn words(&self) -> Vec<(&str, u64)> {
        let number_and_word = |line| {
            let (count, word) = str::split_once(line, "  ").expect("a count and a word");
            (word, number(count))
        };
        let section = self.section("Most frequent words");
        section.into_iter().map(number_and_word).collect()
    }

    fn count(&self, word: &str) -> u64 {
        let words = self.words();
        words.iter().find(|(w, _)| *w == word).map_or(0, |w| w.1)
    }

    fn files(&self, what: &str) -> u64 {
        let section = self.section("Files");
        let line = section.iter().find_map(|line| line.strip_suffix(what));
        number(line.unwrap_or_else(|| panic!("no {what:?} in {self:#?}")))
    }

    /// Text, binary and unreadable files.
    fn all_files(&self) -> [u64; 3] {
        ["text", "binary, passed over", "could not be read"].map(|what| self.files(what))
    }

    /// The first number in a line about a stage: what went through it.
    fn through(&self, line_starts_with: &str, what: &str) -> u64 {
        let section = self.section("Throughput of the stages");
        let line = section.iter().find(|line| {
            line.starts_with(line_starts_with) && line.split_whitespace().any(|w| w == what)
        });
        let line = line.unwrap_or_else(|| panic!("no {what:?} in {self:#?}"));
        let line = line.strip_prefix(line_starts_with).unwrap_or(line);
        number(line.split_whitespace().next().expect("a count"))
    }

    fn highest_depth(&self, channel: &str) -> u64 {
        let section = self.section("Highest queue depth");
        let line = section.iter().find(|line| line.ends_with(channel));
        let line = line.unwrap_or_else(|| panic!("no {channel:?} in {self:#?}"));
        number(line.split_whitespace().next().expect("a depth"))
    }
}

fn number(text: &str) -> u64 {
    let digits = text.trim().replace(',', "");
    digits
        .parse()
        .unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn temp_dir() -> TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

fn write(path: impl AsRef<Path>, content: impl AsRef<[u8]>) {
    let path = path.as_ref();
    fs::create_dir_all(path.parent().expect("is in a directory")).expect("the directory");
    fs::write(path, content).expect("the file");
}

#[test]
fn counts_the_words_of_all_text_files() {
    let dir = temp_dir();
    let at = |name| dir.path().join(name);
    write(at("a.txt"), "Three two three\n\n  one, THREE; two.\n");
    write(
        at("sub/deep/b"),
        "it's 'quoted' it’s: Été été no-line-end été",
    );
    write(at("empty"), "");
    write(at("nul"), "one two\0");
    write(at("latin1"), b"one caf\xe9 two");
    write(at("cut"), b"one two caf\xc3");
    // Only at its end does this turn out to be binary, long after its lines have been sent.
    write(
        at("late-nul"),
        ["one two three\n".repeat(50_000).as_str(), "\0"].concat(),
    );
    write(at(".git/config"), "one two three git");
    write(at("sub/target/debug/x.d"), "one two three target");

    let summary = run([dir.path()]);
    assert_eq!(summary.code, Some(0), "{summary:#?}");
    // Neither an error nor, as this is no terminal, a progress bar.
    assert_eq!(summary.stderr, "");
    assert_eq!(
        summary.words(),
        [
            ("three", 3),
            ("été", 3),
            ("it's", 2),
            ("two", 2),
            ("end", 1),
            ("line", 1),
            ("no", 1),
            ("one", 1),
            ("quoted", 1),
        ],
        "the most frequent first, equals in their order"
    );
    assert_eq!(summary.all_files(), [3, 4, 0]);
    assert_eq!(summary.through("walker", "files"), 7);
    assert_eq!(summary.through("readers", "files"), 7);
    assert_eq!(summary.through("", "words"), 15);

    let everything = run([
        dir.path().as_os_str(),
        "--skip=nothing".as_ref(),
        "--top=2".as_ref(),
    ]);
    assert_eq!(everything.words(), [("three", 5), ("two", 4)]);
    assert_eq!(everything.all_files(), [5, 4, 0]);
}

#[test]
fn every_line_arrives_through_the_narrowest_channels() {
    let dir = temp_dir();
    for file in 0..40 {
        let lines: String = (0..200)
            .map(|line| format!("common file{file} line{line}\n"))
            .collect();
        write(dir.path().join(format!("{}/{file}.txt", file % 7)), lines);
    }
    for readers in ["1", "3", "16"] {
        for capacity in ["1", "2", "1000"] {
            let args = [
                "--readers",
                readers,
                "--capacity",
                capacity,
                "--top",
                "1000000",
            ];
            let summary = run(args.map(OsStr::new).iter().chain([&dir.path().as_os_str()]));
            assert_eq!(
                (summary.code, summary.all_files()),
                (Some(0), [40, 0, 0]),
                "{summary:#?}"
            );
            assert_eq!(summary.words().len(), 1 + 40 + 200);
            assert_eq!(summary.count("common"), 40 * 200);
            assert_eq!(summary.count("file39"), 200);
            assert_eq!(summary.count("line199"), 40);
            // A line each, and the end of each file.
            assert_eq!(summary.through("aggregator", "messages"), 40 * 201);
            for channel in ["paths", "lines"] {
                assert!(
                    summary.highest_depth(channel) <= number(capacity),
                    "{summary:#?}"
                );
            }
        }
    }
}

#[test]
fn words_and_characters_are_whole_wherever_the_chunks_are_cut() {
    let dir = temp_dir();
    // Characters of 1, 2 and 3 bytes, so that the chunks are cut at every place there is to cut.
    write(
        dir.path().join("one-line"),
        "äöü€ Straßenbahn 漢字x,".repeat(50_000),
    );
    write(
        dir.path().join("lines"),
        "äöü€\nStraßenbahn\n漢字x\n".repeat(50_000),
    );
    // Not a word but noise, and too long for the memory of one.
    write(dir.path().join("noise"), "x".repeat(1_000_000));
    let summary = run([dir.path()]);
    assert_eq!(
        summary.words(),
        [
            ("straßenbahn", 100_000),
            ("äöü", 100_000),
            ("漢字x", 100_000)
        ]
    );
    assert_eq!(summary.all_files(), [3, 0, 0]);
}

#[test]
fn what_cannot_be_read_is_reported_and_does_not_stop_the_rest() {
    let dir = temp_dir();
    write(dir.path().join("there/file"), "word");
    let missing = dir.path().join("not-there");
    let there = dir.path().join("there");

    let summary = run([&missing, &there]);
    assert_eq!(summary.code, Some(1), "{summary:#?}");
    assert_eq!(summary.words(), [("word", 1)]);
    assert_eq!(summary.all_files(), [1, 0, 1]);
    assert_eq!(summary.stderr.lines().count(), 1, "{summary:#?}");
    assert!(
        summary.stderr.contains(&*missing.to_string_lossy()),
        "{summary:#?}"
    );

    let alone = run([&missing]);
    assert_eq!(
        (alone.code, alone.all_files()),
        (Some(1), [0, 0, 1]),
        "{alone:#?}"
    );
    assert_eq!(alone.words(), []);
}

#[test]
fn a_single_file_can_be_named() {
    let dir = temp_dir();
    write(dir.path().join("target/file"), "word\nword");
    for path in ["target", "target/file"] {
        let summary = run([dir.path().join(path)]);
        assert_eq!(
            (summary.code, summary.words()),
            (Some(0), vec![("word", 2)]),
            "{summary:#?}"
        );
    }
}

#[test]
fn wrong_arguments_are_refused() {
    for args in [
        ["--capacity", "0"],
        ["--readers", "0"],
        ["--top", "many"],
        ["--no-such", "x"],
    ] {
        let summary = run(args);
        assert_eq!(summary.code, Some(2), "{summary:#?}");
        assert_eq!(summary.stdout, "");
    }
    let help = run(["--help"]);
    assert_eq!(help.code, Some(0));
    assert!(help.stdout.contains("Exit codes"), "{help:#?}");
}

#[test]
fn a_reader_of_the_output_that_goes_away_is_no_failure() {
    let dir = temp_dir();
    write(dir.path().join("file"), "word");
    let mut child = pipeline([dir.path()]).spawn().expect("the example starts");
    drop(child.stdout.take());
    let summary = finish(child);
    assert_eq!(
        (summary.code, &*summary.stderr),
        (Some(0), ""),
        "{summary:#?}"
    );
}

#[cfg(unix)]
mod unix {
    use std::fs::File;
    use std::os::unix::fs::symlink;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn links_to_files_are_read_and_links_to_directories_are_not_followed() {
        let dir = temp_dir();
        let at = |name| dir.path().join(name);
        write(at("tree/sub/file"), "word");
        write(at("elsewhere/file"), "outside");
        symlink("..", at("tree/sub/loop")).expect("a link");
        symlink(at("elsewhere"), at("tree/directory")).expect("a link");
        symlink("sub/file", at("tree/link")).expect("a link");

        let summary = run([at("tree")]);
        assert_eq!(summary.code, Some(0), "{summary:#?}");
        assert_eq!(summary.words(), [("word", 2)]);

        // The exception is a link that is named by the user.
        assert_eq!(run([at("tree/directory")]).words(), [("outside", 1)]);
        assert_eq!(run([at("tree/link")]).words(), [("word", 1)]);

        // These cannot be read by root either.
        symlink("nowhere", at("tree/dangling")).expect("a link");
        symlink("itself", at("tree/itself")).expect("a link");
        let summary = run([at("tree")]);
        assert_eq!(summary.code, Some(1), "{summary:#?}");
        assert_eq!(summary.words(), [("word", 2)]);
        assert_eq!(summary.all_files(), [2, 0, 2]);
        assert_eq!(summary.stderr.lines().count(), 2, "{summary:#?}");
    }

    fn named_pipe(path: &Path) {
        let made = Command::new("mkfifo").arg(path).status().expect("mkfifo");
        assert!(made.success());
    }

    /// Returns when the example has opened the pipe as well. Until what is returned is dropped, the
    /// example finds neither something to read in it nor its end.
    fn open_when_read(pipe: &Path) -> File {
        let (opened, result) = mpsc::channel();
        let pipe = pipe.to_owned();
        thread::spawn(move || opened.send(File::options().write(true).open(pipe)));
        let file = result
            .recv_timeout(HANGS)
            .expect("the example opens the pipe");
        file.expect("the pipe can be opened")
    }

    fn interrupt(child: &Child) {
        let kill = format!("kill -INT {}", child.id());
        assert!(
            Command::new("sh")
                .args(["-c", &kill])
                .status()
                .expect("sh")
                .success()
        );
    }

    #[test]
    fn ctrl_c_prints_all_that_was_sent_before() {
        let dir = temp_dir();
        let at = |name| dir.path().join(name);
        write(at("first"), "early word\n".repeat(1000));
        write(at("third"), "late");
        named_pipe(&at("pipe"));

        // The only reader opens the pipe when it has sent all of the first file, and cannot come to the
        // third before the pipe ends.
        for capacity in ["1", "4", "5000"] {
            let mut command = pipeline(["--readers=1", "--capacity", capacity]);
            let command = command
                .args(["first", "pipe", "third"])
                .current_dir(dir.path());
            let child = command.spawn().expect("the example starts");
            let pipe = open_when_read(&at("pipe"));
            interrupt(&child);
            let summary = finish(child);
            drop(pipe);

            assert_eq!(summary.code, Some(130), "{summary:#?}");
            assert!(summary.stdout.starts_with("Interrupted"), "{summary:#?}");
            assert_eq!(summary.words(), [("early", 1000), ("word", 1000)]);
            assert_eq!(summary.all_files(), [1, 0, 0]);
            assert_eq!(summary.through("aggregator", "messages"), 1001);
            assert_eq!(summary.stderr, "");
            // Whether the path of the third file was sent before is not known, but it is not lost.
            let unfinished = summary.files("not read, or not to the end");
            assert_eq!(
                summary.through("walker", "files"),
                1 + unfinished,
                "{summary:#?}"
            );
        }
    }

    #[test]
    fn ctrl_c_in_the_middle_of_everything_loses_nothing() {
        const LINES: u64 = 100;
        let dir = temp_dir();
        let at = |name: &str| dir.path().join(name);
        for file in 0..600 {
            // Words of its own in each file are much work for the aggregator, so that many messages wait
            // for it.
            let lines: String = (0..LINES)
                .map(|line| format!("common a{file}b{line} c{file}d{line}\n"))
                .collect();
            write(
                at(&format!(
                    "{}/{file}",
                    if file < 300 { "before" } else { "after" }
                )),
                lines,
            );
        }
        named_pipe(&at("pipe"));

        for capacity in ["1", "64", "5000"] {
            let mut command = pipeline(["--readers=4", "--capacity", capacity]);
            let command = command
                .args(["before", "pipe", "after"])
                .current_dir(dir.path());
            let child = command.spawn().expect("the example starts");
            // The pipe keeps one reader busy, so that this cannot end by itself, wherever the others are.
            let pipe = open_when_read(&at("pipe"));
            interrupt(&child);
            let summary = finish(child);
            drop(pipe);

            assert_eq!(summary.code, Some(130), "{summary:#?}");
            let [text, binary, unreadable] = summary.all_files();
            assert_eq!((binary, unreadable), (0, 0), "{summary:#?}");
            let unfinished = summary.files("not read, or not to the end");
            assert!(unfinished >= 1, "{summary:#?}");
            // Each path the walker has sent was received, and each message of the readers counted.
            assert_eq!(
                summary.through("walker", "files"),
                text + unfinished,
                "{summary:#?}"
            );
            let lines = summary.count("common");
            assert!(lines >= text * LINES, "{summary:#?}");
            assert_eq!(
                summary.through("aggregator", "messages"),
                lines + text,
                "{summary:#?}"
            );
        }
    }
}
