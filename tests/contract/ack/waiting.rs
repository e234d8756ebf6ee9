//! Who is woken, and what a future that is dropped leaves behind; polled by hand.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_util::StreamExt;
use wakering::ack::{self, Config, Consumer, DeadLetters, Producer, Reason};

use crate::common::{Counter, Tracker, Waiting, now};

fn queue<T>(capacity: usize) -> (Producer<T>, Consumer<T>, DeadLetters<T>) {
    ack::queue(Config {
        capacity,
        max_attempts: 3,
        ..Config::default()
    })
}

#[test]
fn consumers_are_told_in_order() {
    let (tx, rx, _dead) = queue(4);
    let (mut first, mut second) = (Waiting::new(rx.dequeue()), Waiting::new(rx.dequeue()));
    tx.try_enqueue(1).unwrap();
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    tx.try_enqueue(2).unwrap();
    assert_eq!(*first.finish().unwrap(), 1);
    assert_eq!(*second.finish().unwrap(), 2);
}

#[test]
fn a_told_consumer_that_goes_passes_it_on() {
    let (tx, rx, _dead) = queue(4);
    let (first, mut second) = (Waiting::new(rx.dequeue()), Waiting::new(rx.dequeue()));
    tx.try_enqueue(1).unwrap();
    drop(first);
    assert_eq!(*second.finish().unwrap(), 1);
    assert_eq!(
        rx.stats().redelivered,
        1 - 1,
        "a dropped future is no delivery"
    );
}

#[test]
fn what_comes_back_wakes_a_consumer() {
    let (tx, rx, _dead) = queue(4);
    tx.try_enqueue(1).unwrap();
    let held = rx.try_dequeue().unwrap();
    let mut waits = Waiting::new(rx.dequeue());
    drop(held);
    let again = waits.finish().unwrap();
    let mut waits = Waiting::new(rx.dequeue());
    again.nack().unwrap();
    assert_eq!(waits.finish().unwrap().attempts(), 3);
}

#[test]
fn room_wakes_the_first_producer() {
    let (tx, rx, _dead) = queue(1);
    tx.try_enqueue(0).unwrap();
    let (mut first, mut second) = (Waiting::new(tx.enqueue(1)), Waiting::new(tx.enqueue(2)));
    // A delivery makes no room, and neither does a message that comes back.
    drop(rx.try_dequeue().unwrap());
    assert!(!first.is_woken());
    rx.try_dequeue().unwrap().ack().unwrap();
    assert_eq!((first.wakes(), second.wakes()), (1, 0));
    first.finish().unwrap();
    // A dead letter does.
    rx.try_dequeue().unwrap().reject().unwrap();
    second.finish().unwrap();
}

#[test]
fn a_producer_that_gives_up_passes_its_room_on_and_keeps_its_message() {
    let tracker = Tracker::new();
    let (tx, rx, _dead) = queue(1);
    tx.try_enqueue(tracker.make(0)).unwrap();
    let mut first = Waiting::new(tx.enqueue(tracker.make(1)));
    let mut second = Waiting::new(tx.enqueue(tracker.make(2)));
    rx.try_dequeue().unwrap().ack().unwrap();
    assert_eq!(first.future.as_mut().cancel().unwrap().id(), 1);
    second.finish().unwrap();
    assert_eq!(tracker.alive(), 1);
    drop((first, second));
    drop((tx, rx));
}

/// A producer that was overtaken twice has room set aside for it.
#[test]
fn a_producer_is_not_overtaken_for_ever() {
    let (tx, rx, _dead) = queue(1);
    tx.try_enqueue(0).unwrap();
    let mut waits = Waiting::new(tx.enqueue(1));
    for n in 0.. {
        rx.try_dequeue().unwrap().ack().unwrap();
        if tx.try_enqueue(2).is_err() {
            assert!(n <= 2, "overtaken {n} times");
            break;
        }
        assert!(waits.poll().is_pending());
    }
    waits.finish().unwrap();
    assert_eq!(*rx.try_dequeue().unwrap(), 1);
}

#[test]
fn a_close_refuses_producers_and_ends_consumers() {
    let (tx, rx, dead) = queue(1);
    tx.try_enqueue(0).unwrap();
    let mut refused = Waiting::new(tx.enqueue(1));
    let held = rx.try_dequeue().unwrap();
    let mut ends = Waiting::new(rx.dequeue());
    let mut letters = Waiting::new(dead.recv());
    assert!(rx.close());
    assert!(!tx.close());
    assert_eq!(refused.finish().unwrap_err().into_inner(), 1);
    assert!(ends.poll().is_pending(), "what is in flight may come back");
    held.ack().unwrap();
    assert!(ends.finish().is_err());
    assert!(letters.finish().is_err());
    assert!(rx.try_dequeue().unwrap_err().is_closed());
}

#[test]
fn the_last_consumer_leaves_dead_letters() {
    let (tx, rx, dead) = queue(8);
    for n in 0..4 {
        tx.try_enqueue(n).unwrap();
    }
    let (first, second) = (rx.try_dequeue().unwrap(), rx.try_dequeue().unwrap());
    let delayed = rx.try_dequeue().unwrap();
    delayed.nack_after(std::time::Duration::MAX).unwrap();
    let mut refused = {
        let tx = tx.clone();
        drop(rx);
        tx.try_enqueue(9).unwrap_err()
    };
    assert!(refused.is_closed());
    refused = tx.try_enqueue(9).unwrap_err();
    assert!(refused.is_closed());
    let letters: Vec<_> = dead.try_iter().map(|l| (*l, l.reason())).collect();
    assert_eq!(letters, [(3, Reason::Abandoned), (2, Reason::Abandoned)]);
    // Deliveries outlive all consumers.
    first.ack().unwrap();
    let mut waits = Waiting::new(dead.recv());
    second.nack().unwrap();
    let letter = waits.finish().unwrap();
    assert_eq!((*letter, letter.reason()), (1, Reason::Abandoned));
    assert!(now(dead.recv()).is_err());
    assert_eq!((tx.stats().acked, tx.stats().dead), (1, 3));
}

#[test]
fn a_stream_of_deliveries() {
    let (tx, mut rx, _dead) = queue(4);
    let counter = Counter::new();
    let waker = counter.waker();
    let mut cx = Context::from_waker(&waker);
    assert!(Pin::new(&mut rx).poll_next_unpin(&mut cx).is_pending());
    tx.try_enqueue(1).unwrap();
    assert_eq!(counter.wakes(), 1);
    match rx.poll_next_unpin(&mut cx) {
        Poll::Ready(Some(delivery)) => delivery.ack().unwrap(),
        other => panic!("{other:?}"),
    }
    drop(tx);
    assert!(now(rx.next()).is_none());
    assert!(futures_util::stream::FusedStream::is_terminated(&rx));
}
