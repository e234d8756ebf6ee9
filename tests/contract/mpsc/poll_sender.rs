//! `PollSender`, and the sink that it is.

use std::future::poll_fn;
use std::task::{Context, Waker};

use wakering::mpsc::{PollSender, channel};

use crate::common::{Tracker, Waiting, now};
use crate::driver::{Driver, contract};

contract! {
    room_is_kept_until_it_is_used,
    it_waits_in_line,
    who_is_aborted_passes_the_room_on,
    a_closed_one_may_use_what_it_has,
    it_holds_one_sender,
    it_sends_a_lot,
}

fn noop() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

async fn room_is_kept_until_it_is_used<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let mut sender = PollSender::new(tx.clone());
    for i in 0..capacity {
        for _ in 0..3 {
            now(poll_fn(|cx| sender.poll_reserve(cx))).unwrap();
            assert_eq!(tx.capacity(), capacity - i - 1);
        }
        sender.send_item(i).unwrap();
    }
    assert!(sender.poll_reserve(&mut noop()).is_pending());
    for i in 0..capacity {
        assert_eq!(rx.try_recv(), Ok(i));
    }
}

async fn it_waits_in_line<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let (mut first, mut second) = (PollSender::new(tx.clone()), PollSender::new(tx));
    let mut wait = Waiting::new(poll_fn(|cx| first.poll_reserve(cx)));
    let mut next = Waiting::new(poll_fn(|cx| second.poll_reserve(cx)));
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(wait.is_woken() && !next.is_woken());
    wait.finish().unwrap();
    drop(wait);
    // Given back, the room is for the next one.
    assert!(first.abort_send() && !first.abort_send());
    next.finish().unwrap();
    drop(next);
    second.send_item(99).unwrap();
    assert_eq!(rx.len(), capacity);
}

async fn who_is_aborted_passes_the_room_on<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    for i in 0..capacity {
        tx.try_send(i).unwrap();
    }
    let mut sender = PollSender::new(tx.clone());
    assert!(sender.poll_reserve(&mut noop()).is_pending());
    let mut send = Waiting::new(tx.send(99));
    assert_eq!(rx.try_recv(), Ok(0));
    assert!(sender.abort_send());
    assert_eq!(send.finish(), Ok(()));
    drop(send);
    assert!(sender.poll_reserve(&mut noop()).is_pending());
    let mut send = Waiting::new(tx.send(98));
    now(rx.recv()).unwrap();
    drop(sender);
    assert_eq!(send.finish(), Ok(()));
}

async fn a_closed_one_may_use_what_it_has<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let (tx, mut rx) = channel(capacity);
    let mut sender = PollSender::new(tx);
    now(poll_fn(|cx| sender.poll_reserve(cx))).unwrap();
    sender.close();
    assert!(sender.is_closed() && sender.get_ref().is_none());
    assert!(!rx.is_closed(), "it can still send");
    now(poll_fn(|cx| sender.poll_reserve(cx))).unwrap();
    sender.send_item(tracker.make(1)).unwrap();
    assert!(rx.is_closed());
    let refused = sender.send_item(tracker.make(2)).unwrap_err();
    assert_eq!(refused.to_string(), "channel closed");
    assert_eq!(refused.into_inner().unwrap().id(), 2);
    let refused = now(poll_fn(|cx| sender.poll_reserve(cx))).unwrap_err();
    assert!(refused.into_inner().is_none());
    assert!(sender.clone().is_closed());
    assert_eq!(now(rx.recv()).unwrap().id(), 1);
    assert!(now(rx.recv()).is_none());

    // The channel is closed while it waits.
    let (tx, rx) = channel(capacity);
    let permits = tx.try_reserve_many(capacity).unwrap();
    let mut sender = PollSender::new(tx.clone());
    let mut wait = Waiting::new(poll_fn(|cx| sender.poll_reserve(cx)));
    drop(rx);
    assert!(wait.finish().is_err());
    drop(wait);
    assert!(sender.is_closed() && sender.get_ref().is_some());
    assert!(sender.send_item(tracker.make(3)).is_err());
    drop(permits);
    assert_eq!(tracker.alive(), 0);
}

async fn it_holds_one_sender<D: Driver>(_: D, capacity: usize) {
    let (tx, mut rx) = channel::<u8>(capacity);
    let mut sender = PollSender::new(tx);
    assert_eq!(rx.sender_strong_count(), 1);
    now(poll_fn(|cx| sender.poll_reserve(cx))).unwrap();
    let clone = sender.clone();
    assert_eq!(rx.sender_strong_count(), 2);
    assert_eq!(
        rx.capacity(),
        capacity - 1,
        "what is reserved is not cloned"
    );
    drop((sender, clone));
    assert_eq!(rx.capacity(), capacity);
    assert_eq!(now(rx.recv()), None);
}

async fn it_sends_a_lot<D: Driver>(driver: D, capacity: usize) {
    let (tx, mut rx) = channel(capacity);
    let jobs: Vec<_> = (0..4)
        .map(|_| {
            let mut sender = PollSender::new(tx.clone());
            driver.spawn(async move {
                for i in 0..250 {
                    poll_fn(|cx| sender.poll_reserve(cx)).await.unwrap();
                    sender.send_item(i).unwrap();
                }
            })
        })
        .collect();
    drop(tx);
    let mut sum = 0;
    while let Some(i) = rx.recv().await {
        sum += i;
    }
    for job in jobs {
        job.await;
    }
    assert_eq!(sum, 4 * (0..250).sum::<usize>());
}

#[cfg(feature = "sink")]
mod sink {
    use futures_util::SinkExt;
    use wakering::mpsc::{PollSender, channel};

    use crate::common::{Waiting, now};
    use crate::driver::{Driver, contract};

    contract! {
        it_is_a_sink,
        a_sink_waits_for_room,
        closing_a_sink_lets_its_sender_go,
    }

    async fn it_is_a_sink<D: Driver>(driver: D, capacity: usize) {
        let (tx, mut rx) = channel(capacity);
        let sender = driver.spawn(async move {
            let mut sink = PollSender::new(tx);
            for i in 0..300 {
                sink.feed(i).await.unwrap();
            }
            SinkExt::close(&mut sink).await.unwrap();
        });
        for i in 0..300 {
            assert_eq!(rx.recv().await, Some(i));
        }
        assert_eq!(rx.recv().await, None);
        sender.await;
    }

    async fn a_sink_waits_for_room<D: Driver>(_: D, capacity: usize) {
        let (tx, mut rx) = channel(capacity);
        let mut sink = PollSender::new(tx.clone());
        for i in 0..capacity {
            now(sink.feed(i)).unwrap();
        }
        let mut waiting = Waiting::new(sink.feed(capacity));
        assert_eq!(rx.try_recv(), Ok(0));
        waiting.finish().unwrap();
        drop(waiting);
        drop(Waiting::new(sink.feed(99)));
        drop(sink);
        for i in 1..=capacity {
            assert_eq!(rx.try_recv(), Ok(i));
        }
        assert_eq!(tx.capacity(), capacity);
    }

    async fn closing_a_sink_lets_its_sender_go<D: Driver>(_: D, capacity: usize) {
        let (tx, mut rx) = channel(capacity);
        let mut sink = PollSender::new(tx);
        now(sink.send(1)).unwrap();
        now(SinkExt::close(&mut sink)).unwrap();
        assert!(rx.is_closed());
        assert!(now(sink.send(2)).is_err());
        assert_eq!(now(rx.recv()), Some(1));
        assert_eq!(now(rx.recv()), None);
    }
}
