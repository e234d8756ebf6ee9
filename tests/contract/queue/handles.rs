//! Handles: clones, counts, the last drop, and what the errors say.

use std::error::Error;
use std::rc::Rc;

use wakering::Queue;
use wakering::queue::{ChannelError, QueueError, channel};

use crate::common::{Tracker, Waiting};
use crate::driver::{Driver, contract};

contract! {
    queues_are_counted,
    the_last_queue_drops_what_is_queued,
    ends_that_are_kept_count,
    room_is_what_messages_and_permits_leave,
    the_last_sender_closes,
    errors_say_what_theirs_say,
    a_capacity_of_zero_panics,
}

async fn queues_are_counted<D: Driver>(_: D, capacity: usize) {
    // Neither `Clone` nor `Send`.
    struct Opaque(#[allow(dead_code)] Rc<u8>);
    let queue = Queue::new(capacity);
    queue.try_send(Opaque(Rc::new(1))).unwrap();
    let other = queue.clone();
    assert!(queue.same_channel(&other) && !queue.same_channel(&Queue::new(1)));
    assert_eq!((queue.sender_count(), queue.receiver_count()), (2, 2));
    assert_eq!(other.capacity(), Some(capacity));
    assert!(format!("{queue:?}").starts_with("Queue(Chan"));
    drop(queue);
    assert_eq!((other.sender_count(), other.receiver_count()), (1, 1));
    assert!(!other.is_closed() && !other.is_empty());
    assert_eq!(Queue::<u8>::unbounded().capacity(), None);
}

async fn the_last_queue_drops_what_is_queued<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let queue = Queue::new(capacity);
    let other = queue.clone();
    for i in 0..capacity {
        queue.try_send(tracker.make(i)).unwrap();
    }
    drop(queue);
    assert_eq!(tracker.alive(), capacity);
    drop(other);
    assert_eq!(tracker.alive(), 0);
}

async fn ends_that_are_kept_count<D: Driver>(d: D, capacity: usize) {
    let queue = Queue::new(capacity);
    let (tx, rx) = (queue.sender().clone(), queue.receiver().clone());
    drop(queue);
    d.send(&tx, 1).await.unwrap();
    assert_eq!(d.recv(&rx).await, Ok(1));
    drop(rx);
    assert!(tx.is_closed());
}

async fn room_is_what_messages_and_permits_leave<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let room = || (tx.capacity(), rx.capacity(), tx.max_capacity());
    assert_eq!(room(), (capacity, capacity, capacity));
    tx.try_send(1).unwrap();
    assert_eq!(room(), (capacity - 1, capacity - 1, capacity));
    rx.try_recv().unwrap();
    let permits = tx.as_mpmc().try_reserve_many(capacity).unwrap();
    assert_eq!(room(), (0, 0, capacity));
    assert!(tx.is_full() && tx.is_empty() && rx.is_full() && rx.is_empty());
    drop(permits);
    assert_eq!(room(), (capacity, capacity, capacity));
}

async fn the_last_sender_closes<D: Driver>(_: D, capacity: usize) {
    let (tx, rx) = channel(capacity);
    let (tx2, rx2) = (tx.clone(), rx.clone());
    assert_eq!((tx.sender_count(), rx.receiver_count()), (2, 2));
    tx2.send(1).await.unwrap();
    drop((tx, tx2));
    assert!(rx.is_closed() && rx2.len() == 1);
    assert_eq!(rx.recv().await, Ok(Some(1)));
    assert_eq!(rx2.recv().await, Ok(None));
    let (tx, rx) = channel::<u8>(capacity);
    let mut recv = Waiting::new(rx.recv());
    drop(tx);
    assert_eq!(recv.finish(), Ok(None));
}

async fn errors_say_what_theirs_say<D: Driver>(_: D, _: usize) {
    let errors: [(Box<dyn Error>, &str); 4] = [
        (Box::new(QueueError::QueueFull), "Queue is full"),
        (Box::new(QueueError::QueueClosed), "Queue is closed"),
        (Box::new(ChannelError::ChannelFull), "Channel is full"),
        (Box::new(ChannelError::ChannelClosed), "Channel is closed"),
    ];
    for (error, text) in errors {
        assert_eq!(error.to_string(), text);
    }
}

async fn a_capacity_of_zero_panics<D: Driver>(_: D, _: usize) {
    assert!(std::panic::catch_unwind(|| Queue::<u8>::new(0)).is_err());
    assert!(std::panic::catch_unwind(|| channel::<u8>(0)).is_err());
}
