//! Sending and receiving by the calls of this face.

use std::time::{Duration, Instant};

use wakering::queue::{ChannelError, QueueError, channel};
use wakering::{Queue, RecvTimeoutError, SendError, SendTimeoutError, TryRecvError, TrySendError};

use crate::common::{Tracker, Waiting};
use crate::driver::{Driver, UNBOUNDED, contract};

contract! {
    any {
        in_order_to_the_end,
        every_message_arrives_once,
        a_close_wakes_everybody,
        a_dropped_receive_loses_nothing,
    }
    a_send_waits_for_room,
    a_dropped_send_has_not_sent,
    calls_that_do_not_wait,
    calls_that_block,
    a_refused_message_is_dropped_or_comes_back,
}

fn queue<T>(capacity: usize) -> Queue<T> {
    if capacity == UNBOUNDED {
        Queue::unbounded()
    } else {
        Queue::new(capacity)
    }
}

async fn in_order_to_the_end<D: Driver>(driver: D, capacity: usize) {
    let queue = queue(capacity);
    let sender = driver.spawn({
        let queue = queue.clone();
        async move {
            for i in 0..500 {
                queue.send(i).await.unwrap();
            }
            queue.close();
            assert_eq!(queue.send(500).await, Err(QueueError::QueueClosed));
        }
    });
    for i in 0..500 {
        assert_eq!(queue.receive().await, Ok(Some(i)));
    }
    for _ in 0..2 {
        assert_eq!(queue.receive().await, Ok(None));
    }
    sender.await;
}

/// Everybody sends and everybody receives.
async fn every_message_arrives_once<D: Driver>(driver: D, capacity: usize) {
    const EACH: usize = 300;
    let queue = queue(capacity);
    let jobs: Vec<_> = (0..3)
        .map(|job| {
            let (queue, reader) = (queue.clone(), queue.clone());
            let writer = driver.spawn(async move {
                for i in 0..EACH {
                    queue.send(job * EACH + i).await.unwrap();
                }
            });
            let reader = driver.spawn(async move {
                let mut got = Vec::new();
                while let Ok(Some(message)) = reader.receive().await {
                    got.push(message);
                }
                got
            });
            (writer, reader)
        })
        .collect();
    let (writers, readers): (Vec<_>, Vec<_>) = jobs.into_iter().unzip();
    for writer in writers {
        writer.await;
    }
    queue.close();
    let mut all = Vec::new();
    for reader in readers {
        all.extend(reader.await);
    }
    all.sort_unstable();
    assert!(all.into_iter().eq(0..3 * EACH));
}

async fn a_close_wakes_everybody<D: Driver>(_: D, capacity: usize) {
    let queue = queue::<u8>(capacity);
    let mut receivers: Vec<_> = (0..5).map(|_| Waiting::new(queue.receive())).collect();
    queue.close();
    for receiver in &mut receivers {
        assert_eq!(receiver.finish(), Ok(None));
    }
    drop(receivers);
    if let Some(capacity) = queue.capacity() {
        let queue = Queue::new(capacity);
        for _ in 0..capacity {
            queue.try_send(1).unwrap();
        }
        let mut senders: Vec<_> = (0..5).map(|_| Waiting::new(queue.send(2))).collect();
        queue.close();
        for sender in &mut senders {
            assert_eq!(sender.finish(), Err(QueueError::QueueClosed));
        }
        drop(senders);
        assert_eq!(queue.len(), capacity, "what was queued is still there");
    }
}

async fn a_dropped_receive_loses_nothing<D: Driver>(_: D, capacity: usize) {
    let queue = queue(capacity);
    let first = Waiting::new(queue.receive());
    let mut second = Waiting::new(queue.receive());
    queue.try_send(1).unwrap();
    drop(first);
    assert_eq!(second.finish(), Ok(Some(1)));
}

async fn a_send_waits_for_room<D: Driver>(_: D, capacity: usize) {
    let queue = Queue::new(capacity);
    for i in 0..capacity {
        queue.send(i).await.unwrap();
    }
    assert!(queue.is_full());
    let mut waiting = Waiting::new(queue.send(capacity));
    assert_eq!(queue.receive().await, Ok(Some(0)));
    assert_eq!(waiting.finish(), Ok(()));
    assert_eq!(queue.len(), capacity);
}

