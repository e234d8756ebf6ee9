//! Errors carry the message, ask nothing of it and do not print it.

use std::error::Error;

use wakering::{
    RecvError, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError,
};

use crate::common::{Tracker, Waiting, now};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        errors_say_what_they_are,
        errors_ask_nothing_of_the_message,
    }
    each_sender_gets_its_own_message_back,
    errors_print_nothing_of_the_message,
}

async fn each_sender_gets_its_own_message_back<D: Driver>(driver: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(tracker.make(i)).unwrap();
    }
    match tx.try_send(tracker.make(1_000)) {
        Err(TrySendError::Full(back)) => assert_eq!(back.id(), 1_000),
        other => panic!("expected Full, got {other:?}"),
    }
    let jobs: Vec<_> = (0..4)
        .map(|i| {
            let (d, tx, message) = (driver.clone(), tx.clone(), tracker.make(2_000 + i));
            driver.spawn(async move { d.send(&tx, message).await.unwrap_err().into_inner() })
        })
        .collect();
    let mut waiting: Vec<_> = (0..4)
        .map(|i| Waiting::new(tx.send_owned(tracker.make(3_000 + i))))
        .collect();
    drop(rx);
    for (i, job) in jobs.into_iter().enumerate() {
        assert_eq!(job.await.id(), 2_000 + i);
    }
    for (i, send) in waiting.iter_mut().enumerate() {
        assert_eq!(send.finish().unwrap_err().into_inner().id(), 3_000 + i);
    }
    match tx.try_send(tracker.make(4_000)) {
        Err(TrySendError::Closed(back)) => assert_eq!(back.id(), 4_000),
        other => panic!("expected Closed, got {other:?}"),
    }
    assert_eq!(
        tx.force_send(tracker.make(5_000)).unwrap_err().0.id(),
        5_000
    );
    let error = now(tx.send_with(tracker.make(6_000), std::future::pending::<()>()));
    assert_eq!(error.unwrap_err().into_inner().id(), 6_000);
    assert_eq!(tracker.alive(), 0);
}

async fn errors_say_what_they_are<D: Driver>(_: D, _: usize) {
    assert_eq!(SendError(1).into_inner(), 1);
    let (full, closed) = (TrySendError::Full(2), TrySendError::Closed(3));
    assert!(full.is_full() && !full.is_closed() && closed.is_closed() && !closed.is_full());
    assert_eq!((full.into_inner(), closed.into_inner()), (2, 3));
    let (timeout, closed) = (SendTimeoutError::Timeout(4), SendTimeoutError::Closed(5));
    assert!(timeout.is_timeout() && !timeout.is_closed());
    assert!(closed.is_closed() && !closed.is_timeout());
    assert_eq!((timeout.into_inner(), closed.into_inner()), (4, 5));
    assert!(TryRecvError::Empty.is_empty() && !TryRecvError::Empty.is_closed());
    assert!(TryRecvError::Closed.is_closed() && !TryRecvError::Closed.is_empty());
    assert!(RecvTimeoutError::Timeout.is_timeout() && !RecvTimeoutError::Timeout.is_closed());
    assert!(RecvTimeoutError::Closed.is_closed() && !RecvTimeoutError::Closed.is_timeout());
}

async fn errors_ask_nothing_of_the_message<D: Driver>(_: D, _: usize) {
    fn boxed(error: impl Error + 'static) -> Box<dyn Error> {
        Box::new(error)
    }
    struct Opaque;
    let full = "sending into a full channel";
    let closed = "sending into a closed channel";
    let ended = "receiving from an empty and closed channel";
    for (error, text) in [
        (boxed(SendError(Opaque)), closed),
        (boxed(TrySendError::Full(Opaque)), full),
        (boxed(TrySendError::Closed(Opaque)), closed),
        (boxed(SendTimeoutError::Closed(Opaque)), closed),
        (boxed(RecvError), ended),
        (
            boxed(TryRecvError::Empty),
            "receiving from an empty channel",
        ),
        (boxed(TryRecvError::Closed), ended),
        (boxed(RecvTimeoutError::Closed), ended),
    ] {
        assert_eq!(error.to_string(), text);
    }
    assert!(
        boxed(SendTimeoutError::Timeout(Opaque))
            .to_string()
            .contains("timed out")
    );
    assert!(
        boxed(RecvTimeoutError::Timeout)
            .to_string()
            .contains("timed out")
    );
}

async fn errors_print_nothing_of_the_message<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    for _ in 0..capacity {
        tx.try_send("secret").unwrap();
    }
    let full = tx.try_send("secret").unwrap_err();
    let late = tx
        .send_timeout("secret", std::time::Duration::ZERO)
        .unwrap_err();
    drop(rx);
    let closed = tx.send("secret").await.unwrap_err();
    for text in [
        format!("{full:?} {full}"),
        format!("{late:?} {late}"),
        format!("{closed:?} {closed}"),
        format!("{tx:?} {:?}", tx.send("secret")),
    ] {
        assert!(!text.contains("secret"), "{text}");
    }
}
