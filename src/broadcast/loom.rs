//! Loom models of broadcast channels. There are few orderings here: messages go by the locks of slots and turns, which the
//! models follow, and by what is lent without them.

use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};

use alloc::boxed::Box;

use loom::cell::UnsafeCell;
use loom::future::block_on;
use loom::sync::Arc;
use loom::thread;

use super::error::{RecvError, TryRecvError};
use super::{Receiver, Sender, channel};
use crate::sync::Deed;

fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// A message that is not `Sync`: loom complains when two clone it at the same time, or one clones what another drops.
struct Solo {
    clones: UnsafeCell<u32>,
    id: u32,
    /// Counts the messages that are alive.
    alive: Arc<()>,
}

// SAFETY: it may go from thread to thread; that nobody shares it is what is tested.
unsafe impl Send for Solo {}

impl Solo {
    fn new(id: u32, alive: &Arc<()>) -> Self {
        Self {
            clones: UnsafeCell::new(0),
            id,
            alive: alive.clone(),
        }
    }
}

impl Clone for Solo {
    fn clone(&self) -> Self {
        // SAFETY: loom ends a model in which two of these are not ordered.
        self.clones.with_mut(|n| unsafe { *n += 1 });
        Self::new(self.id, &self.alive)
    }
}

impl Drop for Solo {
    fn drop(&mut self) {
        // SAFETY: as in `clone`.
        self.clones.with_mut(|n| unsafe { *n += 1 });
    }
}

/// Receives to the end. Says how many messages came and how many were missed.
fn drain<T: Clone>(rx: &mut Receiver<T>) -> (u64, u64) {
    let (mut came, mut missed) = (0, 0);
    loop {
        match block_on(rx.recv()) {
            Ok(_) => came += 1,
            Err(RecvError::Lagged(n)) => missed += n,
            Err(RecvError::Closed) => return (came, missed),
        }
    }
}

fn sends<T: Send + 'static>(tx: Sender<T>, messages: impl IntoIterator<Item = T>) {
    for message in messages {
        drop(tx.send(message));
    }
}

#[test]
fn broadcast_park_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(2);
        let sender = thread::spawn(move || sends(tx, [1, 2]));
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert_eq!(block_on(rx.recv()), Ok(2));
        assert_eq!(block_on(rx.recv()), Err(RecvError::Closed));
        sender.join().unwrap();
    });
}

/// Whatever is overwritten is counted.
#[test]
fn broadcast_lag_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        let sender = thread::spawn(move || sends(tx, [1, 2, 3]));
        let (came, missed) = drain(&mut rx);
        assert_eq!(came + missed, 3);
        assert!(came >= 1, "the last one stays");
        sender.join().unwrap();
    });
}

/// Two want the same message: one clones it and then the other takes it, or clones it too.
#[test]
fn broadcast_two_receivers_of_one_message() {
    loom::model(|| {
        let alive = Arc::new(());
        let (tx, mut rx1) = channel(1);
        let mut rx2 = tx.subscribe();
        tx.send(Solo::new(1, &alive)).ok().unwrap();
        let other = thread::spawn(move || assert_eq!(block_on(rx1.recv()).ok().unwrap().id, 1));
        assert_eq!(block_on(rx2.recv()).ok().unwrap().id, 1);
        other.join().unwrap();
        assert_eq!(Arc::strong_count(&alive), 1);
        assert!(tx.is_empty());
    });
}

/// The message that is overwritten may be lent: the borrower keeps it, and the new one gets another place.
#[test]
fn broadcast_overwrite_against_recv() {
    loom::model(|| {
        let alive = Arc::new(());
        let (tx, mut rx1) = channel(1);
        let mut rx2 = tx.subscribe();
        tx.send(Solo::new(1, &alive)).ok().unwrap();
        let other = thread::spawn(move || {
            let first = block_on(rx1.recv());
            match first {
                Ok(message) => assert!(message.id == 1),
                Err(lag) => assert_eq!(lag, RecvError::Lagged(1)),
            }
        });
        tx.send(Solo::new(2, &alive)).ok().unwrap();
        assert_eq!(block_on(rx2.recv()).err(), Some(RecvError::Lagged(1)));
        assert_eq!(block_on(rx2.recv()).ok().unwrap().id, 2);
        other.join().unwrap();
        drop(rx2);
        assert_eq!(Arc::strong_count(&alive), 1);
        drop(tx);
    });
}

