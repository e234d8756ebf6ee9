//! What breaks tokio-mpmc 0.2.4, the crate whose names `wakering::queue` has.

use futures_lite::future::block_on;
use wakering::Queue;
use wakering::queue::{ChannelError, QueueError, channel};

use crate::common::{Waiting, watchdog};
use crate::threads::{job, race, rounds};

/// Only the send into an empty channel told a receiver: the second of two was told nothing.
#[test]
fn queue_each_message_wakes_a_receiver() {
    let (tx, rx) = channel(4);
    let mut receivers: Vec<_> = (0..3).map(|_| Waiting::new(rx.recv())).collect();
    for i in 0..3 {
        tx.try_send(i).unwrap();
    }
    for (i, receiver) in receivers.iter_mut().enumerate() {
        assert_eq!(receiver.finish(), Ok(Some(i)));
    }
}

/// Likewise only the receive from a full channel told a sender.
#[test]
fn queue_each_receive_wakes_a_sender() {
    let (tx, rx) = channel(3);
    for i in 0..3 {
        tx.try_send(i).unwrap();
    }
    let mut senders: Vec<_> = (3..6).map(|i| Waiting::new(tx.send(i))).collect();
    for i in 0..3 {
        assert_eq!(rx.try_recv(), Ok(i));
    }
    for sender in &mut senders {
        assert_eq!(sender.finish(), Ok(()));
    }
}

/// The count was raised after the message could be received: a receiver that was faster made it wrap, and `capacity()`
/// overflow.
#[test]
fn queue_counts_do_not_wrap() {
    rounds("queue: counts", |_| {
        let (tx, rx) = channel(2);
        race(vec![
            job({
                let tx = tx.clone();
                move || {
                    for i in 0..50 {
                        tx.send_blocking(i).unwrap();
                    }
                }
            }),
            job({
                let rx = rx.clone();
                move || {
                    for _ in 0..50 {
                        rx.recv_blocking().unwrap();
                    }
                }
            }),
            job(move || {
                for _ in 0..50 {
                    assert!(tx.len() <= 2 && tx.capacity() <= 2 && rx.capacity() <= 2);
                }
            }),
        ]);
    });
}

/// A close between the look at the flag and the registration was missed, and the waiter slept for ever.
#[test]
fn queue_no_close_is_missed() {
    rounds("queue: close", |round| {
        let queue = Queue::new(1);
        queue.try_send(0).unwrap();
        let empty = Queue::<u8>::new(1);
        race(vec![
            job({
                let queue = queue.clone();
                move || match round % 2 {
                    0 => assert_eq!(block_on(queue.send(1)), Err(QueueError::QueueClosed)),
                    _ => assert!(queue.send_blocking(1).is_err()),
                }
            }),
            job({
                let empty = empty.clone();
                move || match round % 2 {
                    0 => assert_eq!(block_on(empty.receive()), Ok(None)),
                    _ => assert_eq!(empty.receive_blocking(), Ok(None)),
                }
            }),
            job(move || {
                queue.close();
                empty.close();
            }),
        ]);
    });
}

/// Nobody told a sender that the last receiver had gone: it filled the channel, and then waited for ever.
#[test]
fn queue_a_sender_without_receivers_does_not_hang() {
    let (tx, rx) = channel(1);
    tx.try_send(1).unwrap();
    let mut send = Waiting::new(tx.send(2));
    drop(rx);
    assert_eq!(send.finish(), Err(ChannelError::ChannelClosed));
    drop(send);
    assert_eq!(block_on(tx.send(3)), Err(ChannelError::ChannelClosed));
    watchdog("queue: a blocked sender", || {
        let (tx, rx) = channel(1);
        tx.try_send(1).unwrap();
        let sender = std::thread::spawn(move || tx.send_blocking(2));
        drop(rx);
        assert!(sender.join().unwrap().is_err());
    });
}
