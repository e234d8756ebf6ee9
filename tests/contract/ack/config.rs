//! What can be chosen.

use std::collections::HashSet;
use std::panic::catch_unwind;
use std::time::Duration;

use wakering::ack::{self, Config};

/// The message of the panic.
#[track_caller]
fn refused(config: impl FnOnce() -> Config + std::panic::UnwindSafe) -> String {
    let panic = catch_unwind(|| drop(ack::queue::<u8>(config()))).unwrap_err();
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => (*panic.downcast::<&str>().unwrap()).to_owned(),
    }
}

#[test]
fn nonsense_is_refused_by_name() {
    let no_time = || Config {
        visibility_timeout: Duration::ZERO,
        ..Config::default()
    };
    assert!(refused(no_time).contains("`visibility_timeout`"));
    let no_room = || Config {
        capacity: 0,
        ..Config::default()
    };
    assert!(refused(no_room).contains("`capacity`"));
    let too_much = || Config {
        capacity: usize::MAX,
        ..Config::default()
    };
    assert!(refused(too_much).contains("`capacity`"));
    let no_attempt = || Config {
        max_attempts: 0,
        ..Config::default()
    };
    assert!(refused(no_attempt).contains("`max_attempts`"));
    let window = || Config {
        window: usize::MAX,
        ..Config::default()
    };
    assert!(refused(window).contains("`window`"));
}

#[test]
fn for_ever_is_no_deadline() {
    let (tx, rx, _dead) = ack::queue(Config {
        visibility_timeout: Duration::MAX,
        ..Config::default()
    });
    tx.try_enqueue(1).unwrap();
    let delivery = rx.try_dequeue().unwrap();
    assert_eq!(delivery.expires_at(), Ok(None));
    assert_eq!(rx.next_expiry(), None);
    delivery.extend(Duration::MAX).unwrap();
    delivery.nack_after(Duration::MAX).unwrap();
    assert_eq!(rx.next_expiry(), None);
    assert_eq!(rx.stats().delayed, 1);
}

#[test]
fn counted_ids_are_in_order() {
    let (tx, _rx, _dead) = ack::queue(Config::default());
    let ids: Vec<_> = (0..100).map(|n| tx.try_enqueue(n).unwrap()).collect();
    assert!(ids.is_sorted());
    assert_eq!(ids[7].to_string(), "7");
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 100);
}

#[cfg(feature = "uuid")]
#[test]
fn uuids_are_unique_and_in_order() {
    let ids = || {
        let (tx, rx, _dead) = ack::queue(Config {
            ids: ack::Ids::Uuid,
            ..Config::default()
        });
        let ids: Vec<_> = (0..100).map(|n| tx.try_enqueue(n).unwrap()).collect();
        assert!(ids.is_sorted());
        assert_eq!(rx.try_dequeue().unwrap().id(), ids[0]);
        assert_eq!(ids[0].as_uuid().unwrap().get_version_num(), 7);
        assert_eq!(ids[0].as_number(), None);
        ids
    };
    let all: HashSet<_> = ids().into_iter().chain(ids()).collect();
    assert_eq!(all.len(), 200);
}
