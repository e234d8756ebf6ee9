//! The rooms of `src/` name only rooms to their left, as `docs/architecture.md` says.

use std::fs;
use std::path::{Path, PathBuf};

/// In the order of dependence. Rooms in one group do not know each other.
const ROOMS: &[&[&str]] = &[
    &["sync", "unwind"],
    &["error", "overflow"],
    &["index"],
    &["wait"],
    &["storage"],
    &["ring", "segments", "meeting", "observe"],
    &["shared"],
    &["chan"],
    &["sink"],
    &["mpmc", "mpsc", "oneshot", "broadcast", "watch"],
    &["queue"],
    &["builder"],
    &["ack"],
    &["stream"],
];

fn rank(room: &str) -> Option<usize> {
    ROOMS.iter().position(|group| group.contains(&room))
}

fn sources(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("src can be read") {
        let path = entry.expect("src can be read").path();
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push(path);
        }
    }
}

#[test]
fn rooms_name_only_rooms_to_their_left() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 20, "the sources have been found");
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&src).expect("it is in src");
        let first = relative.iter().next().expect("it has a name");
        let room = Path::new(first).file_stem().expect("it has a name");
        let room = room.to_str().expect("names are ASCII");
        if room == "lib" {
            continue;
        }
        let own = rank(room).unwrap_or_else(|| panic!("{room} has no place in the order"));
        // Models and tests look at everything.
        if relative.ends_with("loom.rs") || relative.ends_with("tests.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).expect("it can be read");
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            for (at, _) in code.match_indices("crate::") {
                let rest = &code[at + "crate::".len()..];
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_');
                let named = &rest[..end.unwrap_or(rest.len())];
                let Some(other) = rank(named) else { continue };
                if other >= own && named != room {
                    wrong.push(format!(
                        "{}:{}: {}",
                        relative.display(),
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