/// The same again, when the message lies in a place that was made for it already.
#[test]
fn broadcast_overwrite_twice_against_recv() {
    loom::model(|| {
        let alive = Arc::new(());
        let (tx, mut rx1) = channel(1);
        let _rx2 = tx.subscribe();
        tx.send(Solo::new(1, &alive)).ok().unwrap();
        let other = thread::spawn(move || {
            for _ in 0..2 {
                drop(block_on(rx1.recv()));
            }
        });
        tx.send(Solo::new(2, &alive)).ok().unwrap();
        tx.send(Solo::new(3, &alive)).ok().unwrap();
        other.join().unwrap();
        assert_eq!(tx.len(), 1);
        drop(_rx2);
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

/// One receives and the other goes: the message is dropped once, by whoever is the last.
#[test]
fn broadcast_receiver_drop_against_recv() {
    loom::model(|| {
        let alive = Arc::new(());
        let (tx, mut rx1) = channel(1);
        let rx2 = tx.subscribe();
        tx.send(Solo::new(1, &alive)).ok().unwrap();
        let other = thread::spawn(move || drop(rx2));
        assert_eq!(block_on(rx1.recv()).ok().unwrap().id, 1);
        other.join().unwrap();
        assert_eq!(Arc::strong_count(&alive), 1);
    });
}

/// A receiver goes while a message comes: it is sent to those who are left, or to nobody.
#[test]
fn broadcast_receiver_drop_against_send() {
    loom::model(|| {
        let alive = Arc::new(());
        let (tx, rx) = channel(1);
        let other = thread::spawn(move || drop(rx));
        drop(tx.send(Solo::new(1, &alive)));
        other.join().unwrap();
        assert_eq!(Arc::strong_count(&alive), 1);
        assert_eq!((tx.len(), tx.receiver_count()), (0, 0));
    });
}

/// Whoever is told of the end sees what was done before the last sender went.
#[test]
fn broadcast_close_against_park() {
    loom::model(|| {
        let (tx, mut rx) = channel::<u32>(1);
        let note = Arc::new(Deed::new());
        let sender = {
            let note = note.clone();
            thread::spawn(move || {
                note.perform();
                drop(tx);
            })
        };
        assert_eq!(block_on(rx.recv()), Err(RecvError::Closed));
        assert!(note.is_done());
        sender.join().unwrap();
    });
}

#[test]
fn broadcast_subscribe_against_send() {
    loom::model(|| {
        let (tx, mut rx) = channel(2);
        let sender = {
            let tx = tx.clone();
            thread::spawn(move || tx.send(1).unwrap())
        };
        let mut late = tx.subscribe();
        let receivers = sender.join().unwrap();
        assert_eq!(rx.try_recv(), Ok(1));
        match late.try_recv() {
            Ok(1) => assert_eq!(receivers, 2),
            other => assert_eq!((other, receivers), (Err(TryRecvError::Empty), 1)),
        }
    });
}

#[test]
fn broadcast_two_senders() {
    loom::model(|| {
        let (tx, mut rx) = channel(2);
        let sender = {
            let tx = tx.clone();
            thread::spawn(move || sends(tx, [1]))
        };
        sends(tx, [2]);
        let both = [block_on(rx.recv()), block_on(rx.recv())];
        assert!(both == [Ok(1), Ok(2)] || both == [Ok(2), Ok(1)]);
        assert_eq!(block_on(rx.recv()), Err(RecvError::Closed));
        sender.join().unwrap();
    });
}

#[test]
fn broadcast_lossless_send_against_recv() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        let sender = thread::spawn(move || {
            for n in 1..=2 {
                assert!(block_on(tx.send_lossless(n)).is_ok());
            }
        });
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert_eq!(block_on(rx.recv()), Ok(2));
        sender.join().unwrap();
    });
}

/// A sender waits, and is told by whichever of two receivers is the last.
#[test]
fn broadcast_lossless_send_against_two_recvs() {
    loom::model(|| {
        let (tx, mut rx1) = channel(1);
        let mut rx2 = tx.subscribe();
        tx.send(1).unwrap();
        let receiver = thread::spawn(move || assert_eq!(block_on(rx1.recv()), Ok(1)));
        let other = thread::spawn(move || assert_eq!(block_on(rx2.recv()), Ok(1)));
        assert!(matches!(block_on(tx.send_lossless(2)), Ok(_) | Err(_)));
        receiver.join().unwrap();
        other.join().unwrap();
    });
}

/// A sender waits for a receiver that goes.
#[test]
fn broadcast_lossless_send_against_receiver_drop() {
    for another in [true, false] {
        loom::model(move || {
            let (tx, rx) = channel(1);
            tx.send(1).unwrap();
            let late = another.then(|| tx.subscribe());
            let receiver = thread::spawn(move || drop(rx));
            let sent = block_on(tx.send_lossless(2));
            assert!(sent.is_ok() || !another, "the late one is there");
            receiver.join().unwrap();
            drop(late);
        });
    }
}

/// Two senders wait; the first is told and never polled again.
#[test]
fn broadcast_lossless_sends_one_forgotten() {
    loom::model(|| {
        let (tx, mut rx) = channel(2);
        tx.send(1).unwrap();
        tx.send(2).unwrap();
        let first_tx = tx.clone();
        let mut first = Box::pin(first_tx.send_lossless(3));
        assert!(poll_once(first.as_mut()).is_pending());
        let sender = thread::spawn(move || assert!(block_on(tx.send_lossless(4)).is_ok()));
        assert_eq!(block_on(rx.recv()), Ok(1));
        assert_eq!(block_on(rx.recv()), Ok(2));
        assert_eq!(block_on(rx.recv()), Ok(4));
        sender.join().unwrap();
        drop(first);
    });
}

/// A sender that waits gives up while it is told: the next one is.
#[test]
fn broadcast_dropped_lossless_send_against_recv() {
    loom::model(|| {
        let (tx, mut rx) = channel(1);
        tx.send(1).unwrap();
        let other_tx = tx.clone();
        let mut first = Box::pin(other_tx.send_lossless(2));
        assert!(poll_once(first.as_mut()).is_pending());
        let receiver = thread::spawn(move || {
            assert_eq!(block_on(rx.recv()), Ok(1));
            rx
        });
        let second = tx.send_lossless(3);
        let mut second = pin!(second);
        let waits = poll_once(second.as_mut()).is_pending();
        drop(first);
        if waits {
            assert_eq!(block_on(second), Ok(1));
        }
        let mut rx = receiver.join().unwrap();
        assert_eq!(block_on(rx.recv()), Ok(3));
    });
}

#[test]
fn broadcast_closed_against_receiver_drop() {
    loom::model(|| {
        let (tx, rx) = channel::<u32>(1);
        let receiver = thread::spawn(move || drop(rx));
        block_on(tx.closed());
        assert!(tx.send(1).is_err());
        receiver.join().unwrap();
    });
}
