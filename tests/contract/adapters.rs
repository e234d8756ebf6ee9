//! `Stream` and `Sink`.

use std::pin::Pin;
use std::task::Context;

use futures_core::Stream;
use futures_core::stream::FusedStream;
use futures_lite::StreamExt;

use crate::common::{Counter, now};
use crate::driver::{Driver, channel, contract};

contract! {
    any {
        a_receiver_is_a_stream,
        a_stream_ends_once_and_for_all,
        streams_share_the_messages,
        a_dropped_stream_passes_its_wake_on,
    }
}

async fn a_receiver_is_a_stream<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let sender = driver.spawn({
        let d = driver.clone();
        async move {
            for i in 0..500 {
                d.send(&tx, i).await.unwrap();
            }
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
    tx.close();
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

async fn streams_share_the_messages<D: Driver>(driver: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let streams: Vec<_> = (0..3)
        .map(|_| {
            let rx = rx.clone();
            driver.spawn(async move { rx.count().await })
        })
        .collect();
    drop(rx);
    for i in 0..900 {
        driver.send(&tx, i).await.unwrap();
    }
    drop(tx);
    let mut all = 0;
    for stream in streams {
        all += stream.await;
    }
    assert_eq!(all, 900);
}

async fn a_dropped_stream_passes_its_wake_on<D: Driver>(_: D, capacity: usize) {
    let (tx, mut first) = channel(capacity);
    let mut second = first.clone();
    let (first_counter, second_counter) = (Counter::new(), Counter::new());
    let first_waker = first_counter.waker();
    let second_waker = second_counter.waker();
    let mut cx = Context::from_waker(&first_waker);
    assert!(Pin::new(&mut first).poll_next(&mut cx).is_pending());
    let mut cx = Context::from_waker(&second_waker);
    assert!(Pin::new(&mut second).poll_next(&mut cx).is_pending());
    tx.try_send(9).unwrap();
    assert_eq!(
        (first_counter.wakes(), second_counter.wakes()),
        (1, 0),
        "one message, one wake"
    );
    drop(first);
    assert_eq!(second_counter.wakes(), 1);
    assert_eq!(now(second.next()), Some(9));
}

#[cfg(feature = "sink")]
mod sink {
    use futures_util::SinkExt;
    use wakering::{TryRecvError, TrySendError};

    use crate::common::{Waiting, now};
    use crate::driver::{Driver, channel, contract};

    contract! {
        any {
            a_sender_gives_a_sink,
            a_sink_of_a_closed_channel_fails,
            closing_an_owned_sink_lets_its_sender_go,
        }
        a_sink_waits_for_room,
    }

    async fn a_sender_gives_a_sink<D: Driver>(driver: D, capacity: usize) {
        let (tx, rx) = channel(capacity);
        let sender = driver.spawn(async move {
            let mut sink = tx.sink();
            for i in 0..300 {
                sink.send(i).await.unwrap();
            }
            drop(sink);
            let mut sink = tx.into_sink();
            for i in 300..600 {
                sink.feed(i).await.unwrap();
            }
            sink.flush().await.unwrap();
        });
        for i in 0..600 {
            assert_eq!(driver.recv(&rx).await, Ok(i));
        }
        sender.await;
        assert!(driver.recv(&rx).await.is_err());
    }

    async fn a_sink_waits_for_room<D: Driver>(_: D, capacity: usize) {
        let (tx, rx) = channel(capacity);
        let mut sink = tx.sink();
        for i in 0..capacity {
            now(sink.feed(i)).unwrap();
        }
        let mut waiting = Waiting::new(sink.feed(capacity));
        assert!(tx.is_full());
        assert_eq!(rx.try_recv(), Ok(0));
        waiting.finish().unwrap();
        drop(waiting);
        // Dropped while it waits: nothing was sent, and no room is kept.
        drop(Waiting::new(sink.feed(99)));
        drop(sink);
        assert!(rx.drain().eq(1..=capacity));
        assert_eq!(tx.try_reserve_many(capacity).unwrap().len(), capacity);
    }

    async fn a_sink_of_a_closed_channel_fails<D: Driver>(_: D, capacity: usize) {
        let (tx, rx) = channel(capacity);
        let mut sink = tx.sink();
        now(sink.feed(1)).unwrap();
        rx.close();
        assert!(now(sink.feed(2)).is_err());
        drop(sink);
        assert_eq!(tx.try_send(3), Err(TrySendError::Closed(3)));
        assert_eq!(rx.try_recv(), Ok(1));
        assert_eq!(rx.try_recv(), Err(TryRecvError::Closed));
    }

    async fn closing_an_owned_sink_lets_its_sender_go<D: Driver>(driver: D, capacity: usize) {
        let (tx, rx) = channel(capacity);
        let mut sink = tx.into_sink();
        now(sink.send(1)).unwrap();
        now(sink.close()).unwrap();
        drop(sink);
        assert_eq!(driver.recv(&rx).await, Ok(1));
        assert!(driver.recv(&rx).await.is_err());
    }
}