async fn a_dropped_send_has_not_sent<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let queue = Queue::new(capacity);
    for i in 0..capacity {
        queue.try_send(tracker.make(i)).unwrap();
    }
    drop(Waiting::new(queue.send(tracker.make(99))));
    assert_eq!((queue.len(), tracker.alive()), (capacity, capacity));
}

async fn calls_that_do_not_wait<D: Driver>(_: D, capacity: usize) {
    let queue = Queue::new(capacity);
    assert_eq!(queue.try_receive(), Err(TryRecvError::Empty));
    for i in 0..capacity {
        assert_eq!(queue.try_send(i), Ok(()));
    }
    assert_eq!(queue.try_send(99), Err(TrySendError::Full(99)));
    assert_eq!(queue.try_receive(), Ok(0));
    queue.close();
    assert_eq!(queue.try_send(98), Err(TrySendError::Closed(98)));
    for i in 1..capacity {
        assert_eq!(queue.try_receive(), Ok(i));
    }
    assert_eq!(queue.try_receive(), Err(TryRecvError::Closed));

    let (tx, rx) = channel(capacity);
    assert_eq!(rx.try_recv(), Err(TryRecvError::Empty));
    for i in 0..capacity {
        assert_eq!(tx.try_send(i), Ok(()));
    }
    assert_eq!(tx.try_send(99), Err(TrySendError::Full(99)));
    assert_eq!(rx.try_recv(), Ok(0));
}

async fn calls_that_block<D: Driver>(driver: D, capacity: usize) {
    let (soon, past) = (Duration::from_millis(1), Instant::now());
    let queue = Queue::new(capacity);
    assert_eq!(queue.receive_timeout(soon), Err(RecvTimeoutError::Timeout));
    assert_eq!(queue.receive_deadline(past), Err(RecvTimeoutError::Timeout));
    for i in 0..capacity {
        assert_eq!(queue.send_blocking(i), Ok(()));
    }
    assert_eq!(
        queue.send_timeout(7, soon),
        Err(SendTimeoutError::Timeout(7))
    );
    assert_eq!(
        queue.send_deadline(8, past),
        Err(SendTimeoutError::Timeout(8))
    );
    for i in 0..capacity {
        assert_eq!(queue.receive_timeout(Duration::MAX), Ok(i));
    }
    let other = std::thread::spawn({
        let queue = queue.clone();
        move || (queue.receive_blocking(), queue.receive_blocking())
    });
    let sender = driver.spawn({
        let queue = queue.clone();
        async move {
            queue.send(1).await.unwrap();
            queue.close();
        }
    });
    sender.await;
    assert_eq!(other.join().unwrap(), (Ok(Some(1)), Ok(None)));
    assert_eq!(queue.send_blocking(9), Err(SendError(9)));
    assert_eq!(
        queue.send_timeout(9, soon),
        Err(SendTimeoutError::Closed(9))
    );
    assert_eq!(queue.receive_timeout(soon), Err(RecvTimeoutError::Closed));

    let (tx, rx) = channel(capacity);
    assert_eq!(rx.recv_timeout(soon), Err(RecvTimeoutError::Timeout));
    assert_eq!(tx.send_timeout(1, soon), Ok(()));
    assert_eq!(rx.recv_blocking(), Ok(Some(1)));
    assert_eq!(tx.send_blocking(2), Ok(()));
    drop(rx);
    assert_eq!(tx.send_blocking(3), Err(SendError(3)));
}

async fn a_refused_message_is_dropped_or_comes_back<D: Driver>(_: D, capacity: usize) {
    let tracker = Tracker::new();
    let queue = Queue::new(capacity);
    queue.close();
    let mut send = Box::pin(queue.send(tracker.make(1)));
    assert_eq!(send.as_mut().await, Err(QueueError::QueueClosed));
    assert_eq!(tracker.alive(), 0, "before the future goes");
    drop(send);
    let back = queue.sender().send(tracker.make(2)).await.unwrap_err();
    assert_eq!(back.into_inner().id(), 2);
    let (tx, rx) = channel(capacity);
    drop(rx);
    assert_eq!(
        tx.send(tracker.make(3)).await,
        Err(ChannelError::ChannelClosed)
    );
    assert_eq!(tracker.alive(), 0);
}
