//! The receiver as a stream.

use futures_core::Stream;
use futures_core::stream::FusedStream;
use futures_lite::StreamExt;
use wakering::mpsc::channel;

use crate::common::{Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    a_receiver_is_a_stream,
    a_stream_ends_once_and_for_all,
    a_stream_knows_what_is_queued,
    a_stream_is_woken_by_a_message_and_by_the_end,
}

async fn a_receiver_is_a_stream<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let sender = driver.spawn(async move {
        for i in 0..500 {
            tx.send(i).await.unwrap();
        }
    });
    let got: Vec<usize> = rx.collect().await;
    sender.await;
    assert!(got.into_iter().eq(0..500));
}

async fn a_stream_ends_once_and_for_all<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    assert!(!rx.is_terminated());
    tx.try_send(1).unwrap();
    rx.close();
    assert!(!rx.is_terminated(), "a message is left");
    assert_eq!(now(rx.next()), Some(1));
    assert!(rx.is_terminated());
    assert_eq!(now(rx.next()), None);
    assert_eq!(now(rx.next()), None);

    // A permit that is out may still send: not the end.
    let (tx, mut rx) = channel(capacity);
    let permit = tx.try_reserve().unwrap();
    rx.close();
    assert!(!rx.is_terminated());
    permit.send(2);
    assert_eq!(now(rx.next()), Some(2));
    assert!(rx.is_terminated());
}

async fn a_stream_knows_what_is_queued<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    for i in 0..capacity {
        assert_eq!(rx.size_hint(), (i, None));
        tx.try_send(i).unwrap();
    }
    assert_eq!(now(rx.next()), Some(0));
    assert_eq!(rx.size_hint(), (capacity - 1, None));
}

async fn a_stream_is_woken_by_a_message_and_by_the_end<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let mut next = Waiting::new(rx.next());
    tx.try_send(1).unwrap();
    assert_eq!(next.finish(), Some(1));
    drop(next);
    let mut next = Waiting::new(rx.next());
    drop(tx);
    assert_eq!(next.finish(), None);
}
