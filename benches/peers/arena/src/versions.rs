//! The rivals' versions, as this binary was built with them.

/// The lock file that was in force.
const LOCK: &str = include_str!("../../Cargo.lock");

/// The crates that the competitors come from.
const CRATES: [&str; 14] = [
    "async-broadcast",
    "async-channel",
    "crossbeam-channel",
    "crossfire",
    "fibre",
    "flume",
    "futures-channel",
    "kanal",
    "loole",
    "oneshot",
    "rapidfire",
    "tachyonix",
    "thingbuf",
    "tokio",
];

/// Each rival's crate with its version.
pub fn versions() -> Vec<String> {
    let mut lines = LOCK.lines();
    let mut versions = Vec::new();
    while let Some(line) = lines.next() {
        let Some(name) = field(line, "name") else {
            continue;
        };
        if CRATES.contains(&name) {
            let version = lines.next().and_then(|line| field(line, "version"));
            versions.push(format!("{name} {}", version.unwrap_or("?")));
        }
    }
    versions
}

/// The value of `key = "value"`.
fn field<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?
        .strip_prefix(" = \"")?
        .strip_suffix('"')
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_crate_is_locked_once() {
        let versions = super::versions();
        assert_eq!(versions.len(), super::CRATES.len(), "{versions:?}");
        assert!(versions.iter().all(|version| !version.ends_with('?')));
    }
}
