//! Unit tests of what cannot be seen from outside.

use alloc::vec::Vec;

use super::channel;
use super::ops::Seen;
use super::word::{Version, Word};

/// A version is newer than those before it, on both sides of the wrap.
#[test]
fn versions_wrap() {
    let word = Word::new();
    let mut versions = Vec::new();
    for _ in 0..6 {
        versions.push(word.load().version());
        word.step();
    }
    assert_eq!(versions[0], Version::START);
    for (n, version) in versions.iter().enumerate() {
        for (m, other) in versions.iter().enumerate() {
            assert_eq!(version.is_newer_than(*other), n > m);
        }
        assert_eq!(
            versions.get(n + 1).copied().unwrap_or(version.next()),
            version.next()
        );
    }
}

/// The wrap leaves the flags alone.
#[test]
fn flags_stay() {
    let word = Word::new();
    word.raise();
    word.close();
    for _ in 0..5 {
        let state = word.step();
        assert!(state.is_closed() && state.receiver_waits());
    }
    word.lower();
    assert!(word.load().is_closed() && !word.load().receiver_waits());
}

/// Who has seen a value before its step is finished has not seen less afterwards.
#[test]
fn what_was_seen_never_goes_back() {
    let old = Version::START;
    let new = old.next();
    let mut seen = Seen::all_until(new);
    seen.catch_up(old);
    assert!(!seen.lacks(old) && !seen.lacks(new) && seen.lacks(new.next()));
    seen.forget();
    assert!(seen.lacks(old) && seen.lacks(new));
    seen.catch_up(old);
    assert!(!seen.lacks(new));
}

/// The spare node is used, and the one that is borrowed is not.
#[test]
fn nodes_are_used_again() {
    let (tx, rx) = channel(0);
    let place = || core::ptr::from_ref(rx.handle.current());
    let mut places = Vec::new();
    for n in 1..=4 {
        places.push(place());
        tx.send(n).unwrap();
    }
    assert_eq!(places[..2], places[2..]);
    assert_ne!(places[0], places[1]);
    let held = rx.borrow();
    let kept = place();
    for n in 5..=10 {
        tx.send(n).unwrap();
        assert_ne!(place(), kept);
    }
    drop(held);
    tx.send(11).unwrap();
    assert_eq!(place(), kept);
}
